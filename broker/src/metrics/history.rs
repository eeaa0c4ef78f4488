//! History: what was counted in each second of the last ten minutes, and how the gauges stood (console.md 4.1). Bounded and
//! always there, so that a console that is opened when something has gone wrong shows how it began. Not on Prometheus, not
//! in Graphite, not in `$SYS`: those who scrape keep their own.

use super::families::*;
use super::snapshot::{self, Labels, Metric};
use super::{Counter, Reasoned, gauges};
use crate::core::Core;
use crate::store::unix_millis;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// Ten minutes.
const SECONDS_MAX: usize = 600;

/// One second.
#[derive(Clone, Debug)]
pub struct Second {
    /// When it ended.
    pub unix_secs: u64,
    /// What every counter has grown by, in the order of the catalogue. More than 4 billion a second are not counted.
    grown: Box<[u32]>,
    /// How the gauges stood, in the order of `gauges::KEPT`.
    gauges: Box<[u64]>,
}

/// The seconds, oldest first.
#[derive(Debug, Default)]
pub struct History(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    seconds: VecDeque<Second>,
    /// Every counter's sum at the end of the last second.
    totals: Vec<u64>,
    /// Seconds that have ended since the start, those included that are no longer kept.
    ended: u64,
}

/// A metric whose history somebody wants.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub name: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// The sum of these series of the catalogue.
    Grown(Vec<usize>),
    /// Its place among those that are kept.
    Gauge(usize),
}

/// What has been kept of some metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// As many as were chosen; oldest seconds first.
    pub values: Vec<Vec<u64>>,
    /// When the last second ended.
    pub until: u64,
    /// How many seconds have ended since the start.
    pub ended: u64,
}

impl History {
    /// Ends a second. To be called once in each.
    pub fn record(&self, core: &Core) {
        let totals = core.metrics.totals();
        self.push(totals, gauges::kept(core), unix_millis() / 1000);
    }

    pub(super) fn push(&self, totals: Vec<u64>, gauges: Vec<u64>, unix_secs: u64) {
        let mut ring = self.0.lock();
        // The first call has nothing before it to compare with.
        if ring.totals.len() == totals.len() {
            let grown = totals.iter().zip(&ring.totals).map(|(now, before)| {
                // Whatever is reset meanwhile: sums only grow.
                u32::try_from(now.saturating_sub(*before)).unwrap_or(u32::MAX)
            });
            let grown = grown.collect();
            if ring.seconds.len() == SECONDS_MAX {
                ring.seconds.pop_front();
            }
            ring.seconds.push_back(Second {
                unix_secs,
                grown,
                gauges: gauges.into_boxed_slice(),
            });
            ring.ended += 1;
        }
        ring.totals = totals;
    }

    /// The last seconds, oldest first; at most ten minutes of them.
    #[must_use]
    pub fn last(&self, seconds: usize) -> Vec<Second> {
        let ring = self.0.lock();
        let skipped = ring.seconds.len().saturating_sub(seconds);
        ring.seconds.iter().skip(skipped).cloned().collect()
    }

    /// What every series has grown by in the last seconds, in the order of the catalogue, and how many seconds those are.
    #[must_use]
    pub fn sums(&self, seconds: usize) -> (Vec<u64>, usize) {
        let ring = self.0.lock();
        let mut sums = vec![0; ring.totals.len()];
        let skipped = ring.seconds.len().saturating_sub(seconds);
        for second in ring.seconds.iter().skip(skipped) {
            for (sum, grown) in sums.iter_mut().zip(&second.grown) {
                *sum += u64::from(*grown);
            }
        }
        (sums, ring.seconds.len() - skipped)
    }

    /// The seconds of some metrics that have ended since there were `seen` of them.
    #[must_use]
    pub fn since(&self, seen: u64, chosen: &[Chosen]) -> Kept {
        let ring = self.0.lock();
        let new = usize::try_from(ring.ended.saturating_sub(seen)).unwrap_or(usize::MAX);
        let skipped = ring.seconds.len().saturating_sub(new);
        let of = |chosen: &Chosen| {
            let seconds = ring.seconds.iter().skip(skipped);
            seconds.map(|second| second.value(&chosen.what)).collect()
        };
        Kept {
            values: chosen.iter().map(of).collect(),
            until: ring.seconds.back().map_or(0, |second| second.unix_secs),
            ended: ring.ended,
        }
    }

    /// What a metric has grown by per second, as the mean of the last seconds; 0 before there are any.
    #[must_use]
    pub fn rate(&self, family: Family, seconds: usize) -> u64 {
        let last = self.last(seconds);
        let sum: u64 = last.iter().map(|second| second.grown(family, "")).sum();
        sum / (last.len() as u64).max(1)
    }
}

impl Chosen {
    /// The metric of a name: `name` with all of its series, or `name{label="value"}`; a gauge of the broker's parts.
    /// `None` = no history of it is kept.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let is_meant = |(family, labels): &(Family, Labels)| {
            family.name == name || Metric::number(*family, labels.clone(), 0).full_name() == name
        };
        let series: Vec<usize> = snapshot::series()
            .enumerate()
            .filter(|(_, series)| is_meant(series))
            .map(|(at, _)| at)
            .collect();
        let what = match series.is_empty() {
            false => What::Grown(series),
            true => What::Gauge(gauges::KEPT.iter().position(|family| family.name == name)?),
        };
        Some(Self {
            name: name.to_owned(),
            what,
        })
    }
}

impl Second {
    fn value(&self, what: &What) -> u64 {
        match what {
            What::Grown(series) => {
                let grown = |at: &usize| self.grown.get(*at).copied().map_or(0, u64::from);
                series.iter().map(grown).sum()
            }
            What::Gauge(at) => self.gauges.get(*at).copied().unwrap_or(0),
        }
    }

    /// What a metric has grown by: all of its series, or those whose last label has this value, such as a reason.
    #[must_use]
    pub fn grown(&self, family: Family, label_value: &str) -> u64 {
        let of_series = |series: usize| self.grown.get(series).copied().map_or(0, u64::from);
        let is_it = |value: &str| label_value.is_empty() || value == label_value;
        let plain = Counter::ALL.iter().filter(|counter| {
            let value = counter.label().split_once('=').map_or("", |(_, value)| value);
            counter.family() == family && is_it(value)
        });
        let coded = Reasoned::ALL.iter().filter(|group| group.family() == family);
        let coded = coded.flat_map(|group| {
            let codes = group.codes().iter().filter(|code| is_it(group.word(**code)));
            codes.map(|code| Counter::COUNT + group.series(*code))
        });
        plain
            .map(|counter| *counter as usize)
            .chain(coded)
            .map(of_series)
            .sum()
    }

    /// How the gauges stood.
    pub fn gauges(&self) -> impl Iterator<Item = (Family, u64)> {
        gauges::KEPT.into_iter().zip(self.gauges.iter().copied())
    }

    /// How a gauge stood; `None` = it is not kept.
    #[must_use]
    pub fn gauge(&self, family: Family) -> Option<u64> {
        let kept = self.gauges().find(|(of, _)| *of == family);
        kept.map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::SERIES;
    use vmq_mqtt::ReasonCode;

    fn totals(publishes: u64, refused: u64) -> Vec<u64> {
        let mut totals = vec![0; SERIES];
        totals[Counter::PublishReceived4 as usize] = publishes;
        totals[Counter::PublishReceived5 as usize] = 1;
        totals[Counter::COUNT + Reasoned::ConnackSent5.series(ReasonCode::NotAuthorized)] = refused;
        totals
    }

    /// Gauges of which only one is not nothing.
    fn only(family: Family, value: u64) -> Vec<u64> {
        let of = |kept: Family| if kept == family { value } else { 0 };
        gauges::KEPT.map(of).to_vec()
    }

    #[test]
    fn seconds_hold_what_has_grown() {
        let history = History::default();
        assert!(history.last(9).is_empty());
        assert_eq!(history.rate(MQTT_PUBLISH_RECEIVED, 10), 0);
        for (second, (publishes, refused)) in [(10, 0), (15, 2), (40, 2)].into_iter().enumerate() {
            history.push(
                totals(publishes, refused),
                only(RETAIN_MESSAGES, second as u64),
                100 + second as u64,
            );
        }
        let last = history.last(9);
        let grown: Vec<_> = last
            .iter()
            .map(|second| second.grown(MQTT_PUBLISH_RECEIVED, ""))
            .collect();
        assert_eq!(grown, [5, 25]);
        assert_eq!(
            (last[0].unix_secs, last[0].gauge(RETAIN_MESSAGES)),
            (101, Some(1))
        );
        assert_eq!(last[0].grown(MQTT_CONNACK_SENT, "not_authorized"), 2);
        assert_eq!(last[0].grown(MQTT_CONNACK_SENT, "success"), 0);
        assert_eq!(last[0].gauge(ROUTER_MEMORY), Some(0));
        assert_eq!(last[0].gauge(SYSTEM_RUN_QUEUE), None);
        assert_eq!(history.rate(MQTT_PUBLISH_RECEIVED, 1), 25);
        assert_eq!(history.rate(MQTT_PUBLISH_RECEIVED, 60), 15);
    }

    /// console.md 4.1: the tiles of the console.
    #[test]
    fn some_metrics_are_followed() {
        let history = History::default();
        let chosen = [
            "mqtt_publish_received",
            "mqtt_publish_received{mqtt_version=\"4\"}",
            "mqtt_connack_sent{mqtt_version=\"5\",reason_code=\"not_authorized\"}",
            "retain_messages",
        ]
        .map(|name| Chosen::parse(name).unwrap());
        for none in ["", "mqtt", "mqtt_publish_received{}", "system_runtime"] {
            assert!(Chosen::parse(none).is_none(), "{none}");
        }
        assert_eq!(history.since(0, &chosen).values, [[0_u64; 0]; 4]);
        for (second, publishes) in [(100, 10), (101, 15), (102, 40)] {
            let gauges = only(RETAIN_MESSAGES, second);
            history.push(totals(publishes, publishes), gauges, second);
        }
        let kept = history.since(0, &chosen);
        assert_eq!(kept.values, [[5, 25], [5, 25], [5, 25], [101, 102]]);
        assert_eq!((kept.until, kept.ended), (102, 2));
        assert_eq!(history.since(1, &chosen[3..]).values, [[102]]);
        assert_eq!(history.since(2, &chosen).values, [[0_u64; 0]; 4]);
        let (sums, seconds) = history.sums(60);
        assert_eq!((sums[Counter::PublishReceived4 as usize], seconds), (30, 2));
        assert_eq!(history.sums(1).0[Counter::PublishReceived4 as usize], 25);
    }

    #[test]
    fn ten_minutes_are_kept() {
        let history = History::default();
        for second in 0..700 {
            history.push(totals(second, 0), Vec::new(), second);
        }
        let all = history.last(usize::MAX);
        assert_eq!((all.len(), all[0].unix_secs), (SECONDS_MAX, 100));
    }
}
