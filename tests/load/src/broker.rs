//! Starts a broker of its own for one run, in a directory that vanishes with it.
//!
//! Two kinds are known, by the name of the program: mosquitto, and vernemq for everything else. Whoever needs other
//! settings writes them, or names a file, after a colon; they replace the generated ones of the same key.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::link::Link;
use crate::scenario::{Plan, Target};
use crate::transport::TransportKind;
use crate::wire::{Connect, Version};

pub(crate) mod settings;

/// A broker that has not answered a CONNECT after this long has failed.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Between two attempts to connect.
const RETRY: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mosquitto,
    Vernemq,
}

/// Settings beside the generated ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    File(PathBuf),
    /// `KEY=VALUE`, with commas between them; a value may have commas itself.
    Listed(Vec<(String, String)>),
}

impl Extra {
    /// A text with an equals sign is a list, any other names a file.
    fn parse(text: &str) -> Extra {
        if !text.contains('=') {
            return Extra::File(text.into());
        }
        let mut listed: Vec<(String, String)> = Vec::new();
        for part in text.split(',') {
            match (part.split_once('='), listed.last_mut()) {
                (Some((key, value)), _) => listed.push((key.trim().into(), value.trim().into())),
                (None, Some((_, value))) => value.extend([",", part]),
                (None, None) => listed.push((part.into(), String::new())),
            }
        }
        Extra::Listed(listed)
    }

    fn label(&self) -> String {
        match self {
            Extra::File(path) => path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            Extra::Listed(listed) => {
                let texts: Vec<_> = listed
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                texts.join(",")
            }
        }
    }

    /// As a file of this kind of broker has it.
    fn text(&self, kind: Kind) -> Result<String> {
        let separator = match kind {
            Kind::Mosquitto => " ",
            Kind::Vernemq => " = ",
        };
        match self {
            Extra::File(path) => {
                fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
            }
            Extra::Listed(listed) => Ok(listed
                .iter()
                .map(|(key, value)| format!("{key}{separator}{value}\n"))
                .collect()),
        }
    }
}

/// A broker to be compared: `PROGRAM` or `PROGRAM:SETTINGS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrokerSpec {
    pub(crate) kind: Kind,
    pub(crate) program: PathBuf,
    /// Lines that are added to the generated settings or replace them.
    pub(crate) extra: Option<Extra>,
}

impl FromStr for BrokerSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<BrokerSpec, String> {
        let (program, extra) = match text.split_once(':') {
            Some((program, extra)) => (program, Some(Extra::parse(extra))),
            None => (text, None),
        };
        let name = Path::new(program)
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if name.is_empty() {
            return Err(format!(
                "{text:?} names no program; write PROGRAM or PROGRAM:SETTINGS"
            ));
        }
        let kind = if name.contains("mosquitto") {
            Kind::Mosquitto
        } else {
            Kind::Vernemq
        };
        Ok(BrokerSpec {
            kind,
            program: program.into(),
            extra,
        })
    }
}

impl BrokerSpec {
    /// Name in reports.
    pub(crate) fn label(&self) -> String {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy();
        match &self.extra {
            Some(extra) => format!("{name}:{}", extra.label()),
            None => name.into_owned(),
        }
    }

    /// Starts the broker with the settings a plan wants and returns when it has answered a CONNECT.
    pub(crate) async fn start(&self, plan: &Plan) -> Result<RunningBroker> {
        self.start_with(plan.transport, |address, dir| {
            settings::for_plan(self.kind, address, dir, plan)
        })
        .await
    }

    /// The same for a scenario file whose clients come over `transport`.
    pub(crate) async fn start_for_file(&self, transport: TransportKind) -> Result<RunningBroker> {
        self.start_with(transport, |address, dir| {
            settings::for_file(self.kind, address, dir, transport)
        })
        .await
    }

    /// Starts the broker with the lines that `generate` makes for an address and a directory, and with the extra ones. It is ready
    /// when it answers a CONNECT over `transport`.
    pub(crate) async fn start_with(
        &self,
        transport: TransportKind,
        generate: impl FnOnce(SocketAddr, &Path) -> Result<Vec<String>>,
    ) -> Result<RunningBroker> {
        let dir = tempfile::Builder::new().prefix("vmq-loadtest-").tempdir()?;
        let address = free_address()?;
        let extra = self.extra_settings()?;
        let file = dir.path().join("broker.conf");
        let generated = generate(address, dir.path())?;
        fs::write(&file, settings::merge(self.kind, &generated, &extra))?;
        let log = File::create(dir.path().join("output.log"))?;
        let child = self
            .command(&file)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut broker = RunningBroker { child, dir, address };
        broker
            .eventually_ready(transport)
            .await
            .with_context(|| format!("{} did not start", self.label()))?;
        Ok(broker)
    }

    /// The text of the extra settings; empty without any.
    pub(crate) fn extra_settings(&self) -> Result<String> {
        self.extra
            .as_ref()
            .map_or_else(|| Ok(String::new()), |extra| extra.text(self.kind))
    }

    fn command(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.program);
        match self.kind {
            Kind::Mosquitto => command.arg("-c").arg(file),
            Kind::Vernemq => command.arg("console").arg("-c").arg(file),
        };
        command
    }
}

/// The process of one run. Dropping it kills the process and removes its directory.
#[derive(Debug)]
pub(crate) struct RunningBroker {
    child: Child,
    dir: TempDir,
    address: SocketAddr,
}

impl RunningBroker {
    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<String>> {
        let status = self.child.try_wait()?;
        Ok(status.map(|status| format!("{status}; its last lines:\n{}", self.last_lines())))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn target(&self) -> Target {
        Target::new(&[self.address], Some(self.pid()))
    }

    async fn eventually_ready(&mut self, transport: TransportKind) -> Result<()> {
        let options = Connect {
            way: transport.into(),
            ..Connect::new(Version::V311, "load-ready".into())
        };
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}; its last lines:\n{}", self.last_lines());
            }
            let attempt = tokio::time::timeout(READY_WITHIN, Link::open(self.address, 0, &options)).await;
            match attempt {
                Ok(Ok((link, _))) => {
                    link.close().await;
                    return Ok(());
                }
                _ if start.elapsed() > READY_WITHIN => {
                    bail!(
                        "no CONNACK within {READY_WITHIN:?}; its last lines:\n{}",
                        self.last_lines()
                    );
                }
                _ => tokio::time::sleep(RETRY).await,
            }
        }
    }

    fn last_lines(&self) -> String {
        let log = fs::read(self.dir.path().join("output.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

impl Drop for RunningBroker {
    /// Nothing of this broker is wanted any more, its files least of all: no orderly stop.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port nobody listens on. Another process can take it before the broker does; then the broker says so and ends.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot find a free port")?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_a_program_and_perhaps_settings() {
        let spec: BrokerSpec = "/opt/bin/vernemq:fast.conf".parse().unwrap();
        assert_eq!(
            (spec.kind, spec.label()),
            (Kind::Vernemq, "vernemq:fast.conf".into())
        );
        assert_eq!(spec.extra, Some(Extra::File("fast.conf".into())));
        let spec: BrokerSpec = "vernemq:message_store.sync=always,listener.ssl.tls_version=tlsv1.2,tlsv1.3"
            .parse()
            .unwrap();
        assert_eq!(
            spec.extra_settings().unwrap(),
            "message_store.sync = always\nlistener.ssl.tls_version = tlsv1.2,tlsv1.3\n"
        );
        let spec: BrokerSpec = "/usr/sbin/mosquitto:set_tcp_nodelay=true".parse().unwrap();
        assert_eq!(
            (spec.label().as_str(), spec.extra_settings().unwrap().as_str()),
            ("mosquitto:set_tcp_nodelay=true", "set_tcp_nodelay true\n")
        );
        let spec: BrokerSpec = "mosquitto".parse().unwrap();
        assert_eq!(
            (spec.kind, spec.label(), spec.extra),
            (Kind::Mosquitto, "mosquitto".into(), None)
        );
        assert!(":x".parse::<BrokerSpec>().is_err());
    }
}
