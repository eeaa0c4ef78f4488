//! Attaching, taking over, leaving, ending.

use super::{Rig, UNLIMITED, ended, item, kept, text_of};
use crate::events::CloseReason;
use crate::mailbox::Mailbox;
use crate::queue::{AttachOutcome, Detach};
use crate::session::will::ParkedWill;
use crate::store::tests::support::message;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use vmq_mqtt::QoS;

/// Later than any test runs.
const FUTURE: u64 = 1 << 50;

fn will(fire_at: u64) -> ParkedWill {
    ParkedWill {
        message: message("will"),
        fire_at,
        message_expiry_secs: None,
    }
}

fn due_will(rig: &Rig, now: u64) -> Option<ParkedWill> {
    rig.queue.due_will(now, |_, _| {})
}

fn attach(rig: &Rig, mailbox: &Arc<Mailbox>) -> AttachOutcome {
    rig.queue.attach(mailbox, rig.limits)
}

#[test]
fn the_first_session_finds_nothing() {
    let rig = Rig::new(UNLIMITED);
    let AttachOutcome::Attached(attached) = attach(&rig, &rig.mailbox) else {
        panic!("free")
    };
    assert!(!attached.existed && !attached.joined && attached.will.is_none());
    assert!(rig.queue.is_online());
}

#[test]
fn what_a_session_left_is_handed_to_the_next() {
    let mut rig = Rig::online(UNLIMITED);
    let detach = Detach {
        last_packet_id: 9,
        will: Some(will(50)),
        keep_until: Some(Some(FUTURE)),
        ..kept(vec![])
    };
    let outcome = rig.queue.detach(rig.mailbox.connection, detach);
    assert!(!outcome.ended && !outcome.awaited);
    let info = rig.queue.info();
    assert_eq!(
        (info.online, info.persistent, info.expires_at, info.last_packet_id),
        (false, true, Some(FUTURE), 9)
    );
    rig.mailbox = Arc::new(Mailbox::new());
    let AttachOutcome::Attached(attached) = attach(&rig, &rig.mailbox) else {
        panic!("free")
    };
    assert!(attached.existed);
    assert_eq!((attached.last_packet_id, attached.will), (9, Some(will(50))));
    assert_eq!(
        rig.queue.info().expires_at,
        None,
        "coming back cancels the countdown"
    );
}

#[test]
fn the_old_session_is_told_to_go_and_the_next_waits() {
    let rig = Rig::online(UNLIMITED);
    let next = Arc::new(Mailbox::new());
    let mut left = std::pin::pin!(rig.queue.left());
    left.as_mut().enable();
    assert!(matches!(attach(&rig, &next), AttachOutcome::Wait));
    assert_eq!(rig.mailbox.kicked(), Some(CloseReason::TakenOver));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(left.as_mut().poll(&mut cx).is_pending());
    let outcome = rig.queue.detach(rig.mailbox.connection, kept(vec![]));
    assert!(outcome.awaited);
    assert_eq!(left.as_mut().poll(&mut cx), Poll::Ready(()));
    assert!(matches!(attach(&rig, &next), AttachOutcome::Attached(_)));
}

#[test]
fn the_newest_that_asks_gets_the_queue() {
    let rig = Rig::online(UNLIMITED);
    let (second, third) = (Arc::new(Mailbox::new()), Arc::new(Mailbox::new()));
    assert!(matches!(attach(&rig, &second), AttachOutcome::Wait));
    assert!(
        matches!(attach(&rig, &second), AttachOutcome::Wait),
        "asking again is not a rival"
    );
    assert_eq!(second.kicked(), None);
    assert!(matches!(attach(&rig, &third), AttachOutcome::Wait));
    assert_eq!(second.kicked(), Some(CloseReason::TakenOver));
    assert!(matches!(attach(&rig, &second), AttachOutcome::Displaced));
    rig.queue.stop_waiting(second.connection);
    assert!(
        rig.queue.detach(rig.mailbox.connection, kept(vec![])).awaited,
        "the third still waits"
    );
    assert!(matches!(attach(&rig, &third), AttachOutcome::Attached(_)));
}

#[test]
fn whoever_stops_waiting_is_not_waited_for() {
    let rig = Rig::online(UNLIMITED);
    let next = Arc::new(Mailbox::new());
    assert!(matches!(attach(&rig, &next), AttachOutcome::Wait));
    rig.queue.stop_waiting(next.connection);
    let outcome = rig.queue.detach(rig.mailbox.connection, ended());
    assert!(outcome.ended && !outcome.awaited);
    assert!(matches!(attach(&rig, &next), AttachOutcome::Terminated));
}

#[test]
fn a_session_that_ends_while_another_waits_leaves_an_empty_queue() {
    let rig = Rig::online(UNLIMITED);
    rig.publish(&["a", "b"], QoS::AtLeastOnce);
    let next = Arc::new(Mailbox::new());
    assert!(matches!(attach(&rig, &next), AttachOutcome::Wait));
    let untaken = vec![item("c", QoS::AtMostOnce).delivery];
    let outcome = rig
        .queue
        .detach(rig.mailbox.connection, Detach { untaken, ..ended() });
    assert!(outcome.ended && outcome.awaited);
    assert_eq!(outcome.unhandled, 3);
    let AttachOutcome::Attached(attached) = attach(&rig, &next) else {
        panic!("the queue goes on")
    };
    assert!(!attached.existed);
    assert_eq!(rig.waiting(), 0);
}

#[test]
fn a_stranger_cannot_detach() {
    let rig = Rig::online(UNLIMITED);
    let outcome = rig.queue.detach(0, ended());
    assert!(!outcome.ended);
    assert!(rig.queue.is_online());
}

#[test]
fn an_ended_queue_refuses_everything() {
    let rig = Rig::online(UNLIMITED);
    rig.queue.detach(rig.mailbox.connection, ended());
    let staged = rig.publish(&["a"], QoS::AtLeastOnce);
    assert_eq!((staged.accepted, staged.unhandled), (0, 1));
    assert!(rig.queue.terminate().is_none());
    assert!(rig.queue.expire(u64::MAX).is_none());
}

#[test]
fn untaken_messages_go_back_in_front_and_qos_0_is_lost() {
    let mut rig = Rig::online(UNLIMITED);
    rig.publish(&["a", "b"], QoS::AtLeastOnce);
    rig.publish(&["c"], QoS::AtMostOnce);
    rig.publish(&["d"], QoS::AtLeastOnce);
    rig.publish(&["e"], QoS::AtMostOnce);
    let mut taken = std::collections::VecDeque::new();
    rig.queue.take(rig.mailbox.connection, 3, &mut taken);
    taken.pop_front();
    assert_eq!(taken.iter().map(text_of).collect::<Vec<_>>(), ["b", "c"]);
    crate::store::tests::support::put(
        &rig.store,
        vec![crate::store::Op::DeleteEntry {
            queue: rig.queue.id,
            seq: 1,
        }],
    );
    assert_eq!(rig.detach(taken.into()), 2);
    assert_eq!(rig.waiting(), 2);
    rig.publish(&["f"], QoS::ExactlyOnce);
    rig.attach();
    assert_eq!(rig.drain(9).0, ["b", "d", "f"]);
}

#[test]
fn a_clean_start_forgets_what_waits() {
    let mut rig = Rig::offline(UNLIMITED);
    rig.publish(&["a", "b"], QoS::AtLeastOnce);
    rig.attach();
    rig.publish(&["c"], QoS::AtMostOnce);
    assert_eq!(rig.queue.wipe(), 3);
    let staged = rig.publish(&["d"], QoS::AtLeastOnce);
    assert_eq!(staged.entries[0].1.seq, 3, "numbers are never used again");
    assert_eq!(rig.take(9).0, ["d"]);
}

#[test]
fn an_offline_queue_expires_when_its_time_has_come() {
    let mut rig = Rig::online(UNLIMITED);
    let leave = |rig: &Rig| {
        let detach = Detach {
            keep_until: Some(Some(FUTURE)),
            will: Some(will(500)),
            ..kept(vec![])
        };
        rig.queue.detach(rig.mailbox.connection, detach);
    };
    leave(&rig);
    rig.publish(&["a"], QoS::AtLeastOnce);
    assert!(rig.queue.expire(FUTURE - 1).is_none());
    rig.attach();
    assert!(
        rig.queue.expire(FUTURE + 1).is_none(),
        "a session that came back does not expire"
    );
    leave(&rig);
    let expired = rig.queue.expire(FUTURE).unwrap();
    assert_eq!((expired.unhandled, expired.will), (1, Some(will(500))));
    assert!(rig.queue.expire(FUTURE).is_none(), "once");
    assert!(matches!(attach(&rig, &rig.mailbox), AttachOutcome::Terminated));
}

/// Whether anybody has looked at the deadline yet or not.
#[test]
fn a_session_whose_time_is_over_is_not_resumed() {
    let rig = Rig::online(UNLIMITED);
    let detach = Detach {
        keep_until: Some(Some(1)),
        ..kept(vec![])
    };
    rig.queue.detach(rig.mailbox.connection, detach);
    assert!(matches!(
        attach(&rig, &Arc::new(Mailbox::new())),
        AttachOutcome::Expired
    ));
    assert!(!rig.queue.is_online());
    assert!(rig.queue.expire(1).is_some());
}

#[test]
fn a_session_without_a_deadline_never_expires() {
    let rig = Rig::offline(UNLIMITED);
    assert!(rig.queue.expire(u64::MAX).is_none());
    assert!(rig.queue.terminate().is_some(), "but it may be ended");
}

#[test]
fn a_parked_will_is_given_out_once_it_is_due() {
    let rig = Rig::online(UNLIMITED);
    rig.queue.detach(
        rig.mailbox.connection,
        Detach {
            will: Some(will(50)),
            ..kept(vec![])
        },
    );
    assert_eq!(due_will(&rig, 49), None);
    assert_eq!(due_will(&rig, 50), Some(will(50)));
    assert_eq!(due_will(&rig, 50), None);
}

#[test]
fn a_will_that_was_given_out_is_forgotten_by_the_store() {
    let rig = Rig::online(UNLIMITED);
    let detach = Detach {
        will: Some(will(50)),
        last_packet_id: 7,
        keep_until: Some(Some(FUTURE)),
        ..kept(vec![])
    };
    rig.queue.detach(rig.mailbox.connection, detach);
    assert_eq!(rig.queue.next_deadline(), Some(50));
    let mut record = None;
    assert!(rig.queue.due_will(49, |_, _| panic!("not due")).is_none());
    rig.queue.due_will(50, |expires_at, last_packet_id| {
        record = Some((expires_at, last_packet_id))
    });
    assert_eq!(record, Some((Some(FUTURE), 7)));
    assert_eq!(rig.queue.next_deadline(), Some(FUTURE));
}

#[test]
fn nothing_is_due_while_a_session_is_attached() {
    let mut rig = Rig::online(UNLIMITED);
    let detach = Detach {
        keep_until: Some(Some(FUTURE)),
        ..kept(vec![])
    };
    rig.queue.detach(rig.mailbox.connection, detach);
    rig.attach();
    assert_eq!(rig.queue.next_deadline(), None);
    rig.detach(vec![]);
    assert_eq!(rig.queue.next_deadline(), None, "kept for ever");
}

#[test]
fn the_will_of_a_session_that_came_back_is_not_due() {
    let mut rig = Rig::online(UNLIMITED);
    rig.queue.detach(
        rig.mailbox.connection,
        Detach {
            will: Some(will(50)),
            ..kept(vec![])
        },
    );
    rig.attach();
    assert_eq!(due_will(&rig, 60), None);
    rig.detach(vec![]);
    assert_eq!(
        due_will(&rig, 60),
        None,
        "it was cancelled for good [MQTT-3.1.3-9]"
    );
}

/// A publisher stands between `stage` and the store when a client starts clean: its entry comes to the store after the
/// session was deleted there, and would be delivered after the next start of the broker.
#[test]
fn a_clean_start_forgets_what_is_on_its_way() {
    let mut rig = Rig::offline(UNLIMITED);
    let staged = rig.stage(&["a"], QoS::AtLeastOnce);
    rig.attach();
    rig.queue.wipe();
    let delete = crate::store::Op::DeleteSession { queue: rig.queue.id };
    crate::store::tests::support::put(&rig.store, vec![delete]);
    rig.hand_over(&staged, &["a"]);
    assert_eq!((rig.waiting(), rig.stored()), (0, vec![]));
}
