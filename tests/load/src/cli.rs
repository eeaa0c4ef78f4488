//! The command line, and how it becomes a plan.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::broker::BrokerSpec;
use crate::flow::Window;
use crate::hostile::{Attack, HostileArgs};
use crate::scenario::{Plan, Scenario};
use crate::wire::{Qos, Version};

/// Load generator for MQTT brokers: closed loop, checked for loss and order.
///
/// Exit codes: 0 = measured, 1 = could not measure, 2 = wrong arguments, 3 = messages were lost, doubled or out of
/// order, or the broker did not withstand the attacks.
#[derive(Debug, Parser)]
#[command(name = "vmq-loadtest", version)]
pub(crate) struct Cli {
    /// Threads of the generator.
    #[arg(long, global = true, default_value_t = 1)]
    pub(crate) threads: usize,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario against a broker that is there.
    Run {
        #[command(flatten)]
        load: LoadArgs,
        /// Address of the broker.
        #[arg(long, default_value = "127.0.0.1:1883")]
        target: SocketAddr,
        /// Process id of the broker, to measure its processor time and memory.
        #[arg(long)]
        pid: Option<u32>,
        /// Write the result to this file.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Start brokers and compare them, in alternating runs.
    Vs {
        #[command(flatten)]
        load: LoadArgs,
        /// PROGRAM or PROGRAM:SETTINGS; settings replace generated ones of the same key. Repeat it.
        #[arg(long = "broker", required = true)]
        brokers: Vec<BrokerSpec>,
        /// Runs of each broker.
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// Write the result to this file.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// Run a scenario against a stand-in that only forwards: what the generator itself can do.
    Ceiling {
        #[command(flatten)]
        load: LoadArgs,
    },
    /// Attack a broker in ten ways, beside clients that behave well and are measured.
    Hostile(HostileArgs),
    /// The stand-in itself; `ceiling` starts it.
    #[command(hide = true)]
    Reflect,
    /// The attackers themselves; `hostile` starts them.
    #[command(hide = true)]
    Attack {
        #[arg(long)]
        target: SocketAddr,
        #[arg(long, value_delimiter = ',', required = true)]
        attacks: Vec<Attack>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ProtoVersion {
    #[value(name = "3.1.1", alias = "4")]
    V311,
    #[value(name = "5")]
    V5,
}

#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    #[arg(long, value_enum)]
    pub(crate) scenario: Scenario,
    /// Of publishes and subscriptions [default: 0; persistent: 1].
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=2))]
    qos: Option<u8>,
    #[arg(long, value_enum, default_value = "3.1.1")]
    proto_version: ProtoVersion,
    /// Payload bytes; less than 20 count as 20.
    #[arg(long, default_value_t = 64)]
    payload: usize,
    /// Publishers of pairs and persistent (each with its subscriber), of fanin, and of shared, whose group is of the same
    /// size [default: 10; fanin: 100].
    #[arg(long)]
    publishers: Option<usize>,
    /// Subscribers of fanout.
    #[arg(long, default_value_t = 200)]
    subscribers: usize,
    /// Connections of idle, or clients that connect at the same time [default: idle 5000, connect 50].
    #[arg(long)]
    clients: Option<usize>,
    /// Messages in flight per publisher: sent, and not yet received by the slowest subscriber [default: 100;
    /// fanin: 20].
    #[arg(long)]
    window: Option<u64>,
    /// Messages a publisher waits to be able to send at once [default: a quarter of the window].
    #[arg(long)]
    batch: Option<u64>,
    /// Publishes of QoS 1 and 2 without their last ack, per publisher, and what brokers we start allow per subscriber.
    #[arg(long, default_value_t = 20)]
    inflight: u16,
    /// Messages a second of all publishers together, each sent when it is due; latency counts from then. Without it
    /// publishers send as fast as the window allows.
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
        let fanin = self.scenario == Scenario::Fanin;
        let messages = self.window.unwrap_or(if fanin { 20 } else { 100 }).max(1);
        // What is due goes at once: a batch would make it late.
        let batch = self
            .rate
            .map_or(self.batch.unwrap_or(messages / 4), |_| 1)
            .clamp(1, messages);
        let qos = self
            .qos
            .unwrap_or(u8::from(self.scenario == Scenario::Persistent));
        Plan {
            scenario: self.scenario,
            version: match self.proto_version {
                ProtoVersion::V311 => Version::V311,
                ProtoVersion::V5 => Version::V5,
            },
            qos: Qos::from_level(qos).unwrap_or(Qos::AtMostOnce),
            payload_bytes: self.payload.max(crate::stamp::STAMP_BYTES),
            publishers: match self.scenario {
                Scenario::Fanout => 1,
                _ => self.publishers.unwrap_or(if fanin { 100 } else { 10 }).max(1),
            },
            subscribers: self.subscribers.max(1),
            clients: self
                .clients
                .unwrap_or(if self.scenario == Scenario::Idle { 5000 } else { 50 })
                .max(1),
            window: Window { messages, batch },
            inflight_max: self.inflight.max(1),
            rate: self.rate,
            warmup_secs: self.warmup.clamp(0.0, 3600.0),
            seconds: self.seconds.clamp(0.1, 86_400.0),
            sample_every: self.sample_every.max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
        let line =
            "vmq-loadtest vs --broker mosquitto --broker ./vernemq:x.conf --scenario fanin --qos 1 --runs 3";
        let Command::Vs {
            load, brokers, runs, ..
        } = Cli::parse_from(line.split(' ')).command
        else {
            panic!("not vs")
        };
        let plan = load.plan();
        assert_eq!(
            (brokers.len(), runs, plan.publishers, plan.qos),
            (2, 3, 100, Qos::AtLeastOnce)
        );
        assert_eq!((plan.window.messages, plan.window.batch), (20, 5));
    }

    #[test]
    fn hostile_does_everything_unless_told_otherwise() {
        let line = "vmq-loadtest hostile --broker ./vernemq";
        let Command::Hostile(asked) = Cli::parse_from(line.split(' ')).command else {
            panic!("not hostile")
        };
        let plan = asked.plan();
        assert_eq!((plan.stages.len(), plan.rounds, plan.pairs), (11, 5, 50));
        assert_eq!((plan.seconds, plan.all_seconds), (12.0, 60.0));

        let line = "vmq-loadtest hostile --broker ./vernemq --only garbage --only all-at-once";
        let Command::Hostile(asked) = Cli::parse_from(line.split(' ')).command else {
            panic!("not hostile")
        };
        assert_eq!(asked.plan().stages.len(), 2);

        let line = "vmq-loadtest attack --target 127.0.0.1:1883 --attacks garbage,will-flood";
        let Command::Attack { attacks, .. } = Cli::parse_from(line.split(' ')).command else {
            panic!("not attack")
        };
        assert_eq!(attacks, [Attack::Garbage, Attack::WillFlood]);
    }
}
