//! MQTT.js in a page of headless Chromium: what a dashboard on a web site does.

mod chromium;
mod site;
mod status_page;

use crate::libraries::{level, url};
use chromium::Chromium;
use harness::*;
use site::Site;
use std::time::Duration;

/// A browser takes seconds to start, more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// config.md 6.3
async fn a_page_talks(v: Version) {
    let broker = TestBroker::start().await;
    let mut site = Site::open().await;
    let mut outside = broker.connect(v, "outside").await;
    outside.subscribe("from/page", QOS1).await;
    let broker_url = url(transport::under_test(), broker.addr());
    let page = site.page(&format!("url={broker_url}&level={}", level(v)));
    let _browser = Chromium::open(&page);
    within(PATIENCE, "the browser to load the page", site.loaded()).await;
    // A page that fails says so, and does not talk.
    let result = tokio::select! {
        biased;
        result = site.result() => result,
        () = talk(&mut outside) => within(DEADLINE, "the page to end", site.result()).await,
    };
    assert_eq!(result, "done");
    eventually("the page to be gone", async || broker.open_connections() == 1).await;
}
versions!(ws a_page_talks: V4, V5);

/// config.md 6.4
async fn a_page_talks_in_secret(v: Version) {
    a_page_talks(v).await;
}
versions!(wss a_page_talks_in_secret: V4, V5);

/// The outside part of `in_a_page.js`.
async fn talk(outside: &mut RawClient) {
    outside.receive("from/page", "ready").await;
    for text in ["hello", "grün"] {
        outside.publish("to/page", QOS1, text).await;
        outside.receive("from/page", text).await;
    }
    outside.publish("to/page", QOS1, "bye").await;
}
