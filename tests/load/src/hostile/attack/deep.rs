//! Deep topics: far more levels than anybody allows, and filters of the depth that is allowed which all match one topic.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ground::{Ground, client_id, version};
use super::pace::{Pace, SharedPace};
use super::packets::{self, Hello};

const SLASHES: usize = 65_000;
/// Topics and filters of that many slashes, a second.
const SLASHES_RATE: u32 = 100;
const SLASHES_CLIENTS: usize = 8;

/// Levels the broker's settings allow.
const LEVELS: usize = 10;
/// Filters of one climber: every choice between a word and `+` in every level, up to what one client may have.
const FILTERS: usize = 1000;
const CLIMBERS: usize = 2;
/// Messages a second of a climber: each matches all its filters.
const CLIMB_RATE: u32 = 20;

pub(super) fn budget() -> String {
    format!(
        "{SLASHES_RATE} topics and filters/s of {SLASHES} slashes; {CLIMBERS} clients with {FILTERS} filters of {LEVELS} \
         levels that all match the {CLIMB_RATE} messages/s of each"
    )
}

pub(super) fn start(ground: &Ground, tasks: &mut JoinSet<()>) {
    let pace = SharedPace::per_second(SLASHES_RATE);
    for number in 0..SLASHES_CLIENTS {
        let (ground, pace) = (ground.clone(), pace.clone());
        tasks.spawn(async move {
            loop {
                pace.step().await;
                slashes(&ground, number).await;
            }
        });
    }
    for number in 0..CLIMBERS {
        let ground = ground.clone();
        tasks.spawn(async move { climber(&ground, number).await });
    }
}

async fn slashes(ground: &Ground, number: usize) {
    let version = version(number);
    let hello = Hello::new(version, client_id("slashes", number));
    let Some(mut link) = ground.enter(&hello).await else {
        return;
    };
    let topic = "/".repeat(SLASHES);
    if number % 4 < 2 {
        packets::publish(&mut link.out, version, &topic, true, 0, 16);
    } else {
        packets::subscribe(&mut link.out, version, 1, &[topic], 0);
    }
    ground.sent(1);
    // Whether it is refused or ignored, the next one comes with a new connection.
    drop(timeout(Duration::from_millis(200), ground.read_to_end(&mut link)).await);
}

async fn climber(ground: &Ground, number: usize) {
    let version = version(number);
    let hello = Hello::new(version, client_id("climber", number));
    let filters: Vec<String> = (0..FILTERS).map(climb).collect();
    let topic = climb(0);
    let mut pace = Pace::per_second(CLIMB_RATE);
    loop {
        let Some(mut link) = ground.enter(&hello).await else {
            continue;
        };
        for (at, some) in filters.chunks(100).enumerate() {
            packets::subscribe(&mut link.out, version, at as u16 + 1, some, 0);
        }
        ground
            .push(&mut link, &mut pace, |out| {
                packets::publish(out, version, &topic, false, 0, 16);
                true
            })
            .await;
    }
}

/// Levels by the bits of `number`: 0 = the word, 1 = `+`.
fn climb(number: usize) -> String {
    let levels: Vec<_> = (0..LEVELS)
        .map(|level| if number >> level & 1 == 0 { "a" } else { "+" })
        .collect();
    levels.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_is_another_one() {
        assert_eq!(climb(0), "a/a/a/a/a/a/a/a/a/a");
        assert_eq!(climb(5), "+/a/+/a/a/a/a/a/a/a");
        let mut all: Vec<_> = (0..FILTERS).map(climb).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), FILTERS);
    }
}
