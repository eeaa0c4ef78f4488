//! The statement `connect`, with the table `[connect]` of the file behind it.

use std::net::{IpAddr, ToSocketAddrs};
use std::path::PathBuf;

use anyhow::Result;
use fastrand::Rng;

use super::super::amount;
use super::super::node::Node;
use super::super::program::{ConnectStep, IdentityStep};
use super::super::text::{Filling, Text};
use crate::local;
use crate::transport::{Identity, IdentityFiles, TransportKind};
use crate::wire::Version;

const KEYS: [&str; 17] = [
    "client_id",
    "version",
    "clean",
    "keepalive",
    "expiry",
    "username",
    "password",
    "transport",
    "target",
    "bind",
    "cert",
    "key",
    "cas",
    "inflight",
    "reconnect",
    "host",
    "port",
];

/// A value of the statement, else of the table for all.
struct Options<'a> {
    own: Node<'a>,
    common: Option<&'a Node<'a>>,
}

impl<'a> Options<'a> {
    fn get(&self, key: &str) -> Result<Option<Node<'a>>> {
        match (self.own.get(key)?, self.common) {
            (None, Some(common)) => common.get(key),
            (own, _) => Ok(own),
        }
    }

    fn text(&self, key: &str) -> Result<Option<Text>> {
        self.get(key)?.map(|node| Text::read(&node)).transpose()
    }
}

pub(super) fn read<'a>(node: &Node<'a>, common: Option<&'a Node<'a>>) -> Result<ConnectStep> {
    for table in std::iter::once(node).chain(common) {
        table.only(&KEYS)?;
    }
    let options = Options {
        own: node.clone(),
        common,
    };
    let seconds = |key: &str, usual: u64, most: u64| -> Result<u64> {
        let Some(node) = options.get(key)? else {
            return Ok(usual);
        };
        let secs = amount::nanos(&node)?.div_ceil(1_000_000_000);
        if secs > most {
            Err(node.error(&format!("at most {most}s")))
        } else {
            Ok(secs)
        }
    };
    Ok(ConnectStep {
        client_id: options
            .get("client_id")?
            .map_or_else(|| Ok(usual_id()), |node| client_id(&node))?,
        version: options
            .get("version")?
            .map_or(Ok(Version::V311), |node| version(&node))?,
        clean: options.get("clean")?.map_or(Ok(true), |node| node.boolean())?,
        keepalive_secs: u16::try_from(seconds("keepalive", 60, 65_535)?)?,
        expiry_secs: u32::try_from(seconds("expiry", 0, u64::from(u32::MAX))?)?,
        username: options.text("username")?,
        password: options.text("password")?,
        transport: options
            .get("transport")?
            .map_or(Ok(TransportKind::Tcp), |node| transport(&node))?,
        target: target(&options)?,
        sources: options
            .get("bind")?
            .map_or_else(|| Ok(Vec::new()), |node| sources(&node))?,
        identity: identity(&options, node)?,
        inflight: options
            .get("inflight")?
            .map_or(Ok(100), |node| node.whole(1, 65_535))
            .and_then(|most| Ok(u16::try_from(most)?))?,
        reconnect: options
            .get("reconnect")?
            .map(|node| amount::nanos(&node))
            .transpose()?,
    })
}

/// Ids of two runs, and of two processes, never meet.
fn usual_id() -> Text {
    Text::letters(10).then(Text::plain("-")).then(Text::run())
}

/// A text, `{ random = LETTERS }` or `{ fixed = "name" }`, which is `name-` and the worker's number.
fn client_id(node: &Node<'_>) -> Result<Text> {
    if !node.is_table() {
        return Text::read(node);
    }
    node.only(&["random", "fixed"])?;
    let (kind, value) = node.single()?;
    Ok(if kind == "random" {
        Text::letters(usize::try_from(value.whole(1, 200)?)?)
            .then(Text::plain("-"))
            .then(Text::run())
    } else {
        Text::read(&value)?.then(Text::plain("-")).then(Text::worker())
    })
}

fn version(node: &Node<'_>) -> Result<Version> {
    match node.string() {
        Ok("3.1.1") => Ok(Version::V311),
        Ok("5") => Ok(Version::V5),
        _ => Err(node.error("write \"3.1.1\" or \"5\"")),
    }
}

fn transport(node: &Node<'_>) -> Result<TransportKind> {
    TransportKind::parse(node.string()?).ok_or_else(|| node.error("write one of: tcp, tls, ws, wss"))
}

/// `target = "host:port"`, or `host` and `port`.
fn target(options: &Options<'_>) -> Result<Option<std::net::SocketAddr>> {
    let (node, name) = match (options.get("target")?, options.get("host")?) {
        (Some(node), _) => {
            let name = node.string()?.to_owned();
            (node, name)
        }
        (None, Some(host)) => {
            let port = options
                .get("port")?
                .map_or(Ok(1883), |port| port.whole(1, 65_535))?;
            let name = format!("{}:{port}", host.string()?);
            (host, name)
        }
        (None, None) => return Ok(None),
    };
    let found = name.to_socket_addrs().ok().and_then(|mut found| found.next());
    found
        .map(Some)
        .ok_or_else(|| node.error("write \"host:port\" of a broker, as in \"127.0.0.1:1883\""))
}

/// Local addresses that begin with a prefix, for more connections than one address has ports.
fn sources(node: &Node<'_>) -> Result<Vec<IpAddr>> {
    local::beginning_with(node.string()?).map_err(|wrong| node.error(&wrong))
}

fn identity(options: &Options<'_>, node: &Node<'_>) -> Result<IdentityStep> {
    let (cert, key, cas) = (options.text("cert")?, options.text("key")?, options.text("cas")?);
    if cert.is_some() != key.is_some() {
        return Err(
            node.error("a certificate and its key belong together: write both, cert = ... and key = ...")
        );
    }
    if let (Some(cert), Some(key)) = (&cert, &key)
        && !(cert.is_plain() && key.is_plain())
    {
        return Ok(IdentityStep::Each {
            cert: cert.clone(),
            key: key.clone(),
            cas,
        });
    }
    if cert.is_none() && cas.is_none() {
        return Ok(IdentityStep::Common(None));
    }
    let nobody = Filling {
        client: "",
        worker: 0,
        pool: "",
        run: "",
    };
    let path =
        |text: Option<Text>| text.map(|text| PathBuf::from(text.filled(&nobody, &mut Rng::with_seed(0))));
    let files = IdentityFiles {
        cert: path(cert),
        key: path(key),
        cas: path(cas),
    };
    Identity::load(&files)
        .map(|identity| IdentityStep::Common(Some(identity)))
        .map_err(|error| node.error(&format!("{error:#}")))
}
