//! Health: whether the node and its listeners are ready, for load balancers and orchestrators (monitoring.md 4). A single
//! node is a cluster of one, which it has always joined.

use super::respond::Answer;
use crate::core::Core;
use http::StatusCode;
use serde::Serialize;
use vmq_config::{ListenerConfig, ListenerKind};

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    Ping,
    Node,
    Listeners,
    FullCluster,
}

impl Probe {
    /// The question of a path.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        match path {
            "/health" => Some(Self::Node),
            "/health/ping" => Some(Self::Ping),
            "/health/listeners" => Some(Self::Listeners),
            "/health/listeners_full_cluster" => Some(Self::FullCluster),
            _ => None,
        }
    }
}

/// How a node is at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NodeState {
    /// It leaves: nobody new should come.
    pub is_stopping: bool,
    /// The types of all listeners that do not run, one entry each.
    pub listeners_down: Vec<&'static str>,
}

impl NodeState {
    /// A listener of the file runs when it is open: not before, not if that failed, and no longer when the broker stops.
    /// One that is suspended does not run; one that an operator has deleted is not missed. Cluster listeners do not
    /// count as long as this version has none: a node alone is well without.
    pub(super) fn of(core: &Core) -> Self {
        let is_stopping = *core.stopping.borrow();
        let open = core.listeners.all();
        let closed = open
            .iter()
            .filter(|listener| is_stopping || !listener.is_accepting())
            .map(|listener| listener.config.kind.type_name());
        let missing = missing_listeners(core);
        let missing = missing.iter().map(|wanted| wanted.kind.type_name());
        Self {
            is_stopping,
            listeners_down: closed.chain(missing).collect(),
        }
    }

    /// `Some`: what is wrong with the listeners.
    fn listeners_reason(&self) -> Option<String> {
        let down = self.listeners_down.join(",");
        (!down.is_empty()).then(|| format!("Listeners are not ready: [{down}]"))
    }

    /// The cluster's concern first, then the listeners.
    fn reasons(&self, cluster: &str) -> Vec<String> {
        let cluster = self.is_stopping.then(|| cluster.to_owned());
        cluster.into_iter().chain(self.listeners_reason()).collect()
    }
}

/// The listeners of the file that are not open though nobody has deleted them.
pub(super) fn missing_listeners(core: &Core) -> Vec<ListenerConfig> {
    let open = core.listeners.all();
    let is_open = |wanted: &ListenerConfig| {
        let is_it = |config: &ListenerConfig| config.kind == wanted.kind && config.name == wanted.name;
        open.iter().any(|listener| is_it(&listener.config))
    };
    let config = core.config();
    let wanted = config
        .listeners
        .iter()
        .filter(|wanted| !matches!(wanted.kind, ListenerKind::Vmq | ListenerKind::Vmqs))
        .filter(|wanted| !is_open(wanted) && !core.listeners.was_deleted(wanted));
    wanted.cloned().collect()
}

/// The bodies; the order of their keys is a promise.
#[derive(Serialize)]
struct Body {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

/// The answer to a question.
pub(super) fn answer(probe: Probe, node: &NodeState) -> Answer {
    let (reason, reasons) = match probe {
        Probe::Ping => (None, Vec::new()),
        Probe::Node => (None, node.reasons("Unknown cluster status")),
        Probe::Listeners => (node.listeners_reason(), Vec::new()),
        Probe::FullCluster => (None, node.reasons("At least one node is offline")),
    };
    let (code, status) = if reason.is_none() && reasons.is_empty() {
        (StatusCode::OK, "OK")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "DOWN")
    };
    let body = Body {
        status,
        reason,
        reasons,
    };
    Answer::json(code, &body)
}
