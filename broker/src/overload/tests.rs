//! The mark on a system made of files: no memory is needed, and none is used.

use super::{Change, Overload, Usage};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const MIB: u64 = 1 << 20;

struct System {
    root: TempDir,
}

impl System {
    /// A machine of so many MiB, without control groups.
    fn new(total_mib: u64) -> Self {
        let system = Self {
            root: TempDir::new().unwrap(),
        };
        let meminfo = format!("MemFree:  1 kB\nMemTotal:       {} kB\n", total_mib * 1024);
        system.write("proc/meminfo", &meminfo);
        system
    }

    fn write(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn uses(&self, mib: u64) -> &Self {
        let status = format!(
            "Name:\tvernemq\nVmHWM:\t 9999999 kB\nVmRSS:\t  {} kB\nThreads:\t3\n",
            mib * 1024
        );
        self.write("proc/self/status", &status);
        self
    }

    fn overload(&self) -> Overload {
        Overload::with_root(self.root.path())
    }

    /// The limit in MiB.
    fn limit(&self) -> u64 {
        self.uses(1);
        self.overload().memory.lock().usage().unwrap().limit / MIB
    }
}

#[test]
fn off_looks_at_nothing() {
    let empty = TempDir::new().unwrap();
    let overload = Overload::with_root(empty.path());
    assert!(overload.look(None).is_none());
    assert!(!overload.is_over());
}

#[test]
fn refuses_above_the_mark_and_accepts_five_points_below_it() {
    let system = System::new(1000);
    let overload = system.overload();
    let look = |mib| {
        system.uses(mib);
        let change = overload.look(Some(80)).map(|change| change.to_string());
        (overload.is_over(), change)
    };
    assert_eq!(look(100), (false, None));
    assert_eq!(look(800), (false, None), "at the mark is not above it");
    let over = "memory in use is above overload.memory_high_watermark=80%: 801 MiB of 1000 MiB (80 %); new clients are \
                refused until it is below 75 %";
    assert_eq!(look(801), (true, Some(over.to_owned())));
    assert_eq!(look(900), (true, None), "told once");
    assert_eq!(look(799), (true, None));
    assert_eq!(look(750), (true, None));
    let below = "memory in use is below 75 % again: 749 MiB of 1000 MiB (74 %); new clients are accepted";
    assert_eq!(look(749), (false, Some(below.to_owned())));
    assert_eq!(look(790), (false, None));
    assert!(look(801).1.is_some(), "and told again the next time");
}

#[test]
fn follows_a_mark_that_changes() {
    let system = System::new(1000);
    system.uses(500);
    let overload = system.overload();
    assert!(overload.look(Some(60)).is_none());
    assert!(matches!(
        overload.look(Some(40)),
        Some(Change::Over {
            mark_percent: 40,
            resume_percent: 35,
            ..
        })
    ));
    assert!(matches!(
        overload.look(Some(90)),
        Some(Change::Below {
            resume_percent: 85,
            ..
        })
    ));
    assert!(overload.look(Some(40)).is_some_and(|change| change.is_warning()));
    assert!(
        overload
            .look(None)
            .is_some_and(|change| matches!(change, Change::Off) && !change.is_warning())
    );
    assert!(!overload.is_over());
    assert!(overload.look(None).is_none());
}

#[test]
fn a_low_mark_can_be_left_again() {
    let system = System::new(1000);
    let overload = system.overload();
    for (mark, resume) in [(1, 1), (2, 1), (5, 3), (9, 5), (10, 5), (100, 95)] {
        assert_eq!(super::resume_percent(mark), resume, "{mark}");
    }
    system.uses(11);
    assert!(overload.look(Some(1)).is_some());
    system.uses(9);
    assert!(matches!(overload.look(Some(1)), Some(Change::Below { .. })));
}

#[test]
fn without_figures_nobody_is_refused_and_the_log_says_it_once() {
    let system = System::new(1000);
    let overload = system.overload();
    let told = overload.look(Some(80)).unwrap();
    assert!(
        told.is_warning() && told.to_string().contains("has no effect"),
        "{told}"
    );
    assert!(overload.look(Some(80)).is_none());
    system.uses(900);
    assert!(matches!(overload.look(Some(80)), Some(Change::Over { .. })));
    // Figures that are lost while clients are refused: they are accepted again, which is a change.
    system.write("proc/self/status", "Name:\tvernemq\n");
    assert!(matches!(overload.look(Some(80)), Some(Change::Unknown(_))));
    assert!(!overload.is_over());
    assert!(overload.look(Some(80)).is_none());
}

#[test]
fn figures_that_are_none() {
    let system = System::new(1000);
    for status in [
        "",
        "VmRSS:\t",
        "VmRSS:\t12",
        "VmRSS:\t-5 kB",
        "VmRSS:\t99999999999999999999 kB",
        "VmRSS:\tx kB",
    ] {
        system.write("proc/self/status", status);
        assert!(system.overload().memory.lock().usage().is_err(), "{status}");
    }
    system.uses(1).write("proc/meminfo", "MemTotal: 0 kB\n");
    assert!(system.overload().memory.lock().usage().is_err());
}

#[test]
fn the_limit_is_the_least_of_machine_and_groups() {
    let system = System::new(1000);
    assert_eq!(system.limit(), 1000);
    // Version 2, as systemd lays it out.
    system.write("proc/self/cgroup", "0::/system.slice/vernemq.service\n");
    assert_eq!(system.limit(), 1000);
    let group = "sys/fs/cgroup/system.slice";
    system.write(format!("{group}/vernemq.service/memory.max"), "max\n");
    assert_eq!(system.limit(), 1000);
    system.write(format!("{group}/memory.max"), &format!("{}\n", 700 * MIB));
    assert_eq!(system.limit(), 700);
    system.write(
        format!("{group}/vernemq.service/memory.max"),
        &format!("{}\n", 500 * MIB),
    );
    assert_eq!(system.limit(), 500);
    system.write(
        format!("{group}/vernemq.service/memory.max"),
        &format!("{}\n", 5000 * MIB),
    );
    assert_eq!(system.limit(), 700);
}

#[test]
fn the_limit_of_a_container() {
    let system = System::new(1000);
    system.write("proc/self/cgroup", "0::/../../elsewhere\n");
    system.write("sys/fs/cgroup/memory.max", &format!("{}\n", 400 * MIB));
    assert_eq!(system.limit(), 400);
    // Version 1: the path is that of the host, the limit lies at the top of what is mounted.
    let system = System::new(1000);
    system.write(
        "proc/self/cgroup",
        "9:name=systemd:/\n4:cpu,memory:/docker/0123\n1:cpuset:/\n0::/\n",
    );
    system.write(
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "9223372036854771712\n",
    );
    assert_eq!(system.limit(), 1000);
    system.write(
        "sys/fs/cgroup/memory/docker/0123/memory.limit_in_bytes",
        &format!("{}\n", 300 * MIB),
    );
    assert_eq!(system.limit(), 300);
}

#[test]
fn large_figures_do_not_overflow() {
    let usage = Usage {
        used: u64::MAX,
        limit: u64::MAX,
    };
    assert!(usage.is_above(99) && usage.is_at_least(100) && !usage.is_above(100));
    assert_eq!(Usage { used: 1, limit: 0 }.to_string(), "0 MiB of 0 MiB (100 %)");
}

#[test]
fn the_running_system_tells_its_figures() {
    let usage = Overload::new().memory.lock().usage().unwrap();
    assert!(usage.used > 0 && usage.limit > usage.used, "{usage}");
}
