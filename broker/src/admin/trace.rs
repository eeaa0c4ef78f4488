//! `vmq-admin trace`: starts a trace and passes its lines on for as long as somebody reads them; lists and ends those that
//! run (admin.md 12, monitoring.md 8).

use super::running::Talk;
use super::{Admin, Answer};
use crate::core::Core;
use crate::logging::render::Quoted;
use crate::mailbox::Mailbox;
use crate::trace::select::Pattern;
use crate::trace::session::Pid;
use crate::trace::{Form, Payloads, Rate, Select, Show, Trace, Traces, Wanted, Watched};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use vmq_admin::command::trace::{
    CLIENT_IDS_MAX, ClientFilter, OnLimit, Trace as Command, TraceForm, TraceLimits, network, topic_line,
};
use vmq_admin::{Element, Row};
use vmq_mqtt::topic;

/// How often a trace that has left something out and has nothing new to say tells so.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the command. A trace ends when it is cancelled, its client goes, its limit is reached, or it is stopped.
pub(super) async fn run(admin: &Admin, command: Command, talk: &mut Talk) -> Result<Answer, Answer> {
    let core = Arc::clone(admin.broker()?.core());
    match command {
        Command::Client { client, limits } => {
            let watched = of_client(&core, client, limits, talk.uid).await?;
            follow(&watched, talk, limits.duration_ms).await;
            Ok(done(limits.form))
        }
        Command::Topic {
            topic,
            mountpoint,
            limits,
        } => {
            let watched = of_topic(&core, topic, mountpoint, limits, talk.uid)?;
            follow(&watched, talk, limits.duration_ms).await;
            Ok(done(limits.form))
        }
        Command::List => {
            let rows = core.traces.running().iter().map(|trace| row(trace)).collect();
            Ok(Answer::of(vec![Element::Table(rows)]))
        }
        Command::Stop { id } if core.traces.stop(id) => Ok(Answer::default()),
        Command::Stop { id } => Err(Answer::alert(format!("No trace with id {id} is running."))),
        Command::StopAll => {
            core.traces.stop_all();
            Ok(Answer::default())
        }
    }
}

async fn of_client(
    core: &Arc<Core>,
    client: ClientFilter,
    limits: TraceLimits,
    uid: u32,
) -> Result<Watched, Answer> {
    let asked = client.line();
    let peer = match client.peer.as_deref() {
        None => None,
        Some(text) => {
            let bad = || Answer::alert(format!("Invalid value: \"{text}\" for flag: peer"));
            Some(network(text).ok_or_else(bad)?)
        }
    };
    let select = Select {
        clients: patterns(&client.client_ids)?,
        mountpoint: client.mountpoint,
        username: client.username,
        peer,
        listener: client.listener,
        topic: None,
    };
    let online = online(core, &select).await?;
    let (existing, first_line) = if select.has_filters() {
        // Which of them are meant they say themselves.
        (Vec::new(), format!("Starting trace for {asked}"))
    } else {
        let pids: Vec<_> = online.iter().map(|mailbox| mailbox.connection).collect();
        let first_line = first_line(&client.client_ids, &pids);
        (pids, first_line)
    };
    let has_filters = select.has_filters();
    let wanted = Wanted {
        existing,
        ..wanted(select, limits, first_line, uid)
    };
    let watched = start(core, wanted)?;
    if has_filters {
        online.iter().for_each(|mailbox| mailbox.wake());
    }
    Ok(watched)
}

/// A trace of whoever publishes or receives what a filter matches.
fn of_topic(
    core: &Arc<Core>,
    topic: String,
    mountpoint: String,
    limits: TraceLimits,
    uid: u32,
) -> Result<Watched, Answer> {
    if topic::check_filter(&topic, usize::MAX).is_err() {
        return Err(Answer::alert(format!("Invalid value: \"{topic}\"")));
    }
    let first_line = format!("Starting trace for topic {}", Quoted(&topic));
    let select = Select {
        mountpoint,
        topic: Some(topic),
        ..Select::default()
    };
    start(core, wanted(select, limits, first_line, uid))
}

fn start(core: &Arc<Core>, wanted: Wanted) -> Result<Watched, Answer> {
    Traces::start(core, wanted).map_err(|fault| Answer::alert(fault.to_string()))
}

fn wanted(select: Select, limits: TraceLimits, first_line: String, uid: u32) -> Wanted {
    Wanted {
        select,
        show: Show {
            payloads: Payloads {
                form: limits.payload,
                bytes_max: usize::try_from(limits.trunc_payload).unwrap_or(usize::MAX),
            },
            events: limits.events,
            verbose: limits.verbose,
        },
        rate: Rate {
            events_max: limits.rate_max,
            window: Duration::from_millis(limits.rate_interval.into()),
            sample: limits.on_limit == OnLimit::Sample,
            total_max: limits.max_events,
        },
        form: match limits.form {
            TraceForm::Text => Form::Text,
            TraceForm::Json => Form::Json,
            TraceForm::Pcapng => Form::Pcapng,
        },
        existing: Vec::new(),
        first_line,
        uid,
    }
}

/// The connections of clients that may be meant.
async fn online(core: &Arc<Core>, select: &Select) -> Result<Vec<Arc<Mailbox>>, Answer> {
    if let Some(subscribers) = select.known_clients() {
        let queues = subscribers.iter().filter_map(|one| core.registry.get(one));
        return Ok(queues.flat_map(|queue| queue.owners().to_vec()).collect());
    }
    let (core, select) = (Arc::clone(core), select.clone());
    // It looks at every queue.
    let looked = tokio::task::spawn_blocking(move || {
        let mut online = Vec::new();
        core.registry.for_each(|queue| {
            if queue.is_online() && select.is_client(&queue.subscriber) {
                online.extend(queue.owners());
            }
        });
        online
    });
    looked.await.map_err(|error| Answer::alert(error.to_string()))
}

fn patterns(client_ids: &[String]) -> Result<Vec<Pattern>, Answer> {
    if client_ids.is_empty() || client_ids.len() > CLIENT_IDS_MAX {
        return Err(Answer::alert(format!(
            "1 to {CLIENT_IDS_MAX} client ids in one trace"
        )));
    }
    let pattern =
        |text: &String| Pattern::parse(text).map_err(|_| Answer::alert(format!("Invalid value: \"{text}\"")));
    client_ids.iter().map(pattern).collect()
}

fn first_line(client_ids: &[String], pids: &[u64]) -> String {
    let quoted: Vec<String> = client_ids.iter().map(|id| Quoted(id).to_string()).collect();
    let client_id = quoted.join(", ");
    if pids.is_empty() {
        return format!("No sessions found for client {client_id}");
    }
    let list: Vec<String> = pids.iter().map(|pid| Pid(*pid).to_string()).collect();
    format!(
        "Starting trace for {} existing sessions for client {client_id} with PIDs\n    [{}]",
        pids.len(),
        list.join(",")
    )
}

/// Passes lines on until the trace ends.
async fn follow(watched: &Watched, talk: &mut Talk, duration_ms: Option<u64>) {
    let feed = &watched.trace().feed;
    let mut over = pin!(after(duration_ms));
    let mut runs = true;
    let mut wanted = true;
    loop {
        tokio::select! {
            line = feed.next() => {
                let Some(line) = line else { break };
                if talk.line(line.stream, line.text).await.is_err() {
                    break;
                }
            }
            // What waits already is still sent.
            () = talk.cancelled(), if wanted => {
                wanted = false;
                feed.end();
            }
            () = &mut over, if runs => {
                runs = false;
                feed.finish("Trace duration is over.");
            }
            () = sleep(REPORT_INTERVAL) => feed.report(),
        }
    }
}

/// Waits so long; `None` = for ever.
async fn after(milliseconds: Option<u64>) {
    match milliseconds {
        Some(time) => sleep(Duration::from_millis(time)).await,
        None => std::future::pending().await,
    }
}

/// An alert that is no failure (admin.md 2.6). Who reads JSON or a capture wants nothing else.
fn done(form: TraceForm) -> Answer {
    let done = (form == TraceForm::Text).then(|| Element::alert("Done."));
    Answer::of(done.into_iter().collect())
}

fn row(trace: &Trace) -> Row {
    let select = &trace.select;
    let client = ClientFilter {
        client_ids: select
            .clients
            .iter()
            .map(|pattern| pattern.text().to_owned())
            .collect(),
        mountpoint: select.mountpoint.clone(),
        username: select.username.clone(),
        peer: select.peer.map(|(address, bits)| format!("{address}/{bits}")),
        listener: select.listener.clone(),
    };
    let (kind, filter) = match &select.topic {
        None => ("client", client.line()),
        Some(topic) => ("topic", topic_line(topic, &select.mountpoint)),
    };
    let started = jiff::Timestamp::from_second(trace.started.as_second()).unwrap_or(trace.started);
    Row::default()
        .with("id", trace.id)
        .with("kind", kind)
        .with("filter", filter)
        .with("started", started.to_string())
        .with("events", trace.feed.events())
        .with("owner", u64::from(trace.uid))
}
