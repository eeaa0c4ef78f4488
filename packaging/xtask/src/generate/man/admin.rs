//! `vmq-admin(8)`: how command lines are built, what comes back, and where the commands are described.

use super::super::roff::Page;
use super::group;
use vmq_admin::command::kind::GLOBAL_FLAGS;

pub(crate) fn vmq_admin() -> Page {
    let mut page = Page::new("vmq-admin", 8, "administer a running MQTT broker");
    page.section("SYNOPSIS");
    page.synopsis("vmq-admin <command> ... [<key>=<value>] ... [--<flag>[=<value>]] ...");
    page.section("DESCRIPTION");
    page.paragraph(
        "`vmq-admin` asks the broker of this machine through its admin socket and prints the answer. Root, the user of the \
         broker and the members of `admin.socket.group` may do everything; members of `admin.socket.readonly_group` may look. \
         What is changed is noted in the log of the broker, with who did it.",
    );
    page.paragraph(
        "A command line is the words of a command, then keys with their values, then flags. The value of a flag follows a = \
         or is the next word. A flag without a value is on. `--help` tells how a command is used.",
    );
    page.section("COMMANDS");
    for name in group::names() {
        page.item(&format!("vmq-admin-{name}(8)"), &group::about(name));
    }
    page.section("OPTIONS");
    for flag in GLOBAL_FLAGS {
        group::put_global(&mut page, flag);
    }
    page.item("--version", "Print the version.");
    output(&mut page);
    page.section("EXIT STATUS");
    page.item(
        "0",
        "The command did what it was told, or a command that streams was ended by ^C or a closed pipe.",
    );
    page.item(
        "1",
        "Everything else: wrong words, a refusal, a command that failed, no broker.",
    );
    page.section("ENVIRONMENT");
    page.item("VMQ_ADMIN_FORMAT", "The format when `--format` is not given.");
    page.item(
        "VMQ_ADMIN_SOCKET",
        "The admin socket when `--socket` is not given.",
    );
    page.item("NO_COLOR", "Nothing is bold.");
    page.section("FILES");
    page.item(
        "/run/vernemq/admin.sock",
        "The admin socket, unless `admin.socket.path` names another.",
    );
    page.item(
        "/etc/vernemq/vernemq.conf",
        "Is looked into for that setting and the name of the node.",
    );
    page.section("EXAMPLES");
    page.paragraph("Who is connected, and what two clients have subscribed to:");
    page.example("vmq-admin session show\nvmq-admin session show --client_id --topic --client_id=~^pump-");
    page.paragraph("The same for a script:");
    page.example("vmq-admin session show --format=json | jq -r '.table[].client_id'");
    let mut names = ["vernemq(8)", "vernemq.conf(5)", "vmq-console(1)"]
        .map(str::to_owned)
        .to_vec();
    names.extend(group::names().iter().map(|name| format!("vmq-admin-{name}(8)")));
    page.see_also(&names);
    page
}

fn output(page: &mut Page) {
    page.section("OUTPUT");
    page.paragraph(
        "An answer is made of texts, tables, lists and alerts. Standard output has the answer, alerts included; standard error \
         has notes and what went wrong on the way to the broker.",
    );
    page.item("human", "Grids with a header, and texts as they are. A table without rows is nothing at all. Also called table.");
    page.item(
        "json",
        "One document: an element, or an array of none or several. Its schema lies in `/usr/share/vernemq/vmq-admin.schema.json`.",
    );
    page.item("jsonl", "An object of JSON a line for each row.");
    page.item("csv", "Tables only, with a header.");
    page.item("raw", "Rows with tabs between their cells, without a header.");
    page.paragraph("Names that commands had in old versions are understood, with a note.");
}
