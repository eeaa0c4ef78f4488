//! Messages to deliveries: options of a subscription, replacing and removing, shared groups, batches.

use super::shared::Policy;
use super::table::Table;
use super::{Deliveries, OwnSubscriptions, Publisher, Router, Subscription};
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::queue::{AttachOutcome, Detach, Limits, Queue};
use crate::registry::SubscriberId;
use crate::store::QueueId;
use crate::store::tests::support::{Random, message};
use std::collections::BTreeMap;
use std::sync::Arc;
use vmq_config::QueueKind;
use vmq_mqtt::{QoS, topic};

const LIMITS: Limits = Limits {
    online: None,
    offline: None,
    override_online: false,
    kind: QueueKind::Fifo,
    sessions: None,
};

const BROKER: Publisher = Publisher {
    queue: None,
    upgrade_qos: false,
    shared_policy: Policy::PreferLocal,
};

fn queue_on(mountpoint: &str, id: u64) -> Arc<Queue> {
    Arc::new(Queue::new(
        QueueId(id),
        SubscriberId::new(mountpoint, &id.to_string()),
        LIMITS,
    ))
}

fn queue(id: u64) -> Arc<Queue> {
    queue_on("", id)
}

fn online(id: u64) -> Arc<Queue> {
    let queue = queue(id);
    assert!(matches!(
        queue.attach(&Arc::new(Mailbox::new()), LIMITS),
        AttachOutcome::Attached(_)
    ));
    queue
}

fn qos(qos: u8) -> Subscription {
    Subscription {
        qos: QoS::from_u8(qos).unwrap(),
        ..Subscription::default()
    }
}

fn publish(qos: u8, retain: bool) -> Arc<Message> {
    Arc::new(Message::new("a/b", b"x", QoS::from_u8(qos).unwrap(), retain))
}

/// Queue, index of the message, effective QoS, RETAIN, subscription identifier.
type Found = (u64, u32, u8, bool, u32);

fn route_as(router: &Router, publisher: Publisher, messages: &[Arc<Message>]) -> (Vec<Found>, u64) {
    let mut out = Deliveries::default();
    let matched = router.route("", messages, publisher, &mut out);
    let mut found = Vec::new();
    for group in out.take() {
        found.extend(group.items.iter().map(|item| {
            let delivery = &item.delivery;
            assert_eq!(delivery.seq, 0);
            assert!(
                Arc::ptr_eq(&delivery.message, &messages[item.message_index as usize]),
                "never copied"
            );
            (
                group.queue.id.0,
                item.message_index,
                delivery.qos.as_u8(),
                delivery.retain,
                delivery.subscription_id,
            )
        }));
    }
    found.sort_unstable();
    (found, matched)
}

fn route(router: &Router, message: Arc<Message>) -> Vec<Found> {
    route_as(router, BROKER, &[message]).0
}

fn receivers(router: &Router, topic: &str) -> Vec<u64> {
    route(router, message(topic))
        .into_iter()
        .map(|found| found.0)
        .collect()
}

#[test]
fn the_lower_qos_counts_unless_it_is_upgraded() {
    for published in 0..=2 {
        for subscribed in 0..=2 {
            let router = Router::default();
            router.subscribe(&queue(1), "a/b", qos(subscribed));
            let lower = route_as(&router, BROKER, &[publish(published, false)]).0;
            assert_eq!(lower, [(1, 0, published.min(subscribed), false, 0)]);
            let upgrade = Publisher {
                upgrade_qos: true,
                ..BROKER
            };
            let upgraded = route_as(&router, upgrade, &[publish(published, false)]).0;
            assert_eq!(upgraded, [(1, 0, subscribed, false, 0)]);
        }
    }
}

#[test]
fn retain_is_kept_only_as_published() {
    let router = Router::default();
    router.subscribe(&queue(1), "a/b", Subscription::default());
    router.subscribe(
        &queue(2),
        "a/+",
        Subscription {
            retain_as_published: true,
            ..Subscription::default()
        },
    );
    assert_eq!(
        route(&router, publish(0, true)),
        [(1, 0, 0, false, 0), (2, 0, 0, true, 0)]
    );
    assert_eq!(
        route(&router, publish(0, false)),
        [(1, 0, 0, false, 0), (2, 0, 0, false, 0)]
    );
}

#[test]
fn no_local_spares_the_publisher_only() {
    let router = Router::default();
    for id in [1, 2] {
        router.subscribe(
            &queue(id),
            "a/b",
            Subscription {
                no_local: true,
                ..Subscription::default()
            },
        );
    }
    router.subscribe(&queue(3), "#", Subscription::default());
    let publisher = Publisher {
        queue: Some(QueueId(1)),
        ..BROKER
    };
    let (found, matched) = route_as(&router, publisher, &[publish(0, false)]);
    assert_eq!(
        (found.iter().map(|found| found.0).collect::<Vec<_>>(), matched),
        (vec![2, 3], 2)
    );
    assert_eq!(
        receivers(&router, "a/b"),
        [1, 2, 3],
        "the broker itself is nobody's local"
    );
}

#[test]
fn overlapping_filters_give_a_copy_each() {
    let router = Router::default();
    let client = queue(1);
    for (id, filter, level) in [(5, "a/b", 0), (6, "a/+", 1), (7, "#", 2)] {
        router.subscribe(&client, filter, Subscription { id, ..qos(level) });
    }
    let (found, matched) = route_as(&router, BROKER, &[publish(2, false)]);
    assert_eq!(
        (found, matched),
        (
            vec![(1, 0, 0, false, 5), (1, 0, 1, false, 6), (1, 0, 2, false, 7)],
            3
        )
    );
}

#[test]
fn the_same_filter_again_replaces_the_subscription() {
    let router = Router::default();
    let client = queue(1);
    for filter in ["a/b", "a/+", "$share/g/a/b"] {
        assert_eq!(router.subscribe(&client, filter, qos(1)), None);
        assert_eq!(
            router.subscribe(&client, filter, Subscription { id: 9, ..qos(2) }),
            Some(qos(1))
        );
        let found = route(&router, publish(2, false));
        assert_eq!(found, [(1, 0, 2, false, 9)]);
        assert_eq!(router.subscription_count(), 1);
        assert!(router.unsubscribe(&client, filter));
    }
}

#[test]
fn unsubscribing_removes_one_filter_of_one_client() {
    let router = Router::default();
    let (one, two) = (queue(1), queue(2));
    for filter in ["a/b", "a/+", "$share/g/a/b", "$share/h/a/b"] {
        router.subscribe(&one, filter, Subscription::default());
        router.subscribe(&two, filter, Subscription::default());
    }
    assert_eq!(router.subscription_count(), 8);
    assert!(router.unsubscribe(&one, "a/b"));
    assert!(!router.unsubscribe(&one, "a/b"), "once");
    assert!(!router.unsubscribe(&one, "a/#"), "compared byte by byte");
    assert!(!one.subscriptions.contains("a/b") && two.subscriptions.contains("a/b"));
    assert_eq!((one.subscriptions.len(), router.subscription_count()), (3, 7));
    assert!(router.unsubscribe(&two, "$share/g/a/b"));
    assert!(
        router.unsubscribe(&one, "$share/g/a/b"),
        "the other group's list is another one"
    );
    assert_eq!(router.subscription_count(), 5);
}

/// The table keeps the text of the client's own list; a group's filter begins behind its name.
#[test]
fn whoever_came_first_may_leave_first() {
    let router = Router::default();
    let (one, two) = (queue(1), queue(2));
    for filter in ["a/b", "a/+", "+/b", "a/#", "a/+/#"] {
        let shared = format!("$share/group/{filter}");
        router.subscribe(&one, &shared, qos(1));
        router.subscribe(&two, filter, qos(1));
        assert!(router.unsubscribe(&one, &shared));
        assert_eq!(receivers(&router, "a/b"), [2], "{filter}");
        assert!(router.unsubscribe(&two, filter));
        assert_eq!((receivers(&router, "a/b").len(), router.memory_bytes()), (0, 0));
    }
}

#[test]
fn unsubscribing_from_everything_gives_the_filters_back() {
    let router = Router::default();
    let (one, two) = (queue(1), queue(2));
    for filter in ["a/b", "#", "$share/g/a/+"] {
        router.subscribe(&one, filter, Subscription::default());
    }
    router.subscribe(&two, "#", Subscription::default());
    let filters = router.unsubscribe_all(&one);
    assert_eq!(
        filters.iter().map(|filter| &**filter).collect::<Vec<_>>(),
        ["#", "$share/g/a/+", "a/b"]
    );
    assert!(one.subscriptions.is_empty());
    assert!(router.unsubscribe_all(&one).is_empty());
    assert_eq!(
        (router.subscription_count(), receivers(&router, "a/b")),
        (1, vec![2])
    );
}

#[test]
fn mountpoints_share_nothing() {
    let router = Router::default();
    router.subscribe(&queue_on("m", 1), "#", Subscription::default());
    router.subscribe(&queue(2), "#", Subscription::default());
    assert_eq!(receivers(&router, "a"), [2]);
    let mut out = Deliveries::default();
    assert_eq!(router.route("n", &[message("a")], BROKER, &mut out), 0);
    assert!(out.is_empty());
}

#[test]
fn a_batch_is_grouped_by_queue_in_order_of_publishing() {
    let router = Router::default();
    router.subscribe(&queue(1), "a", Subscription::default());
    router.subscribe(&queue(2), "#", Subscription::default());
    let messages = ["a", "b", "b", "a", "c", "c"].map(message);
    let mut out = Deliveries::default();
    assert_eq!(router.route("", &messages, BROKER, &mut out), 8);
    let mut groups: Vec<_> = out
        .take()
        .into_iter()
        .map(|group| {
            (
                group.queue.id.0,
                group
                    .items
                    .iter()
                    .map(|item| item.message_index)
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    groups.sort_unstable();
    assert_eq!(groups, [(1, vec![0, 3]), (2, vec![0, 1, 2, 3, 4, 5])]);
    assert!(out.is_empty());
    router.route("", &messages[1..2], BROKER, &mut out);
    assert_eq!(out.take().len(), 1, "the index of the last batch is forgotten");
}

#[test]
fn few_and_many_queues_are_grouped_alike() {
    let router = Router::default();
    for id in 1..=20 {
        router.subscribe(&queue(id), &format!("a/{id}/#"), Subscription::default());
        router.subscribe(&queue(id), &format!("a/{}/b", id % 7), Subscription::default());
    }
    for many in [1, 4, 5, 6, 20] {
        let messages: Vec<_> = (1..=many)
            .chain(1..=many)
            .map(|id| message(&format!("a/{id}/b")))
            .collect();
        let mut out = Deliveries::default();
        for _ in 0..2 {
            let matched = router.route("", &messages, BROKER, &mut out);
            let groups = out.take();
            let items: usize = groups.iter().map(|group| group.items.len()).sum();
            assert_eq!(items as u64, matched);
            let mut queues: Vec<_> = groups.iter().map(|group| group.queue.id).collect();
            let all = queues.len();
            queues.sort_unstable();
            queues.dedup();
            assert_eq!(queues.len(), all, "one group for each queue");
            assert!(groups.iter().all(|group| group.items.len().is_multiple_of(2)));
        }
    }
}

// === Shared subscriptions ===

fn shared(router: &Router, group: &str, queue: &Arc<Queue>, level: u8) {
    router.subscribe(queue, &format!("$share/{group}/a/b"), qos(level));
}

/// How many of `n` messages each member got.
fn shares(router: &Router, n: usize) -> BTreeMap<u64, usize> {
    let mut shares = BTreeMap::new();
    for _ in 0..n {
        for found in route(router, publish(1, false)) {
            *shares.entry(found.0).or_default() += 1;
        }
    }
    shares
}

#[test]
fn one_member_of_each_group_gets_a_message() {
    let router = Router::default();
    let members: Vec<_> = (1..=4).map(online).collect();
    shared(&router, "g", &members[0], 1);
    shared(&router, "g", &members[1], 1);
    shared(&router, "h", &members[2], 1);
    shared(&router, "h", &members[3], 1);
    router.subscribe(&members[0], "a/b", qos(1));
    for _ in 0..50 {
        let (found, matched) = route_as(&router, BROKER, &[publish(1, false)]);
        let got: Vec<_> = found.iter().map(|found| found.0).collect();
        assert_eq!((got.len(), matched), (3, 3));
        assert_eq!(got.iter().filter(|id| **id > 2).count(), 1);
    }
}

#[test]
fn members_get_equal_shares() {
    let router = Router::default();
    let members: Vec<_> = (1..=4).map(online).collect();
    members.iter().for_each(|member| shared(&router, "g", member, 1));
    let shares = shares(&router, 4000);
    assert_eq!(shares.values().sum::<usize>(), 4000);
    assert!(
        shares.values().all(|share| (850..1150).contains(share)),
        "{shares:?}"
    );
}

#[test]
fn members_online_come_first() {
    let router = Router::default();
    let (offline, online) = (queue(1), online(2));
    shared(&router, "g", &offline, 2);
    shared(&router, "g", &online, 0);
    assert_eq!(shares(&router, 50), BTreeMap::from([(2, 50)]));
}

#[test]
fn offline_members_get_what_may_be_kept() {
    let router = Router::default();
    let (keeps, loses) = (queue(1), queue(2));
    shared(&router, "g", &keeps, 1);
    shared(&router, "g", &loses, 0);
    assert_eq!(shares(&router, 50), BTreeMap::from([(1, 50)]));
    let (found, matched) = route_as(&router, BROKER, &[publish(0, false)]);
    assert!(found.is_empty(), "QoS 0 with nobody online is lost for the group");
    assert_eq!(matched, 0);
}

#[test]
fn a_member_that_comes_back_takes_part_again() {
    let router = Router::default();
    let (one, two) = (online(1), queue(2));
    shared(&router, "g", &one, 1);
    shared(&router, "g", &two, 1);
    let mailbox = Arc::new(Mailbox::new());
    two.attach(&mailbox, LIMITS);
    assert_eq!(shares(&router, 100).len(), 2);
    let detach = Detach {
        keep_until: Some(None),
        flights: vec![],
        last_packet_id: 0,
        will: None,
        untaken: vec![],
    };
    two.detach(mailbox.connection, detach);
    assert_eq!(shares(&router, 100), BTreeMap::from([(1, 100)]));
    assert!(router.unsubscribe(&one, "$share/g/a/b"));
    assert_eq!(shares(&router, 100), BTreeMap::from([(2, 100)]));
}

/// mqtt.md 9: random order, the first who is online. Now the member behind an offline one gets its share as well.
#[test]
fn members_online_get_equal_shares() {
    let router = Router::default();
    let members = [queue(1), online(2), online(3)];
    members.iter().for_each(|member| shared(&router, "g", member, 1));
    let shares = shares(&router, 3000);
    assert!(
        shares.values().all(|share| (1350..1650).contains(share)),
        "{shares:?}"
    );
}

// === Model ===

const FILTERS: [&str; 14] = [
    "a", "a/b", "a/+", "a/#", "#", "+", "+/b", "$SYS/#", "$SYS/a", "/", "a/b/c", "a/b/+", "a/b/#", "a/+/c",
];
const TOPICS: [&str; 10] = [
    "a", "a/b", "a/c", "b", "b/b", "$SYS", "$SYS/a", "/", "a/b/c", "a/b/",
];

/// Random subscribes and unsubscribes against a list of (client, filter). There are more clients than groups of a batch
/// that are looked through.
#[test]
fn agrees_with_a_list() {
    let mut random = Random::new(11);
    let router = Router::default();
    let clients: Vec<_> = (1..=9).map(queue).collect();
    let mut list: BTreeMap<(u64, &str), Subscription> = BTreeMap::new();
    for _ in 0..4000 {
        let client = &clients[random.below(clients.len())];
        let filter = FILTERS[random.below(FILTERS.len())];
        match random.below(10) {
            0..=4 => {
                let subscription = Subscription {
                    no_local: random.chance(3),
                    id: random.below(9) as u32,
                    ..qos(random.below(3) as u8)
                };
                let replaced = list.insert((client.id.0, filter), subscription);
                assert_eq!(router.subscribe(client, filter, subscription), replaced);
            }
            5..=8 => {
                let existed = list.remove(&(client.id.0, filter)).is_some();
                assert_eq!(router.unsubscribe(client, filter), existed);
            }
            _ => {
                let own: Vec<_> = list
                    .keys()
                    .filter(|key| key.0 == client.id.0)
                    .map(|key| key.1)
                    .collect();
                let mut removed = router.unsubscribe_all(client);
                removed.sort_unstable();
                assert!(removed.iter().map(|filter| &**filter).eq(own));
                list.retain(|key, _| key.0 != client.id.0);
            }
        }
        assert_eq!(router.subscription_count(), list.len());
        let in_tables = router
            .tables
            .read()
            .values()
            .map(Table::subscription_count)
            .sum::<usize>();
        assert_eq!(in_tables, list.len());
        assert_eq!(router.memory_bytes() == 0, list.is_empty());
        let name = TOPICS[random.below(TOPICS.len())];
        let publisher = Publisher {
            queue: Some(client.id),
            ..BROKER
        };
        let expected = list.iter().filter(|((id, filter), subscription)| {
            topic::matches(filter, name) && !(subscription.no_local && *id == client.id.0)
        });
        let mut expected: Vec<Found> = expected
            .map(|((id, _), subscription)| (*id, 0, subscription.qos.as_u8().min(1), false, subscription.id))
            .collect();
        expected.sort_unstable();
        assert_eq!(
            route_as(&router, publisher, &[message(name)]).0,
            expected,
            "{name}"
        );
    }
}

// === Stored options ===

#[test]
fn options_survive_the_store() {
    for level in 0..=2 {
        for (no_local, retain_as_published, id) in [
            (false, false, 0),
            (true, false, 1),
            (false, true, 268_435_455),
            (true, true, 7),
        ] {
            let subscription = Subscription {
                no_local,
                retain_as_published,
                m5: id > 0,
                id,
                ..qos(level)
            };
            assert_eq!(Subscription::decode(&subscription.encode()), Some(subscription));
        }
    }
}

#[test]
fn own_subscriptions_are_sorted_few_or_many() {
    let own = OwnSubscriptions::default();
    for number in (0..40_u32).rev() {
        let filter = format!("{number:02}");
        assert!(!own.contains(&filter));
        let (known, replaced) = own.insert(&filter, qos(0));
        assert_eq!((&*known, replaced), (&*filter, None));
        assert_eq!(own.insert(&filter, qos(1)), (known, Some(qos(0))));
        assert!(own.contains(&filter));
        assert_eq!(own.len(), 40 - number as usize);
        assert!(own.list().is_sorted_by(|(one, _), (other, _)| one < other));
    }
    assert!(own.remove("07") && !own.remove("07"));
    assert_eq!(own.list()[7].0.as_ref(), "08");
    assert_eq!(own.clear().len(), 39);
    assert!(own.is_empty() && !own.remove("08"));
    assert_eq!(own.insert("a", qos(2)).1, None);
    assert!(own.remove("a") && !own.remove("a"));
}

#[test]
fn damaged_options_are_refused() {
    let good = qos(2).encode();
    for len in 0..good.len() {
        assert_eq!(Subscription::decode(&good[..len]), None);
    }
    for bytes in [
        &[2, 0, 0, 0, 0, 0, 0][..],
        &[1, 3, 0, 0, 0, 0, 0],
        &[1, 0, 0, 0, 0, 0, 0, 0],
    ] {
        assert_eq!(Subscription::decode(bytes), None);
    }
}
