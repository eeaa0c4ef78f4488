//! The hooks of a fuzzed broker.

use vmq_broker::hooks::{
    Answer, AuthStep, Authenticate, DecidedBy, Provider, Publish, Refusal, Register, Subscribe, Verdict,
};
use vmq_config::Plugin;

/// Refuses topics and filters below `no/`; wants one more round of an enhanced authentication without data.
pub(super) struct AllowMost;

impl AllowMost {
    fn verdict<T: Send + 'static>(is_allowed: bool, value: T) -> Option<Answer<T>> {
        let refusal = Refusal {
            reason: None,
            word: "not_authorized",
            by: DecidedBy::default(),
        };
        Some(Answer::Now(if is_allowed {
            Verdict::Allow(value)
        } else {
            Verdict::Refuse(refusal)
        }))
    }
}

impl Provider for AllowMost {
    fn plugin(&self) -> Plugin {
        Plugin::Acl
    }

    fn auth_on_register(&self, _request: &Register) -> Option<Answer<DecidedBy>> {
        Self::verdict(true, DecidedBy::default())
    }

    fn auth_on_publish(&self, request: &Publish<'_>) -> Option<Answer<DecidedBy>> {
        Self::verdict(!request.topic.starts_with("no/"), DecidedBy::default())
    }

    fn auth_on_subscribe(&self, request: &Subscribe) -> Option<Answer<DecidedBy>> {
        let is_allowed = request
            .topics
            .iter()
            .all(|(filter, _)| !filter.starts_with("no/"));
        Self::verdict(is_allowed, DecidedBy::default())
    }

    fn on_auth(&self, request: &Authenticate) -> Option<Answer<AuthStep>> {
        let step = match &request.data {
            None => AuthStep::Continue(None),
            Some(data) => AuthStep::Success(Some(data.clone())),
        };
        Self::verdict(request.method == "m", step)
    }
}
