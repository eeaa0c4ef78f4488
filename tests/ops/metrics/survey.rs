//! Gauges that are not at hand: messages that wait, files, memory, disk (console.md 4.1), as every output has them.

use harness::wait::eventually;
use harness::{QOS1, TestBroker, V4};

/// Each queue is looked at within a few seconds, whether its client is there or not.
#[tokio::test]
async fn messages_that_wait_are_counted() {
    let broker = TestBroker::builder()
        .conf("max_inflight_messages = 3")
        .start()
        .await;
    let mut slow = broker.connect(V4, "slow").await;
    slow.subscribe("a/#", QOS1).await;
    let mut gone = broker.client(V4, "gone").persistent().connect().await;
    gone.subscribe("a/#", QOS1).await;
    gone.disconnect().await;
    let mut publisher = broker.connect(V4, "p").await;
    for _ in 0..10 {
        publisher.publish("a/b", QOS1, b"m").await;
    }
    eventually("every message to be seen", async || {
        ["online", "offline", "inflight"].map(|kind| broker.metric(&format!("queue_messages_{kind}")))
            == [7, 10, 3]
    })
    .await;
}

#[tokio::test]
async fn the_machine_is_told_from_the_start() {
    let broker = TestBroker::start().await;
    let [free, size, files, limit, memory, failing, over] = [
        "disk_free",
        "disk_size",
        "open_files",
        "open_files_limit",
        "system_memory_limit",
        "store_failing",
        "overload_active",
    ]
    .map(|name| broker.metric(name));
    assert!(0 < free && free < size, "{free} of {size}");
    assert!(2 < files && files < limit, "{files} of {limit}");
    assert!(memory > 1 << 20, "{memory}");
    assert!(broker.metric("store_memory") > 0);
    assert_eq!((failing, over), (0, 0));
}
