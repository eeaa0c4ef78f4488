//! The board: what the workers have brought and nobody has looked at yet. Bounded: of pictures there is one for each place,
//! lines and answers have a bound each.

use super::Wake;
use crate::pane::tracing;
use crate::place::{Lines, Picture, Place, Want};
use crate::update::Event;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use vmq_admin::live::LogLine;

/// Lines of one place that wait.
const LINES_MAX: usize = 2000;

/// Other events that wait: answers to commands, faults.
const EVENTS_MAX: usize = 1000;

/// What waits.
#[derive(Default)]
struct Inbox {
    link: Option<Event>,
    pictures: BTreeMap<Place, (Want, Picture)>,
    lines: BTreeMap<Place, (Want, Lines)>,
    events: VecDeque<Event>,
}

/// The board.
pub(super) struct Board {
    inbox: Mutex<Inbox>,
    wake: Wake,
    is_told: AtomicBool,
}

impl Board {
    pub(super) fn new(wake: Wake) -> Self {
        Self {
            inbox: Mutex::default(),
            wake,
            is_told: AtomicBool::new(false),
        }
    }

    fn put(&self, put: impl FnOnce(&mut Inbox)) {
        put(&mut self.inbox.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        if !self.is_told.swap(true, Ordering::AcqRel) {
            (self.wake)();
        }
    }

    pub(super) fn link(&self, event: Event) {
        self.put(|inbox| inbox.link = Some(event));
    }

    pub(super) fn picture(&self, place: Place, want: &Want, picture: Picture) {
        self.put(|inbox| {
            inbox.pictures.insert(place, (want.clone(), picture));
        });
    }

    pub(super) fn event(&self, event: Event) {
        self.put(|inbox| {
            if inbox.events.len() < EVENTS_MAX {
                inbox.events.push_back(event);
            }
        });
    }

    pub(super) fn log(&self, place: Place, want: &Want, log: &[LogLine], left_out: u64) {
        self.lines(place, want, |lines| {
            lines.left_out += left_out;
            lines.log.extend_from_slice(log);
            let too_many = lines.log.len().saturating_sub(LINES_MAX);
            lines.log.drain(..too_many);
            lines.left_out += too_many as u64;
        });
    }

    pub(super) fn said(&self, place: Place, want: &Want, text: &str) {
        self.lines(place, want, |lines| match lines.said.len() < LINES_MAX {
            true => lines.said.push(text.to_owned()),
            false => lines.left_out += 1,
        });
    }

    fn lines(&self, place: Place, want: &Want, add: impl FnOnce(&mut Lines)) {
        self.put(|inbox| {
            let entry = inbox
                .lines
                .entry(place)
                .or_insert_with(|| (want.clone(), Lines::default()));
            if entry.0 != *want {
                *entry = (want.clone(), Lines::default());
            }
            add(&mut entry.1);
        });
    }

    /// Everything that waits, what says whether the broker is there first.
    pub(super) fn take(&self) -> Vec<Event> {
        self.is_told.store(false, Ordering::Release);
        let mut inbox = self.inbox.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Inbox {
            link,
            pictures,
            lines,
            events,
        } = std::mem::take(&mut *inbox);
        drop(inbox);
        let pictures = pictures
            .into_iter()
            .map(|(place, (want, picture))| Event::Picture { place, want, picture });
        let lines = lines.into_iter().map(|(place, (want, lines))| {
            let of_log = lines.log.iter().map(|line| clock(line.time_us));
            let of_traces = lines.said.iter().map(|line| tracing::clock(line));
            // A place brings the one or the other.
            let clocks = of_log.chain(of_traces).collect();
            Event::Lines {
                place,
                want,
                lines,
                clocks,
            }
        });
        link.into_iter()
            .chain(pictures)
            .chain(lines)
            .chain(events)
            .collect()
    }
}

/// A time as a clock here shows it.
#[must_use]
fn clock(micros: i64) -> String {
    let time = Timestamp::from_microsecond(micros).unwrap_or_default();
    time.to_zoned_datetime(TimeZone::system())
        .strftime("%H:%M:%S")
        .to_string()
}
