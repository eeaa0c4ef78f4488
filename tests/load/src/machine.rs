//! What a result was measured on, so that a result file speaks for itself: processors, memory, kernel; and which brokers. No
//! name of the machine.

use std::fmt;
use std::fs;
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

use serde::{Deserialize, Serialize};

use crate::broker::{BrokerSpec, Kind};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// That this process may use.
    processors: usize,
    model: String,
    memory_bytes: u64,
    kernel: String,
}

impl Machine {
    /// What cannot be found out is empty or 0.
    pub(crate) fn here() -> Machine {
        let kib = field("/proc/meminfo", "MemTotal");
        let kib = kib.trim_end_matches("kB").trim().parse::<u64>();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Machine {
            processors: available_parallelism().map_or(0, usize::from),
            model: field("/proc/cpuinfo", "model name"),
            memory_bytes: kib.unwrap_or(0) * 1024,
            kernel: format!("Linux {}", kernel.trim()),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = self.memory_bytes as f64 / f64::from(1 << 30);
        let (processors, model, kernel) = (self.processors, &self.model, &self.kernel);
        let version = env!("CARGO_PKG_VERSION");
        write!(
            out,
            "{processors} processors ({model}), {gib:.1} GiB, {kernel}, vmq-loadtest {version}"
        )
    }
}

/// The first value of this name in a file of `name : value` lines.
fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut values = text.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    });
    values.next().unwrap_or_default()
}

/// What a broker says when it is asked for its version; empty if it does not answer.
pub(crate) fn version(spec: &BrokerSpec) -> String {
    let argument = match spec.kind {
        Kind::Mosquitto => "-h", // it has no other, and tells its version first
        Kind::Vernemq => "--version",
    };
    let asked = Command::new(&spec.program)
        .arg(argument)
        .stdin(Stdio::null())
        .output();
    let said = asked.map_or_else(|_| Vec::new(), |output| output.stdout);
    let said = String::from_utf8_lossy(&said);
    let line = said.lines().next().unwrap_or_default().trim();
    line.trim_start_matches("mosquitto version ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_described() {
        let here = Machine::here();
        assert!(
            here.processors > 0 && here.memory_bytes > 1 << 20 && here.kernel.len() > "Linux ".len(),
            "{here}"
        );
        assert_eq!(field("/proc/meminfo", "no such thing"), "");
    }
}
