//! Tells every publisher when its next message is due. The timers of the runtime count whole milliseconds, which is more
//! than a message takes; this is a thread with the kernel's.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::Notify;

use crate::flow::Flow;
use crate::schedule::Schedule;
use crate::stamp::now_nanos;

/// Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Metronome {
    _stop: SyncSender<()>,
}

/// A publisher and its bell.
#[derive(Clone, Debug)]
pub(crate) struct Beat<B = Arc<Notify>> {
    pub(crate) schedule: Schedule,
    pub(crate) bell: B,
}

/// What wakes a publisher. Rings that nobody waited for are one.
pub(crate) trait Bell: Send + 'static {
    fn ring(&self);
}

impl Bell for Arc<Notify> {
    fn ring(&self) {
        self.notify_one();
    }
}

impl Bell for Arc<Flow> {
    fn ring(&self) {
        self.wake();
    }
}

impl Beat {
    pub(crate) fn new(schedule: Schedule) -> Beat {
        Beat {
            schedule,
            bell: Arc::default(),
        }
    }
}

impl Metronome {
    pub(crate) fn start<B: Bell>(beats: Vec<Beat<B>>) -> Result<Metronome> {
        let (_stop, stopped) = sync_channel(1);
        thread::Builder::new()
            .name("metronome".into())
            .spawn(move || ring_until(&stopped, beats))
            .context("cannot start a thread")?;
        Ok(Metronome { _stop })
    }
}

fn ring_until<B: Bell>(stopped: &Receiver<()>, beats: Vec<Beat<B>>) {
    let mut score = Score { beats, rung: 0 };
    while let Some(due) = score.next_due() {
        let wait = Duration::from_nanos(due.saturating_sub(now_nanos()));
        if stopped.recv_timeout(wait) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        score.ring(now_nanos());
    }
}

/// What is still to be rung.
#[derive(Debug)]
struct Score<B> {
    beats: Vec<Beat<B>>,
    /// Everything due before this moment has been.
    rung: u64,
}

impl<B: Bell> Score<B> {
    /// `None` = there are no beats.
    fn next_due(&self) -> Option<u64> {
        let next = |beat: &Beat<B>| beat.schedule.due(beat.schedule.due_before(self.rung));
        self.beats.iter().map(next).min()
    }

    /// Rings for whatever has become due since the last time, `now` included; returns for how many messages.
    fn ring(&mut self, now: u64) -> u64 {
        let mut messages = 0;
        for beat in &self.beats {
            let due = beat.schedule.due_before(now + 1) - beat.schedule.due_before(self.rung);
            if due > 0 {
                beat.bell.ring();
            }
            messages += due;
        }
        self.rung = now + 1;
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beats(start_nanos: u64) -> Vec<Beat> {
        (0..3)
            .map(|number| Beat::new(Schedule::spread(start_nanos, 100, number, 3)))
            .collect()
    }

    /// A message that nobody is told of would wait for the next one, and look like a slow broker.
    #[test]
    fn nothing_is_left_out_however_late_it_looks() {
        let start = 1_000_000_000;
        let mut score = Score {
            beats: beats(start),
            rung: 0,
        };
        assert_eq!(score.next_due(), Some(start));
        assert_eq!(score.ring(start - 1), 0);
        let (mut now, mut rung) = (start, 0);
        for late in [0, 1, 7_000_000, 3_333_333, 3_333_334, 55_000_000, 2, 2] {
            now += late;
            rung += score.ring(now);
            let due: u64 = score
                .beats
                .iter()
                .map(|beat| beat.schedule.due_before(now + 1))
                .sum();
            assert_eq!(rung, due);
            assert!(score.next_due() > Some(now));
        }
    }

    #[tokio::test]
    async fn it_rings_when_a_message_is_due() {
        let beats = beats(now_nanos() + 2_000_000);
        let metronome = Metronome::start(beats.clone()).unwrap();
        for beat in &beats {
            for sequence in 0..3 {
                beat.bell.notified().await;
                assert!(now_nanos() >= beat.schedule.due(sequence));
            }
        }
        drop(metronome);
    }
}
