//! Floods: few clients that send more than their share of what is allowed.

use tokio::task::JoinSet;

use super::Attack;
use super::ground::{Ground, client_id, version};
use super::pace::{Pace, SharedPace};
use super::packets::{self, Hello, Will};
use crate::wire::Version;

/// Clients of each flood.
const CLIENTS: usize = 4;

/// SUBSCRIBE packets a second and client, and filters in each.
const SUBSCRIBE_RATE: u32 = 50;
const FILTERS: usize = 20;
/// After so many packets a client leaves and begins anew: twice what an operator allows one client.
const SUBSCRIBES_MAX: usize = 100;

/// Retained messages a second and client.
const RETAINED_RATE: u32 = 1000;
const RETAINED_BYTES: usize = 128;

/// Publishes a second and client, with so many user properties.
const PROPERTIES_RATE: u32 = 25;
const PROPERTIES: usize = 2000;
/// Every so many packets hold more than any broker should take.
const TOO_MANY_EVERY: usize = 10;
const TOO_MANY: usize = 12_000;
/// CONNECTs a second with as many properties, in the CONNECT and in its will.
const PROPERTIES_CONNECT_RATE: u32 = 50;

pub(super) fn budget(attack: Attack) -> String {
    let clients = CLIENTS as u32;
    match attack {
        Attack::SubscriptionFlood => format!(
            "{CLIENTS} clients, {} filters/s in all, a third of them with wildcards; each client begins anew after {} filters",
            clients * SUBSCRIBE_RATE * FILTERS as u32,
            SUBSCRIBES_MAX * FILTERS
        ),
        Attack::RetainedFlood => format!(
            "{CLIENTS} clients, {} new retained topics/s of {RETAINED_BYTES} bytes",
            clients * RETAINED_RATE
        ),
        _ => format!(
            "{CLIENTS} clients, {} publishes/s with {PROPERTIES} user properties, every {TOO_MANY_EVERY}th with {TOO_MANY}; \
             {PROPERTIES_CONNECT_RATE} connects/s with twice {PROPERTIES}",
            clients * PROPERTIES_RATE
        ),
    }
}

pub(super) fn subscriptions(ground: &Ground, tasks: &mut JoinSet<()>) {
    for number in 0..CLIENTS {
        let ground = ground.clone();
        tasks.spawn(async move {
            let version = version(number);
            let hello = Hello::new(version, client_id("subscriber", number));
            let mut pace = Pace::per_second(SUBSCRIBE_RATE);
            let mut filter_number = number;
            loop {
                let Some(mut link) = ground.enter(&hello).await else {
                    continue;
                };
                let mut packets_sent = 0;
                ground
                    .push(&mut link, &mut pace, |out| {
                        let filters: Vec<_> = (0..FILTERS)
                            .map(|_| {
                                filter_number += CLIENTS;
                                filter(filter_number)
                            })
                            .collect();
                        packets_sent += 1;
                        packets::subscribe(out, version, packets_sent, &filters, 0);
                        usize::from(packets_sent) < SUBSCRIBES_MAX
                    })
                    .await;
            }
        });
    }
}

/// Exact ones, ones with `+` in every place, ones with `#`, deep ones; now and then everything.
fn filter(number: usize) -> String {
    match number % 12 {
        0 => format!("hostile/+/{number}/+/+/x/+"),
        1 => format!("+/+/{number}/#"),
        2 => format!("hostile/{number}/a/b/c/d/e/f/g/#"),
        3 if number.is_multiple_of(100) => "#".into(),
        4 => format!("$share/group{}/hostile/{number}", number % 64),
        _ => format!("hostile/exact/{number}"),
    }
}

pub(super) fn retained(ground: &Ground, tasks: &mut JoinSet<()>) {
    for number in 0..CLIENTS {
        let ground = ground.clone();
        tasks.spawn(async move {
            let version = version(number);
            let hello = Hello::new(version, client_id("retainer", number));
            let mut pace = Pace::per_second(RETAINED_RATE);
            let start = crate::stamp::now_nanos();
            // Another process had other topics: its time is its own.
            let run = std::process::id();
            let mut topic_number = 0_u64;
            loop {
                let Some(mut link) = ground.enter(&hello).await else {
                    continue;
                };
                ground
                    .push(&mut link, &mut pace, |out| {
                        topic_number += 1;
                        let topic = format!("hostile/retained/{run}-{start}/{number}/{topic_number}");
                        packets::publish(out, version, &topic, true, 0, RETAINED_BYTES);
                        true
                    })
                    .await;
            }
        });
    }
}

pub(super) fn properties(ground: &Ground, tasks: &mut JoinSet<()>) {
    for number in 0..CLIENTS {
        let ground = ground.clone();
        tasks.spawn(async move { property_publisher(&ground, number).await });
    }
    let pace = SharedPace::per_second(PROPERTIES_CONNECT_RATE);
    for number in 0..CLIENTS {
        let (ground, pace) = (ground.clone(), pace.clone());
        tasks.spawn(async move {
            let mut hello = Hello::new(Version::V5, client_id("properties-connect", number));
            hello.user_properties = PROPERTIES;
            hello.will = Some(Will {
                topic: "hostile/properties".into(),
                payload_bytes: 16,
            });
            loop {
                pace.step().await;
                drop(ground.enter(&hello).await);
            }
        });
    }
}

/// It also receives what all of them send.
async fn property_publisher(ground: &Ground, number: usize) {
    let hello = Hello::new(Version::V5, client_id("properties", number));
    let mut pace = Pace::per_second(PROPERTIES_RATE);
    let mut sent = 0_usize;
    loop {
        let Some(mut link) = ground.enter(&hello).await else {
            continue;
        };
        packets::subscribe(&mut link.out, Version::V5, 1, &["hostile/properties".into()], 0);
        ground
            .push(&mut link, &mut pace, |out| {
                sent += 1;
                let count = if sent.is_multiple_of(TOO_MANY_EVERY) {
                    TOO_MANY
                } else {
                    PROPERTIES
                };
                packets::publish(out, Version::V5, "hostile/properties", false, count, 16);
                true
            })
            .await;
    }
}
