//! `LineBudget`: how many lines a second one call site may log when a client can provoke them.
//!
//! A flood of bad connects must not fill the disk or push everything else out of the log. Each such call site has
//! its own budget, as a `static`; the next line that passes says how many were held back.

use parking_lot::{Mutex, const_mutex};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// A budget of lines per second.
///
/// ```ignore
/// static BUDGET: LineBudget = LineBudget::per_second(50);
/// if let Some(suppressed) = BUDGET.take(Instant::now()) {
///     tracing::warn!("can't authenticate client {sub} from {peer} due to {reason}");
///     if suppressed > 0 {
///         tracing::warn!("suppressed {suppressed} lines of refused clients");
///     }
/// }
/// ```
#[derive(Debug)]
pub struct LineBudget {
    lines: u32,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    /// `None` until the first line.
    start: Option<Instant>,
    used: u32,
    suppressed: u64,
}

impl LineBudget {
    /// At most `lines` lines in each second.
    #[must_use]
    pub const fn per_second(lines: u32) -> Self {
        Self {
            lines,
            window: const_mutex(Window {
                start: None,
                used: 0,
                suppressed: 0,
            }),
        }
    }

    /// Asks for one line. `Some(n)`: log it, `n` lines were held back since the last that passed. `None`: hold it back.
    pub fn take(&self, now: Instant) -> Option<u64> {
        let mut window = self.window.lock();
        let over = window
            .start
            .is_none_or(|start| now.saturating_duration_since(start) >= WINDOW);
        if over {
            window.start = Some(now);
            window.used = 0;
        }
        if window.used >= self.lines {
            window.suppressed = window.suppressed.saturating_add(1);
            return None;
        }
        window.used += 1;
        Some(std::mem::take(&mut window.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suppressed_lines_are_counted_in_the_next() {
        static BUDGET: LineBudget = LineBudget::per_second(2);
        let start = Instant::now();
        assert_eq!(BUDGET.take(start), Some(0));
        assert_eq!(BUDGET.take(start), Some(0));
        for _ in 0..3 {
            assert_eq!(BUDGET.take(start + Duration::from_millis(999)), None);
        }
        assert_eq!(BUDGET.take(start + WINDOW), Some(3));
        assert_eq!(BUDGET.take(start + WINDOW), Some(0));
        assert_eq!(BUDGET.take(start + WINDOW), None);
    }
}
