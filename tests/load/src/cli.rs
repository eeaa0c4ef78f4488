//! The command line, and how it becomes a plan.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::broker::BrokerSpec;
use crate::hostile::{Attack, HostileArgs};
use crate::script::PlayArgs;
use crate::single::RunArgs;

mod load;

pub(crate) use load::LoadArgs;

/// Load generator for MQTT brokers: closed loop, checked for loss and order.
///
/// Exit codes: 0 = measured, 1 = could not measure, 2 = wrong arguments, 3 = messages were lost, doubled or out of
/// order, an assertion does not hold, or the broker did not withstand the attacks.
#[derive(Debug, Parser)]
// What is said twice counts as said last: so the led processes of `--processes` are started.
#[command(name = "vmq-loadtest", version, args_override_self = true)]
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
    Run(RunArgs),
    /// Start brokers and compare them, in alternating runs.
    Vs {
        #[command(flatten)]
        load: LoadArgs,
        /// PROGRAM or PROGRAM:SETTINGS; settings are a file, or KEY=VALUE,KEY=VALUE as in vernemq:message_store.sync=always, and replace
        /// generated ones of the same key. Repeat it.
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
    /// Play a scenario file.
    Play(PlayArgs),
    /// Read a scenario file and say what is wrong with it.
    Check {
        file: PathBuf,
        /// Replaces a variable of the table [set]: NAME=VALUE. Repeat it.
        #[arg(long, value_name = "NAME=VALUE")]
        set: Vec<String>,
    },
    /// Make one result of several that `run` or `play` has written.
    Merge {
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Write the result to this file.
        #[arg(long)]
        json: Option<PathBuf>,
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

/// `HOST:PORT`; of a name the first address, IPv4 before IPv6.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{why}; write HOST:PORT, as in 127.0.0.1:1883");
    let found: Vec<_> = text.to_socket_addrs().map_err(|error| wrong(&error))?.collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| wrong(&"no such host"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Qos;
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
    fn brokers_have_addresses_or_names() {
        for text in ["127.0.0.1:1883", "[::1]:1883", "localhost:1883"] {
            assert_eq!(address(text).map(|address| address.port()), Ok(1883), "{text}");
        }
        assert!(address("localhost").unwrap_err().contains("HOST:PORT"));
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
