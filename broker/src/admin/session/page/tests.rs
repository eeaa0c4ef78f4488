//! Of many sessions the first ones are found, and no more are kept than that takes.

use super::{Plan, Search, sort_first};
use crate::queue::{Limits, Queue};
use crate::registry::SubscriberId;
use crate::store::QueueId;
use std::sync::Arc;
use vmq_admin::command::query::Query;
use vmq_admin::command::session::{Field, Sort};
use vmq_config::QueueKind;

const LIMITS: Limits = Limits {
    online: None,
    offline: None,
    override_online: false,
    kind: QueueKind::Fifo,
    sessions: None,
};

const SESSIONS: u64 = 5000;

/// Queues in no order.
fn queues() -> Vec<Arc<Queue>> {
    let one = |number: u64| {
        let name = format!("c{:04}", number * 7919 % SESSIONS);
        Arc::new(Queue::new(QueueId(number), SubscriberId::new("", &name), LIMITS))
    };
    (0..SESSIONS).map(one).collect()
}

/// The first `kept` that a search finds, part by part, and how many there are.
fn first(filter: Option<&str>, sort: Option<Sort>, kept: usize) -> (Vec<String>, u64) {
    let query = Query {
        columns: vec![Field::ClientId, Field::User],
        conditions: Vec::new(),
        limit: u64::MAX,
        rowtimeout_ms: 0,
    };
    let plan = Plan::new("n", query, filter).unwrap().sorted(sort);
    let mut search = Search::default();
    for part in queues().chunks(100) {
        search.take(&plan, part.to_vec(), kept, None);
        assert!(search.candidates.len() < 2 * kept + 100);
    }
    sort_first(&mut search.candidates, kept, plan.is_descending());
    let name = |candidate: &super::Candidate| candidate.queue.subscriber.client_id.to_string();
    (
        search.candidates.iter().take(kept).map(name).collect(),
        search.rows,
    )
}

#[test]
fn the_first_of_all_are_found() {
    let names = |from: u64| (from..from + 64).map(|number| format!("c{number:04}"));
    assert_eq!(first(None, None, 64), (names(0).collect(), SESSIONS));
    let found = first(Some("client=c3*"), None, 64);
    assert_eq!(found, (names(3000).collect(), 1000));
    let sort = Sort {
        field: Field::ClientId,
        descending: true,
    };
    let mut last: Vec<String> = names(SESSIONS - 64).collect();
    last.reverse();
    assert_eq!(first(Some("offline !mqtt5"), Some(sort), 64), (last, SESSIONS));
}

#[test]
fn what_a_session_would_tell_of_an_offline_one_is_missing() {
    for filter in ["user=*", "online", "mqtt5", "peer=*", "queue>0", "c9999"] {
        assert_eq!(first(Some(filter), None, 64), (Vec::new(), 0), "{filter}");
    }
    for filter in ["!online", "offline", "!mqtt5", "user!=joe", "queue<1", "!c9999 c"] {
        assert_eq!(first(Some(filter), None, 1).1, SESSIONS, "{filter}");
    }
}
