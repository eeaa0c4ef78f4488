//! A client's connection: made by `connect`, made anew when it breaks, and ended by `disconnect`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{sleep, timeout};

use super::super::program::{ConnectStep, IdentityStep, Step};
use super::pass::Until;
use super::{ANSWER_WITHIN, Worker};
use crate::inflight::Inflight;
use crate::link::{Link, Welcome};
use crate::measure::{Counter, Latency};
use crate::transport::{Identity, IdentityFiles, Way};
use crate::wire::{self, Connect};

impl Worker {
    /// Does the connect step at this place; a connection that was there is ended first.
    pub(super) async fn connect(&mut self, at: usize) -> Result<()> {
        self.disconnect().await?;
        self.connected_by = Some(at);
        let pool = std::sync::Arc::clone(&self.pool);
        let Some(Step::Connect(step)) = pool.steps.get(at) else {
            return Ok(());
        };
        // An id drawn at random is drawn once: who comes back is the same client.
        if self.client_id.is_empty() {
            self.client_id = self.fill(&step.client_id);
        }
        self.inbox.version = step.version;
        self.inbox.unacked = step.reconnect.map(|_| std::collections::BTreeMap::new());
        if step.clean {
            self.subscriptions.clear();
        }
        let welcome = self.open(step).await?;
        let inflight = step.inflight.min(welcome.receive_maximum);
        self.inbox.inflight = Inflight::new(false, inflight);
        self.common.meter.take(&mut self.inbox.batch);
        Ok(())
    }

    /// Tries to connect, again and again where the step says so.
    async fn open(&mut self, step: &ConnectStep) -> Result<Welcome> {
        loop {
            let tried = self.try_open(step).await;
            let error = match tried {
                Ok(welcome) => return Ok(welcome),
                Err(error) => error,
            };
            self.common.meter.add(Counter::ConnectErrors, 1);
            match step.reconnect {
                Some(pause) if !self.common.board.is_over() => sleep(Duration::from_nanos(pause)).await,
                _ => return Err(error),
            }
        }
    }

    async fn try_open(&mut self, step: &ConnectStep) -> Result<Welcome> {
        let options = Connect {
            clean: step.clean,
            keepalive_secs: step.keepalive_secs,
            expiry_secs: step.expiry_secs,
            username: step.username.as_ref().map(|text| self.fill(text)),
            password: step.password.as_ref().map(|text| self.fill(text)),
            way: Way {
                kind: step.transport,
                identity: self.identity(&step.identity)?,
            },
            ..Connect::new(step.version, self.client_id.clone())
        };
        let usual = self
            .common
            .targets
            .get(self.place % self.common.targets.len().max(1))
            .copied();
        let target = step.target.or(usual).context("no broker is named")?;
        let source = self.random.choice(&step.sources).copied();
        // In a box: a client waits here once, and would keep room for all of it.
        let opened = timeout(
            ANSWER_WITHIN,
            Box::pin(open(target, source, self.place, &options)),
        )
        .await;
        let (link, welcome) = opened.with_context(|| format!("no CONNACK within {ANSWER_WITHIN:?}"))??;
        self.link = Some(link);
        self.inbox.batch.count(Counter::Connects, 1);
        self.inbox.batch.time(Latency::Connack, welcome.connack_nanos);
        if !welcome.session_present {
            self.inbox.lanes.clear();
        }
        self.next_ping = crate::stamp::now_nanos().saturating_add(self.ping_nanos());
        Ok(welcome)
    }

    fn identity(&mut self, step: &IdentityStep) -> Result<Option<Identity>> {
        match step {
            IdentityStep::Common(identity) => Ok(identity.clone()),
            IdentityStep::Each { cert, key, cas } => {
                let files = IdentityFiles {
                    cert: Some(self.fill(cert).into()),
                    key: Some(self.fill(key).into()),
                    cas: cas.as_ref().map(|cas| self.fill(cas).into()),
                };
                Identity::load(&files).map(Some)
            }
        }
    }

    /// Half of the keepalive; never without one.
    pub(super) fn ping_nanos(&self) -> u64 {
        let step = self.connected_by.and_then(|at| self.pool.steps.get(at));
        match step {
            Some(Step::Connect(step)) if step.keepalive_secs > 0 => {
                u64::from(step.keepalive_secs) * 500_000_000
            }
            _ => u64::MAX / 2,
        }
    }

    /// The connection is gone. It is made anew where the connect step says so; else the client has failed.
    pub(super) async fn broken(&mut self, error: anyhow::Error) -> Result<()> {
        self.link = None;
        self.common.meter.add(Counter::Lost, 1);
        self.common.meter.add(Counter::Ended, 1);
        let pool = std::sync::Arc::clone(&self.pool);
        let step = match self.connected_by.and_then(|at| pool.steps.get(at)) {
            Some(Step::Connect(step)) if step.reconnect.is_some() => step,
            _ => return Err(error),
        };
        sleep(Duration::from_nanos(step.reconnect.unwrap_or(0))).await;
        let welcome = self.open(step).await?;
        self.common.meter.add(Counter::Reconnects, 1);
        self.inbox.awaited = None;
        if !welcome.session_present && !self.subscriptions.is_empty() {
            let filters = self.subscriptions.clone();
            self.ask_for(&filters)?;
        }
        if let Some(link) = &mut self.link {
            self.inbox.repeat_unacked(&mut link.out);
        }
        Ok(())
    }

    /// Waits for what is not acknowledged yet, and ends the connection if there is one.
    pub(super) async fn disconnect(&mut self) -> Result<()> {
        self.pass(Until::Settled).await?;
        if let Some(mut link) = self.link.take() {
            wire::disconnect(&mut link.out);
            self.common.meter.add(Counter::Ended, 1);
            let inbox = &mut self.inbox;
            // What still comes counts; a broker that does not close is left.
            let leave = async {
                while link
                    .turn(|packet, out| inbox.on_packet(&packet, out))
                    .await
                    .is_ok()
                {}
            };
            drop(timeout(Duration::from_secs(5), leave).await);
        }
        self.next_ping = u64::MAX;
        self.inbox.awaited = None;
        self.common.meter.take(&mut self.inbox.batch);
        Ok(())
    }
}

async fn open(
    target: SocketAddr,
    source: Option<IpAddr>,
    place: usize,
    options: &Connect,
) -> Result<(Link, Welcome)> {
    match source {
        Some(source) => Link::open_from(source, target, options).await,
        None => Link::open(target, place, options).await,
    }
}
