//! Several sessions on one queue (`allow_multiple_sessions`).

use super::{Rig, UNLIMITED, ended, item, kept, text_of};
use crate::mailbox::Mailbox;
use crate::queue::{AttachOutcome, Limits, Taken};
use std::collections::VecDeque;
use std::sync::Arc;
use vmq_config::DeliverMode;
use vmq_mqtt::QoS;

fn shared(mode: DeliverMode) -> Limits {
    Limits {
        sessions: Some(mode),
        ..UNLIMITED
    }
}

fn join(rig: &Rig) -> Arc<Mailbox> {
    let mailbox = Arc::new(Mailbox::new());
    let AttachOutcome::Attached(attached) = rig.queue.attach(&mailbox, rig.limits) else {
        panic!("may join")
    };
    assert!(attached.joined);
    mailbox
}

fn take(rig: &Rig, mailbox: &Mailbox) -> Vec<String> {
    let mut out = VecDeque::new();
    rig.queue.take(mailbox.connection, 100, &mut out);
    out.iter().map(text_of).collect()
}

#[test]
fn everybody_gets_everything_with_fanout() {
    let rig = Rig::online(shared(DeliverMode::Fanout));
    let second = join(&rig);
    assert_eq!(rig.mailbox.kicked(), None);
    rig.publish(&["a", "b"], QoS::AtLeastOnce);
    assert_eq!(take(&rig, &second), ["a", "b"]);
    assert_eq!(take(&rig, &rig.mailbox), ["a", "b"]);
    assert_eq!(rig.queue.owners().len(), 2);
}

#[test]
fn each_message_goes_to_one_with_balance() {
    let rig = Rig::online(shared(DeliverMode::Balance));
    let second = join(&rig);
    let all = super::names(1..=200);
    rig.publish(&super::texts(&all), QoS::AtLeastOnce);
    let (one, two) = (take(&rig, &rig.mailbox), take(&rig, &second));
    assert_eq!(one.len() + two.len(), 200);
    assert!(
        one.len() > 50 && two.len() > 50,
        "{} and {}",
        one.len(),
        two.len()
    );
    let mut together: Vec<usize> = one.iter().chain(&two).map(|text| text.parse().unwrap()).collect();
    together.sort_unstable();
    assert!(together.iter().copied().eq(1..=200));
}

#[test]
fn everybody_is_woken() {
    let rig = Rig::online(shared(DeliverMode::Fanout));
    let second = join(&rig);
    for mailbox in [&rig.mailbox, &second] {
        mailbox.rest(std::task::Waker::noop());
    }
    rig.publish(&["a"], QoS::AtLeastOnce);
    assert!(rig.mailbox.is_awake() && second.is_awake());
}

#[test]
fn what_a_member_leaves_goes_to_the_owner_with_balance() {
    let rig = Rig::online(shared(DeliverMode::Balance));
    let second = join(&rig);
    rig.publish(&super::texts(&super::names(1..=50)), QoS::AtLeastOnce);
    let mut untaken = vec![item("x", QoS::AtMostOnce).delivery];
    assert!(rig.queue.leave_others(second.connection, &mut untaken));
    assert!(untaken.is_empty());
    assert_eq!(take(&rig, &rig.mailbox).len(), 51);
}

#[test]
fn a_member_succeeds_the_owner() {
    let rig = Rig::online(shared(DeliverMode::Balance));
    let second = join(&rig);
    rig.publish(&super::texts(&super::names(1..=50)), QoS::AtLeastOnce);
    assert!(rig.queue.leave_others(rig.mailbox.connection, &mut Vec::new()));
    assert!(rig.queue.is_online());
    assert_eq!(take(&rig, &second).len(), 50);
    assert!(take(&rig, &rig.mailbox).is_empty());
}

#[test]
fn the_last_one_out_takes_the_queue_offline() {
    let rig = Rig::online(shared(DeliverMode::Fanout));
    let second = join(&rig);
    assert!(rig.queue.leave_others(rig.mailbox.connection, &mut Vec::new()));
    assert!(!rig.queue.leave_others(second.connection, &mut Vec::new()));
    assert!(!rig.queue.detach(second.connection, kept(vec![])).ended);
    assert!(!rig.queue.is_online());
}

#[test]
fn somebody_who_joined_meanwhile_keeps_the_queue() {
    let rig = Rig::online(shared(DeliverMode::Fanout));
    assert!(
        !rig.queue.leave_others(rig.mailbox.connection, &mut Vec::new()),
        "alone when it asks"
    );
    let second = join(&rig);
    assert!(!rig.queue.detach(rig.mailbox.connection, ended()).ended);
    rig.publish(&["a"], QoS::AtLeastOnce);
    assert_eq!(take(&rig, &second), ["a"]);
}

#[test]
fn a_slow_member_keeps_its_own_bound() {
    let rig = Rig::online(Limits {
        online: Some(3),
        ..shared(DeliverMode::Fanout)
    });
    let second = join(&rig);
    for text in ["a", "b", "c", "d", "e"] {
        rig.publish(&[text], QoS::AtLeastOnce);
        take(&rig, &rig.mailbox);
    }
    assert_eq!(take(&rig, &second), ["a", "b", "c"]);
}

/// Both sessions are told to read the same part of the backlog; whoever comes second brings nothing new.
#[test]
fn a_backlog_is_loaded_once() {
    let mut rig = Rig::offline(shared(DeliverMode::Fanout));
    rig.publish(&["a", "b"], QoS::AtLeastOnce);
    rig.attach();
    let second = join(&rig);
    let mut out = VecDeque::new();
    let Taken::OnDisk(one) = rig.queue.take(rig.mailbox.connection, 9, &mut out) else {
        panic!("on disk")
    };
    let Taken::OnDisk(two) = rig.queue.take(second.connection, 9, &mut out) else {
        panic!("on disk")
    };
    rig.load(one);
    rig.load(two);
    assert_eq!(rig.drain(9).0, ["a", "b"]);
}
