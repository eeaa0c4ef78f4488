//! The reporter: one connection to the Graphite server, one round of lines every interval. A server that is away, slow or
//! hangs up costs this task its time and the broker nothing: a round that cannot be sent is dropped, the next is a new
//! one.

use super::lines;
use crate::core::Core;
use crate::metrics::Snapshot;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{error, info, warn};
use vmq_config::GraphiteConfig;

/// How often a switched off reporter looks whether it is to begin.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How often a connected one looks whether its settings have changed.
const LOOK_AT_SETTINGS: Duration = Duration::from_secs(1);

/// After a failed connect.
const CONNECT_AGAIN: Duration = Duration::from_secs(5);

/// How long the server may take to accept a round.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// Why a connection is no longer used.
enum Ended {
    /// Switched off.
    Disabled,
    Broken(io::Error),
}

/// Reports for as long as the broker runs.
pub async fn run(core: Arc<Core>) {
    loop {
        let config = core.config().graphite.clone();
        if !config.enabled {
            sleep(LOOK_AGAIN).await;
            continue;
        }
        let stream = match connect(&config).await {
            Ok(stream) => stream,
            Err(reason) => {
                error!("can't connect to Graphite due to {reason}.");
                sleep(CONNECT_AGAIN).await;
                continue;
            }
        };
        info!("connected to Graphite at {}:{}", config.host, config.port);
        match report(&core, stream).await {
            Ended::Disabled => {}
            Ended::Broken(error) => {
                warn!("connection to Graphite lost due to {}", reason_of(&error));
                sleep(core.config().graphite.reconnect_timeout).await;
            }
        }
    }
}

async fn connect(config: &GraphiteConfig) -> Result<TcpStream, String> {
    if config.host.is_empty() {
        return Err("no host configured".to_owned());
    }
    let connecting = async {
        let addresses: Vec<_> = tokio::net::lookup_host((config.host.as_str(), config.port))
            .await
            .map_err(|_| "nxdomain".to_owned())?
            .collect();
        let mut last = "nxdomain".to_owned();
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = reason_of(&error),
            }
        }
        Err(last)
    };
    let connected = timeout(config.connect_timeout, connecting).await;
    connected.unwrap_or_else(|_| Err("timeout".to_owned()))
}

/// Sends a round every interval, the first one interval after the connect.
async fn report(core: &Arc<Core>, mut stream: TcpStream) -> Ended {
    let mut last = Instant::now();
    loop {
        let config = core.config().graphite.clone();
        if !config.enabled {
            return Ended::Disabled;
        }
        let due = last + config.interval;
        if Instant::now() < due {
            let wait_until = due.min(Instant::now() + LOOK_AT_SETTINGS);
            if let Err(error) = listen(&mut stream, wait_until).await {
                return Ended::Broken(error);
            }
            continue;
        }
        last = Instant::now();
        let Some(snapshot) = Snapshot::read(core).await else {
            error!("reading the metrics for Graphite failed; the next round is tried");
            continue;
        };
        let round = lines(&snapshot, &config);
        let sent = timeout(WRITE_PATIENCE, stream.write_all(round.as_bytes())).await;
        if let Err(error) = sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            return Ended::Broken(error);
        }
    }
}

/// Waits; the server has nothing to say, but its hanging up must not be missed.
async fn listen(stream: &mut TcpStream, until: Instant) -> io::Result<()> {
    let mut ignored = [0; 64];
    loop {
        tokio::select! {
            () = sleep_until(until) => return Ok(()),
            read = stream.read(&mut ignored) => {
                if read? == 0 {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
            }
        }
    }
}

/// As operators know the reasons from the original.
fn reason_of(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "econnrefused",
        io::ErrorKind::ConnectionReset => "econnreset",
        io::ErrorKind::ConnectionAborted => "closed",
        io::ErrorKind::BrokenPipe => "epipe",
        io::ErrorKind::HostUnreachable => "ehostunreach",
        io::ErrorKind::NetworkUnreachable => "enetunreach",
        io::ErrorKind::TimedOut => "timeout",
        _ => return error.to_string(),
    }
    .to_owned()
}
