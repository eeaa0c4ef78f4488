//! Live: what a subscription shows, for as long as somebody looks (admin.md 18.3, console.md 7; what travels is told in
//! `vmq_admin::live`). One task for each: look, send what has changed against what was sent last, wait.
//!
//! What holds: a picture is looked for when the one before has been taken, so that nothing queues up for who reads
//! slowly; everything it is made of has a bound; nobody who does not look costs anything.

mod difference;
mod hot;
mod listeners;
mod log;
mod metrics;
mod topics;
mod one_topic;
mod plugins;

use super::peer::{Peer, is_allowed};
use super::running::Talk;
use super::session::Page;
use super::{Admin, Answer, cluster};
use difference::{Difference, Picture};
pub(super) use metrics::with_rates;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tracing::info;
use vmq_admin::live::{INTERVAL_MS_MAX, INTERVAL_MS_MIN, Subscribe, Topic};
use vmq_admin::{Access, Row, Value};

/// What is looked at.
enum Source {
    Metrics(metrics::Source),
    /// Away while it is looked at on another thread.
    Sessions(Option<Box<Page>>),
    Cluster,
    Listeners(listeners::Source),
    Plugins(plugins::Source),
    Log(log::Source),
    Topics(Box<topics::Source>),
    OneTopic(one_topic::Source),
    /// Away while it is looked at, as sessions.
    Hot(Option<Box<hot::Source>>),
}

/// Shows something until it is cancelled or nobody listens; the answer says why it has ended.
pub(super) async fn run(
    admin: &Arc<Admin>,
    peer: Peer,
    granted: Access,
    subscribe: Subscribe,
    talk: &mut Talk,
) -> Answer {
    let shown = match admit(admin, peer, granted, subscribe) {
        Ok((source, pause)) => show(admin, source, pause, talk).await,
        Err(refusal) => Err(refusal),
    };
    shown.err().unwrap_or_default()
}

/// Whether there is such a thing, the peer may look at it, and it is asked for in the right way.
fn admit(
    admin: &Admin,
    peer: Peer,
    granted: Access,
    subscribe: Subscribe,
) -> Result<(Source, Duration), Answer> {
    let Subscribe { interval_ms, topic } = subscribe;
    let name = topic.name();
    let told = |verdict: &str| {
        info!(
            severity = "notice",
            "admin: uid={} pid={} via=socket{verdict} cmd=\"subscribe {name}\"",
            peer.uid,
            peer.pid.unwrap_or(0)
        );
    };
    if !is_allowed(granted, topic.access()) {
        told(" refused");
        return Err(Answer::alert(format!("Permission denied: subscribe {name}")));
    }
    if !(INTERVAL_MS_MIN..=INTERVAL_MS_MAX).contains(&interval_ms) {
        let bounds = format!("{INTERVAL_MS_MIN} to {INTERVAL_MS_MAX}");
        return Err(Answer::alert(format!(
            "Invalid value: \"{interval_ms}\" for interval_ms, it must be {bounds}"
        )));
    }
    if topic.access() == Access::Full {
        told("");
    }
    let source = match topic {
        Topic::Metrics(wanted) => Source::Metrics(metrics::Source::new(wanted)?),
        Topic::Sessions(wanted) => Source::Sessions(Some(Box::new(Page::new(&admin.node, wanted)?))),
        Topic::Cluster => Source::Cluster,
        Topic::Listeners => Source::Listeners(listeners::Source::default()),
        Topic::Plugins => Source::Plugins(plugins::Source::default()),
        Topic::Hot(wanted) => Source::Hot(Some(Box::new(hot::Source::new(admin, wanted)?))),
        Topic::Log(wanted) => Source::Log(log::Source::new(admin, &wanted)?),
        Topic::Topics(wanted) => Source::Topics(Box::new(topics::Source::new(admin, wanted)?)),
        Topic::OneTopic(wanted) => Source::OneTopic(one_topic::Source::new(wanted, granted)?),
        Topic::Unknown => return Err(Answer::alert("This version knows no such topic.")),
    };
    Ok((source, Duration::from_millis(interval_ms.into())))
}

/// Looks and sends, again and again.
///
/// # Errors
/// The answer that says why it does not go on; `Ok` = nobody wants more.
async fn show(admin: &Admin, mut source: Source, pause: Duration, talk: &mut Talk) -> Result<(), Answer> {
    let mut difference = Difference::default();
    let mut pace = interval(pause);
    // Who was slow has a whole pause before the next picture.
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = pace.tick() => {}
            () = talk.cancelled() => return Ok(()),
        }
        let mut is_complete = false;
        while !is_complete {
            let picture = tokio::select! {
                picture = source.look(admin) => picture?,
                () = talk.cancelled() => return Ok(()),
            };
            is_complete = picture.is_complete;
            let lines = difference::lines(talk.id(), difference.of(picture));
            for line in lines.map_err(|fault| Answer::alert(fault.to_string()))? {
                let sent = tokio::select! {
                    sent = talk.event(line) => sent,
                    () = talk.cancelled() => return Ok(()),
                };
                if sent.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

impl Source {
    async fn look(&mut self, admin: &Admin) -> Result<Picture, Answer> {
        match self {
            Self::Cluster => Ok(Picture::of(cluster::rows(admin), |row| cell(row, "Node"))),
            Self::Listeners(source) => {
                let broker = admin.broker()?;
                let rows = source.look(&broker);
                let identity =
                    |row: &Row| [cell(row, "type"), cell(row, "address"), cell(row, "port")].join("\0");
                Ok(Picture::of(rows, identity))
            }
            Self::Plugins(source) => Ok(source.look(&*admin.broker()?)),
            Self::Log(source) => Ok(source.look()),
            Self::Metrics(source) => source.look(admin.broker()?.core()).await,
            Self::Topics(source) => source.look(admin.broker()?.core()).await,
            Self::OneTopic(source) => Ok(source.look(admin.broker()?.core())),
            Self::Hot(source) => {
                let core = Arc::clone(admin.broker()?.core());
                let looked = match source.take() {
                    None => None,
                    Some(mut looking) => {
                        let work = Arc::clone(&core);
                        let look = move || (looking.look(&work), looking);
                        core.process.in_turn(look).await
                    }
                };
                // Only a panic keeps it.
                let (picture, looked) = looked.ok_or_else(|| Answer::alert("looking at the list failed"))?;
                *source = Some(looked);
                Ok(picture)
            }
            Self::Sessions(page) => {
                let core = Arc::clone(admin.broker()?.core());
                let looked = match page.take() {
                    None => None,
                    Some(mut looking) => {
                        let work = Arc::clone(&core);
                        let look = move || (looking.look(&work), looking);
                        core.process.in_turn(look).await
                    }
                };
                // Only a panic keeps it.
                let (seen, looked) = looked.ok_or_else(|| Answer::alert("looking at the sessions failed"))?;
                *page = Some(looked);
                Ok(seen.into())
            }
        }
    }
}

fn cell(row: &Row, column: &str) -> String {
    row.get(column).map(Value::cell).unwrap_or_default()
}
