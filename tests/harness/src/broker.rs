//! `TestBroker`: a real broker in the test's process, started by the same `Broker::start` that `main` calls, from the
//! text of a `vernemq.conf`.
//!
//! What holds: its own data directory, every listener on port 0 of loopback, anonymous access on and `topic #` in the
//! ACL file unless the builder says otherwise; rule files are re-read every second. Listeners written as `tcp` are
//! opened with the transport of the builder, which is the one that the test runs over.

use crate::certificates;
use crate::client::RawClient;
use crate::connect::ConnectBuilder;
use crate::home::Home;
use crate::transport::{self, Transport};
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vmq_broker::Broker;
use vmq_broker::hooks::Provider;
use vmq_broker::metrics::{Counter, Snapshot};
use vmq_mqtt::Version;

/// A running broker and its directory.
pub struct TestBroker {
    broker: Broker,
    builder: BrokerBuilder,
}

/// What to start.
#[derive(Clone)]
pub struct BrokerBuilder {
    home: Arc<Home>,
    lines: String,
    transport: Transport,
    /// In front of the hook chain.
    providers: Vec<Arc<dyn Provider>>,
}

impl TestBroker {
    /// A builder with a fresh directory and the defaults of the module.
    #[must_use]
    pub fn builder() -> BrokerBuilder {
        let home = Arc::new(Home::new());
        let builder = BrokerBuilder {
            home,
            lines: String::new(),
            transport: Transport::Tcp,
            providers: Vec::new(),
        };
        let builder = builder.transport(transport::under_test());
        builder.acl("topic #\n").passwd("").conf("allow_anonymous = on")
    }

    /// A broker with the defaults.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// The address of the default listener.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.listener("default")
    }

    /// The address of a listener.
    #[must_use]
    pub fn listener(&self, name: &str) -> SocketAddr {
        self.broker
            .listener_addr(name)
            .unwrap_or_else(|| panic!("no listener {name}"))
    }

    /// A CONNECT in the making.
    #[must_use]
    pub fn client(&self, version: Version, client_id: &str) -> ConnectBuilder {
        ConnectBuilder::new(self.addr(), version, client_id)
    }

    /// The same for another listener.
    #[must_use]
    pub fn client_on(&self, listener: &str, version: Version, client_id: &str) -> ConnectBuilder {
        ConnectBuilder::new(self.listener(listener), version, client_id)
    }

    /// A connected client with a clean session.
    pub async fn connect(&self, version: Version, client_id: &str) -> RawClient {
        self.client(version, client_id).connect().await
    }

    /// A connection without a CONNECT.
    pub async fn raw(&self, version: Version) -> RawClient {
        RawClient::open(self.addr(), version).await
    }

    /// The parts inside, for what has no face that a test could use.
    #[must_use]
    pub fn core(&self) -> &Arc<vmq_broker::core::Core> {
        self.broker.core()
    }

    /// The value of a metric, summed over its labels.
    #[must_use]
    pub fn metric(&self, name: &str) -> u64 {
        self.broker.metric(name)
    }

    /// Every metric at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::take(self.broker.core())
    }

    /// The value of a metric for one `reason`.
    ///
    /// # Panics
    /// There is no such counter.
    #[must_use]
    pub fn metric_of(&self, name: &str, reason: &str) -> u64 {
        let label = format!("reason={reason}");
        let counter = Counter::ALL
            .iter()
            .find(|counter| counter.family().name == name && counter.label() == label);
        let counter = counter.unwrap_or_else(|| panic!("no counter {name} of {reason}"));
        self.broker.core().metrics.value(*counter)
    }

    /// Connections that the broker has not finished with. A lost one is finished when its session is in order.
    #[must_use]
    pub fn open_connections(&self) -> u64 {
        self.metric("socket_open") - self.metric("socket_close")
    }

    /// Replaces a file of the broker's directory.
    pub fn write(&self, name: &str, text: &str) {
        self.builder.write(name, text);
    }

    /// Replaces the ACL file; it is in force within a second.
    pub fn write_acl(&self, rules: &str) {
        self.builder.write("vmq.acl", rules);
    }

    /// Replaces the password file; it is in force within a second.
    pub fn write_passwd(&self, users: &str) {
        self.builder.write("vmq.passwd", users);
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.builder.data_dir()
    }

    /// Stops gracefully.
    pub async fn stop(self) -> BrokerBuilder {
        self.broker.stop().await;
        self.builder
    }

    /// Stops gracefully and starts again on the same data.
    pub async fn restart(self) -> Self {
        self.stop().await.start().await
    }
}

impl BrokerBuilder {
    /// A line (or several) of `vernemq.conf`; a later line for the same key wins.
    #[must_use]
    pub fn conf(mut self, lines: &str) -> Self {
        self.lines.push_str(lines);
        self.lines.push('\n');
        self
    }

    /// What the listeners that are written as `tcp` speak.
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        if transport.is_tls() {
            let kind = transport.key_word();
            self.certificates(transport)
                .conf(&format!("listener.{kind}.tls_version = tlsv1.2,tlsv1.3"))
        } else {
            self
        }
    }

    /// Files of the authority of the tests and of a certificate of the broker, for listeners of a kind.
    #[must_use]
    pub fn certificates(self, transport: Transport) -> Self {
        let (kind, home) = (transport.key_word(), self.home().display().to_string());
        self.write("ca.pem", &certificates::authority().pem());
        self.write("server.pem", &certificates::server().pem());
        self.write("server.key", certificates::server().key_pem());
        self.conf(&format!(
            "listener.{kind}.cafile = {home}/ca.pem\nlistener.{kind}.certfile = {home}/server.pem\n\
             listener.{kind}.keyfile = {home}/server.key"
        ))
    }

    /// Another listener.
    #[must_use]
    pub fn listener(self, name: &str) -> Self {
        self.conf(&format!("listener.tcp.{name} = 127.0.0.1:0"))
    }

    /// The ACL file.
    #[must_use]
    pub fn acl(self, rules: &str) -> Self {
        self.write("vmq.acl", rules);
        self
    }

    /// The password file; see `auth.rs` for entries.
    #[must_use]
    pub fn passwd(self, users: &str) -> Self {
        self.write("vmq.passwd", users);
        self
    }

    /// A hook provider that exists only in the test.
    #[must_use]
    pub fn provider(mut self, provider: Arc<dyn Provider>) -> Self {
        self.providers.push(provider);
        self
    }

    /// Clients must authenticate.
    #[must_use]
    pub fn closed(self) -> Self {
        self.conf("allow_anonymous = off")
    }

    /// Starts it.
    ///
    /// # Panics
    /// When the text is refused or the broker does not start.
    pub async fn start(self) -> TestBroker {
        match self.try_start().await {
            Ok(broker) => broker,
            Err(error) => panic!("the broker does not start: {error}"),
        }
    }

    /// Starts it.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn try_start(self) -> Result<TestBroker, String> {
        let config = load(&self.text())?;
        let listeners: Vec<_> = config
            .listeners
            .iter()
            .map(|listener| (listener.name.clone(), listener.kind))
            .collect();
        let broker = Broker::start_with(config, self.providers.clone())
            .await
            .map_err(|error| format!("{error:#}"))?;
        for (name, kind) in listeners {
            let speaks = broker.listener_addr(&name).zip(Transport::of(kind));
            if let Some((address, transport)) = speaks {
                transport::announce(address, transport);
            }
        }
        Ok(TestBroker {
            broker,
            builder: self,
        })
    }

    /// The whole `vernemq.conf`, for `Daemon`.
    #[must_use]
    pub fn text(&self) -> String {
        let home = self.home.path().display();
        let mut text = String::new();
        writeln!(text, "platform_data_dir = {home}/data").unwrap();
        writeln!(text, "admin.socket.path = {home}/admin.sock").unwrap();
        writeln!(
            text,
            "vmq_acl.acl_file = {home}/vmq.acl\nvmq_acl.acl_reload_interval = 1"
        )
        .unwrap();
        writeln!(
            text,
            "vmq_passwd.password_file = {home}/vmq.passwd\nvmq_passwd.password_reload_interval = 1"
        )
        .unwrap();
        text.push_str(FIXED_LINES);
        text.push_str(&self.lines);
        text.replace(
            "listener.tcp.",
            &format!("listener.{}.", self.transport.key_word()),
        )
    }

    /// The directory that holds everything.
    #[must_use]
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Written beside and renamed, so that a reload never sees half a file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.home.path().join(name);
        let beside = self.home.path().join(format!("{name}.new"));
        fs::write(&beside, text).unwrap();
        fs::rename(&beside, &path).unwrap();
    }
}

/// No log files, no $SYS, one listener, and little memory for each of the many stores of a test run.
const FIXED_LINES: &str = "\
log.console = off
log.error = off
log.crash = off
systree_enabled = off
leveldb.maximum_memory = 16MB
listener.tcp.default = 127.0.0.1:0
";

fn load(text: &str) -> Result<vmq_config::Config, String> {
    vmq_config::load_str(text, &|_| None)
        .map(|loaded| loaded.config)
        .map_err(|faults| faults.to_string())
}
