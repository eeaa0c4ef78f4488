//! A batch from the accepted messages to queues and store.

use super::{Batch, publish_own};
use crate::core::Core;
use crate::hooks::Hooks;
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::metrics::Counter;
use crate::queue::{AttachOutcome, Detach, Queue, Taken};
use crate::registry::{Registry, SubscriberId};
use crate::router::Subscription;
use crate::store::memory::MemoryStore;
use crate::store::tests::support::{retained, waiting};
use crate::store::{Commit, CommitState, Op, QueueId, Store};
use std::collections::VecDeque;
use std::sync::Arc;
use vmq_mqtt::QoS;

struct Rig {
    core: Core,
    store: Arc<MemoryStore>,
    mountpoint: Arc<str>,
}

impl Rig {
    fn new() -> Self {
        Self::with("")
    }

    fn with(settings: &str) -> Self {
        let config = vmq_config::load_str(settings, &|_| None).unwrap().config;
        let store = Arc::new(MemoryStore::new());
        let shared: Arc<dyn Store> = Arc::clone(&store) as _;
        Self {
            core: Core::new(config, shared, Hooks::default(), Registry::new(0)),
            store,
            mountpoint: Arc::from(""),
        }
    }

    /// A client with one subscription of QoS 1 whose session is attached.
    fn online(&self, client_id: &str, filter: &str, persistent: bool) -> (Arc<Queue>, Arc<Mailbox>) {
        let limits = self.core.queue_limits();
        let (queue, _) = self
            .core
            .registry
            .get_or_create(&SubscriberId::new("", client_id), limits);
        let mailbox = Arc::new(Mailbox::new());
        assert!(matches!(
            queue.attach(&mailbox, limits),
            AttachOutcome::Attached(_)
        ));
        queue.set_persistent(persistent);
        let subscription = Subscription {
            qos: QoS::AtLeastOnce,
            ..Subscription::default()
        };
        self.core.router.subscribe(&queue, filter, subscription);
        (queue, mailbox)
    }

    /// The same, but the session has left.
    fn offline(&self, client_id: &str, filter: &str) -> Arc<Queue> {
        let (queue, mailbox) = self.online(client_id, filter, true);
        let detach = Detach {
            keep_until: Some(None),
            flights: vec![],
            last_packet_id: 0,
            will: None,
            untaken: vec![],
        };
        queue.detach(mailbox.connection, detach);
        queue
    }

    fn flush(&self, messages: &[Message]) -> Option<Commit> {
        self.flush_with(messages, Vec::new())
    }

    fn flush_with(&self, messages: &[Message], ops: Vec<Op>) -> Option<Commit> {
        let mut batch = Batch::default();
        messages
            .iter()
            .for_each(|message| batch.add(Arc::new(message.clone())));
        let commit = batch.flush(&self.core, &self.mountpoint, self.core.own_publisher(), ops);
        assert!(batch.is_empty());
        commit
    }

    fn stored(&self, queue: &Queue) -> Vec<String> {
        let entries = self.store.read_entries(queue.id, 0, usize::MAX).unwrap();
        entries
            .iter()
            .map(|entry| entry.message.topic().to_owned())
            .collect()
    }

    fn retained(&self) -> Vec<String> {
        retained(&*self.store)
            .iter()
            .map(|(_, message)| message.topic().to_owned())
            .collect()
    }

    fn value(&self, counter: Counter) -> u64 {
        self.core.metrics.value(counter)
    }
}

fn qos_1(topic: &str) -> Message {
    Message::new(topic, b"x", QoS::AtLeastOnce, false)
}

fn keep(topic: &str, payload: &str) -> Message {
    Message::new(topic, payload.as_bytes(), QoS::AtLeastOnce, true)
}

fn take(queue: &Queue, mailbox: &Mailbox) -> (Vec<String>, Taken) {
    let mut out = VecDeque::new();
    let taken = queue.take(mailbox.connection, 100, &mut out);
    (
        out.iter()
            .map(|delivery| delivery.message.topic().to_owned())
            .collect(),
        taken,
    )
}

#[test]
fn an_empty_batch_stores_nothing() {
    assert!(Rig::new().flush(&[]).is_none());
}

#[test]
fn the_publishers_own_changes_are_stored_without_messages_too() {
    let rig = Rig::new();
    let ops = vec![Op::PutSession {
        queue: QueueId(1),
        record: vec![1],
    }];
    assert_eq!(rig.flush_with(&[], ops).unwrap().state(), CommitState::Durable);
    assert_eq!(rig.store.last_queue_id(), 1);
}

#[test]
fn nothing_has_to_be_durable_for_sessions_that_end_with_their_connections() {
    let rig = Rig::new();
    let (queue, mailbox) = rig.online("c", "#", false);
    assert!(rig.flush(&[qos_1("a"), qos_1("b")]).is_none());
    assert_eq!(
        take(&queue, &mailbox),
        (vec!["a".into(), "b".into()], Taken::Empty)
    );
    assert!(rig.stored(&queue).is_empty());
}

#[test]
fn nobody_subscribed() {
    let rig = Rig::new();
    assert!(rig.flush(&[qos_1("a")]).is_none());
    assert_eq!(rig.value(Counter::RouterMatchesLocal), 0);
}

#[test]
fn a_message_is_stored_once_for_all_its_queues() {
    let rig = Rig::new();
    let (one, two) = (rig.offline("one", "a"), rig.offline("two", "#"));
    let (online, mailbox) = rig.online("three", "a", true);
    let commit = rig.flush(&[qos_1("a"), qos_1("b"), qos_1("a")]).unwrap();
    assert_eq!(commit.state(), CommitState::Durable);
    assert_eq!(rig.stored(&one), ["a", "a"]);
    assert_eq!(rig.stored(&two), ["a", "b", "a"]);
    assert_eq!(rig.stored(&online), ["a", "a"]);
    assert_eq!(
        take(&online, &mailbox),
        (vec!["a".into(), "a".into()], Taken::Empty)
    );
    let read = |queue: &Queue| rig.store.read_entries(queue.id, 0, 1).unwrap().remove(0).message;
    assert!(Arc::ptr_eq(&read(&one), &read(&two)));
    assert_eq!(rig.value(Counter::RouterMatchesLocal), 7);
    assert_eq!(rig.value(Counter::QueueMessageIn), 7);
}

#[test]
fn qos_0_for_clients_that_are_away_is_counted() {
    let rig = Rig::new();
    rig.offline("c", "#");
    let message = Message::new("a", b"x", QoS::AtMostOnce, false);
    assert!(rig.flush(&[message]).is_none());
    assert_eq!(rig.value(Counter::QueueMessageUnhandled), 1);
}

#[test]
fn what_does_not_fit_is_counted() {
    let rig = Rig::with("max_offline_messages = 2");
    let queue = rig.offline("c", "#");
    rig.flush(&["1", "2", "3"].map(qos_1)).unwrap();
    assert_eq!(rig.stored(&queue), ["1", "2"]);
    assert_eq!(
        (
            rig.value(Counter::QueueMessageIn),
            rig.value(Counter::QueueMessageDrop)
        ),
        (2, 1)
    );
}

#[test]
fn a_full_lifo_queue_keeps_the_newest_in_the_store() {
    let rig = Rig::with("max_offline_messages = 2\nqueue_type = lifo");
    let queue = rig.offline("c", "#");
    for topic in ["1", "2", "3"] {
        rig.flush(&[qos_1(topic)]).unwrap();
    }
    assert_eq!(rig.stored(&queue), ["2", "3"]);
    assert_eq!(rig.value(Counter::QueueMessageDrop), 1);
}

/// The deletion must stand behind the entry in the group, or the entry would come back with the next start.
#[test]
fn a_lifo_overflow_within_one_batch() {
    let rig = Rig::with("max_offline_messages = 2\nqueue_type = lifo");
    let queue = rig.offline("c", "#");
    rig.flush(&["1", "2", "3"].map(qos_1)).unwrap();
    assert_eq!(queue.info().waiting, 2);
    assert_eq!(rig.stored(&queue), ["2", "3"]);
}

#[test]
fn a_retained_message_replaces_the_last_and_an_empty_one_clears_it() {
    let rig = Rig::new();
    assert!(
        rig.flush(&[keep("a", "1"), keep("b", "1"), keep("a", "2")])
            .is_some()
    );
    assert_eq!(
        (rig.retained(), rig.core.retained.len()),
        (vec!["a".into(), "b".into()], 2)
    );
    assert_eq!(retained(&*rig.store)[0].1.payload(), b"2");
    assert!(rig.flush(&[keep("a", "")]).is_some());
    assert_eq!(
        (rig.retained(), rig.core.retained.len()),
        (vec!["b".to_owned()], 1)
    );
    assert!(
        rig.flush(&[keep("a", "")]).is_none(),
        "there was nothing to clear"
    );
    assert!(
        rig.flush(&[qos_1("b")]).is_none(),
        "without the flag nothing changes"
    );
    assert_eq!(rig.retained(), ["b"]);
}

#[test]
fn setting_and_clearing_in_one_batch_ends_as_it_ends() {
    let rig = Rig::new();
    rig.flush(&[keep("a", "1"), keep("a", ""), keep("b", ""), keep("b", "1")])
        .unwrap();
    assert_eq!(
        (rig.retained(), rig.core.retained.len()),
        (vec!["b".to_owned()], 1)
    );
}

#[test]
fn a_clearing_message_is_delivered_like_any_other() {
    let rig = Rig::new();
    let (queue, mailbox) = rig.online("c", "#", false);
    rig.flush(&[keep("a", "")]);
    assert_eq!(take(&queue, &mailbox).0, ["a"]);
}

/// mqtt.md 14.2 point 1: one commit for everything an acknowledgement stands for.
#[test]
fn a_store_that_cannot_write_fails_the_whole_batch() {
    let rig = Rig::new();
    let queue = rig.offline("c", "#");
    rig.store.set_failing(true);
    let commit = rig.flush(&[qos_1("a"), keep("b", "1")]).unwrap();
    assert_eq!(commit.state(), CommitState::Failed);
    assert!(rig.stored(&queue).is_empty() && rig.retained().is_empty());
}

#[test]
fn receivers_see_a_message_only_after_the_store_has_got_it() {
    let rig = Rig::new();
    let (queue, mailbox) = rig.online("c", "#", true);
    mailbox.rest(std::task::Waker::noop());
    rig.flush(&[qos_1("a")]).unwrap();
    assert!(mailbox.is_awake());
    assert_eq!(waiting(&*rig.store, queue.id.0), [1]);
    assert_eq!(take(&queue, &mailbox).0, ["a"]);
}

#[test]
fn the_broker_publishes_in_its_own_name() {
    let rig = Rig::new();
    let (queue, mailbox) = rig.online("c", "$SYS/#", false);
    publish_own(&rig.core, &rig.mountpoint, Arc::new(qos_1("$SYS/a")));
    assert_eq!(take(&queue, &mailbox).0, ["$SYS/a"]);
}
