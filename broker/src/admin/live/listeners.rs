//! Listeners with what goes on at their doors: the rows of `listener show`, and behind them `accepts` (connections per second
//! since the look before; `null` at the first one), `accepted` and `refused` in all, and `reasons`: why, the most frequent
//! ones first (console.md 4.6).

use super::super::listener::{in_order, row};
use crate::Broker;
use std::collections::HashMap;
use std::time::Instant;
use vmq_admin::{Row, Value};

/// Reasons that are told.
const REASONS_MAX: usize = 8;

/// Somebody who looks at them.
#[derive(Default)]
pub(super) struct Source {
    /// When it was looked last, and what each had accepted by then.
    before: Option<(Instant, HashMap<u32, u64>)>,
}

impl Source {
    pub(super) fn look(&mut self, broker: &Broker) -> Vec<Row> {
        let now = Instant::now();
        let mut counts = HashMap::new();
        let mut rows = Vec::new();
        for listener in in_order(broker) {
            let accepted = listener.connections.accepted();
            counts.insert(listener.id, accepted);
            let rate = self.before.as_ref().and_then(|(at, before)| {
                let grown = accepted.saturating_sub(*before.get(&listener.id)?);
                Some(per_second(grown, now.saturating_duration_since(*at).as_millis()))
            });
            let mut reasons: Vec<_> = listener.connections.refused().into_iter().collect();
            reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let refused: u64 = reasons.iter().map(|(_, count)| count).sum();
            let said = reasons.iter().take(REASONS_MAX);
            let said: Vec<String> = said.map(|(reason, count)| format!("{reason} {count}")).collect();
            rows.push(
                row(&listener, false, false)
                    .with("accepts", rate.map_or(Value::Null, Value::Float))
                    .with("accepted", accepted)
                    .with("refused", refused)
                    .with("reasons", said.join(", ")),
            );
        }
        self.before = Some((now, counts));
        rows
    }
}

/// To three decimals.
fn per_second(grown: u64, millis: u128) -> f64 {
    let thousandths = u128::from(grown) * 1_000_000 / millis.max(1);
    thousandths as f64 / 1000.0
}
