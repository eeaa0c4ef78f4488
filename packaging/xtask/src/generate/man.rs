//! The manual pages: `vernemq(8)`, `vernemq.conf(5)`, `vmq-admin(8)` and one for each group of its commands, `vmq-passwd(1)`,
//! `vmq-console(1)` and the files. Commands, settings and keys come from their tables, so that a page cannot lag behind.

mod admin;
mod conf;
mod console;
mod control;
mod group;
mod rules;

use super::roff::Page;

/// Every page.
pub(crate) fn pages() -> Vec<Page> {
    let mut pages = vec![
        control::vernemq(),
        control::vmq_passwd(),
        console::vmq_console(),
        conf::vernemq_conf(),
        rules::vmq_acl(),
        rules::vmq_passwd_file(),
        admin::vmq_admin(),
    ];
    pages.extend(group::names().into_iter().map(group::page));
    pages
}

fn see_also(page: &mut Page, names: &[&str]) {
    page.see_also(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
}
