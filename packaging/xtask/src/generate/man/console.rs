//! `vmq-console(1)`: arguments, keys and settings out of the tables of the console.

use super::super::console::options;
use super::super::roff::Page;
use super::control;
use vmq_console::keys::{Action, BINDINGS, Binding, Key};
use vmq_console::pane::help::{GROUPS, LANGUAGE};
use vmq_console::settings::table::TABLE;

pub(crate) fn vmq_console() -> Page {
    let mut page = Page::new("vmq-console", 1, "terminal console of the MQTT broker VerneMQ");
    page.section("SYNOPSIS");
    page.synopsis("vmq-console [--socket <path> | --node <name>] [--view <name>] [--filter <expr>] [--interval <time>] [--read-only]");
    page.synopsis("vmq-console --once [--view <name>] [--filter <expr>]");
    page.paragraph("`vmq-admin tui` and `vernemq attach` open it as well.");
    describe(&mut page);
    page.section("OPTIONS");
    control::options(&mut page, &options());
    keys(&mut page);
    page.section("FILTERS");
    page.paragraph(
        "Every table reads the same expressions; those of the sessions are looked for in the broker, and \
         `vmq-admin session show --filter=` reads them too. A wrong expression is told with its reason, and the last good one stays.",
    );
    page.example(&LANGUAGE.join("\n"));
    settings(&mut page);
    page.section("EXIT STATUS");
    page.item("0", "Somebody left, or everything was printed.");
    page.item("1", "It failed: the terminal, a wrong filter without a terminal.");
    page.item(
        "2",
        "Wrong arguments, or a node that the settings file does not name.",
    );
    page.item(
        "6",
        "No broker answers, or it lets this user not in; the text says what to do.",
    );
    page.section("ENVIRONMENT");
    page.item(
        "VMQ_ADMIN_SOCKET",
        "The admin socket when `--socket` and `--node` are not given.",
    );
    page.item(
        "NO_COLOR",
        "No colours, unless the setting `theme` says otherwise.",
    );
    page.item(
        "XDG_CONFIG_HOME, HOME",
        "Where the settings file of the user lies.",
    );
    page.section("FILES");
    page.item(
        "/run/vernemq/admin.sock",
        "The admin socket. Its group says who may use it.",
    );
    page.item("/etc/vernemq/console.toml", "Settings for everybody.");
    page.item(
        "$XDG_CONFIG_HOME/vernemq/console.toml",
        "Settings of the user, which override them; below `~/.config` when the variable is not set.",
    );
    page.section("EXAMPLES");
    page.paragraph("The clients of one fleet that do not keep up, longest queue first:");
    page.example("vmq-console --view sessions --filter 'user=pump-* queue>100'");
    page.paragraph("The same facts every five seconds for a minute, in a file:");
    page.example("vmq-console --view listeners --interval 5s --count 12 > listeners.txt");
    super::see_also(&mut page, &["vmq-admin(8)", "vernemq(8)", "vernemq.conf(5)"]);
    page
}

fn describe(page: &mut Page) {
    page.section("DESCRIPTION");
    page.paragraph(
        "`vmq-console` shows a running broker in the terminal: how it is, who is connected, which topics live, what chosen clients say, \
         where it hurts. It asks over the admin socket and needs nothing else, so that it works over SSH as well.",
    );
    page.paragraph(
        "What can be done to the broker is a command of vmq-admin(8) and is shown as one. Everything on more than one row, and everything \
         that loses something, is done when `yes` was typed.",
    );
    page.paragraph(
        "Without a terminal, or with `--once`, the view is printed as plain text. The smallest terminal is 60 columns and 15 lines; \
         from 140 columns on list and detail stand side by side.",
    );
}

fn keys(page: &mut Page) {
    page.section("KEYS");
    page.paragraph("The bottom line names the keys of a view, `?` all of them. In parentheses: the name in the settings file, and the views where the key works if not in all.");
    for group in GROUPS {
        page.sub_section(group);
        for binding in BINDINGS.iter().filter(|binding| binding.group == group) {
            let name = |key: &Key| key.name().map_or_else(|| key.to_string(), str::to_owned);
            let keys: Vec<String> = binding.keys.iter().map(name).collect();
            page.literal(&keys.join(", "), &about(binding));
        }
    }
    page.paragraph("The mouse selects, opens with a double click, and scrolls; views and titles of columns can be clicked.");
}

fn about(binding: &Binding) -> String {
    let about = match binding.action {
        Action::Show(view) => format!("the view {}", view.title()),
        _ => binding.about.to_owned(),
    };
    let mut begin = about.chars();
    let first: String = begin.next().into_iter().flat_map(char::to_uppercase).collect();
    let places = binding.at.names();
    let places = if places.is_empty() {
        String::new()
    } else {
        format!("; {}", places.join(", "))
    };
    format!("{first}{} (`{}`{places}).", begin.as_str(), binding.name)
}

fn settings(page: &mut Page) {
    page.section("SETTINGS");
    page.paragraph(
        "Both settings files are TOML, and neither need be there. A wrong key is told with its line, and the rest is used. Tables stand \
         behind what is in no table.",
    );
    for setting in TABLE {
        page.literal(setting.example, setting.about);
    }
}
