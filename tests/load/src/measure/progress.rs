//! What happens while it happens: a line on standard error, or to the process that leads, each interval; and all of them for the
//! plot of the report.

use std::io;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::sleep_until;

use super::args::WatchArgs;
use super::figure::Counter;
use super::meter::Meter;
use super::processes::Leash;
use super::report;
use super::result::Second;

pub(crate) struct Progress {
    every: Duration,
    led: bool,
    began: Instant,
    next: Instant,
    before: Second,
    pub(crate) seconds: Vec<Second>,
}

impl Progress {
    pub(crate) fn new(args: &WatchArgs) -> Progress {
        let every = Duration::from_secs_f64(args.every.clamp(0.0, 3600.0));
        Progress {
            every,
            led: args.led,
            began: Instant::now(),
            next: Instant::now() + every,
            before: Second::default(),
            seconds: Vec::new(),
        }
    }

    /// Tells of an interval if one is over.
    pub(crate) fn tick(&mut self, meter: &Meter, leash: &Leash) -> Result<()> {
        if self.every.is_zero() || Instant::now() < self.next {
            return Ok(());
        }
        self.next += self.every;
        let second = self.take(meter);
        if self.led {
            leash.tell(&second)
        } else {
            report::second(&mut io::stderr().lock(), &second, self.every.as_secs_f64())
        }
    }

    /// Carries out `what` and tells of every interval meanwhile.
    pub(crate) async fn during<T>(
        &mut self,
        meter: &Meter,
        leash: &Leash,
        what: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if self.every.is_zero() {
            return what.await;
        }
        tokio::pin!(what);
        loop {
            tokio::select! {
                biased;
                () = sleep_until(self.next.into()) => self.tick(meter, leash)?,
                done = &mut what => return done,
            }
        }
    }

    /// What came after the last line.
    pub(crate) fn last(&mut self, meter: &Meter) {
        if !self.every.is_zero() {
            self.take(meter);
        }
    }

    fn take(&mut self, meter: &Meter) -> Second {
        let (published, consumed) = (meter.get(Counter::Published), meter.get(Counter::Consumed));
        let recent = meter.take_recent();
        let micros = |quantile: f64| recent.value_at_quantile(quantile) as f64 / 1e3;
        let second = Second {
            at_secs: self.began.elapsed().as_secs_f64(),
            connections: meter.connections(),
            published: published - self.before.published,
            consumed: consumed - self.before.consumed,
            p50_us: micros(0.5),
            p99_us: micros(0.99),
        };
        self.before = Second {
            published,
            consumed,
            ..second
        };
        self.seconds.push(second);
        second
    }
}
