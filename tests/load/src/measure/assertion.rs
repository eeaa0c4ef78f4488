//! What must be true of a result, as in `"p99 < 50ms"`, `"puback.p99.9 < 1s"`, `"loss = 0"`, `"consumed >= published"`.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Less,
    AtMost,
    Equal,
    Not,
    AtLeast,
    More,
}

/// The longer ones first.
const RELATIONS: [(&str, Relation); 7] = [
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("!=", Relation::Not),
    ("==", Relation::Equal),
    ("<", Relation::Less),
    (">", Relation::More),
    ("=", Relation::Equal),
];

#[derive(Clone, Debug, PartialEq)]
enum Bound {
    Number(f64),
    Figure(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assertion {
    pub(crate) text: String,
    figure: String,
    relation: Relation,
    bound: Bound,
}

impl Assertion {
    /// `Err`: what is wrong with it. `is_known`: whether there is a figure of this name.
    pub(crate) fn parse(text: &str, is_known: impl Fn(&str) -> bool) -> Result<Assertion, String> {
        let found = RELATIONS
            .iter()
            .filter_map(|(sign, relation)| Some((text.find(sign)?, *sign, *relation)))
            .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()));
        let Some((at, sign, relation)) = found else {
            return Err("write FIGURE RELATION BOUND, as in \"p99 < 50ms\"".into());
        };
        let figure = text[..at].trim().to_owned();
        let right = text[at + sign.len()..].trim();
        if !is_known(&figure) {
            return Err(format!("there is no figure {figure:?}"));
        }
        let bound = match number(right) {
            Some(number) => Bound::Number(number),
            None if is_known(right) => Bound::Figure(right.to_owned()),
            None => {
                return Err(format!(
                    "{right:?} is no number, no time (\"50ms\"), and no figure"
                ));
            }
        };
        Ok(Assertion {
            text: text.to_owned(),
            figure,
            relation,
            bound,
        })
    }

    /// The figure's value, and whether it is as it must be. A figure that was not measured is `None`, and as it must not be.
    pub(crate) fn judge(&self, value_of: impl Fn(&str) -> Option<f64>) -> (Option<f64>, bool) {
        let value = value_of(&self.figure);
        let bound = match &self.bound {
            Bound::Number(number) => Some(*number),
            Bound::Figure(name) => value_of(name),
        };
        let passed = value
            .zip(bound)
            .is_some_and(|(value, bound)| match self.relation {
                Relation::Less => value < bound,
                Relation::AtMost => value <= bound,
                Relation::Equal => (value - bound).abs() < 1e-9,
                Relation::Not => (value - bound).abs() >= 1e-9,
                Relation::AtLeast => value >= bound,
                Relation::More => value > bound,
            });
        (value, passed)
    }
}

/// A count, or a time in microseconds.
fn number(text: &str) -> Option<f64> {
    let plain = text.replace('_', "").parse::<f64>().ok();
    plain.or_else(|| Some(parse_nanos(text)? as f64 / 1e3))
}

/// Nanoseconds of `"250ms"`, `"1.5s"`, `"5m"`; `None`: no time.
pub(crate) fn parse_nanos(text: &str) -> Option<u64> {
    let unit_at = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let factor = match unit {
        "ns" => 1.0,
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60.0 * 1e9,
        "h" => 3600.0 * 1e9,
        _ => return None,
    };
    let value = number.trim().parse::<f64>().ok().filter(|value| *value >= 0.0)? * factor;
    // `as` saturates; the caller has a bound far below.
    value.is_finite().then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Assertion, String> {
        Assertion::parse(text, |name| {
            ["p99", "puback.p99.9", "loss", "consumed", "published"].contains(&name)
        })
    }

    fn passes(text: &str) -> bool {
        let value = |name: &str| match name {
            "p99" => Some(40_000.0),
            "loss" => Some(0.0),
            "consumed" | "published" => Some(1000.0),
            _ => None,
        };
        parse(text).unwrap().judge(value).1
    }

    #[test]
    fn times_have_units() {
        for (text, nanos) in [
            ("250ms", Some(250_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("5m", Some(300_000_000_000)),
            ("1h", Some(3_600_000_000_000)),
            ("50us", Some(50_000)),
            ("5", None),
            ("s", None),
            ("-1s", None),
            ("1d", None),
        ] {
            assert_eq!(parse_nanos(text), nanos, "{text}");
        }
    }

    #[test]
    fn relations_are_judged() {
        for (text, passed) in [
            ("p99 < 50ms", true),
            ("p99<40ms", false),
            ("p99 <= 40ms", true),
            ("loss = 0", true),
            ("loss == 0", true),
            ("loss > 0", false),
            ("consumed >= published", true),
            ("consumed != published", false),
            ("consumed > 1_000", false),
        ] {
            assert_eq!(passes(text), passed, "{text}");
        }
        assert!(
            !passes("puback.p99.9 < 1s"),
            "what was not measured does not pass"
        );
    }

    #[test]
    fn wrong_ones_are_told() {
        assert!(parse("p99").unwrap_err().contains("FIGURE RELATION BOUND"));
        assert!(parse("p98 < 1s").unwrap_err().contains("p98"));
        assert!(parse("p99 < soon").unwrap_err().contains("soon"));
    }
}
