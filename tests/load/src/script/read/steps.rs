//! The statements of a pool, made flat: what a loop holds lies between its start and its end.

use anyhow::Result;

use super::super::amount::{self, Amount, Pace};
use super::super::node::Node;
use super::super::program::{Loop, PublishStep, Step};
use super::super::text::Text;
use super::connect;
use crate::wire::Qos;

/// Loops in loops.
const DEPTH_MAX: usize = 8;

/// Steps of a pool.
const STEPS_MAX: usize = 10_000;

const PAYLOAD_BYTES_MAX: u64 = 1 << 19;

const STATEMENTS: &str = "connect, disconnect, subscribe, subscribe_to_self, unsubscribe, publish, publish_to_self, \
                          publish_to_one, forward, idle, wait, stall, loop, set_signal, wait_signal";

pub(super) struct Steps<'a> {
    pub(super) steps: Vec<Step>,
    pub(super) publishes: usize,
    /// Values for every connect.
    common: Option<&'a Node<'a>>,
    signals: &'a mut Vec<String>,
}

pub(super) fn read<'a>(
    list: &Node<'a>,
    common: Option<&'a Node<'a>>,
    signals: &'a mut Vec<String>,
) -> Result<Steps<'a>> {
    let mut steps = Steps {
        steps: Vec::new(),
        publishes: 0,
        common,
        signals,
    };
    steps.list(list, 0)?;
    Ok(steps)
}

impl<'a> Steps<'a> {
    /// `depth` bounds the recursion.
    fn list(&mut self, list: &Node<'a>, depth: usize) -> Result<()> {
        if depth > DEPTH_MAX {
            return Err(list.error(&format!("at most {DEPTH_MAX} loops in each other")));
        }
        for node in list.items()? {
            if self.steps.len() >= STEPS_MAX {
                return Err(node.error(&format!("at most {STEPS_MAX} steps in a pool")));
            }
            if node.is_table() {
                let (name, value) = node.single()?;
                self.statement(&name, &value, depth)?;
            } else {
                let name = node
                    .string()
                    .map_err(|_| node.error(&format!("write a step: {STATEMENTS}")))?;
                self.word(name, &node)?;
            }
        }
        Ok(())
    }

    /// A statement without arguments.
    fn word(&mut self, name: &str, node: &Node<'a>) -> Result<()> {
        self.steps.push(match name {
            "disconnect" => Step::Disconnect,
            "idle" => Step::Idle,
            "connect" => return Err(node.error("write { connect = {} }")),
            _ => {
                return Err(node.error(&format!(
                    "{name:?} is no step without arguments; there are disconnect, idle"
                )));
            }
        });
        Ok(())
    }

    fn statement(&mut self, name: &str, node: &Node<'a>, depth: usize) -> Result<()> {
        let step = match name {
            "connect" => Step::Connect(Box::new(connect::read(node, self.common)?)),
            "subscribe" => Step::Subscribe(subscriptions(node)?),
            "subscribe_to_self" => {
                node.only(&["prefix", "qos"])?;
                Step::Subscribe(vec![(prefix(node)?.then(Text::client()), qos(node)?)])
            }
            "unsubscribe" => Step::Unsubscribe(Text::read(node)?),
            "publish" => {
                node.only(&["topic", "payload", "qos", "retain"])?;
                self.publish(node, Text::read(&node.need("topic")?)?)?
            }
            "publish_to_self" => {
                node.only(&["prefix", "payload", "qos", "retain"])?;
                self.publish(node, prefix(node)?.then(Text::client()))?
            }
            "publish_to_one" => {
                node.only(&["prefix", "client_id", "payload", "qos", "retain"])?;
                let to = Text::read(&node.need("client_id")?)?;
                self.publish(node, prefix(node)?.then(to))?
            }
            "forward" => {
                node.only(&["prefix", "qos"])?;
                Step::Forward {
                    prefix: prefix(node)?,
                    qos: qos(node)?,
                }
            }
            "wait" => Step::Wait(Amount::time(node)?),
            "stall" => Step::Stall(Amount::time(node)?),
            "loop" => return self.repeat(node, depth),
            "set_signal" => {
                let (signal, count) = self.signal(node)?;
                Step::SetSignal { signal, count }
            }
            "wait_signal" => {
                let (signal, count) = self.signal(node)?;
                Step::WaitSignal { signal, count }
            }
            "disconnect" | "idle" => return Err(node.error(&format!("write \"{name}\", without arguments"))),
            _ => return Err(node.error(&format!("there is no such step; steps: {STATEMENTS}"))),
        };
        self.steps.push(step);
        Ok(())
    }

    fn publish(&mut self, node: &Node<'a>, topic: Text) -> Result<Step> {
        let number = self.publishes;
        self.publishes += 1;
        let payload_bytes = match node.get("payload")? {
            Some(payload) => Amount::number(&payload, 0, PAYLOAD_BYTES_MAX)?,
            None => Amount::fixed(64),
        };
        Ok(Step::Publish(PublishStep {
            number,
            topic,
            payload_bytes,
            qos: qos(node)?,
            retain: node.get("retain")?.map_or(Ok(false), |node| node.boolean())?,
        }))
    }

    /// The steps between a start and an end, each of which knows the place of the other.
    fn repeat(&mut self, node: &Node<'a>, depth: usize) -> Result<()> {
        node.only(&["time", "count", "rate", "poisson", "steps"])?;
        let time = node.get("time")?.map(|node| amount::nanos(&node)).transpose()?;
        let count = node
            .get("count")?
            .map(|node| node.whole(0, u64::MAX / 2))
            .transpose()?;
        if time.is_none() && count.is_none() {
            return Err(node.error("write how long, time = \"10s\", or how often, count = 100"));
        }
        let start = self.steps.len();
        self.steps.push(Step::Idle); // its place, until the end is known
        self.list(&node.need("steps")?, depth + 1)?;
        let end = self.steps.len();
        self.steps.push(Step::LoopEnd(start));
        self.steps[start] = Step::LoopStart(Loop {
            pace: pace(node, time)?,
            time,
            count,
            end,
        });
        Ok(())
    }

    /// `"name"` or `{ name = "name", count = 10 }`.
    fn signal(&mut self, node: &Node<'a>) -> Result<(usize, u64)> {
        let (name, count) = if node.is_table() {
            node.only(&["name", "count"])?;
            let count = node
                .get("count")?
                .map_or(Ok(1), |count| count.whole(1, u64::MAX / 2))?;
            (node.need("name")?.string()?, count)
        } else {
            (node.string()?, 1)
        };
        let known = self.signals.iter().position(|known| known == name);
        let signal = known.unwrap_or_else(|| {
            self.signals.push(name.to_owned());
            self.signals.len() - 1
        });
        Ok((signal, count))
    }
}

/// `rate = "10/s"`, `rate = { from = "1/s", to = "100/s" }` over the time of the loop, and `poisson = true` beside the former.
fn pace(node: &Node<'_>, time: Option<u64>) -> Result<Pace> {
    let poisson = node.get("poisson")?.map_or(Ok(false), |node| node.boolean())?;
    let Some(rate) = node.get("rate")? else {
        return if poisson {
            Err(node.error("poisson = true needs a rate"))
        } else {
            Ok(Pace::Free)
        };
    };
    if !rate.is_table() {
        let per_sec = amount::per_second(&rate)?;
        return Ok(if poisson {
            Pace::Poisson { per_sec }
        } else {
            Pace::Steady { per_sec }
        });
    }
    rate.only(&["from", "to"])?;
    let (Some(nanos), false) = (time.filter(|nanos| *nanos > 0), poisson) else {
        return Err(
            rate.error("a ramp lasts as long as its loop: write time = \"...\" there, and no poisson")
        );
    };
    Ok(Pace::Ramp {
        from: amount::per_second(&rate.need("from")?)?,
        to: amount::per_second(&rate.need("to")?)?,
        nanos: nanos as f64,
    })
}

/// One `{ topic, qos }` or a list of them.
fn subscriptions(node: &Node<'_>) -> Result<Vec<(Text, Qos)>> {
    let one = |node: &Node<'_>| {
        node.only(&["topic", "qos"])?;
        anyhow::Ok((Text::read(&node.need("topic")?)?, qos(node)?))
    };
    if !node.is_array() {
        return Ok(vec![one(node)?]);
    }
    let all: Vec<_> = node.items()?.iter().map(one).collect::<Result<_>>()?;
    if all.is_empty() {
        return Err(node.error("write at least one { topic = \"...\", qos = 0 }"));
    }
    Ok(all)
}

fn prefix(node: &Node<'_>) -> Result<Text> {
    node.get("prefix")?
        .map_or_else(|| Ok(Text::default()), |node| Text::read(&node))
}

fn qos(node: &Node<'_>) -> Result<Qos> {
    let Some(node) = node.get("qos")? else {
        return Ok(Qos::AtMostOnce);
    };
    let level = node
        .whole(0, 2)
        .map_err(|_| node.error("write the QoS: 0, 1 or 2"))?;
    Ok(Qos::from_level(u8::try_from(level)?).unwrap_or(Qos::AtMostOnce))
}
