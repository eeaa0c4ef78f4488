//! Reads what the kernel has counted: processor time and memory of a process, and what else the machine did.
//!
//! Processor time of a process is user plus system time of all its threads. The kernel keeps the sum in nanoseconds
//! and shows it in ticks of 10 ms: over five busy seconds that is 0.2 %.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// USER_HZ: fixed at 100 on every architecture we build for, whatever the kernel's own tick is.
const TICK: Duration = Duration::from_millis(10);

/// Counters of one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) at: Instant,
    /// `None` when no broker process is known.
    pub(crate) broker_cpu: Option<Duration>,
    pub(crate) own_cpu: Duration,
    machine: Machine,
}

/// What happened between two readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval {
    pub(crate) elapsed: Duration,
    pub(crate) broker_cpu: Option<Duration>,
    pub(crate) own_cpu: Duration,
    /// Interrupt time of the whole machine, mostly loopback delivery. A kernel with IRQ_TIME_ACCOUNTING counts it here
    /// and in no process; without, it is also in the process that was interrupted.
    pub(crate) softirq: Duration,
    /// Busy time of neither broker nor generator: the noise of the measurement.
    pub(crate) others: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Machine {
    /// Everything but idle and waiting for disks.
    busy: Duration,
    softirq: Duration,
}

impl Reading {
    pub(crate) fn take(broker: Option<u32>) -> Result<Reading> {
        Ok(Reading {
            at: Instant::now(),
            broker_cpu: broker.map(process_cpu).transpose()?,
            own_cpu: process_cpu(std::process::id())?,
            machine: machine()?,
        })
    }

    pub(crate) fn until(&self, end: &Reading) -> Interval {
        let broker_cpu = self
            .broker_cpu
            .zip(end.broker_cpu)
            .map(|(start, end)| end.saturating_sub(start));
        let own_cpu = end.own_cpu.saturating_sub(self.own_cpu);
        let softirq = end.machine.softirq.saturating_sub(self.machine.softirq);
        let busy = end.machine.busy.saturating_sub(self.machine.busy);
        let ours = own_cpu + broker_cpu.unwrap_or_default();
        Interval {
            elapsed: end.at.duration_since(self.at),
            broker_cpu,
            own_cpu,
            softirq,
            others: busy.saturating_sub(ours),
        }
    }
}

/// Resident memory of a process in bytes.
pub(crate) fn resident_bytes(pid: u32) -> Result<u64> {
    status_bytes(pid, "VmRSS:")
}

/// The most resident memory the process has had so far, in bytes: the kernel keeps it, no peak is missed.
pub(crate) fn peak_resident_bytes(pid: u32) -> Result<u64> {
    status_bytes(pid, "VmHWM:")
}

fn status_bytes(pid: u32, field: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .with_context(|| format!("{path} has no {field}"))?;
    let kib = line.trim().trim_end_matches("kB").trim();
    Ok(kib
        .parse::<u64>()
        .with_context(|| format!("cannot read {field} {kib:?}"))?
        * 1024)
}

/// User plus system time of a process, all threads.
pub(crate) fn process_cpu(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    parse_process_cpu(&stat).with_context(|| format!("cannot understand {path}"))
}

/// The name of the process may hold blanks and parentheses: fields are counted from its last parenthesis.
fn parse_process_cpu(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * user.checked_add(system)?)
}

fn machine() -> Result<Machine> {
    let stat = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    parse_machine(&stat).context("cannot understand /proc/stat")
}

/// First line: user nice system idle iowait irq softirq steal.
fn parse_machine(stat: &str) -> Option<Machine> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let mut ticks = [0_u32; 8];
    for (slot, field) in ticks.iter_mut().zip(line.split_ascii_whitespace()) {
        *slot = field.parse().ok()?;
    }
    let [user, nice, system, _idle, _iowait, irq, softirq, steal] = ticks;
    let busy = [user, nice, system, irq, softirq, steal]
        .iter()
        .fold(Duration::ZERO, |sum, part| sum + TICK * *part);
    Some(Machine {
        busy,
        softirq: TICK * irq + TICK * softirq,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_time_is_found_behind_an_odd_name() {
        let stat = "42 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 4 0 99";
        assert_eq!(parse_process_cpu(stat), Some(Duration::from_secs(3)));
        assert_eq!(parse_process_cpu("42 (a) S 1"), None);
    }

    #[test]
    fn machine_time_leaves_idle_out() {
        let machine = parse_machine("cpu  100 10 50 9999 77 1 2 5 0 0\ncpu0 1 1\n").unwrap();
        assert_eq!(machine.busy, Duration::from_millis(1680));
        assert_eq!(machine.softirq, Duration::from_millis(30));
    }

    #[test]
    fn the_own_process_can_be_read() {
        let reading = Reading::take(Some(std::process::id())).unwrap();
        let resident = resident_bytes(std::process::id()).unwrap();
        assert!(resident > 100_000);
        // The counters of a busy process are summed up a little late.
        assert!(peak_resident_bytes(std::process::id()).unwrap() > resident / 2);
        assert!(reading.until(&reading).elapsed.is_zero());
    }
}
