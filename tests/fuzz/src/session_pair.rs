//! Programs of two or three clients, among them several with one client id, against a real broker in memory (hostile
//! inputs: two-party fuzzing is not enough; 12, 23, 26, 35).
//!
//! The first byte chooses the broker's settings, the second the room of the pipes; then each operation is a byte (low half:
//! what, high half: which client) and the bytes it takes. See `program`.
//!
//! What is asserted: nothing panics, what the broker sends can be decoded, packet ids of one connection are in flight
//! once, Receive Maximum and Maximum Packet Size are kept, a message published once is never delivered more often than
//! the session has matching filters (QoS 0 and 2), a session that is not resumed gets nothing of the old one, a
//! persistent session gets all that waits, and nothing is left when everybody has gone.

mod model;
mod client;
mod program;

use super::pair::{self, Rig};
use client::Client;
use program::Program;
use std::sync::Arc;
use vmq_broker::registry::SubscriberId;
use vmq_broker::store::memory::MemoryStore;
use vmq_mqtt::Version;

/// A program.
pub fn session_pair(data: &[u8]) {
    let [settings, room, operations @ ..] = data else {
        return;
    };
    let config = pair::settings(*settings);
    let pipe_bytes = match room % 4 {
        0 => 16,
        1 => 512,
        _ => pair::PIPE_BYTES,
    };
    let store = Arc::new(MemoryStore::new());
    pair::run(async {
        let is_lax = pair::has_multiple_sessions(&config);
        let rig = Rig::new(config, Arc::clone(&store) as _);
        let mut program = Program::new(&rig, &store, pipe_bytes, is_lax);
        program.run(operations).await;
        let (has_failed, is_lax) = (program.has_failed, program.model.is_lax);
        program.finish().await;
        store.set_failing(false);
        if !has_failed && !is_lax {
            for subscriber in rig.client_ids() {
                drain(&rig, &subscriber).await;
            }
        }
        for subscriber in rig.client_ids() {
            rig.end_session(&subscriber.client_id).await;
        }
        rig.check_empty(!has_failed);
        if !has_failed {
            rig.check_gauges();
        }
    });
}

/// Whoever comes back and acknowledges everything gets everything.
async fn drain(rig: &Rig, subscriber: &SubscriberId) {
    let mut client = Client::new(rig.open(pair::PIPE_BYTES), Version::V5, true);
    client.send(&super::packets::connect(&subscriber.client_id, false, 3600));
    // One packet may be in flight at a time and each takes a few rounds.
    for _ in 0..2000 {
        rig.settle(&mut [&mut client.link]).await;
        if client.acknowledge_all() == 0 {
            break;
        }
    }
    if let Some(queue) = rig.core.registry.get(subscriber) {
        assert!(!client.link.ended, "{subscriber:?} is sent away");
        assert_eq!(queue.info().waiting, 0, "{subscriber:?} does not get what waits");
    }
    rig.end(client.link).await;
}
