//! Plugins in the order of the chain, a row for each of their hooks: `plugin`, `hook` (both versions of MQTT are one), `calls`,
//! `refused` (or left to the next plugin), `errors`, what the first two grow by per second since the look before (`null` at the first one), and the
//! microseconds that half and 99 of 100 of those that were timed took at most (console.md 4.8).

use super::super::plugin::asked_hooks;
use super::Picture;
use crate::Broker;
use crate::hooks::tally::{Hook, Tally};
use std::collections::HashMap;
use std::time::Instant;
use vmq_admin::{Row, Value};

/// Somebody who looks at them.
#[derive(Default)]
pub(super) struct Source {
    before: Option<(Instant, HashMap<String, Tally>)>,
}

impl Source {
    pub(super) fn look(&mut self, broker: &Broker) -> Picture {
        let now = Instant::now();
        let (mut tallies, mut rows) = (HashMap::new(), Vec::new());
        for plugin in broker.plugins().running() {
            for name in asked_hooks(plugin) {
                let Some(hook) = hook_of(name) else { continue };
                let tally = broker.core().hooks.tally(plugin, hook);
                let identity = format!("{}\0{name}", plugin.name());
                let rate = |of: fn(&Tally) -> u64| {
                    let (at, before) = self.before.as_ref()?;
                    let grown = of(&tally).saturating_sub(of(before.get(&identity)?));
                    let millis = now.saturating_duration_since(*at).as_millis().max(1);
                    Some(Value::Float(
                        (u128::from(grown) * 1_000_000 / millis) as f64 / 1000.0,
                    ))
                };
                let or_null = |micros: Option<u64>| micros.map_or(Value::Null, Value::from);
                let row = Row::default()
                    .with("plugin", plugin.name())
                    .with("hook", name)
                    .with("calls", tally.asked)
                    .with("calls_rate", rate(|tally| tally.asked).unwrap_or(Value::Null))
                    .with("refused", tally.refused)
                    .with("refused_rate", rate(|tally| tally.refused).unwrap_or(Value::Null))
                    .with("errors", tally.failed)
                    .with("p50_us", or_null(tally.percentile(50)))
                    .with("p99_us", or_null(tally.percentile(99)));
                rows.push((identity.clone(), row));
                tallies.insert(identity, tally);
            }
        }
        self.before = Some((now, tallies));
        Picture {
            rows,
            is_complete: true,
            ..Picture::default()
        }
    }
}

fn hook_of(name: &str) -> Option<Hook> {
    Some(match name {
        "auth_on_register" => Hook::Register,
        "auth_on_publish" => Hook::Publish,
        "auth_on_subscribe" => Hook::Subscribe,
        "on_auth_m5" => Hook::Auth,
        _ => return None,
    })
}
