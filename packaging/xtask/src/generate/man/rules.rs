//! `vmq.acl(5)` and `vmq.passwd(5)`: the files that say who may come in and what he may do.

use super::super::roff::Page;

pub(crate) fn vmq_acl() -> Page {
    let mut page = Page::new("vmq.acl", 5, "who may publish and subscribe to what");
    page.section("SYNOPSIS");
    page.paragraph("`/etc/vernemq/vmq.acl`");
    page.section("DESCRIPTION");
    page.paragraph(
        "The plugin `vmq_acl` allows what a line of this file allows. There are no rules that forbid: what nothing allows is \
         refused, and an empty file refuses everything. Keywords start in the first column and are followed by one blank.",
    );
    for (term, about) in [
        (
            "topic [read|write] <filter>",
            "For the user named above, or before the first user line for everybody, with a user name or without.",
        ),
        (
            "user <name>",
            "The topic lines below are for this user. There is no way back to everybody.",
        ),
        (
            "pattern [read|write] <filter>",
            "For everybody, wherever it stands. A whole level `%c` stands for the client id, `%u` for the user name and `%m` \
             for the mountpoint. A name with +, # or / in it never matches.",
        ),
        ("# <text>", "A comment. Lines without anything are skipped too."),
    ] {
        page.item(term, about);
    }
    page.paragraph(
        "`read` is to subscribe, `write` to publish, neither is both. In a filter + is one level and # the rest, with none left \
         too. A subscription is compared as it was asked for: `a/b` does not allow to subscribe to `a/+`, and a + in a rule never \
         covers a # that is asked for. All filters of one SUBSCRIBE must be allowed.",
    );
    page.paragraph(
        "A file with a bad line is refused whole, the rules before stay in force, and the log names the line. The broker looks \
         at the file every `vmq_acl.acl_reload_interval` seconds. Rights count when a client subscribes or publishes; live \
         subscriptions follow a change only with `vmq_acl.revoke_on_reload = on`.",
    );
    page.section("FILES");
    page.item("/etc/vernemq/vmq.acl", "Unless `vmq_acl.acl_file` names another.");
    page.section("EXAMPLES");
    page.example(
        "# everybody\ntopic read news/#\npattern write sensors/%c/#\n\n# only john\nuser john\ntopic john/#\ntopic write commands/+",
    );
    super::see_also(
        &mut page,
        &[
            "vernemq.conf(5)",
            "vmq.passwd(5)",
            "vmq-admin-session(8)",
            "vernemq(8)",
        ],
    );
    page
}

pub(crate) fn vmq_passwd_file() -> Page {
    let mut page = Page::new(
        "vmq.passwd",
        5,
        "users of the MQTT broker VerneMQ and their passwords",
    );
    page.section("SYNOPSIS");
    page.paragraph("`/etc/vernemq/vmq.passwd`");
    page.section("DESCRIPTION");
    page.paragraph(
        "The plugin `vmq_passwd` lets in who has a line in this file and knows its password. It does not decide about a client \
         without user name or password, or with a user name that is not here: the next plugin is asked, and without one the \
         client is refused. vmq-passwd(1) writes the file.",
    );
    for (term, about) in [
        (
            "<user>:$6$<salt>$<hash>",
            "The hash is SHA-512 of the password followed by the salt, once. Salt (12 bytes) and hash are base64.",
        ),
        (
            "<user>:$7$<iterations>$<salt>$<hash>",
            "PBKDF2 with HMAC-SHA-512, as mosquitto writes it.",
        ),
        ("# <text>", "A comment. Empty lines are skipped too."),
    ] {
        page.item(term, about);
    }
    page.paragraph(
        "Of two lines for one user the last one counts, with a warning. A file with a bad line is refused whole, the users \
         before stay, and the log names the line. The broker looks at the file every `vmq_passwd.password_reload_interval` \
         seconds; sessions that run are not touched.",
    );
    page.section("FILES");
    page.item(
        "/etc/vernemq/vmq.passwd",
        "Unless `vmq_passwd.password_file` names another.",
    );
    page.section("EXAMPLES");
    page.paragraph("The user u with the password `secret`:");
    page.example(
        "u:$6$AAECAwQFBgcICQoL$JqsxEv/ucyxjA5DKsQ+Y8CDWaQDNQI9FpAkmfwAqWfwZLk/JEGgM0EpylrJHAZKKyFQjJeZ3nFaHjPzOzPPmPw==",
    );
    super::see_also(
        &mut page,
        &["vmq-passwd(1)", "vernemq.conf(5)", "vmq.acl(5)", "vernemq(8)"],
    );
    page
}
