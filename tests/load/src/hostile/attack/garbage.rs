//! Garbage: random bytes instead of a CONNECT, and after a valid one; valid packets with bits turned over; lengths that
//! announce what never comes.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ground::{Ground, client_id, version};
use super::pace::SharedPace;
use super::packets::{self, Hello};
use crate::link::Link;
use crate::wire::Version;

const RATE: u32 = 400;
const CLIENTS: usize = 200;
/// How long the broker is given to close.
const PATIENCE: Duration = Duration::from_millis(300);

pub(super) fn budget() -> String {
    format!("{RATE} connections/s, half of them with a valid CONNECT before random bytes, up to 2 KiB each")
}

pub(super) fn start(ground: &Ground, tasks: &mut JoinSet<()>) {
    let pace = SharedPace::per_second(RATE);
    for number in 0..CLIENTS {
        let (ground, pace) = (ground.clone(), pace.clone());
        tasks.spawn(async move {
            let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1));
            loop {
                pace.step().await;
                visit(&ground, number, &mut random).await;
            }
        });
    }
}

async fn visit(ground: &Ground, number: usize, random: &mut Random) {
    let known = random.below(2) == 0;
    let link = if known {
        let hello = Hello::new(version(number), client_id("garbage", number));
        ground.enter(&hello).await
    } else {
        let stream = ground.dial().await;
        stream.map(|stream| Link::over(stream, version(number)))
    };
    let Some(mut link) = link else {
        return;
    };
    litter(&mut link.out, version(number), random);
    ground.sent(1);
    drop(timeout(PATIENCE, ground.read_to_end(&mut link)).await);
}

fn litter(out: &mut Vec<u8>, version: Version, random: &mut Random) {
    let start = out.len();
    match random.below(4) {
        0 => out.extend((0..16 + random.below(2032)).map(|_| random.byte())),
        // A length of many megabytes, and some of its bytes.
        1 => out.extend_from_slice(&[0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, b't']),
        2 => Hello::new(version, "flipped".into()).encode(out),
        _ => {
            packets::publish(out, version, "hostile/garbage", true, 3, 64);
            packets::subscribe(out, version, 3, &["hostile/garbage/#".into()], 1);
        }
    }
    for _ in 0..1 + random.below(8) {
        let at = start + random.below(out.len() - start);
        out[at] ^= 1 << random.below(8);
    }
}

/// xorshift: the same garbage in every run.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn byte(&mut self) -> u8 {
        (self.next() >> 32) as u8
    }

    /// Less than `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        ((self.next() >> 32) as usize) % bound.max(1)
    }
}
