//! Chains: the global one, and those of listeners with `auth_plugins` or `authz_plugins`.

pub mod explain;

use super::tally::{Hook, Outcome, Tallies, Tally};
use super::{
    Answer, AuthStep, Authenticate, DecidedBy, Provider, Publish, Refusal, Register, Subscribe, Verdict,
};
use crate::metrics::durations::{self, Durations};
use crate::metrics::snapshot::Histogram;
use crate::registry::SubscriberId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vmq_config::Plugin;

/// A provider that takes longer than this refuses (fail closed).
const DEADLINE: Duration = Duration::from_secs(10);

/// The word for that.
const TIMEOUT: &str = "hook_timeout";

/// All enabled plugins, in chain order.
#[derive(Clone, Default)]
pub struct Hooks {
    providers: Vec<Arc<dyn Provider>>,
    waits: Arc<Durations>,
    tallies: Arc<Tallies>,
}

/// The providers that one listener consults, for authentication or authorisation.
#[derive(Clone)]
pub struct Chain {
    providers: Vec<Arc<dyn Provider>>,
    /// The listener names its plugins: nobody answering is `plugin_chain_exhausted` even if no plugin has the hook.
    restricted: bool,
    /// How long clients waited, and what each hook was asked, over all chains.
    waits: Arc<Durations>,
    tallies: Arc<Tallies>,
}

/// A provider of a chain that needs time.
pub struct Pending<T> {
    provider: usize,
    answer: Pin<Box<dyn Future<Output = Verdict<T>> + Send>>,
}

/// Where asking the providers in order has led.
enum Asked<T> {
    /// `None` = no provider has the hook.
    Decided(Option<Result<T, Refusal>>),
    Waits(Pending<T>),
}

impl Hooks {
    /// A set of providers in chain order.
    #[must_use]
    pub fn new(providers: Vec<Arc<dyn Provider>>) -> Self {
        Self {
            providers,
            waits: Arc::default(),
            tallies: Arc::default(),
        }
    }

    /// The chain a listener uses: its own list if it has one, else the global one.
    #[must_use]
    pub fn chain(&self, only: Option<&[Plugin]>) -> Chain {
        let Some(only) = only else {
            return Chain {
                providers: self.providers.clone(),
                restricted: false,
                waits: Arc::clone(&self.waits),
                tallies: Arc::clone(&self.tallies),
            };
        };
        let of = |plugin: &Plugin| {
            self.providers
                .iter()
                .find(|provider| provider.plugin() == *plugin)
                .cloned()
        };
        Chain {
            providers: only.iter().filter_map(of).collect(),
            restricted: true,
            waits: Arc::clone(&self.waits),
            tallies: Arc::clone(&self.tallies),
        }
    }
}

impl Hooks {
    /// Tells every plugin that has the hook.
    pub fn on_topic_unsubscribed(&self, subscriber: &SubscriberId, topic: &str) {
        for provider in &self.providers {
            provider.on_topic_unsubscribed(subscriber, topic);
        }
    }

    /// What was counted of a hook of a plugin.
    #[must_use]
    pub fn tally(&self, plugin: Plugin, hook: Hook) -> Tally {
        self.tallies.of(plugin, hook)
    }

    /// How long clients waited for hooks, in microseconds. Answers at once are not timed: nearly every message gets one.
    #[must_use]
    pub fn durations(&self) -> Histogram {
        durations::histogram([&*self.waits])
    }
}

impl Chain {
    /// Authenticates a CONNECT.
    ///
    /// # Errors
    /// The refusal of the provider that decided, or of the chain's end.
    pub async fn auth_on_register(&self, request: &Register) -> Result<DecidedBy, Refusal> {
        self.till_ok(Hook::Register, |provider| provider.auth_on_register(request))
            .await
            .unwrap_or_else(|| Err(self.nobody(false)))
    }

    /// Authorises a PUBLISH or a will.
    ///
    /// # Errors
    /// As `auth_on_register`.
    pub async fn auth_on_publish(&self, request: &Publish<'_>) -> Result<DecidedBy, Refusal> {
        match self.auth_on_publish_now(request) {
            Ok(decision) => decision,
            Err(pending) => self.auth_on_publish_later(request, pending).await,
        }
    }

    /// The same without waiting: file rules answer at once, and nearly every message is asked about.
    ///
    /// # Errors
    /// A provider needs time; `auth_on_publish_later` goes on from there.
    pub fn auth_on_publish_now(
        &self,
        request: &Publish<'_>,
    ) -> Result<Result<DecidedBy, Refusal>, Pending<DecidedBy>> {
        match self.ask_from(Hook::Publish, 0, |provider| provider.auth_on_publish(request)) {
            Asked::Decided(decision) => Ok(decision.unwrap_or_else(|| Err(self.nobody(false)))),
            Asked::Waits(pending) => Err(pending),
        }
    }

    /// Waits for a provider of that request, then asks those behind it.
    ///
    /// # Errors
    /// As `auth_on_register`.
    pub async fn auth_on_publish_later(
        &self,
        request: &Publish<'_>,
        pending: Pending<DecidedBy>,
    ) -> Result<DecidedBy, Refusal> {
        self.wait(Hook::Publish, pending, |provider| {
            provider.auth_on_publish(request)
        })
        .await
        .unwrap_or_else(|| Err(self.nobody(false)))
    }

    /// Authorises a SUBSCRIBE as a whole.
    ///
    /// # Errors
    /// As `auth_on_register`.
    pub async fn auth_on_subscribe(&self, request: &Subscribe) -> Result<DecidedBy, Refusal> {
        self.till_ok(Hook::Subscribe, |provider| provider.auth_on_subscribe(request))
            .await
            .unwrap_or_else(|| Err(self.nobody(false)))
    }

    /// One step of an enhanced authentication. `None` = no plugin has the hook.
    pub async fn on_auth(&self, request: &Authenticate) -> Option<Result<AuthStep, Refusal>> {
        self.till_ok(Hook::Auth, |provider| provider.on_auth(request))
            .await
    }

    /// Asks the providers in order until one decides. `None` = no provider has the hook.
    async fn till_ok<T>(
        &self,
        hook: Hook,
        ask: impl Fn(&dyn Provider) -> Option<Answer<T>>,
    ) -> Option<Result<T, Refusal>> {
        match self.ask_from(hook, 0, &ask) {
            Asked::Decided(decision) => decision,
            Asked::Waits(pending) => self.wait(hook, pending, ask).await,
        }
    }

    /// Asks from a provider on, until one decides or needs time. Those before it had nothing to say.
    fn ask_from<T>(
        &self,
        hook: Hook,
        first: usize,
        ask: impl Fn(&dyn Provider) -> Option<Answer<T>>,
    ) -> Asked<T> {
        let mut asked = first > 0;
        for (index, provider) in self.providers.iter().enumerate().skip(first) {
            let began = Tallies::begins();
            let verdict = match ask(&**provider) {
                None => continue,
                Some(Answer::Now(verdict)) => verdict,
                Some(Answer::Later(answer)) => {
                    return Asked::Waits(Pending {
                        provider: index,
                        answer,
                    });
                }
            };
            asked = true;
            let time = began.map(|began| began.elapsed());
            self.tallies
                .count(provider.plugin(), hook, outcome(&verdict), time);
            match verdict {
                Verdict::Allow(value) => return Asked::Decided(Some(Ok(value))),
                Verdict::Refuse(refusal) => return Asked::Decided(Some(Err(refusal))),
                Verdict::Next => {}
            }
        }
        Asked::Decided(asked.then(|| Err(self.nobody(true))))
    }

    async fn wait<T>(
        &self,
        hook: Hook,
        pending: Pending<T>,
        ask: impl Fn(&dyn Provider) -> Option<Answer<T>>,
    ) -> Option<Result<T, Refusal>> {
        let began = Instant::now();
        let decision = self.wait_for(hook, pending, ask).await;
        self.waits.observe(began.elapsed());
        decision
    }

    async fn wait_for<T>(
        &self,
        hook: Hook,
        mut pending: Pending<T>,
        ask: impl Fn(&dyn Provider) -> Option<Answer<T>>,
    ) -> Option<Result<T, Refusal>> {
        loop {
            let Pending { provider, answer } = pending;
            let began = Instant::now();
            let verdict = self.in_time(provider, answer).await;
            if let Some(provider) = self.providers.get(provider) {
                let time = Some(began.elapsed());
                self.tallies
                    .count(provider.plugin(), hook, outcome(&verdict), time);
            }
            match verdict {
                Verdict::Allow(value) => return Some(Ok(value)),
                Verdict::Refuse(refusal) => return Some(Err(refusal)),
                Verdict::Next => {}
            }
            pending = match self.ask_from(hook, provider + 1, &ask) {
                Asked::Decided(decision) => return decision,
                Asked::Waits(pending) => pending,
            };
        }
    }

    /// Waits for an answer, at most until the deadline.
    async fn in_time<T>(&self, provider: usize, answer: impl Future<Output = Verdict<T>>) -> Verdict<T> {
        tokio::time::timeout(DEADLINE, answer).await.unwrap_or_else(|_| {
            Verdict::Refuse(Refusal {
                reason: None,
                word: TIMEOUT,
                by: DecidedBy {
                    plugin: self.providers.get(provider).map(|provider| provider.plugin()),
                    line: None,
                },
            })
        })
    }

    fn nobody(&self, asked: bool) -> Refusal {
        let word = if asked || self.restricted {
            "plugin_chain_exhausted"
        } else {
            "no_matching_hook_found"
        };
        Refusal {
            reason: None,
            word,
            by: DecidedBy::default(),
        }
    }
}

fn outcome<T>(verdict: &Verdict<T>) -> Outcome {
    match verdict {
        Verdict::Refuse(refusal) if refusal.word == TIMEOUT => Outcome::Failed,
        // What a file has no rule for is left to the next plugin, and nearly always there is none.
        Verdict::Refuse(_) | Verdict::Next => Outcome::Refused,
        Verdict::Allow(_) => Outcome::Allowed,
    }
}

#[cfg(test)]
mod tests;
