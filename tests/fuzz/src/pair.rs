//! A broker in memory and its clients on pipes. The broker is the real one (`connection::serve`), its store keeps nothing,
//! its hooks allow all but what begins with `no/`, and tokio's clock stands still: it moves on only when nobody has
//! anything left to do, so "until everything is quiet" needs no real time.

mod link;
mod allow_most;

use super::packets;
use allow_most::AllowMost;
pub use link::Link;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Builder;
use vmq_broker::connection::serve;
use vmq_broker::core::Core;
use vmq_broker::hooks::Hooks;
use vmq_broker::listener::{ListenerContext, Peer};
use vmq_broker::metrics::Counter;
use vmq_broker::registry::{Registry, SubscriberId};
use vmq_broker::store::{QueueId, Store};
use vmq_config::Config;
use vmq_mqtt::{Packet, Version};

pub const MOUNTPOINT: &str = "";

/// Room of a pipe that nobody fills.
pub const PIPE_BYTES: usize = 64 * 1024;

/// A step of the clock.
const MOMENT: Duration = Duration::from_millis(1);

/// Rounds after which something that should have come to rest is told to be a loop.
const ROUNDS_MAX: usize = 2000;

/// What the client ids of a fuzzed program may not exceed for a session to be ended by name.
const CLIENT_ID_BYTES_MAX: usize = 100;

/// Settings that lead the same packets down other ways.
const SETTINGS: [&str; 8] = [
    "",
    "topic_alias_max_client = 2\ntopic_alias_max_broker = 2\nreceive_max_broker = 2",
    "max_online_messages = 2\nmax_offline_messages = 3",
    "queue_type = lifo\nmax_online_messages = 3\nmax_offline_messages = 3\noverride_max_online_messages = off",
    "max_inflight_messages = 1\nupgrade_outgoing_qos = on\nsuppress_lwt_on_session_takeover = on",
    "max_message_size = 64\nm5_max_packet_size = 128\nmax_subscriptions_per_client = 3",
    "allow_multiple_sessions = on\nqueue_deliver_mode = fanout",
    "allow_multiple_sessions = on\nqueue_deliver_mode = balance",
];

/// One of the configurations, by any number.
pub fn settings(number: u8) -> Config {
    static PARSED: OnceLock<Vec<Config>> = OnceLock::new();
    let parsed = PARSED.get_or_init(|| SETTINGS.iter().map(|text| parse(text)).collect());
    parsed[usize::from(number) % SETTINGS.len()].clone()
}

/// Whether several sessions may share a client id, by the same number.
pub fn has_multiple_sessions(config: &Config) -> bool {
    config.session.allow_multiple_sessions
}

fn parse(text: &str) -> Config {
    // Retransmission goes by the real clock too.
    let text = format!("allow_anonymous = on\nretry_interval = 86400\n{text}\n");
    match vmq_config::load_str(&text, &|_| None) {
        Ok(loaded) => loaded.config,
        Err(faults) => panic!("{faults}"),
    }
}

/// Until no task can go on: the clock stands still for as long as one can, so this deadline is not met before.
async fn idle() {
    let never = std::future::pending::<()>();
    let met = tokio::time::timeout(MOMENT, never).await;
    met.expect_err("nothing else ends it");
}

/// Runs to the end on this thread. Each run has a clock of its own: connections also look at the real one, which must not
/// fall far behind.
pub fn run<F: Future>(future: F) -> F::Output {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O");
    // Pipes are looked at from outside a task: a budget would make them look empty.
    runtime.block_on(tokio::task::unconstrained(future))
}

/// A broker.
pub struct Rig {
    pub core: Arc<Core>,
    listener: Arc<ListenerContext>,
}

impl Rig {
    /// A broker with a store; the sessions in it are not brought back.
    pub fn new(config: Config, store: Arc<dyn Store>) -> Self {
        let hooks = Hooks::new(vec![Arc::new(AllowMost)]);
        let listener = ListenerContext {
            id: 0,
            connections: Arc::default(),
            name: "fuzz".to_owned(),
            mountpoint: Arc::from(MOUNTPOINT),
            allowed_protocol_versions: vec![3, 4, 5, 131, 132],
            allow_anonymous_override: false,
            auth: hooks.chain(None),
            authz: hooks.chain(None),
            max_connection_lifetime: None,
            read_buffer_bytes: 4096,
            active_n: 10,
            // Timers of the connection compare with the real clock, which does not jump.
            send_timeout: Duration::from_secs(24 * 3600),
        };
        let registry = Registry::new(store.last_queue_id());
        Self {
            core: Arc::new(Core::new(config, store, hooks, registry)),
            listener: Arc::new(listener),
        }
    }

    /// A new connection with so much room in each direction.
    pub fn open(&self, pipe_bytes: usize) -> Link {
        let (pipe, other) = tokio::io::duplex(pipe_bytes);
        let (core, listener) = (Arc::clone(&self.core), Arc::clone(&self.listener));
        Link::new(
            pipe,
            tokio::spawn(serve(core, listener, other, Peer::local(), ())),
        )
    }

    /// Until neither broker nor clients have anything left to do.
    pub async fn settle(&self, links: &mut [&mut Link]) {
        for _ in 0..ROUNDS_MAX {
            idle().await;
            let mut moved = false;
            for link in links.iter_mut() {
                moved |= link.pump();
            }
            if !moved {
                return;
            }
        }
        panic!("broker and clients do not come to rest");
    }

    /// The client is gone; its connection must end, and without a panic.
    pub async fn end(&self, link: Link) {
        self.end_all(vec![link]).await;
    }

    /// As `end`, all at once.
    pub async fn end_all(&self, links: Vec<Link>) {
        let (pipes, tasks): (Vec<_>, Vec<_>) = links.into_iter().map(|link| (link.pipe, link.task)).unzip();
        drop(pipes);
        for task in tasks {
            let ended = tokio::time::timeout(Duration::from_secs(300), task).await;
            ended
                .expect("a connection ends when its client is gone")
                .expect("a connection does not panic");
        }
    }

    /// Ends a session the way a client can: clean start, no expiry, DISCONNECT.
    pub async fn end_session(&self, client_id: &str) {
        let mut link = self.open(PIPE_BYTES);
        link.send(&packets::connect(client_id, true, 0), Version::V5);
        link.send(
            &packets::disconnect(vmq_mqtt::ReasonCode::Success, None),
            Version::V5,
        );
        self.settle(&mut [&mut link]).await;
        let said = link.packets(Version::V5);
        assert!(
            matches!(said.first(), Some(Packet::ConnAck(connack)) if !connack.reason.is_error()),
            "{client_id:?} is not let in: {said:?}"
        );
        self.end(link).await;
    }

    /// The client ids that have a queue.
    pub fn client_ids(&self) -> Vec<SubscriberId> {
        let mut ids = Vec::new();
        self.core
            .registry
            .for_each(|queue| ids.push(queue.subscriber.clone()));
        ids
    }

    /// Memory and store agree on what is retained, and nobody is counted as connected.
    pub fn check_gauges(&self) {
        let mut stored = 0;
        let count = &mut |_, _| stored += 1;
        self.core.store.load_retained(count).expect("memory can be read");
        assert_eq!(self.core.retained.len(), stored, "retained in memory and stored");
        let metrics = &self.core.metrics;
        let [opened, closed] =
            [Counter::SocketOpen, Counter::SocketClose].map(|counter| metrics.value(counter));
        assert_eq!(opened, closed, "connections opened and closed");
    }

    /// Nothing is left of any session.
    pub fn check_empty(&self, check_store: bool) {
        assert_eq!(self.core.registry.len(), 0, "queues");
        assert_eq!(self.core.router.subscription_count(), 0, "subscriptions");
        if !check_store {
            return;
        }
        let store = &self.core.store;
        store
            .load_sessions(&mut |session| panic!("left in the store: {session:?}"))
            .expect("memory can be read");
        for id in 1..=store.last_queue_id() {
            let id = QueueId(id);
            let entries = store.read_entries(id, 0, 1).expect("memory can be read");
            assert!(entries.is_empty(), "left in the store: {entries:?}");
            let flights = store.read_flights(id).expect("memory can be read");
            assert_eq!(flights, Default::default(), "left in the store");
        }
    }
}

/// Whether a stored client id is one with which a client can come.
pub fn may_connect(rig: &Rig, client_id: &str) -> bool {
    let bytes_max = rig.core.session_config().max_client_id_bytes;
    !client_id.is_empty()
        && client_id.len() <= bytes_max.min(CLIENT_ID_BYTES_MAX)
        && !client_id.contains('\0')
}
