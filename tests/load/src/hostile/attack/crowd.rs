//! Crowds: many connections that do next to nothing, and cost by being there.

use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Attack;
use super::ground::{Ground, client_id, version};
use super::pace::{Pace, SharedPace};
use super::packets::{self, Hello};
use crate::wire::Version;

/// Subscribers that never read.
const READERS: usize = 200;
/// Messages a second on the topic they do not read, and their size.
const FIREHOSE_RATE: u32 = 200;
const FIREHOSE_BYTES: usize = 2048;
/// Receive buffer of one that does not read: the kernel doubles it.
const RECEIVE_BUFFER: u32 = 4096;
/// Their segments are those of the internet. With those of loopback the kernel of the broker would take megabytes for each
/// of them, and the broker would hardly notice.
const SEGMENT: u32 = 1460;

/// Connections without a byte, and how many of them are made in a second.
const SILENT: usize = 8000;
const SILENT_RATE: u32 = 1600;

/// Connections that trickle.
const TRICKLING: usize = 2000;
const TRICKLING_RATE: u32 = 400;
/// Remaining length their CONNECT announces.
const ANNOUNCED_BYTES: usize = 100_000;

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn budget(attack: Attack) -> String {
    match attack {
        Attack::SlowReaders => format!(
            "{READERS} subscribers (QoS 0 and 1) that never read, {FIREHOSE_RATE} messages/s of {FIREHOSE_BYTES} bytes to each"
        ),
        Attack::HalfOpen => {
            format!("{SILENT} connections without a byte, up to {SILENT_RATE} new ones/s")
        }
        _ => format!(
            "{TRICKLING} CONNECTs of {ANNOUNCED_BYTES} announced bytes, 1 byte/s each, up to {TRICKLING_RATE} new ones/s"
        ),
    }
}

pub(super) fn slow_readers(ground: &Ground, tasks: &mut JoinSet<()>) {
    let pace = SharedPace::per_second(400);
    for number in 0..READERS {
        let (ground, pace) = (ground.clone(), pace.clone());
        tasks.spawn(async move {
            loop {
                pace.step().await;
                slow_reader(&ground, number).await;
            }
        });
    }
    let ground = ground.clone();
    tasks.spawn(async move {
        let hello = Hello::new(Version::V311, client_id("firehose", 0));
        let mut pace = Pace::per_second(FIREHOSE_RATE);
        loop {
            let Some(mut link) = ground.enter(&hello).await else {
                continue;
            };
            ground
                .push(&mut link, &mut pace, |out| {
                    packets::publish(out, Version::V311, "hostile/firehose", false, 0, FIREHOSE_BYTES);
                    true
                })
                .await;
        }
    });
}

/// It writes a PINGREQ a second: a sign of life, and the way to see without reading that the broker has closed.
async fn slow_reader(ground: &Ground, number: usize) {
    let dialled = ground.dial_prepared(|socket| {
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        SockRef::from(socket).set_tcp_mss(SEGMENT)
    });
    let Some(mut stream) = dialled.await else {
        return;
    };
    let version = version(number);
    let mut out = Vec::new();
    Hello::new(version, client_id("reader", number)).encode(&mut out);
    // Half of them want acknowledged messages, which fill the window and then the queue.
    let qos = u8::from(number % 4 < 2);
    packets::subscribe(&mut out, version, 1, &["hostile/firehose".into()], qos);
    ground.sent(2);
    let mut open = stream.write_all(&out).await.is_ok();
    while open {
        sleep(SECOND).await;
        open = stream.write_all(&[0xc0, 0]).await.is_ok();
        ground.sent(1);
    }
    ground.closed();
}

pub(super) fn half_open(ground: &Ground, tasks: &mut JoinSet<()>) {
    let pace = SharedPace::per_second(SILENT_RATE);
    for _ in 0..SILENT {
        let (ground, pace) = (ground.clone(), pace.clone());
        tasks.spawn(async move {
            loop {
                pace.step().await;
                if let Some(mut stream) = ground.dial().await {
                    // Whatever it says or does, it has no reason to do so.
                    drop(stream.read(&mut [0; 16]).await);
                    ground.closed();
                }
            }
        });
    }
}

pub(super) fn slow_connect(ground: &Ground, tasks: &mut JoinSet<()>) {
    let pace = SharedPace::per_second(TRICKLING_RATE);
    for number in 0..TRICKLING {
        let (ground, pace) = (ground.clone(), pace.clone());
        tasks.spawn(async move {
            loop {
                pace.step().await;
                trickle(&ground, number).await;
            }
        });
    }
}

async fn trickle(ground: &Ground, number: usize) {
    let Some(mut stream) = ground.dial().await else {
        return;
    };
    let mut bytes = vec![0x10];
    crate::wire::varint(&mut bytes, ANNOUNCED_BYTES);
    let header = bytes.len();
    Hello::new(version(number), "slow".into()).encode(&mut bytes);
    // The fixed header of the small CONNECT gives way to the one that announces much more.
    bytes.drain(header..header + 2);
    for byte in bytes {
        if stream.write_all(&[byte]).await.is_err() {
            break;
        }
        ground.sent(1);
        match timeout(SECOND, stream.read(&mut [0; 16])).await {
            Err(_) => {}
            Ok(Ok(read)) if read > 0 => {}
            Ok(_) => break,
        }
    }
    ground.closed();
}
