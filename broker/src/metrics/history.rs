//! History: what was counted in each second of the last ten minutes, and how the gauges stood (console.md 4.1). Bounded and
//! always there, so that a console that is opened when something has gone wrong shows how it began. Not on Prometheus, not
//! in Graphite, not in `$SYS`: those who scrape keep their own.

use super::families::*;
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
    /// The gauges of the broker's parts.
    gauges: Vec<(Family, u64)>,
}

/// The seconds, oldest first.
#[derive(Debug, Default)]
pub struct History(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    seconds: VecDeque<Second>,
    /// Every counter's sum at the end of the last second.
    totals: Vec<u64>,
}

impl History {
    /// Ends a second. To be called once in each.
    pub fn record(&self, core: &Core) {
        let totals = core.metrics.totals();
        let gauges = gauges::of_parts(core);
        self.push(totals, gauges, unix_millis() / 1000);
    }

    fn push(&self, totals: Vec<u64>, gauges: Vec<(Family, u64)>, unix_secs: u64) {
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
                gauges,
            });
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

    /// What a metric has grown by per second, as the mean of the last seconds; 0 before there are any.
    #[must_use]
    pub fn rate(&self, family: Family, seconds: usize) -> u64 {
        let last = self.last(seconds);
        let sum: u64 = last.iter().map(|second| second.grown(family, "")).sum();
        sum / (last.len() as u64).max(1)
    }
}

impl Second {
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

    /// How a gauge stood; `None` = it is not kept.
    #[must_use]
    pub fn gauge(&self, family: Family) -> Option<u64> {
        let kept = self.gauges.iter().find(|(of, _)| *of == family);
        kept.map(|(_, value)| *value)
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

    #[test]
    fn seconds_hold_what_has_grown() {
        let history = History::default();
        let gauge = |value| vec![(RETAIN_MESSAGES, value)];
        assert!(history.last(9).is_empty());
        assert_eq!(history.rate(MQTT_PUBLISH_RECEIVED, 10), 0);
        for (second, (publishes, refused)) in [(10, 0), (15, 2), (40, 2)].into_iter().enumerate() {
            history.push(
                totals(publishes, refused),
                gauge(second as u64),
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
        assert_eq!(last[0].gauge(ROUTER_MEMORY), None);
        assert_eq!(history.rate(MQTT_PUBLISH_RECEIVED, 1), 25);
        assert_eq!(history.rate(MQTT_PUBLISH_RECEIVED, 60), 15);
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
