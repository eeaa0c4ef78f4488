//! One rule of the queue at a time; `model` drives it with random operations.

mod life;
mod look;
mod members;
mod model;

use super::take::ReadAhead;
use super::{AttachOutcome, Delivery, Detach, Limits, Queue, Staged, StagedItem, Taken};
use crate::mailbox::Mailbox;
use crate::registry::SubscriberId;
use crate::store::memory::MemoryStore;
use crate::store::tests::support::{message, put, waiting};
use crate::store::{Op, QueueId, Seq, Store};
use std::collections::VecDeque;
use std::sync::Arc;
use vmq_config::QueueKind;
use vmq_mqtt::QoS;

const UNLIMITED: Limits = Limits {
    online: None,
    offline: None,
    override_online: false,
    kind: QueueKind::Fifo,
    sessions: None,
};

const LIFO: Limits = Limits {
    kind: QueueKind::Lifo,
    ..UNLIMITED
};

fn item(text: &str, qos: QoS) -> StagedItem {
    StagedItem {
        message_index: 0,
        delivery: Delivery {
            message: message(text),
            seq: 0,
            subscription_id: 0,
            qos,
            retain: false,
        },
    }
}

fn text_of(delivery: &Delivery) -> String {
    delivery.message.topic().to_owned()
}

/// A queue with its store and the mailbox of the session that is attached or comes next.
struct Rig {
    queue: Queue,
    store: MemoryStore,
    mailbox: Arc<Mailbox>,
    limits: Limits,
}

impl Rig {
    fn new(limits: Limits) -> Self {
        Self {
            queue: Queue::new(QueueId(1), SubscriberId::new("", "c"), limits),
            store: MemoryStore::new(),
            mailbox: Arc::new(Mailbox::new()),
            limits,
        }
    }

    /// A queue with a persistent session attached.
    fn online(limits: Limits) -> Self {
        let mut rig = Self::new(limits);
        rig.attach();
        rig.queue.set_persistent(true);
        rig
    }

    /// A queue whose persistent session has left.
    fn offline(limits: Limits) -> Self {
        let mut rig = Self::online(limits);
        rig.detach(Vec::new());
        rig
    }

    fn attach(&mut self) {
        self.mailbox = Arc::new(Mailbox::new());
        let outcome = self.queue.attach(&self.mailbox, self.limits);
        assert!(matches!(outcome, AttachOutcome::Attached(_)), "{outcome:?}");
    }

    fn detach(&mut self, untaken: Vec<Delivery>) -> u64 {
        self.queue
            .detach(self.mailbox.connection, kept(untaken))
            .unhandled
    }

    /// Stages a group without giving it to the store.
    fn stage(&self, texts: &[&str], qos: QoS) -> Staged {
        self.queue
            .stage(texts.iter().map(|text| item(text, qos)).collect())
    }

    /// What a publisher does: stage, store, release. Entries first, so that an overflow within the group deletes them.
    fn publish(&self, texts: &[&str], qos: QoS) -> Staged {
        let staged = self.stage(texts, qos);
        self.hand_over(&staged, texts);
        staged
    }

    fn hand_over(&self, staged: &Staged, texts: &[&str]) {
        let mut group: Vec<_> = staged
            .entries
            .iter()
            .map(|(_, entry)| Op::PutEntries {
                // Refused items are the last of a group in these tests.
                message: message(texts[usize::try_from(entry.seq - staged.entries[0].1.seq).unwrap()]),
                entries: vec![*entry],
            })
            .collect();
        group.extend(staged.ops.iter().cloned());
        put(&self.store, group);
        let orphans = self.queue.release(staged);
        if !orphans.is_empty() {
            put(&self.store, orphans);
        }
    }

    fn take(&self, max: usize) -> (Vec<String>, Taken) {
        let mut out = VecDeque::new();
        let taken = self.queue.take(self.mailbox.connection, max, &mut out);
        (out.iter().map(text_of).collect(), taken)
    }

    /// Takes up to `max`, reading from the store whenever the queue asks for it.
    fn drain(&self, max: usize) -> (Vec<String>, u64) {
        let mut out = VecDeque::new();
        let mut dropped = 0;
        loop {
            let taken = self
                .queue
                .take(self.mailbox.connection, max - out.len(), &mut out);
            let Taken::OnDisk(read) = taken else { break };
            dropped += self.load(read);
        }
        (out.iter().map(text_of).collect(), dropped)
    }

    fn load(&self, read: ReadAhead) -> u64 {
        let (ops, dropped) = self.queue.loaded(read, read.read(&self.store).unwrap());
        put(&self.store, ops);
        dropped
    }

    fn stored(&self) -> Vec<Seq> {
        waiting(&self.store, 1)
    }

    fn waiting(&self) -> u64 {
        self.queue.info().waiting
    }
}

/// A session leaves and its state is kept for ever.
fn kept(untaken: Vec<Delivery>) -> Detach {
    Detach {
        keep_until: Some(None),
        flights: Vec::new(),
        last_packet_id: 0,
        will: None,
        untaken,
    }
}

/// A session leaves and takes its state along.
fn ended() -> Detach {
    Detach {
        keep_until: None,
        ..kept(Vec::new())
    }
}

fn names(range: std::ops::RangeInclusive<usize>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

fn texts(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

// === Filling ===

#[test]
fn qos_0_is_not_kept_for_an_offline_client() {
    let rig = Rig::offline(UNLIMITED);
    let staged = rig.publish(&["a", "b"], QoS::AtMostOnce);
    assert_eq!((staged.accepted, staged.dropped, staged.unhandled), (0, 0, 2));
    assert_eq!(rig.waiting(), 0);
}

#[test]
fn nothing_is_kept_for_a_session_that_ends_with_its_connection() {
    let mut rig = Rig::new(UNLIMITED);
    assert_eq!(rig.publish(&["early"], QoS::AtLeastOnce).unhandled, 1);
    rig.attach();
    let staged = rig.publish(&["a"], QoS::ExactlyOnce);
    assert_eq!(staged.accepted, 1);
    assert!(
        staged.entries.is_empty(),
        "messages of such a session are never stored"
    );
    assert_eq!(rig.take(9), (vec!["a".to_owned()], Taken::Empty));
}

#[test]
fn a_stored_delivery_is_invisible_until_it_is_released() {
    let rig = Rig::online(UNLIMITED);
    let staged = rig.stage(&["a"], QoS::AtLeastOnce);
    assert_eq!(rig.take(9), (vec![], Taken::Soon));
    rig.hand_over(&staged, &["a"]);
    assert_eq!(rig.take(9), (vec!["a".to_owned()], Taken::Empty));
}

#[test]
fn qos_0_does_not_overtake_what_is_not_released_yet() {
    let rig = Rig::online(UNLIMITED);
    let staged = rig.stage(&["a"], QoS::AtLeastOnce);
    rig.publish(&["b"], QoS::AtMostOnce);
    assert_eq!(rig.take(9), (vec![], Taken::Soon));
    rig.hand_over(&staged, &["a"]);
    assert_eq!(rig.take(9).0, ["a", "b"]);
}

#[test]
fn qos_0_in_front_does_not_wait_for_what_is_behind() {
    let rig = Rig::online(UNLIMITED);
    rig.publish(&["a"], QoS::AtMostOnce);
    let staged = rig.stage(&["b"], QoS::AtLeastOnce);
    assert_eq!(rig.take(9), (vec!["a".to_owned()], Taken::Soon));
    rig.hand_over(&staged, &["b"]);
    assert_eq!(rig.take(9).0, ["b"]);
}

#[test]
fn a_later_group_waits_for_an_earlier_one() {
    let rig = Rig::online(UNLIMITED);
    let first = rig.stage(&["a", "b"], QoS::AtLeastOnce);
    let second = rig.stage(&["c"], QoS::AtLeastOnce);
    rig.hand_over(&second, &["c"]);
    assert_eq!(rig.take(9), (vec![], Taken::Soon));
    rig.hand_over(&first, &["a", "b"]);
    assert_eq!(rig.take(9).0, ["a", "b", "c"]);
}

#[test]
fn the_owner_is_woken_once_its_messages_are_visible() {
    let rig = Rig::online(UNLIMITED);
    rig.mailbox.rest(std::task::Waker::noop());
    let staged = rig.stage(&["a"], QoS::AtLeastOnce);
    assert!(!rig.mailbox.is_awake());
    assert!(rig.queue.release(&staged).is_empty());
    assert!(rig.mailbox.is_awake());
    rig.mailbox.rest(std::task::Waker::noop());
    rig.publish(&["b"], QoS::AtMostOnce);
    assert!(rig.mailbox.is_awake());
}

#[test]
fn entries_carry_what_the_subscription_adds() {
    let rig = Rig::online(UNLIMITED);
    let mut one = item("a", QoS::ExactlyOnce);
    one.message_index = 7;
    one.delivery.retain = true;
    one.delivery.subscription_id = 9;
    let staged = rig.queue.stage(vec![one]);
    let (index, entry) = staged.entries[0];
    assert_eq!((index, entry.queue, entry.seq), (7, QueueId(1), 1));
    assert_eq!(
        (entry.qos, entry.retain, entry.subscription_id),
        (QoS::ExactlyOnce, true, 9)
    );
}

#[test]
fn a_full_online_queue_refuses_the_newest() {
    let rig = Rig::online(Limits {
        online: Some(2),
        ..UNLIMITED
    });
    let staged = rig.publish(&["a", "b", "c"], QoS::AtLeastOnce);
    assert_eq!((staged.accepted, staged.dropped), (2, 1));
    assert_eq!((rig.queue.take_dropped(), rig.queue.take_dropped()), (1, 0));
    assert_eq!(rig.take(9).0, ["a", "b"]);
    assert_eq!(rig.publish(&["d"], QoS::AtMostOnce).accepted, 1);
}

#[test]
fn a_limit_of_zero_blocks_delivery() {
    for kind in [QueueKind::Fifo, QueueKind::Lifo] {
        let none = Limits {
            online: Some(0),
            offline: Some(0),
            kind,
            ..UNLIMITED
        };
        let mut rig = Rig::online(none);
        assert_eq!(rig.publish(&["a"], QoS::AtMostOnce).dropped, 1);
        assert_eq!(rig.publish(&["b"], QoS::AtLeastOnce).dropped, 1);
        rig.detach(Vec::new());
        assert_eq!(rig.publish(&["c"], QoS::AtLeastOnce).dropped, 1);
        assert!(rig.stored().is_empty());
    }
}

#[test]
fn exchanges_in_flight_count_against_the_offline_limit() {
    let mut rig = Rig::online(Limits {
        offline: Some(3),
        ..UNLIMITED
    });
    let detach = Detach {
        flights: vec![1, 0],
        ..kept(Vec::new())
    };
    rig.queue.detach(rig.mailbox.connection, detach);
    assert_eq!(rig.publish(&["a", "b"], QoS::AtLeastOnce).dropped, 1);
    rig.attach();
    rig.detach(Vec::new());
    assert_eq!(
        rig.publish(&["c", "d", "e"], QoS::AtLeastOnce).dropped,
        1,
        "they are the session's again"
    );
}

#[test]
fn a_full_lifo_queue_gives_up_its_oldest() {
    let mut rig = Rig::online(Limits {
        online: Some(2),
        offline: Some(3),
        ..LIFO
    });
    let staged = rig.publish(&["1", "2", "3"], QoS::AtLeastOnce);
    assert_eq!((staged.accepted, staged.dropped), (3, 1));
    assert_eq!(rig.stored(), [2, 3]);
    rig.detach(Vec::new());
    rig.publish(&["4", "5"], QoS::AtLeastOnce);
    assert_eq!((rig.stored(), rig.waiting()), (vec![3, 4, 5], 3));
    rig.limits.override_online = true;
    rig.attach();
    assert_eq!(rig.drain(9).0, ["5", "4", "3"]);
}

#[test]
fn lifo_overflow_spares_what_is_in_flight() {
    let rig = Rig::online(Limits {
        offline: Some(3),
        ..LIFO
    });
    rig.publish(&["1", "2"], QoS::AtLeastOnce);
    let mut taken = VecDeque::new();
    rig.queue.take(rig.mailbox.connection, 1, &mut taken);
    let detach = Detach {
        flights: vec![1],
        ..kept(Vec::new())
    };
    rig.queue.detach(rig.mailbox.connection, detach);
    rig.publish(&["3"], QoS::AtLeastOnce);
    assert_eq!(rig.publish(&["4"], QoS::AtLeastOnce).dropped, 1);
    assert_eq!(rig.stored(), [1, 3, 4]);
}

// === Emptying ===

#[test]
fn while_a_client_stays_lifo_delivers_in_order_of_arrival() {
    let rig = Rig::online(LIFO);
    rig.publish(&["1", "2", "3"], QoS::AtLeastOnce);
    assert_eq!(rig.take(9).0, ["1", "2", "3"]);
}

#[test]
fn the_bound_of_a_take_is_kept() {
    let rig = Rig::online(UNLIMITED);
    rig.publish(&["a", "b", "c"], QoS::AtMostOnce);
    assert_eq!(rig.take(2), (vec!["a".to_owned(), "b".to_owned()], Taken::More));
    assert_eq!(rig.take(1), (vec!["c".to_owned()], Taken::Empty));
    assert_eq!(rig.take(1), (vec![], Taken::Empty));
}

#[test]
fn only_the_attached_connection_takes() {
    let mut rig = Rig::online(UNLIMITED);
    rig.publish(&["a"], QoS::AtLeastOnce);
    let stranger = Arc::new(Mailbox::new());
    let owner = std::mem::replace(&mut rig.mailbox, stranger);
    assert_eq!(rig.take(9), (vec![], Taken::Empty));
    rig.mailbox = owner;
    assert_eq!(rig.take(9).0, ["a"]);
}

/// More than two reads, and new messages behind the backlog.
#[test]
fn a_long_backlog_comes_before_what_arrives_now() {
    for limits in [UNLIMITED, LIFO] {
        let mut rig = Rig::offline(limits);
        let old = names(1..=250);
        rig.publish(&texts(&old), QoS::AtLeastOnce);
        rig.attach();
        let new = names(251..=260);
        rig.publish(&texts(&new), QoS::AtLeastOnce);
        let mut expected = old;
        if limits.kind == QueueKind::Lifo {
            expected.reverse();
        }
        expected.extend(new);
        assert_eq!(rig.drain(500), (expected, 0));
        assert_eq!(rig.waiting(), 0);
    }
}

#[test]
fn messages_in_an_old_queue_do_not_fit_beyond_the_online_limit() {
    for (kind, first, last) in [(QueueKind::Fifo, "1", "150"), (QueueKind::Lifo, "250", "101")] {
        let mut rig = Rig::offline(Limits {
            online: Some(150),
            kind,
            ..UNLIMITED
        });
        rig.publish(&texts(&names(1..=250)), QoS::AtLeastOnce);
        rig.attach();
        let (taken, dropped) = rig.drain(500);
        assert_eq!((taken.len(), dropped), (150, 100));
        assert_eq!((&*taken[0], &*taken[149]), (first, last));
        assert_eq!(rig.stored().len(), 150, "what did not fit is deleted");
        assert_eq!(rig.waiting(), 0);
    }
}

#[test]
fn the_whole_old_queue_moves_with_override() {
    let mut rig = Rig::offline(Limits {
        online: Some(10),
        override_online: true,
        ..UNLIMITED
    });
    rig.publish(&texts(&names(1..=120)), QoS::AtLeastOnce);
    rig.attach();
    assert_eq!(
        rig.publish(&["late"], QoS::AtLeastOnce).dropped,
        1,
        "the limit applies to what comes afterwards"
    );
    assert_eq!(rig.drain(500).0.len(), 120);
}

#[test]
fn a_read_waits_for_numbers_that_the_store_has_not_got_yet() {
    let mut rig = Rig::offline(UNLIMITED);
    rig.publish(&["a"], QoS::AtLeastOnce);
    let staged = rig.stage(&["b"], QoS::AtLeastOnce);
    rig.attach();
    assert_eq!(rig.take(9), (vec![], Taken::Soon));
    rig.hand_over(&staged, &["b"]);
    assert_eq!(rig.drain(9).0, ["a", "b"]);
}

#[test]
fn entries_behind_the_backlog_are_not_loaded_twice() {
    let mut rig = Rig::offline(UNLIMITED);
    rig.publish(&["a"], QoS::AtLeastOnce);
    rig.attach();
    rig.publish(&["b"], QoS::AtLeastOnce);
    let (_, Taken::OnDisk(read)) = rig.take(9) else {
        panic!("the backlog lies on disk")
    };
    assert_eq!(read.read(&rig.store).unwrap().len(), 2);
    rig.load(read);
    assert_eq!(rig.take(9), (vec!["a".to_owned(), "b".to_owned()], Taken::Empty));
}

#[test]
fn a_restored_queue_goes_on_behind_what_is_stored() {
    let mut rig = Rig::new(UNLIMITED);
    let staged: Vec<_> = ["5", "6"]
        .into_iter()
        .zip(5..)
        .map(|(text, seq)| crate::store::tests::support::publish(text, &[1], seq))
        .collect();
    put(&rig.store, staged);
    rig.queue.restore(2, Some((5, 6)), Some(1 << 50), None);
    assert_eq!((rig.waiting(), rig.queue.info().expires_at), (2, Some(1 << 50)));
    rig.publish(&["7"], QoS::AtLeastOnce);
    assert_eq!(rig.stored(), [5, 6, 7]);
    rig.attach();
    assert_eq!(rig.drain(9).0, ["5", "6", "7"]);
}

// === Known faults: each of these fails; see the reason ===

/// A store that was damaged counts too many waiting messages (`StoredSession::waiting` is an upper bound). The read
/// that comes to the boundary must end the backlog.
#[test]
fn a_backlog_that_was_counted_too_high_ends() {
    let mut rig = Rig::new(UNLIMITED);
    put(
        &rig.store,
        vec![crate::store::tests::support::publish("1", &[1], 1)],
    );
    // Entry 2 cannot be decoded.
    rig.queue.restore(2, Some((1, 2)), None, None);
    rig.attach();
    rig.publish(&texts(&names(3..=151)), QoS::AtLeastOnce);
    let mut out = VecDeque::new();
    for _ in 0..10 {
        match rig.queue.take(rig.mailbox.connection, 500 - out.len(), &mut out) {
            Taken::OnDisk(read) => drop(rig.load(read)),
            _ => break,
        }
    }
    assert_eq!(out.len(), 150);
}

/// Lifo delivers the newest first, so what was acknowledged leaves a hole in the middle. The overflow of the offline
/// queue takes the numbers of the hole for messages and gives them up instead of messages.
#[test]
fn lifo_overflow_skips_numbers_that_are_gone() {
    let mut rig = Rig::offline(Limits {
        offline: Some(3),
        ..LIFO
    });
    rig.publish(&["1", "2", "3"], QoS::AtLeastOnce);
    rig.attach();
    assert_eq!(rig.drain(2).0, ["3", "2"]);
    put(
        &rig.store,
        [2, 3]
            .map(|seq| Op::DeleteEntry {
                queue: QueueId(1),
                seq,
            })
            .into(),
    );
    rig.detach(Vec::new());
    rig.publish(&["4", "5", "6", "7"], QoS::AtLeastOnce);
    assert_eq!((rig.stored(), rig.waiting()), (vec![5, 6, 7], 3));
}

/// After a restart the queue knows the range of what is stored, exchanges in flight included, but not which they are.
#[test]
fn lifo_overflow_spares_what_is_in_flight_after_a_restart() {
    let mut rig = Rig::new(Limits {
        offline: Some(1),
        ..LIFO
    });
    put(
        &rig.store,
        vec![
            crate::store::tests::support::publish("1", &[1], 1),
            crate::store::tests::support::publish("2", &[1], 2),
            Op::PutFlight {
                queue: QueueId(1),
                order: 1,
                packet_id: crate::store::tests::support::id(1),
                seq: Some(1),
                message: None,
            },
        ],
    );
    let stored = crate::store::tests::support::sessions(&rig.store);
    assert!(
        stored.is_empty(),
        "no record: the numbers below are what boot would get"
    );
    rig.queue.restore(1, Some((1, 2)), None, None);
    rig.queue.set_positions(vec![2]);
    rig.publish(&["3"], QoS::AtLeastOnce);
    rig.attach();
    let flights = rig.store.read_flights(QueueId(1)).unwrap().flights;
    assert!(flights[0].entry.is_some(), "the message in flight is still there");
    assert_eq!(rig.drain(9).0, ["3"]);
}

/// Two publishers: what the first has not given to the store yet is given up by the second, whose deletion comes to the
/// store before the entry does.
#[test]
fn lifo_overflow_waits_for_the_entry_it_gives_up() {
    let rig = Rig::offline(Limits {
        offline: Some(1),
        ..LIFO
    });
    let first = rig.stage(&["1"], QoS::AtLeastOnce);
    rig.publish(&["2"], QoS::AtLeastOnce);
    rig.hand_over(&first, &["1"]);
    assert_eq!(rig.waiting(), rig.stored().len() as u64);
}
