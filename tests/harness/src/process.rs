//! `Daemon`: the real `vernemq` process, for tests whose subject is the process itself (crashes, signals, modes).
//!
//! The program is the one named by `VERNEMQ_BIN`, else the one beside the test executable, which is built first so
//! that a stale one is never tested.

use crate::broker::BrokerBuilder;
use crate::connect::ConnectBuilder;
use crate::wait::eventually;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};
use vmq_mqtt::Version;

/// A `vernemq console -c FILE` with the directory of a `BrokerBuilder`. Killed when dropped.
pub struct Daemon {
    builder: BrokerBuilder,
    address: SocketAddr,
    child: Child,
}

impl Daemon {
    /// Starts the process and waits until it answers a CONNECT.
    ///
    /// # Panics
    /// When it ends or does not answer.
    pub async fn start(builder: BrokerBuilder) -> Self {
        let address = free_address();
        let mut daemon = Self {
            child: spawn(&builder, address),
            builder,
            address,
        };
        daemon.eventually_blocking_ready().await;
        daemon
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts the process again on the same data and address, after `kill`.
    pub async fn start_again(&mut self) {
        self.child = spawn(&self.builder, self.address);
        self.eventually_blocking_ready().await;
    }

    /// A CONNECT in the making.
    #[must_use]
    pub fn client(&self, version: Version, client_id: &str) -> ConnectBuilder {
        ConnectBuilder::new(self.address, version, client_id)
    }

    /// The address of the MQTT listener.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Directory, configuration and data.
    #[must_use]
    pub fn builder(&self) -> &BrokerBuilder {
        &self.builder
    }

    async fn eventually_blocking_ready(&mut self) {
        let Self {
            builder,
            address,
            child,
        } = self;
        eventually("vernemq to answer a CONNECT", async || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("vernemq ended with {status}: {}", read(builder, "output"));
            }
            answers(*address).await
        })
        .await;
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have been killed by the test already; then there is nothing left to do.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A port that was free a moment ago: the process must find its clients again after a restart.
fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .unwrap()
        .local_addr()
        .unwrap()
}

fn spawn(builder: &BrokerBuilder, address: SocketAddr) -> Child {
    let path = builder.home().join("vernemq.conf");
    let text = format!("{}listener.tcp.default = {address}\n", builder.text());
    fs::write(&path, text).unwrap();
    let output = fs::File::create(builder.home().join("output")).unwrap();
    Command::new(program())
        .args(["console", "-c"])
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", program().display()))
}

fn read(builder: &BrokerBuilder, name: &str) -> String {
    fs::read_to_string(builder.home().join(name)).unwrap_or_default()
}

async fn answers(address: SocketAddr) -> bool {
    if tokio::net::TcpStream::connect(address).await.is_err() {
        return false;
    }
    let (client, ack) = ConnectBuilder::new(address, Version::V4, "readiness").ack().await;
    let ready = !ack.reason.is_error();
    if ready {
        client.disconnect().await;
    }
    ready
}

/// The path of `vernemq`, built once for all tests of a run.
pub fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PROGRAM
        .get_or_init(find_program)
        .as_ref()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The path of `vmq-admin`: the one named by `VMQ_ADMIN`, else the one beside `vernemq`.
#[must_use]
pub fn admin_program() -> PathBuf {
    env::var_os("VMQ_ADMIN").map_or_else(|| program().with_file_name("vmq-admin"), PathBuf::from)
}

/// The path of `vmq-console`: the one named by `VMQ_CONSOLE`, else the one beside `vernemq`.
#[must_use]
pub fn console_program() -> PathBuf {
    env::var_os("VMQ_CONSOLE").map_or_else(|| program().with_file_name("vmq-console"), PathBuf::from)
}

fn find_program() -> Result<PathBuf, String> {
    if let Some(path) = env::var_os("VERNEMQ_BIN") {
        return Ok(path.into());
    }
    let test = env::current_exe().map_err(|error| error.to_string())?;
    let folder = test
        .parent()
        .and_then(|deps| deps.parent())
        .ok_or("test executables lie in target/PROFILE/deps")?;
    build(folder.ends_with("release"))?;
    Ok(folder.join("vernemq"))
}

fn build(release: bool) -> Result<(), String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "vmq-broker", "--bin", "vernemq"]);
    command.args(["--package", "vmq-admin", "--bin", "vmq-admin"]);
    command.args(["--package", "vmq-console", "--bin", "vmq-console"]);
    if release {
        command.arg("--release");
    }
    let status = command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .map_err(|error| error.to_string())?;
    if status.success() {
        Ok(())
    } else {
        Err("vernemq cannot be built".to_owned())
    }
}
