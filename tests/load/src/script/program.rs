//! What a scenario file means: pools, and the flat list of steps each client of a pool goes through.
//!
//! Loops are a start and an end that point at each other, so that nothing that runs a program recurses.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::amount::{Amount, Pace};
use super::text::Text;
use crate::measure::Assertion;
use crate::transport::{Identity, TransportKind};
use crate::wire::{Qos, Version};

#[derive(Debug)]
pub(super) struct Script {
    pub(super) name: String,
    pub(super) pools: Vec<Arc<Pool>>,
    /// Names of the signals; steps have their places here.
    pub(super) signals: Vec<String>,
    pub(super) assertions: Vec<Assertion>,
}

#[derive(Debug)]
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) size: usize,
    /// When each of its clients begins.
    pub(super) start: Pace,
    pub(super) steps: Vec<Step>,
    /// How many publish steps there are.
    pub(super) publishes: usize,
}

#[derive(Debug)]
pub(super) enum Step {
    Connect(Box<ConnectStep>),
    Disconnect,
    Subscribe(Vec<(Text, Qos)>),
    Unsubscribe(Text),
    Publish(PublishStep),
    /// Publishes what comes to this and the last level of its topic.
    Forward {
        prefix: Text,
        qos: Qos,
    },
    /// No longer.
    Idle,
    /// Goes on receiving for so many nanoseconds.
    Wait(Amount),
    /// Reads nothing for so many nanoseconds: a slow consumer.
    Stall(Amount),
    LoopStart(Loop),
    /// Back to the start at this place.
    LoopEnd(usize),
    SetSignal {
        signal: usize,
        count: u64,
    },
    WaitSignal {
        signal: usize,
        count: u64,
    },
}

#[derive(Debug)]
pub(super) struct ConnectStep {
    pub(super) client_id: Text,
    pub(super) version: Version,
    pub(super) clean: bool,
    pub(super) keepalive_secs: u16,
    pub(super) expiry_secs: u32,
    pub(super) username: Option<Text>,
    pub(super) password: Option<Text>,
    pub(super) transport: TransportKind,
    /// Instead of the one on the command line.
    pub(super) target: Option<SocketAddr>,
    pub(super) sources: Vec<IpAddr>,
    pub(super) identity: IdentityStep,
    /// Publishes of QoS 1 and 2 without their last ack.
    pub(super) inflight: u16,
    /// After so many nanoseconds a broken connection, or one that could not be made, is tried again.
    pub(super) reconnect: Option<u64>,
}

#[derive(Debug)]
pub(super) enum IdentityStep {
    /// The same for all, read once; `None`: trusts everybody, shows nothing.
    Common(Option<Identity>),
    /// Files of each client's own: certificate, key, authorities.
    Each {
        cert: Text,
        key: Text,
        cas: Option<Text>,
    },
}

#[derive(Debug)]
pub(super) struct PublishStep {
    /// Its place among the publish steps of the pool.
    pub(super) number: usize,
    pub(super) topic: Text,
    pub(super) payload_bytes: Amount,
    pub(super) qos: Qos,
    pub(super) retain: bool,
}

#[derive(Debug)]
pub(super) struct Loop {
    pub(super) pace: Pace,
    /// No turn begins later, in nanoseconds.
    pub(super) time: Option<u64>,
    pub(super) count: Option<u64>,
    /// Place of its end.
    pub(super) end: usize,
}

impl Script {
    /// How the first client that connects does.
    pub(super) fn transport(&self) -> TransportKind {
        let steps = self.pools.iter().flat_map(|pool| &pool.steps);
        let mut connects = steps.filter_map(|step| match step {
            Step::Connect(connect) => Some(connect.transport),
            _ => None,
        });
        connects.next().unwrap_or_default()
    }

    /// Clients of all pools.
    pub(super) fn clients(&self) -> usize {
        self.pools.iter().map(|pool| pool.size).sum()
    }
}
