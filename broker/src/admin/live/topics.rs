//! A level of the topics that are alive or have a retained message.

use super::super::{Admin, Answer};
use super::difference::Picture;
use crate::core::Core;
use crate::topics::{Child, Level, Watching};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vmq_admin::live::{TOPIC_ROWS_MAX, Topics};
use vmq_admin::{Row, Value};

/// Retained messages that are looked at in one picture, to find the names of one level.
const RETAINED_STEPS_MAX: usize = 4000;

/// Seconds of counting that are told: nobody needs to know more.
pub(super) const COUNTED_SECS_MAX: u64 = 10;

/// Mountpoints that are told.
const MOUNTPOINTS_MAX: usize = 64;

/// Bytes of a topic.
const TOPIC_BYTES_MAX: usize = 65_535;

/// Behind every topic that begins with what stands before it: no text has this byte.
const BEHIND: u8 = 0xFF;

/// Somebody who looks at it. The topics are counted for as long as he does.
pub(super) struct Source {
    wanted: Topics,
    watching: Arc<Watching>,
}

/// A name of the level.
#[derive(Clone, Copy, Default)]
struct Part {
    live: Child,
    is_retained: bool,
    /// And what is retained lies below.
    is_deeper: bool,
}

impl Source {
    pub(super) fn new(admin: &Admin, mut wanted: Topics) -> Result<Self, Answer> {
        let parent = wanted.parent.as_deref().unwrap_or_default();
        if parent
            .len()
            .max(wanted.contains.len())
            .max(wanted.mountpoint.len())
            > TOPIC_BYTES_MAX
        {
            return Err(Answer::alert("A topic has 65535 bytes at most."));
        }
        if !(1..=TOPIC_ROWS_MAX).contains(&wanted.limit) {
            return Err(Answer::alert(format!(
                "Invalid value: \"{}\" for limit, it must be 1 to {TOPIC_ROWS_MAX}",
                wanted.limit
            )));
        }
        wanted.contains = wanted.contains.to_lowercase();
        let watching = Arc::new(admin.broker()?.core().topics.watch());
        Ok(Self { wanted, watching })
    }

    pub(super) async fn look(&self, core: &Arc<Core>) -> Result<Picture, Answer> {
        let (wanted, watching, work) = (self.wanted.clone(), Arc::clone(&self.watching), Arc::clone(core));
        let seen = core.process.in_turn(move || picture(&work, &wanted, &watching));
        // Only a panic keeps it.
        seen.await
            .ok_or_else(|| Answer::alert("looking at the topics failed"))
    }
}

fn picture(core: &Core, wanted: &Topics, watching: &Watching) -> Picture {
    let level = watching.level(&wanted.mountpoint, wanted.parent.as_deref());
    let prefix = wanted
        .parent
        .as_ref()
        .map_or_else(String::new, |parent| format!("{parent}/"));
    let (unlisted, counted) = (level.unlisted, level.counted.as_secs().min(COUNTED_SECS_MAX));
    let (parts, is_whole) = parts(core, wanted, &prefix, level);
    let of = parts.len();
    let found = |(name, _): &(String, Part)| name.to_lowercase().contains(&wanted.contains);
    let mut rows: Vec<(String, Part)> = parts.into_iter().filter(found).collect();
    let count = rows.len();
    // If not all can be told, then the fastest; in the order of their names, so that the rows stay where they are.
    if count > wanted.limit as usize {
        rows.sort_by(|(_, a), (_, b)| b.live.rate.total_cmp(&a.live.rate));
        rows.truncate(wanted.limit as usize);
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    let row = |(name, part): (String, Part)| {
        let topic = format!("{prefix}{name}");
        let subscribers = core.router.count_matching(&wanted.mountpoint, &topic);
        let row = Row::default()
            .with("name", name)
            .with("topic", topic.as_str())
            .with("rate", tenths(part.live.rate))
            .with("bytes", tenths(part.live.bytes))
            .with("topics", part.live.topics)
            .with("is_topic", part.live.is_topic)
            .with("below", part.live.below || part.is_deeper)
            .with("subscribers", subscribers as u64)
            .with("retained", part.is_retained);
        (topic, row)
    };
    Picture {
        facts: Row::default()
            .with("rows", count as u64)
            .with("of", of as u64)
            .with("is_whole", is_whole)
            .with("counted_secs", counted)
            .with("unlisted", tenths(unlisted))
            .with("mountpoints", mountpoints(core)),
        rows: rows.into_iter().map(row).collect(),
        is_complete: true,
        ..Picture::default()
    }
}

/// The mountpoints that there are, the default one first.
fn mountpoints(core: &Core) -> String {
    let known = core.registry.mountpoints();
    let mut names: BTreeSet<Arc<str>> = known.into_iter().chain(core.retained.mountpoints()).collect();
    names.insert(Arc::from(""));
    let first: Vec<&str> = names.iter().map(|name| &**name).take(MOUNTPOINTS_MAX).collect();
    first.join("\n")
}

/// The names of the level, and whether all retained messages were looked at for them.
fn parts(core: &Core, wanted: &Topics, prefix: &str, level: Level) -> (BTreeMap<String, Part>, bool) {
    let live = |(name, live): (String, Child)| {
        let part = Part {
            live,
            ..Part::default()
        };
        (name, part)
    };
    let mut parts: BTreeMap<String, Part> = level.children.into_iter().map(live).collect();
    let mut after: Option<Vec<u8>> = None;
    for _ in 0..RETAINED_STEPS_MAX {
        let page = core
            .retained
            .page(&wanted.mountpoint, prefix.as_bytes(), after.as_deref(), 1);
        let Some(message) = page.first() else {
            return (parts, true);
        };
        let rest = message.topic().strip_prefix(prefix).unwrap_or_default();
        let (name, is_deeper) = match rest.split_once('/') {
            Some((name, _)) => (name, true),
            None => (rest, false),
        };
        let part = parts.entry(name.to_owned()).or_default();
        part.is_retained = true;
        part.is_deeper |= is_deeper;
        // One that lies deeper stands for everything below the same name.
        after = Some(match is_deeper {
            true => [prefix.as_bytes(), name.as_bytes(), b"/", &[BEHIND]].concat(),
            false => message.topic_bytes().to_vec(),
        });
    }
    (parts, false)
}

/// A rate as far as it is worth telling: what flickers would be sent again and again.
pub(super) fn tenths(rate: f64) -> Value {
    let factor = if rate < 100.0 { 10.0 } else { 1.0 };
    Value::Float((rate * factor).round() / factor)
}
