//! Rates: what counters grow by per second, as the mean of the last second, ten seconds and minute (monitoring.md 3,
//! ours). Made of the history; for those who look at the node itself (the admin socket, the status page), and in no
//! exporter: who scrapes makes his own.

use super::history::History;
use super::snapshot::{self, Metric, Snapshot, Value};

/// The windows, in seconds.
pub const WINDOWS: [usize; 3] = [1, 10, 60];

/// The rates of every counter.
#[derive(Clone, Debug)]
pub struct Rates([Window; WINDOWS.len()]);

/// How much has come in how many seconds.
#[derive(Clone, Debug)]
struct Window {
    grown: Snapshot,
    seconds: usize,
}

impl Rates {
    /// The rates of now.
    #[must_use]
    pub fn of(history: &History) -> Self {
        Self(WINDOWS.map(|window| {
            let (sums, seconds) = history.sums(window);
            let metrics = snapshot::series()
                .zip(sums)
                .map(|((family, labels), sum)| Metric::number(family, labels, sum));
            Window {
                grown: Snapshot::of(metrics.collect()),
                seconds,
            }
        }))
    }

    /// Those of the series with these labels, as `Snapshot::with_labels`.
    #[must_use]
    pub fn with_labels(self, wanted: &[(String, String)]) -> Self {
        Self(self.0.map(|window| Window {
            grown: window.grown.with_labels(wanted),
            ..window
        }))
    }

    /// One rate for each name, as `Snapshot::aggregated`.
    #[must_use]
    pub fn aggregated(&self) -> Self {
        Self(self.0.each_ref().map(|window| Window {
            grown: window.grown.aggregated(),
            seconds: window.seconds,
        }))
    }

    /// Per second and to three decimals, in the order of `WINDOWS`. `None` = it is no counter of the catalogue, or not
    /// a second has passed.
    #[must_use]
    pub fn get(&self, metric: &Metric) -> Option<[f64; WINDOWS.len()]> {
        let mut rates = [0.0; WINDOWS.len()];
        for (rate, window) in rates.iter_mut().zip(&self.0) {
            *rate = window.rate(metric)?;
        }
        Some(rates)
    }
}

impl Window {
    fn rate(&self, metric: &Metric) -> Option<f64> {
        let grown = self.grown.find(metric)?;
        let Value::Number(grown) = grown.value else {
            return None;
        };
        let thousandths = (grown * 1000).checked_div(self.seconds as u64)?;
        // Below 2^53 for every rate there is.
        Some(thousandths as f64 / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::families::{MQTT_PUBLISH_RECEIVED, RETAIN_MESSAGES};
    use super::super::snapshot::Labels;
    use super::*;
    use crate::metrics::{Counter, SERIES};

    #[test]
    fn rates_are_means_of_their_windows() {
        let history = History::default();
        let publishes = |labels: &[(&'static str, &'static str)]| {
            Metric::number(MQTT_PUBLISH_RECEIVED, labels.iter().copied().collect(), 0)
        };
        let all = publishes(&[]);
        assert_eq!(Rates::of(&history).aggregated().get(&all), None);
        for second in 0..=20_u64 {
            let mut totals = vec![0; SERIES];
            totals[Counter::PublishReceived4 as usize] = if second < 20 { second } else { 30 };
            totals[Counter::PublishReceived5 as usize] = 7 * second;
            history.push(totals, Vec::new(), second);
        }
        let rates = Rates::of(&history);
        let of_version_4 = publishes(&[("mqtt_version", "4")]);
        assert_eq!(rates.get(&of_version_4), Some([11.0, 2.0, 1.5]));
        assert_eq!(rates.get(&all), None, "no series without a label");
        assert_eq!(rates.aggregated().get(&all), Some([18.0, 9.0, 8.5]));
        let of_label = rates.with_labels(&[("mqtt_version".into(), "5".into())]);
        assert_eq!(of_label.aggregated().get(&all), Some([7.0, 7.0, 7.0]));
        let gauge = Metric::number(RETAIN_MESSAGES, Labels::new(), 1);
        assert_eq!(of_label.get(&gauge), None);
    }
}
