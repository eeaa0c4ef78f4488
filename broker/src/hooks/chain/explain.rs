//! Explaining: asks a chain as a client's packet would, and tells who said what. Nothing is counted, logged or kept; for
//! `authz check`.

use super::{Answer, Chain};
use crate::hooks::{DecidedBy, Provider, Publish, Refusal, Subscribe, Verdict};
use vmq_config::Plugin;

/// What one plugin of the chain said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub plugin: Plugin,
    pub said: Said,
}

/// Its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It does not have the hook, or is off.
    NoHook,
    /// It leaves the decision to those behind it.
    Next,
    Allow(DecidedBy),
    Deny(Refusal),
    /// One before it has decided.
    NotAsked,
}

/// The plugins in the order of the chain, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    pub asked: Vec<Asked>,
    pub decision: Result<DecidedBy, Refusal>,
}

impl Chain {
    /// What `auth_on_publish` would lead to.
    pub async fn explain_publish(&self, request: &Publish<'_>) -> Explained {
        self.explain(|provider| provider.auth_on_publish(request)).await
    }

    /// What `auth_on_subscribe` would lead to.
    pub async fn explain_subscribe(&self, request: &Subscribe) -> Explained {
        self.explain(|provider| provider.auth_on_subscribe(request)).await
    }

    async fn explain(&self, ask: impl Fn(&dyn Provider) -> Option<Answer<DecidedBy>>) -> Explained {
        let mut asked = Vec::with_capacity(self.providers.len());
        let mut decision = None;
        for (index, provider) in self.providers.iter().enumerate() {
            let said = if decision.is_some() {
                Said::NotAsked
            } else {
                match ask(&**provider) {
                    None => Said::NoHook,
                    Some(Answer::Now(verdict)) => Said::of(verdict),
                    Some(Answer::Later(answer)) => Said::of(self.in_time(index, answer).await),
                }
            };
            match &said {
                Said::Allow(by) => decision = Some(Ok(*by)),
                Said::Deny(refusal) => decision = Some(Err(refusal.clone())),
                Said::NoHook | Said::Next | Said::NotAsked => {}
            }
            let plugin = provider.plugin();
            asked.push(Asked { plugin, said });
        }
        let had_hook = asked.iter().any(|asked| asked.said == Said::Next);
        Explained {
            decision: decision.unwrap_or_else(|| Err(self.nobody(had_hook))),
            asked,
        }
    }
}

impl Said {
    fn of(verdict: Verdict<DecidedBy>) -> Self {
        match verdict {
            Verdict::Allow(by) => Self::Allow(by),
            Verdict::Refuse(refusal) => Self::Deny(refusal),
            Verdict::Next => Self::Next,
        }
    }
}
