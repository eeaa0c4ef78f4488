//! `vernemq.conf(5)`: the syntax, and every setting of the table.

use super::super::roff::Page;
use vmq_config::{Applies, Area, Row, Status, rows, type_phrase};

pub(crate) fn vernemq_conf() -> Page {
    let mut page = Page::new("vernemq.conf", 5, "configuration of the MQTT broker VerneMQ");
    page.section("SYNOPSIS");
    page.paragraph("`/etc/vernemq/vernemq.conf`");
    page.section("DESCRIPTION");
    page.paragraph(
        "One setting a line: a key, =, a value. Keys are words joined by dots; a dot inside a word is written `\\.` and a word \
         that starts with $ in this page stands for a word of your choice. Of lines with the same key the last one counts.",
    );
    page.item(
        "#",
        "Starts a comment, also in the middle of a value that is not quoted.",
    );
    page.item(
        "'<value>'",
        "Takes everything between the quotes. An empty value is written so.",
    );
    page.item(
        "include <path>",
        "Reads other files in its place; the last part of the path may have a *.",
    );
    page.literal(
        "$(<file)",
        "As a whole value: what is in the file, such as a password.",
    );
    page.literal(
        "$(name)",
        "In a value: the value of another setting, or of an environment variable.",
    );
    page.paragraph(
        "`vernemq chkconfig` checks the file and names every fault with its line; a key that does not exist is one. `vernemq \
         reload` puts in force what may change while the broker runs. `vmq-admin show`, `describe` and `set` do it for single \
         settings.",
    );
    page.section("SETTINGS");
    for area in areas() {
        page.sub_section(area.title());
        let rows: Vec<&Row> = rows().iter().filter(|row| row.area == area).collect();
        for group in groups(&rows) {
            put(&mut page, &group);
        }
    }
    page.section("FILES");
    page.item(
        "/etc/vernemq/conf.d/*.conf",
        "Further files, in the order of their names; they override what stands above.",
    );
    page.item(
        "/etc/vernemq/conf.d/90-admin.conf",
        "What `vmq-admin set --persist` has written.",
    );
    page.section("EXAMPLES");
    page.example("listener.tcp.default = 127.0.0.1:1883\nallow_anonymous = off\nvmq_passwd.password_file = /etc/vernemq/vmq.passwd");
    super::see_also(
        &mut page,
        &[
            "vernemq(8)",
            "vmq-admin(8)",
            "vmq-admin-settings(8)",
            "vmq.acl(5)",
            "vmq.passwd(5)",
        ],
    );
    page
}

fn areas() -> Vec<Area> {
    let mut areas: Vec<Area> = rows().iter().map(|row| row.area).collect();
    areas.dedup();
    areas
}

/// Rows that differ only in their keys, such as an option of every kind of listener, are told together.
fn groups<'a>(rows: &[&'a Row]) -> Vec<Vec<&'a Row>> {
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        let text = told(row);
        match groups
            .iter_mut()
            .find(|group| group.first().is_some_and(|first| told(first) == text))
        {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

fn put(page: &mut Page, group: &[&Row]) {
    let Some((last, others)) = group.split_last() else {
        return;
    };
    let keys: Vec<&str> = others.iter().chain([last]).map(|row| &*row.key).collect();
    page.terms(&keys, &told(last));
}

/// All that is said about a setting.
fn told(row: &Row) -> String {
    let prose = row.prose.trim_end_matches('.');
    match row.status {
        Status::Renamed(new) => return format!("Another name of `{new}`."),
        Status::Ignored(reason) => return format!("{prose}. No effect: {reason}."),
        Status::Silent => return format!("{prose}. No effect."),
        Status::Later(feature) => {
            return format!("{prose}. Not available in this version: {}.", feature.title());
        }
        Status::Deprecated(_) | Status::Implemented => {}
    }
    let types: Vec<String> = row.types.iter().map(|kind| type_phrase(*kind)).collect();
    let mut text = format!("{prose}. Value: {}", types.join("; or "));
    if let Some((min, max)) = row.bounds() {
        text.push_str(&format!(", from {min} to {max}"));
    }
    text.push('.');
    match row.default {
        Some("") => text.push_str(" Default: empty."),
        Some(default) => text.push_str(&format!(" Default: `{default}`.")),
        None => text.push_str(" No default."),
    }
    text.push_str(match row.applies() {
        Applies::AtOnce => " `vmq-admin set` changes it at once.",
        Applies::NewSessions => " `vmq-admin set` changes it for new sessions.",
        Applies::Restart => "",
    });
    if row.hidden {
        text.push_str(" Not in the shipped file.");
    }
    if row.secret {
        text.push_str(" Its value is never shown.");
    }
    if let Status::Deprecated(advice) = row.status {
        text.push_str(&format!(" Deprecated: {advice}."));
    }
    text
}
