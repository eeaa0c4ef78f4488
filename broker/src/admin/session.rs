//! `vmq-admin session`: what the queues of this node are, and what is done to them (admin.md 6.1-6.4).

mod plan;
mod glance;
mod row;
mod stored;
mod scan;
mod order;
mod growing;
mod page;
mod disconnect;
mod subscriptions;
mod topics;
mod why;
mod history;
mod inspect;
mod limits;
mod messages;

use super::dispatch::Reaction;
use super::table::{self, TableMaker};
use super::{Admin, Answer};
use crate::core::Core;
pub(super) use page::{Page, Seen};
use plan::Plan;
pub(super) use scan::cut_note;
use std::sync::Arc;
use vmq_admin::Element;
use vmq_admin::command::session::{Session, Who};

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Session, uid: u32) -> Reaction {
    match react(admin, command, uid).await {
        Ok(reaction) => reaction,
        Err(answer) => answer.into(),
    }
}

async fn react(admin: &Admin, command: Session, uid: u32) -> Result<Reaction, Answer> {
    let core = Arc::clone(admin.broker()?.core());
    match command {
        Session::Show { query, filter, sort } => {
            let plan = Plan::new(&admin.node, query, filter.as_deref())?.sorted(sort);
            let limit = plan.limit;
            Ok(listing(core, limit, move |core, maker| {
                scan::run(core, &plan, maker)
            }))
        }
        Session::Topics(topics) => {
            let show = topics::Show::new(&admin.node, topics)?;
            let limit = show.limit;
            Ok(listing(core, limit, move |core, maker| show.run(core, maker)))
        }
        Session::Disconnect {
            who: Who::Filter {
                filter,
                dry_run: true,
            },
            mountpoint,
            ..
        } => {
            let plan = Plan::of_filter(&admin.node, &filter, &mountpoint)?;
            Ok(listing(core, u64::MAX, move |core, maker| {
                scan::run(core, &plan, maker);
            }))
        }
        Session::Disconnect {
            who,
            cleanup,
            mountpoint,
            verbose,
        } => {
            let chosen = disconnect::choose(&core, &admin.node, who, &mountpoint, cleanup).await?;
            let count = disconnect::run(&core, chosen, cleanup, uid).await;
            let text = match verbose {
                true => format!("Disconnected {count} sessions"),
                false => "Done".to_owned(),
            };
            Ok(text_answer(text))
        }
        Session::History {
            client_id,
            mountpoint,
            limit,
        } => history::run(&core, &mountpoint, &client_id, limit).map(Into::into),
        Session::Inspect(inspect) => inspect::run(admin, &core, &inspect).await.map(Into::into),
        Session::Why(wanted) => Ok(why::run(&core, &wanted).await.into()),
        Session::Messages(wanted) => messages::run(&core, wanted).await.map(Into::into),
        Session::Unsubscribe {
            client_id,
            topic,
            mountpoint,
            tell_plugins: tell,
        } => {
            let removed = subscriptions::unsubscribe(&core, &mountpoint, &client_id, &topic, tell);
            let is_done = removed.await;
            Ok(text_answer(if is_done { "Done" } else { "Not successfull" }))
        }
        Session::Reauthorize {
            client_id,
            username,
            mountpoint,
        } => {
            let is_new = subscriptions::reauthorize(&core, &mountpoint, &client_id, username).await;
            Ok(text_answer(if is_new { "Done" } else { "Unchanged" }))
        }
    }
}

fn text_answer(text: impl Into<String>) -> Reaction {
    Answer::of(vec![Element::text(text)]).into()
}

/// A table that is made on a thread that may block, while it is sent.
fn listing(
    core: Arc<Core>,
    limit: u64,
    make: impl FnOnce(&Core, &mut TableMaker) + Send + 'static,
) -> Reaction {
    let (mut maker, parts) = table::table(limit);
    // It ends with its table: a client that goes away closes the channel, and the maker stops.
    tokio::task::spawn_blocking(move || {
        make(&core, &mut maker);
        maker.finish();
    });
    Reaction::Table(parts)
}
