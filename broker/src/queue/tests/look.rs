//! What the admin surface sees of a queue (admin.md 6.1).

use super::*;
use crate::queue::QueueState;

#[test]
fn a_queue_is_online_until_its_session_has_left() {
    let mut rig = Rig::online(UNLIMITED);
    rig.publish(&["a", "b"], QoS::AtLeastOnce);
    let look = rig.queue.look();
    assert_eq!((look.state, look.persistent), (QueueState::Online, true));
    assert_eq!((look.online_messages, look.offline_messages), (2, 0));
    assert_eq!(look.sessions[0].connection, rig.mailbox.connection);
    let next = Arc::new(Mailbox::new());
    assert!(matches!(rig.queue.attach(&next, UNLIMITED), AttachOutcome::Wait));
    assert_eq!(rig.queue.look().state, QueueState::WaitForOffline);
    rig.detach(Vec::new());
    let look = rig.queue.look();
    assert_eq!((look.state, look.sessions.len()), (QueueState::Offline, 0));
    assert_eq!((look.online_messages, look.offline_messages), (0, 2));
}

/// What was in flight when the session left waits as well.
#[test]
fn flights_of_an_offline_queue_are_counted() {
    let rig = Rig::online(UNLIMITED);
    rig.publish(&["a", "b"], QoS::AtLeastOnce);
    assert_eq!(rig.take(1).0, ["a"]);
    let mut left = kept(Vec::new());
    left.flights = vec![1];
    rig.queue.detach(rig.mailbox.connection, left);
    assert_eq!(rig.queue.look().offline_messages, 2);
}
