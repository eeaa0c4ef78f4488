//! Churn: sessions that begin and end without end.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Attack;
use super::ground::{Ground, client_id, version};
use super::pace::SharedPace;
use super::packets::{self, Hello, Will};
use crate::wire::Version;

/// Client ids, and connections that fight for each.
const IDS: usize = 10;
const RIVALS: usize = 5;
const TAKEOVER_RATE: u32 = 500;

const WILL_RATE: u32 = 300;
const WILL_CLIENTS: usize = 32;
const WILL_BYTES: usize = 1024;
/// Wills are retained, on so many topics.
const WILL_TOPICS: usize = 5000;

pub(super) fn budget(attack: Attack) -> String {
    match attack {
        Attack::TakeoverChurn => format!(
            "{IDS} client ids (half of them persistent) with {RIVALS} rivals each, {TAKEOVER_RATE} connects/s in all"
        ),
        _ => format!(
            "{WILL_RATE} connects/s with a retained will of {WILL_BYTES} bytes on {WILL_TOPICS} topics, then a reset"
        ),
    }
}

pub(super) fn takeovers(ground: &Ground, tasks: &mut JoinSet<()>) {
    let pace = SharedPace::per_second(TAKEOVER_RATE);
    for number in 0..IDS * RIVALS {
        let (ground, pace) = (ground.clone(), pace.clone());
        tasks.spawn(async move {
            let id = number % IDS;
            let version = version(number / IDS);
            let mut hello = Hello::new(version, client_id("rival", id));
            hello.clean = id.is_multiple_of(2);
            loop {
                pace.step().await;
                let Some(mut link) = ground.enter(&hello).await else {
                    continue;
                };
                packets::subscribe(&mut link.out, version, 1, &[format!("hostile/rival/{id}")], 1);
                ground.sent(1);
                ground.read_to_end(&mut link).await;
            }
        });
    }
}

pub(super) fn wills(ground: &Ground, tasks: &mut JoinSet<()>) {
    let pace = SharedPace::per_second(WILL_RATE);
    for number in 0..WILL_CLIENTS {
        let (ground, pace) = (ground.clone(), pace.clone());
        tasks.spawn(async move {
            let mut hello = Hello::new(version(number), client_id("will", number));
            let mut topic = number;
            loop {
                pace.step().await;
                topic = (topic + WILL_CLIENTS) % WILL_TOPICS;
                hello.will = Some(Will {
                    topic: format!("hostile/will/{topic}"),
                    payload_bytes: WILL_BYTES,
                });
                // Dropped at once, with a reset instead of a DISCONNECT.
                drop(ground.enter(&hello).await);
            }
        });
    }
    let ground = ground.clone();
    tasks.spawn(async move {
        let hello = Hello::new(Version::V311, client_id("heir", 0));
        loop {
            if let Some(mut link) = ground.enter(&hello).await {
                packets::subscribe(&mut link.out, Version::V311, 1, &["hostile/will/#".into()], 1);
                ground.read_to_end(&mut link).await;
            }
            // Something to hold on to when the broker closes at once, again and again.
            drop(timeout(Duration::from_millis(100), std::future::pending::<()>()).await);
        }
    });
}
