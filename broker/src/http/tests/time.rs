//! HTTP/1.1: each way to waste time, and how a connection ends.

use super::super::deadline::{FIRST_REQUEST, IDLE};
use super::Link;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{advance, interval};

/// Whatever a stranger does instead of asking: it costs `FIRST_REQUEST` and the grace.
#[tokio::test(start_paused = true)]
async fn without_a_request_the_connection_ends() {
    let least = FIRST_REQUEST.as_secs();
    for said in ["", "G", "GET /health HTTP/1.1\r\nHost: x\r\nX-Y: ", "PRI * HT"] {
        let mut link = Link::open();
        link.send(said).await;
        let secs = link.ended().await;
        assert!((least..=least + 4).contains(&secs), "{said:?}: {secs} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_trickles_in_gains_no_time() {
    let link = Link::open();
    let (mut client, server) = (link.client, link.server);
    let trickle = tokio::spawn(async move {
        client.write_all(b"GET /health HTTP/1.1\r\nX: ").await.unwrap();
        let mut seconds = interval(Duration::from_secs(1));
        while client.write_all(b"a").await.is_ok() {
            seconds.tick().await;
        }
    });
    server.await.unwrap();
    let secs = link.opened.elapsed().as_secs();
    assert!(secs <= FIRST_REQUEST.as_secs() + 4, "{secs} s");
    trickle.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_kept_for_a_while() {
    let mut link = Link::open();
    advance(Duration::from_secs(9)).await;
    assert_eq!(link.get("/health").await.status, 200);
    advance(IDLE - Duration::from_secs(1)).await;
    assert_eq!(link.get("/health").await.status, 200);
    assert!(link.rest().await.is_empty());
    assert_eq!(link.opened.elapsed().as_secs(), 9 + 59 + 60);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_given_up() {
    let link = Link::open();
    let (reader, mut writer) = tokio::io::split(link.client);
    let request = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50);
    let mut sent = 0_usize;
    while writer.write_all(request.as_bytes()).await.is_ok() {
        sent += request.len();
    }
    link.server.await.unwrap();
    assert!(link.opened.elapsed() < IDLE + Duration::from_secs(5));
    assert!(sent < 256 * 1024, "{sent}");
    drop(reader);
}

#[tokio::test(start_paused = true)]
async fn when_the_broker_stops_connections_end() {
    let mut idle = Link::open();
    assert_eq!(idle.get("/health").await.status, 200);
    idle.stopping.send_replace(true);
    assert!(idle.rest().await.is_empty());
    drop(idle.client);
    idle.server.await.unwrap();
    assert!(idle.opened.elapsed() < Duration::from_secs(1));

    // A request under way is answered, and is the last one.
    let mut busy = Link::open();
    busy.send("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na")
        .await;
    tokio::task::yield_now().await;
    busy.stopping.send_replace(true);
    tokio::task::yield_now().await;
    busy.send("bc").await;
    let reply = busy.reply(true).await;
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("\r\nconnection: close\r\n"), "{reply:?}");
    assert!(busy.rest().await.is_empty());
}
