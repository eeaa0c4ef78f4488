//! Texts with holes, as in `"devices/{client}/{random:8}"`: client ids, topics, names, passwords, files.

use std::fmt::Write;

use anyhow::Result;
use fastrand::Rng;

use super::node::Node;

/// Longest text a scenario can make: MQTT strings end at 65,535 bytes.
const BYTES_MAX: usize = 4096;

const HOLES: &str = "{client}, {worker}, {pool}, {run}, {random:LETTERS}, {number:A..B}";

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Plain(String),
    Client,
    Worker,
    Pool,
    Run,
    Letters(usize),
    Number(u64, u64),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(Vec<Part>);

/// What fills the holes.
#[derive(Debug)]
pub(super) struct Filling<'a> {
    pub(super) client: &'a str,
    pub(super) worker: usize,
    pub(super) pool: &'a str,
    pub(super) run: &'a str,
}

impl Text {
    pub(super) fn read(node: &Node<'_>) -> Result<Text> {
        let text = node.string()?;
        if text.len() > BYTES_MAX {
            return Err(node.error(&format!("at most {BYTES_MAX} bytes")));
        }
        Text::parse(text).map_err(|wrong| {
            node.error(&format!(
                "{wrong} is no hole; there are {HOLES}; a brace itself is {{{{"
            ))
        })
    }

    /// `Err`: the hole that is none.
    fn parse(text: &str) -> Result<Text, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            let (before, hole) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = hole.strip_prefix("{{") {
                plain.push('{');
                rest = after;
                continue;
            }
            let (inner, after) = hole
                .get(1..)
                .and_then(|hole| hole.split_once('}'))
                .ok_or_else(|| hole.to_owned())?;
            if !plain.is_empty() {
                parts.push(Part::Plain(std::mem::take(&mut plain)));
            }
            parts.push(part(inner).ok_or_else(|| format!("{{{inner}}}"))?);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Plain(plain));
        }
        Ok(Text(parts))
    }

    pub(super) fn plain(text: &str) -> Text {
        Text(vec![Part::Plain(text.to_owned())])
    }

    pub(super) fn letters(count: usize) -> Text {
        Text(vec![Part::Letters(count)])
    }

    pub(super) fn client() -> Text {
        Text(vec![Part::Client])
    }

    pub(super) fn worker() -> Text {
        Text(vec![Part::Worker])
    }

    pub(super) fn run() -> Text {
        Text(vec![Part::Run])
    }

    /// This, and `next` behind it.
    pub(super) fn then(mut self, next: Text) -> Text {
        self.0.extend(next.0);
        self
    }

    /// Whether it is the same every time for one client.
    pub(super) fn is_steady(&self) -> bool {
        !self
            .0
            .iter()
            .any(|part| matches!(part, Part::Letters(_) | Part::Number(..)))
    }

    /// Whether it is the same for every client.
    pub(super) fn is_plain(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Plain(_)))
    }

    /// Appends the text with its holes filled.
    pub(super) fn fill(&self, out: &mut String, filling: &Filling<'_>, random: &mut Rng) {
        for part in &self.0 {
            match part {
                Part::Plain(plain) => out.push_str(plain),
                Part::Client => out.push_str(filling.client),
                Part::Pool => out.push_str(filling.pool),
                Part::Run => out.push_str(filling.run),
                Part::Worker => number(out, filling.worker as u64),
                Part::Letters(count) => out.extend((0..*count).map(|_| random.lowercase())),
                Part::Number(from, to) => number(out, random.u64(*from..=*to)),
            }
        }
    }

    pub(super) fn filled(&self, filling: &Filling<'_>, random: &mut Rng) -> String {
        let mut out = String::new();
        self.fill(&mut out, filling, random);
        out
    }
}

fn number(out: &mut String, value: u64) {
    write!(out, "{value}").unwrap_or_default();
}

fn part(inner: &str) -> Option<Part> {
    Some(match inner {
        "client" => Part::Client,
        "worker" => Part::Worker,
        "pool" => Part::Pool,
        "run" => Part::Run,
        _ => match inner.split_once(':')? {
            ("random", count) => Part::Letters(count.parse().ok().filter(|count| (1..=200).contains(count))?),
            ("number", bounds) => {
                let (from, to) = bounds.split_once("..")?;
                let (from, to) = (from.parse().ok()?, to.parse().ok()?);
                (from <= to).then_some(Part::Number(from, to))?
            }
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled() {
        let mut random = Rng::with_seed(3);
        let filling = Filling {
            client: "device-7",
            worker: 7,
            pool: "devices",
            run: "r1",
        };
        let text = Text::parse("a/{client}/{worker}/{pool}/{run}/{{x}").unwrap();
        assert!(text.is_steady());
        assert_eq!(text.filled(&filling, &mut random), "a/device-7/7/devices/r1/{x}");
        let text = Text::parse("{random:5}-{number:3..4}").unwrap();
        assert!(!text.is_steady());
        let filled = text.filled(&filling, &mut random);
        assert!(
            filled.len() == 7 && (filled.ends_with("-3") || filled.ends_with("-4")),
            "{filled}"
        );
        for wrong in ["{nobody}", "{random:0}", "{random:x}", "{number:5..2}", "a{"] {
            assert!(Text::parse(wrong).is_err(), "{wrong}");
        }
    }
}
