//! `/api/v2`: one client, found by its id; no table is searched (admin.md 15).

use super::super::respond::Answer;
use super::{Request, refused};
use crate::queue::Queue;
use crate::registry::SubscriberId;
use http::{Method, StatusCode};
use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde::{Serializer, ser};
use std::sync::Arc;
use vmq_admin::command::session::{Session, Who};
use vmq_admin::{Command, web};

const ROOT: &str = "/api/v2/";

/// Of whom, and what else.
#[derive(Debug, Default)]
struct Wanted {
    client_id: Option<String>,
    mountpoint: String,
    topics: bool,
    cleanup: bool,
}

/// The order of the keys is a promise.
#[derive(Serialize)]
struct Status {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<Topics>,
}

/// Filters and their QoS.
struct Topics(Vec<(Arc<str>, u8)>);

pub(super) async fn answer(request: &Request<'_>) -> Answer {
    let path = request.asked.head.uri.path();
    let command = path.strip_prefix(ROOT).unwrap_or_default();
    if !["client", "disconnect"].contains(&command) {
        return Answer::json_text(StatusCode::BAD_REQUEST, "invalid_command");
    }
    let wanted = match wanted(request) {
        Ok(wanted) => wanted,
        Err(refusal) => return refusal,
    };
    let queue = wanted.client_id.as_ref().and_then(|id| {
        request
            .core
            .registry
            .get(&SubscriberId::new(&wanted.mountpoint, id))
    });
    match command {
        "client" if *request.method() == Method::POST => Answer::method_not_allowed("GET, HEAD, OPTIONS"),
        "client" => client(queue.as_deref(), wanted.topics),
        _ => disconnect(request, wanted, queue.is_some()).await,
    }
}

/// A name that stands there alone says yes, and so do `true` and `1`; other names mean nothing.
fn wanted(request: &Request<'_>) -> Result<Wanted, Answer> {
    let mut wanted = Wanted::default();
    for query in [request.query(), request.form] {
        let pairs = web::pairs(query);
        let pairs = pairs.map_err(|fault| refused(StatusCode::BAD_REQUEST, &fault.to_string()))?;
        for (name, value) in pairs {
            let is_yes = matches!(value.as_deref(), None | Some("" | "true" | "1"));
            match name.as_str() {
                "client_id" => wanted.client_id = value.filter(|id| !id.is_empty()),
                "mountpoint" => wanted.mountpoint = value.unwrap_or_default(),
                "topics" => wanted.topics = is_yes,
                "cleanup" => wanted.cleanup = is_yes,
                _ => {}
            }
        }
    }
    Ok(wanted)
}

fn client(queue: Option<&Queue>, topics: bool) -> Answer {
    let Some(queue) = queue else {
        let status = "unknown";
        return Answer::json(StatusCode::OK, &Status { status, topics: None });
    };
    let subscriptions = topics.then(|| {
        let list = queue.subscriptions.list().into_iter();
        Topics(list.map(|(filter, own)| (filter, own.qos.as_u8())).collect())
    });
    let status = Status {
        status: if queue.is_online() { "online" } else { "offline" },
        topics: subscriptions,
    };
    Answer::json(StatusCode::OK, &status)
}

async fn disconnect(request: &Request<'_>, wanted: Wanted, is_known: bool) -> Answer {
    let command = Command::Session(Session::Disconnect {
        who: Who::Client(wanted.client_id.unwrap_or_default()),
        cleanup: wanted.cleanup,
        mountpoint: wanted.mountpoint,
        verbose: false,
    });
    if let Err(refusal) = request.check_method(&command) {
        return refusal;
    }
    if !is_known {
        return Answer::json(StatusCode::OK, &"unknown");
    }
    let answer = request.run(command).await;
    match answer.status() {
        StatusCode::OK => Answer::json(StatusCode::OK, &"ok"),
        _ => answer,
    }
}

impl Serialize for Topics {
    /// No topics are an empty list, as they always were.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() {
            return ser::SerializeSeq::end(serializer.serialize_seq(Some(0))?);
        }
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (filter, qos) in &self.0 {
            map.serialize_entry(&**filter, qos)?;
        }
        map.end()
    }
}
