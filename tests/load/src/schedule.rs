//! When the messages of publishers with a fixed rate are due. Latency counts from then, not from when a message could be
//! sent at last: a broker that does not read hides nothing (no coordinated omission).

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// Moments of one publisher, by `now_nanos`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    first_nanos: u64,
    step_nanos: u64,
}

impl Schedule {
    /// Publisher `number` of `publishers`: they start at `start_nanos`, spread over one step, so that no two are due at
    /// the same moment.
    pub(crate) fn spread(
        start_nanos: u64,
        messages_per_sec: u32,
        number: usize,
        publishers: usize,
    ) -> Schedule {
        let all_per_sec = u64::from(messages_per_sec) * publishers.max(1) as u64;
        Schedule::share(start_nanos, all_per_sec, number, publishers)
    }

    /// The same, with a rate that all publishers make together.
    pub(crate) fn share(start_nanos: u64, all_per_sec: u64, number: usize, publishers: usize) -> Schedule {
        let step_nanos = (NANOS_PER_SEC * publishers.max(1) as u64 / all_per_sec.max(1)).max(1);
        Schedule {
            first_nanos: start_nanos + step_nanos * number as u64 / publishers.max(1) as u64,
            step_nanos,
        }
    }

    /// The same, but everything so much later.
    pub(crate) fn later(self, nanos: u64) -> Schedule {
        Schedule {
            first_nanos: self.first_nanos + nanos,
            ..self
        }
    }

    /// When message `sequence` is due; the first one is 0.
    pub(crate) fn due(&self, sequence: u64) -> u64 {
        self.first_nanos + sequence * self.step_nanos
    }

    /// How many messages are due before `nanos`: also the sequence of the first that is due then or later.
    pub(crate) fn due_before(&self, nanos: u64) -> u64 {
        nanos.saturating_sub(self.first_nanos).div_ceil(self.step_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_take_turns() {
        let all: Vec<_> = (0..4)
            .map(|number| Schedule::spread(1000, 10, number, 4))
            .collect();
        let firsts: Vec<_> = all.iter().map(|schedule| schedule.due(0)).collect();
        assert_eq!(firsts, [1000, 25_001_000, 50_001_000, 75_001_000]);
        assert_eq!(all[1].due(3), 25_001_000 + 300_000_000);
    }

    #[test]
    fn what_is_due_before_a_moment_is_counted_without_it() {
        let schedule = Schedule::spread(1000, 10, 0, 1);
        assert_eq!(schedule.due_before(0), 0);
        assert_eq!(
            schedule.due_before(1000),
            0,
            "due at that moment is not before it"
        );
        assert_eq!(schedule.due_before(1001), 1);
        for sequence in [1, 2, 77] {
            let due = schedule.due(sequence);
            assert_eq!(schedule.due_before(due), sequence);
            assert_eq!(schedule.due_before(due + 1), sequence + 1);
        }
    }
}
