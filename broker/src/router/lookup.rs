//! Lookup: who would get a message to a topic, for an operator who asks. The lock is held for one topic at a time, and
//! no longer than routing one message takes.

use super::Router;
use super::fanout::{Fanout, Subscriber};

impl Router {
    /// Subscriptions that match a topic, all members of a group that shares.
    #[must_use]
    pub fn count_matching(&self, mountpoint: &str, topic: &str) -> usize {
        let mut count = 0;
        self.each_matching(mountpoint, topic, |fanout| count += fanout.len());
        count
    }

    /// The same by name, at most `max` of them, and how many there are.
    #[must_use]
    pub fn matching(&self, mountpoint: &str, topic: &str, max: usize) -> (Vec<Subscriber>, usize) {
        let (mut found, mut count) = (Vec::new(), 0);
        self.each_matching(mountpoint, topic, |fanout| {
            count += fanout.len();
            let room = max - found.len();
            found.extend(fanout.subscribers().take(room).cloned());
        });
        (found, count)
    }

    fn each_matching(&self, mountpoint: &str, topic: &str, mut each: impl FnMut(&Fanout)) {
        if let Some(table) = self.tables.read().get(mountpoint) {
            table.each_match(topic.as_bytes(), &mut |fanout| each(fanout));
        }
    }
}
