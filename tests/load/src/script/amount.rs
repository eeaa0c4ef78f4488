//! Times, rates and numbers of a scenario file, fixed or drawn anew each time.

use std::ops::RangeInclusive;

use anyhow::Result;
use fastrand::Rng;

use super::node::Node;
use crate::measure::parse_nanos;

const SECOND: f64 = 1e9;

/// Longest time a scenario can ask for, in nanoseconds: a week.
const LONGEST: u64 = 7 * 24 * 3600 * 1_000_000_000;

/// A number that is drawn from a range each time; a fixed one is a range of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount(RangeInclusive<u64>);

impl Amount {
    pub(super) fn fixed(value: u64) -> Amount {
        Amount(value..=value)
    }

    pub(super) fn draw(&self, random: &mut Rng) -> u64 {
        if self.0.start() == self.0.end() {
            *self.0.start()
        } else {
            random.u64(self.0.clone())
        }
    }

    /// `N` or `{ random = [A, B] }`, all of `least..=greatest`.
    pub(super) fn number(node: &Node<'_>, least: u64, greatest: u64) -> Result<Amount> {
        Amount::read(node, |node| node.whole(least, greatest))
    }

    /// `"1s"` or `{ random = ["1s", "5s"] }`; nanoseconds.
    pub(super) fn time(node: &Node<'_>) -> Result<Amount> {
        Amount::read(node, nanos)
    }

    fn read(node: &Node<'_>, one: impl Fn(&Node<'_>) -> Result<u64>) -> Result<Amount> {
        if !node.is_table() {
            return one(node).map(Amount::fixed);
        }
        node.only(&["random"])?;
        let bounds = node.need("random")?;
        match bounds.items()?.as_slice() {
            [from, to] => {
                let (from, to) = (one(from)?, one(to)?);
                if from > to {
                    return Err(bounds.error("the smaller bound comes first"));
                }
                Ok(Amount(from..=to))
            }
            _ => Err(bounds.error("write two bounds, { random = [A, B] }")),
        }
    }
}

/// `"250ms"`, `"10s"`, `"5m"`, `"1h"`.
pub(super) fn nanos(node: &Node<'_>) -> Result<u64> {
    let wrong =
        || node.error("write a time with its unit, as in \"250ms\", \"10s\", \"5m\", \"1h\"; at most a week");
    let text = node.string().map_err(|_| wrong())?;
    parse_nanos(text)
        .filter(|nanos| *nanos <= LONGEST)
        .ok_or_else(wrong)
}

/// `"10/s"`, `"600/m"`; per second, more than 0.
pub(super) fn per_second(node: &Node<'_>) -> Result<f64> {
    let wrong = || node.error("write a rate more than 0, as in \"10/s\", \"0.5/s\", \"600/m\"");
    let text = node.string().map_err(|_| wrong())?;
    let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
    let unit_secs = match unit.trim() {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let rate = number.trim().parse::<f64>().map_err(|_| wrong())? / unit_secs;
    if rate.is_finite() && (1e-6..=1e7).contains(&rate) {
        Ok(rate)
    } else {
        Err(wrong())
    }
}

/// When the turns of a loop are due, in nanoseconds from its start.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pace {
    /// As soon as the one before is done.
    Free,
    Steady {
        per_sec: f64,
    },
    /// Gaps of chance, with this mean rate.
    Poisson {
        per_sec: f64,
    },
    /// From one rate to the other in `nanos`; then it stays there.
    Ramp {
        from: f64,
        to: f64,
        nanos: f64,
    },
}

impl Pace {
    /// When turn `number` is due, given when the one before was.
    pub(super) fn due(&self, number: u64, before: u64, random: &mut Rng) -> u64 {
        let turn = number as f64;
        match self {
            Pace::Free => 0,
            Pace::Steady { per_sec } => (turn * SECOND / per_sec) as u64,
            Pace::Poisson { .. } if number == 0 => 0,
            Pace::Poisson { per_sec } => before + (-(1.0 - random.f64()).ln() * SECOND / per_sec) as u64,
            Pace::Ramp { from, to, nanos } => ramp(turn, *from, *to, *nanos) as u64,
        }
    }
}

/// The time at which `from * t + (to - from) * t^2 / 2T` turns are due.
fn ramp(turn: f64, from: f64, to: f64, nanos: f64) -> f64 {
    let whole = nanos / SECOND;
    let slope = (to - from) / whole;
    let in_ramp = (from + to) / 2.0 * whole;
    let secs = if turn > in_ramp {
        whole + (turn - in_ramp) / to
    } else if slope.abs() < 1e-9 {
        turn / from
    } else {
        // Of the two roots the one that grows with the turn.
        ((from * from + 2.0 * slope * turn).max(0.0).sqrt() - from) / slope
    };
    secs * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_due_by_the_pace() {
        let mut random = Rng::with_seed(1);
        let steady = Pace::Steady { per_sec: 10.0 };
        assert_eq!(steady.due(0, 0, &mut random), 0);
        assert_eq!(steady.due(25, 0, &mut random), 2_500_000_000);
        let ramp = Pace::Ramp {
            from: 10.0,
            to: 30.0,
            nanos: 10e9,
        };
        assert_eq!(ramp.due(0, 0, &mut random), 0);
        // 200 turns in ten seconds of 20 a second on average, then 30 a second.
        assert!((ramp.due(200, 0, &mut random) as f64 / 1e9 - 10.0).abs() < 1e-6);
        assert!((ramp.due(230, 0, &mut random) as f64 / 1e9 - 11.0).abs() < 1e-6);
        // In half the time less than half of them.
        assert!((ramp.due(75, 0, &mut random) as f64 / 1e9 - 5.0).abs() < 1e-6);
        let down = Pace::Ramp {
            from: 30.0,
            to: 10.0,
            nanos: 10e9,
        };
        assert!((down.due(125, 0, &mut random) as f64 / 1e9 - 5.0).abs() < 1e-6);
    }

    #[test]
    fn gaps_of_chance_have_their_mean() {
        let mut random = Rng::with_seed(7);
        let poisson = Pace::Poisson { per_sec: 1000.0 };
        let mut at = 0;
        for number in 0..10_000 {
            at = poisson.due(number, at, &mut random);
        }
        assert!((9.0..11.0).contains(&(at as f64 / 1e9)), "{at}");
    }
}
