//! `vernemq(8)` and `vmq-passwd(1)`.

use super::super::roff::Page;
use super::super::tools::{Opt, PASSWD_OPTIONS, VERBS, VERNEMQ_OPTIONS};

pub(crate) fn vernemq() -> Page {
    let mut page = Page::new("vernemq", 8, "MQTT broker and its control command");
    page.section("SYNOPSIS");
    for verb in VERBS {
        let line = format!("vernemq [-c <file>] {} {}", verb.word, verb.syntax);
        page.synopsis(line.trim_end());
    }
    page.section("DESCRIPTION");
    page.paragraph(
        "`vernemq` is an MQTT broker for versions 3.1, 3.1.1 and 5. The same program starts it and, through its admin socket, \
         asks and stops the one that runs. vmq-admin(8) administers it, vernemq.conf(5) has its settings.",
    );
    page.paragraph(
        "Started by root with the default configuration file it becomes the user `vernemq`. Everybody may run a broker of his \
         own with a configuration file of his own.",
    );
    page.section("VERBS");
    for verb in VERBS {
        let term = format!("{} {}", verb.word, verb.syntax);
        page.item(term.trim_end(), verb.about);
    }
    page.section("OPTIONS");
    options(&mut page, VERNEMQ_OPTIONS);
    for verb in VERBS.iter().filter(|verb| !verb.options.is_empty()) {
        for option in verb.options {
            let about = format!("With `{}`: {}", verb.word, option.about);
            page.item(&option.term(), &about);
        }
    }
    page.section("SIGNALS");
    page.item(
        "SIGTERM, SIGINT",
        "Stop gracefully: clients are told, what is due is stored.",
    );
    page.item("SIGHUP", "The same as `vernemq reload`.");
    page.section("EXIT STATUS");
    page.item("0", "Done; the broker stopped as it was told.");
    page.item(
        "1",
        "It failed: no broker answers, no listener could be opened, wrong words.",
    );
    page.item("2", "`console` and `run`: the configuration has faults. Starting again is of no use before they are mended.");
    page.section("ENVIRONMENT");
    page.item(
        "VERNEMQ_START_TIMEOUT, WAIT_FOR_ERLANG",
        "Seconds that `start` waits until the broker is ready.",
    );
    page.item(
        "NOTIFY_SOCKET, WATCHDOG_USEC",
        "Set by systemd: readiness and signs of life go there.",
    );
    page.paragraph(
        "Variables of the original's run-time system are named once in the log and have no effect.",
    );
    page.section("FILES");
    for (path, about) in [
        ("/etc/vernemq/vernemq.conf", "The configuration."),
        (
            "/etc/vernemq/conf.d/*.conf",
            "Further settings, which override it.",
        ),
        (
            "/etc/vernemq/vmq.passwd",
            "Users and their passwords, vmq.passwd(5).",
        ),
        (
            "/etc/vernemq/vmq.acl",
            "Who may publish and subscribe to what, vmq.acl(5).",
        ),
        ("/var/lib/vernemq", "What survives a restart."),
        ("/var/log/vernemq", "Log files."),
        ("/run/vernemq/admin.sock", "The admin socket."),
        ("/run/vernemq/vernemq.pid", "The process id."),
    ] {
        page.item(path, about);
    }
    page.section("EXAMPLES");
    page.paragraph("Check the configuration, start, see whether it lives:");
    page.example("vernemq chkconfig && vernemq start && vernemq ping");
    page.paragraph("A broker of one's own in the foreground:");
    page.example("vernemq console -c ./vernemq.conf");
    super::see_also(
        &mut page,
        &[
            "vmq-admin(8)",
            "vmq-console(1)",
            "vmq-passwd(1)",
            "vernemq.conf(5)",
            "vmq.acl(5)",
            "vmq.passwd(5)",
        ],
    );
    page
}

pub(crate) fn vmq_passwd() -> Page {
    let mut page = Page::new(
        "vmq-passwd",
        1,
        "edit the password file of the MQTT broker VerneMQ",
    );
    page.section("SYNOPSIS");
    for line in [
        "vmq-passwd [-c | -cf | -D] <passwordfile> <username>",
        "vmq-passwd -b [-c | -cf] <passwordfile> <username> <password>",
        "vmq-passwd -U [--force] <passwordfile>",
        "vmq-passwd --list <passwordfile>",
        "vmq-passwd --verify <passwordfile> <username>",
    ] {
        page.synopsis(line);
    }
    page.section("DESCRIPTION");
    page.paragraph(
        "Without an option the user is added, or gets a new password. The password is asked for twice; two lines on standard \
         input do as well. The broker need not run. One that runs reads a changed file by itself, every \
         `vmq_passwd.password_reload_interval` seconds.",
    );
    page.paragraph("The file is replaced as a whole and keeps its owner and mode; a new one gets mode 0640.");
    page.section("OPTIONS");
    page.paragraph("Options stand before the file name.");
    options(&mut page, PASSWD_OPTIONS);
    page.section("EXIT STATUS");
    page.item("0", "Done; with `--verify`: it is the password of the user.");
    page.item("1", "Everything else.");
    page.section("FILES");
    page.item(
        "/etc/vernemq/vmq.passwd",
        "The file of the packages, vmq.passwd(5).",
    );
    page.section("EXAMPLES");
    page.paragraph("A new file with one user:");
    page.example("vmq-passwd -c /etc/vernemq/vmq.passwd alice");
    page.paragraph("In a script:");
    page.example("printf '%s\\n' \"$PASSWORD\" | vmq-passwd --stdin /etc/vernemq/vmq.passwd alice");
    super::see_also(&mut page, &["vmq.passwd(5)", "vernemq.conf(5)", "vernemq(8)"]);
    page
}

pub(super) fn options(page: &mut Page, options: &[Opt<'_>]) {
    for option in options {
        page.item(&option.term(), option.about);
    }
}
