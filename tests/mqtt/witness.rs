//! A provider that lets everybody in and remembers who asked: what hooks are told of a client.

use harness::{BrokerBuilder, TestBroker};
use std::sync::{Arc, Mutex};
use vmq_broker::hooks::{Answer, DecidedBy, Provider, Register, Verdict};
use vmq_config::Plugin;

/// What the hooks were told of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub client_id: String,
    pub username: Option<String>,
    /// `None` = the CONNECT has none, which is not the same as an empty one.
    pub password: Option<Vec<u8>>,
    pub peer: String,
}

/// Clients in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness(Arc<Mutex<Vec<Seen>>>);

impl Witness {
    /// A builder whose broker asks this witness and nobody else.
    pub(crate) fn builder() -> (Self, BrokerBuilder) {
        let witness = Self::default();
        let builder = TestBroker::builder().closed().provider(Arc::new(witness.clone()));
        (witness, builder)
    }

    /// The only client since the last question.
    pub(crate) fn only(&self) -> Seen {
        let mut seen = self.0.lock().unwrap();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }

    /// Whether nobody came since the last question.
    pub(crate) fn saw_nobody(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
}

impl Provider for Witness {
    fn plugin(&self) -> Plugin {
        Plugin::Diversity
    }

    fn auth_on_register(&self, request: &Register) -> Option<Answer<DecidedBy>> {
        let identity = &request.identity;
        self.0.lock().unwrap().push(Seen {
            client_id: identity.subscriber.client_id.to_string(),
            username: identity.username.as_deref().map(str::to_owned),
            password: request.password.as_ref().map(|password| password.0.to_vec()),
            peer: identity.peer.to_string(),
        });
        Some(Answer::Now(Verdict::Allow(DecidedBy::default())))
    }
}
