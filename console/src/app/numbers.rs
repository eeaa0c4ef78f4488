//! Numbers: the metrics of a picture, by name and label.

use crate::place::Picture;
use vmq_admin::{Row, Value};

/// The metrics of a picture, by name and label.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a>(Option<&'a Picture>);

impl<'a> Numbers<'a> {
    /// Those of a picture; without one everything is nothing.
    #[must_use]
    pub const fn of(picture: Option<&'a Picture>) -> Self {
        Self(picture)
    }

    /// Whether there are any yet.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0.is_some()
    }

    fn rows(self, name: &'a str) -> impl Iterator<Item = &'a Row> {
        let rows = self.0.map(|picture| picture.rows.iter()).into_iter().flatten();
        rows.filter(move |row| {
            row.get("name")
                .is_some_and(|own| matches!(own, Value::Text(own) if own == name))
        })
    }

    /// The value of a metric: the sum of its series.
    #[must_use]
    pub fn value(self, name: &'a str) -> f64 {
        // A sum of nothing is a negative zero.
        self.rows(name)
            .filter_map(|row| number(row.get("value")))
            .fold(0.0, |sum, value| sum + value)
    }

    /// What it grows by per second, mean of the last ten.
    #[must_use]
    pub fn rate(self, name: &'a str) -> f64 {
        self.rows(name)
            .filter_map(|row| number(row.get("rate_10s")))
            .sum()
    }

    /// What each of its series grows by, those that grow, the fastest first.
    #[must_use]
    pub fn rates_by_label(self, name: &'a str) -> Vec<(String, f64)> {
        let mut rates: Vec<(String, f64)> = Vec::new();
        for row in self.rows(name) {
            let label = label_value(&row.get("labels").map(Value::cell).unwrap_or_default());
            let Some(rate) = number(row.get("rate_10s")).filter(|rate| *rate > 0.0) else {
                continue;
            };
            // The versions of MQTT count apart; here they are one.
            match rates.iter_mut().find(|(known, _)| *known == label) {
                Some((_, known)) => *known += rate,
                None => rates.push((label, rate)),
            }
        }
        rates.sort_by(|left, right| right.1.total_cmp(&left.1));
        rates
    }

    /// Logins that are refused per second, and the reason that is given most often.
    #[must_use]
    pub fn refused_logins(self) -> (f64, String) {
        let refused = self.rates_by_label("connect_refused");
        let sum = refused.iter().map(|(_, rate)| rate).sum();
        let most = refused.into_iter().next().map(|(label, _)| label);
        (sum, most.unwrap_or_default())
    }

    /// Messages that are dropped per second, for whatever reason.
    #[must_use]
    pub fn drops(self) -> f64 {
        [
            "queue_message_drop",
            "queue_message_expired",
            "queue_message_unhandled",
        ]
        .map(|name| self.rate(name))
        .iter()
        .sum()
    }
}

/// A number of a row.
#[must_use]
pub fn number(value: Option<&Value>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "nobody reads the sixteenth digit")]
    match value? {
        Value::Number(number) => Some(*number as f64),
        Value::Large(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Text(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// `mqtt_version="4",return_code="success"` -> `success`: what tells the series apart is the last label.
#[must_use]
fn label_value(labels: &str) -> String {
    let last = labels.rsplit_once('=').map_or(labels, |(_, value)| value);
    last.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_label_tells() {
        assert_eq!(
            label_value(r#"mqtt_version="4",return_code="not_authorized""#),
            "not_authorized"
        );
        assert_eq!(label_value(r#"reason="tls""#), "tls");
        assert_eq!(label_value(""), "");
    }
}
