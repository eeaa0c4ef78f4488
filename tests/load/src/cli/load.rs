//! Arguments of the named scenarios, and what a scenario decides where nothing is said.

use clap::{Args, ValueEnum};

use crate::flow::Window;
use crate::scenario::{Plan, Scenario};
use crate::transport::TransportKind;
use crate::wire::{Qos, Version};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtoVersion {
    #[value(name = "3.1.1", alias = "4")]
    V311,
    #[value(name = "5")]
    V5,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct LoadArgs {
    #[arg(long, value_enum)]
    scenario: Scenario,
    /// Of publishes and subscriptions [default: 0; p2p, persistent, offline: 1].
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=2))]
    qos: Option<u8>,
    #[arg(long, value_enum, default_value = "3.1.1")]
    proto_version: ProtoVersion,
    /// What clients come over [default: tcp; tls-connect: tls]. TLS clients trust every certificate.
    #[arg(long, value_enum)]
    transport: Option<TransportKind>,
    /// Payload bytes; less than 20 count as 20.
    #[arg(long, default_value_t = 64)]
    payload: usize,
    /// Publishers of pairs, p2p, persistent, offline (each with its subscriber), of fanin, and of shared, whose group is of
    /// the same size [default: 10; p2p: 500; fanin: 100].
    #[arg(long)]
    publishers: Option<usize>,
    /// Subscribers of fanout and retained [default: 200; retained: 10].
    #[arg(long)]
    subscribers: Option<usize>,
    /// Connections of idle, mixed and the storms; clients that connect at the same time; visitors a second of churn; slow
    /// consumers [default: idle 5000, connect 50, storms 10000, churn 500, mixed 1000, slow 20].
    #[arg(long)]
    clients: Option<usize>,
    /// Messages of retained [default: 50000], or for each session of offline [default: 20000].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    messages: Option<u64>,
    /// Messages in flight per publisher: sent, and not yet received by the slowest subscriber [default: 100; fanin, p2p:
    /// 20].
    #[arg(long)]
    window: Option<u64>,
    /// Messages a publisher waits to be able to send at once [default: a quarter of the window].
    #[arg(long)]
    batch: Option<u64>,
    /// Publishes of QoS 1 and 2 without their last ack, per publisher, and what brokers we start allow per subscriber.
    #[arg(long, default_value_t = 20)]
    inflight: u16,
    /// Messages a second of all publishers together, each sent when it is due; latency counts from then. Without it
    /// publishers send as fast as the window allows [default: reconnect-storm, churn, slow: 2000; mixed: 10000].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    rate: Option<u32>,
    /// Seconds of traffic before the measured interval.
    #[arg(long, default_value_t = 1.0)]
    warmup: f64,
    /// Seconds measured.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Every so many messages carry their time. A prime, so that it does not march in step with batches.
    #[arg(long, default_value_t = 17)]
    sample_every: u64,
}

impl LoadArgs {
    /// Fills in what the scenario decides.
    pub(crate) fn plan(&self) -> Plan {
        let scenario = self.scenario;
        let usual = Usual::of(scenario);
        let messages = self.window.unwrap_or(usual.window).max(1);
        let rate = self.rate.or(usual.rate);
        // What is due goes at once: a batch would make it late.
        let batch = rate
            .map_or(self.batch.unwrap_or(messages / 4), |_| 1)
            .clamp(1, messages);
        let qos = self.qos.unwrap_or(usual.qos);
        let tls_connect = scenario == Scenario::TlsConnect;
        Plan {
            scenario,
            version: match self.proto_version {
                ProtoVersion::V311 => Version::V311,
                ProtoVersion::V5 => Version::V5,
            },
            transport: match self.transport {
                Some(TransportKind::Wss) if tls_connect => TransportKind::Wss,
                _ if tls_connect => TransportKind::Tls,
                chosen => chosen.unwrap_or_default(),
            },
            qos: Qos::from_level(qos).unwrap_or(Qos::AtMostOnce),
            payload_bytes: self.payload.max(crate::stamp::STAMP_BYTES),
            publishers: match scenario {
                Scenario::Fanout => 1,
                _ => self.publishers.unwrap_or(usual.publishers).max(1),
            },
            subscribers: self.subscribers.unwrap_or(usual.subscribers).max(1),
            clients: self.clients.unwrap_or(usual.clients).max(1),
            messages: self.messages.unwrap_or(usual.messages),
            window: Window { messages, batch },
            inflight_max: self.inflight.max(1),
            rate,
            warmup_secs: self.warmup.clamp(0.0, 3600.0),
            seconds: self.seconds.clamp(0.1, 86_400.0),
            sample_every: self.sample_every.max(1),
        }
    }
}

/// What a scenario is without further words.
struct Usual {
    qos: u8,
    publishers: usize,
    subscribers: usize,
    clients: usize,
    messages: u64,
    window: u64,
    rate: Option<u32>,
}

impl Usual {
    fn of(scenario: Scenario) -> Usual {
        let usual = Usual {
            qos: 0,
            publishers: 10,
            subscribers: 200,
            clients: 50,
            messages: 20_000,
            window: 100,
            rate: None,
        };
        let disturbed = |clients| Usual {
            clients,
            rate: Some(2_000),
            ..usual
        };
        match scenario {
            Scenario::P2p => Usual {
                qos: 1,
                publishers: 500,
                window: 20,
                ..usual
            },
            Scenario::Fanin => Usual {
                publishers: 100,
                window: 20,
                ..usual
            },
            Scenario::Persistent | Scenario::Offline => Usual { qos: 1, ..usual },
            Scenario::Retained => Usual {
                subscribers: 10,
                messages: 50_000,
                ..usual
            },
            Scenario::ConnectStorm => Usual {
                clients: 10_000,
                ..usual
            },
            Scenario::ReconnectStorm => disturbed(10_000),
            Scenario::Churn => disturbed(500),
            Scenario::Slow => disturbed(20),
            Scenario::Mixed => Usual {
                publishers: 10,
                subscribers: 20,
                clients: 1000,
                rate: Some(10_000),
                ..usual
            },
            Scenario::Idle => Usual {
                clients: 5000,
                ..usual
            },
            Scenario::Pairs
            | Scenario::Fanout
            | Scenario::Shared
            | Scenario::Connect
            | Scenario::TlsConnect => usual,
        }
    }
}
