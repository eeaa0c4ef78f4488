//! Chains: the global one, and those of listeners with `auth_plugins` or `authz_plugins`.

use super::{
    Answer, AuthStep, Authenticate, DecidedBy, Provider, Publish, Refusal, Register, Subscribe, Verdict,
};
use std::sync::Arc;
use std::time::Duration;
use vmq_config::Plugin;

/// A provider that takes longer than this refuses (fail closed).
const DEADLINE: Duration = Duration::from_secs(10);

/// All enabled plugins, in chain order.
#[derive(Clone, Default)]
pub struct Hooks {
    providers: Vec<Arc<dyn Provider>>,
}

/// The providers that one listener consults, for authentication or authorisation.
#[derive(Clone)]
pub struct Chain {
    providers: Vec<Arc<dyn Provider>>,
    /// The listener names its plugins: nobody answering is `plugin_chain_exhausted` even if no plugin has the hook.
    restricted: bool,
}

impl Hooks {
    /// A set of providers in chain order.
    #[must_use]
    pub fn new(providers: Vec<Arc<dyn Provider>>) -> Self {
        Self { providers }
    }

    /// The chain a listener uses: its own list if it has one, else the global one.
    #[must_use]
    pub fn chain(&self, only: Option<&[Plugin]>) -> Chain {
        let Some(only) = only else {
            return Chain {
                providers: self.providers.clone(),
                restricted: false,
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
        }
    }
}

impl Chain {
    /// Authenticates a CONNECT.
    ///
    /// # Errors
    /// The refusal of the provider that decided, or of the chain's end.
    pub async fn auth_on_register(&self, request: &Register) -> Result<DecidedBy, Refusal> {
        self.till_ok(|provider| provider.auth_on_register(request))
            .await
            .unwrap_or_else(|| Err(self.nobody(false)))
    }

    /// Authorises a PUBLISH or a will.
    ///
    /// # Errors
    /// As `auth_on_register`.
    pub async fn auth_on_publish(&self, request: &Publish<'_>) -> Result<DecidedBy, Refusal> {
        self.till_ok(|provider| provider.auth_on_publish(request))
            .await
            .unwrap_or_else(|| Err(self.nobody(false)))
    }

    /// Authorises a SUBSCRIBE as a whole.
    ///
    /// # Errors
    /// As `auth_on_register`.
    pub async fn auth_on_subscribe(&self, request: &Subscribe) -> Result<DecidedBy, Refusal> {
        self.till_ok(|provider| provider.auth_on_subscribe(request))
            .await
            .unwrap_or_else(|| Err(self.nobody(false)))
    }

    /// One step of an enhanced authentication. `None` = no plugin has the hook.
    pub async fn on_auth(&self, request: &Authenticate) -> Option<Result<AuthStep, Refusal>> {
        self.till_ok(|provider| provider.on_auth(request)).await
    }

    /// Asks the providers in order until one decides. `None` = no provider has the hook.
    async fn till_ok<T>(
        &self,
        ask: impl Fn(&dyn Provider) -> Option<Answer<T>>,
    ) -> Option<Result<T, Refusal>> {
        let mut asked = false;
        for provider in &self.providers {
            let Some(answer) = ask(&**provider) else { continue };
            asked = true;
            match settle(provider.plugin(), answer).await {
                Verdict::Allow(value) => return Some(Ok(value)),
                Verdict::Refuse(refusal) => return Some(Err(refusal)),
                Verdict::Next => {}
            }
        }
        asked.then(|| Err(self.nobody(true)))
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

/// Waits for an answer, at most until the deadline.
async fn settle<T>(plugin: Plugin, answer: Answer<T>) -> Verdict<T> {
    match answer {
        Answer::Now(verdict) => verdict,
        Answer::Later(future) => tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| {
            Verdict::Refuse(Refusal {
                reason: None,
                word: "hook_timeout",
                by: DecidedBy {
                    plugin: Some(plugin),
                    line: None,
                },
            })
        }),
    }
}

#[cfg(test)]
mod tests;
