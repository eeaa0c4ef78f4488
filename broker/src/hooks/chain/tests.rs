//! Who decides, and what the client is told when nobody does.

use super::explain::Said;
use super::{Chain, DEADLINE, Hooks};
use crate::hooks::{
    Answer, AuthStep, Authenticate, DecidedBy, Identity, Provider, Publish, Refusal, Register, Subscribe,
    Verdict,
};
use crate::registry::SubscriberId;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::Instant;
use vmq_config::Plugin;
use vmq_mqtt::{QoS, ReasonCode};

/// What a provider of these tests does with every hook.
#[derive(Clone, Copy)]
enum Does {
    NotHave,
    Pass,
    Allow,
    Refuse,
    AllowLater,
    Hang,
}

struct Scripted {
    plugin: Plugin,
    does: Does,
    asked: AtomicUsize,
}

impl Scripted {
    fn answer<T: Send + 'static>(&self, value: T) -> Option<Answer<T>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Some(match self.does {
            Does::NotHave => return None,
            Does::Pass => Answer::Now(Verdict::Next),
            Does::Allow => Answer::Now(Verdict::Allow(value)),
            Does::Refuse => Answer::Now(Verdict::Refuse(refusal())),
            Does::AllowLater => Answer::Later(Box::pin(async {
                tokio::task::yield_now().await;
                Verdict::Allow(value)
            })),
            Does::Hang => Answer::Later(Box::pin(std::future::pending())),
        })
    }

    fn by(&self) -> DecidedBy {
        DecidedBy {
            plugin: Some(self.plugin),
            line: None,
        }
    }
}

impl Provider for Scripted {
    fn plugin(&self) -> Plugin {
        self.plugin
    }

    fn auth_on_register(&self, _request: &Register) -> Option<Answer<DecidedBy>> {
        self.answer(self.by())
    }

    fn auth_on_publish(&self, _request: &Publish<'_>) -> Option<Answer<DecidedBy>> {
        self.answer(self.by())
    }

    fn auth_on_subscribe(&self, _request: &Subscribe) -> Option<Answer<DecidedBy>> {
        self.answer(self.by())
    }

    fn on_auth(&self, _request: &Authenticate) -> Option<Answer<AuthStep>> {
        self.answer(AuthStep::Success(None))
    }
}

fn refusal() -> Refusal {
    Refusal {
        reason: Some(ReasonCode::Banned),
        word: "banned",
        by: DecidedBy::default(),
    }
}

fn identity() -> Identity {
    Identity {
        subscriber: SubscriberId::new("", "c"),
        username: None,
        peer: Arc::from("local"),
        m5: true,
    }
}

fn scripted(does: &[(Plugin, Does)]) -> Vec<Arc<Scripted>> {
    does.iter()
        .map(|&(plugin, does)| {
            Arc::new(Scripted {
                plugin,
                does,
                asked: AtomicUsize::new(0),
            })
        })
        .collect()
}

fn hooks(providers: &[Arc<Scripted>]) -> Hooks {
    Hooks::new(
        providers
            .iter()
            .map(|provider| Arc::clone(provider) as Arc<dyn Provider>)
            .collect(),
    )
}

fn chain(does: &[(Plugin, Does)]) -> Chain {
    hooks(&scripted(does)).chain(None)
}

async fn publish(chain: &Chain) -> Result<Option<Plugin>, &'static str> {
    let identity = identity();
    let request = Publish {
        identity: &identity,
        topic: "a",
        payload: b"",
        qos: QoS::AtMostOnce,
        retain: false,
    };
    chain
        .auth_on_publish(&request)
        .await
        .map(|by| by.plugin)
        .map_err(|refusal| refusal.word)
}

async fn register(chain: &Chain) -> Result<Option<Plugin>, &'static str> {
    let request = Register {
        identity: identity(),
        password: None,
        clean_start: true,
    };
    chain
        .auth_on_register(&request)
        .await
        .map(|by| by.plugin)
        .map_err(|refusal| refusal.word)
}

async fn subscribe(chain: &Chain) -> Result<Option<Plugin>, &'static str> {
    let request = Subscribe {
        identity: identity(),
        topics: vec![("a".into(), QoS::AtMostOnce)],
    };
    chain
        .auth_on_subscribe(&request)
        .await
        .map(|by| by.plugin)
        .map_err(|refusal| refusal.word)
}

/// What `authz check` tells is what clients get.
async fn assert_explained(chain: &Chain, expected: Result<Option<Plugin>, &'static str>) {
    let identity = identity();
    let request = Publish {
        identity: &identity,
        topic: "a",
        payload: b"",
        qos: QoS::AtMostOnce,
        retain: false,
    };
    let publish = chain.explain_publish(&request).await;
    let subscribe = chain
        .explain_subscribe(&Subscribe {
            identity: identity.clone(),
            topics: vec![("a".into(), QoS::AtMostOnce)],
        })
        .await;
    assert_eq!(publish, subscribe);
    let decision = publish
        .decision
        .map(|by| by.plugin)
        .map_err(|refusal| refusal.word);
    assert_eq!(decision, expected);
}

/// The same rules hold for every hook.
async fn assert_each(chain: &Chain, expected: Result<Option<Plugin>, &'static str>) {
    assert_explained(chain, expected).await;
    assert_eq!(publish(chain).await, expected);
    assert_eq!(register(chain).await, expected);
    assert_eq!(subscribe(chain).await, expected);
}

/// Only who waits is timed, whichever chain it is.
#[tokio::test]
async fn waits_are_timed() {
    let hooks = hooks(&scripted(&[
        (Plugin::Passwd, Does::Pass),
        (Plugin::Acl, Does::AllowLater),
    ]));
    let (all, acl_only) = (hooks.chain(None), hooks.chain(Some(&[Plugin::Acl])));
    let at_once = hooks.chain(Some(&[Plugin::Passwd]));
    assert_eq!(register(&at_once).await, Err("plugin_chain_exhausted"));
    assert_eq!(hooks.durations().count, 0);
    assert_eq!(register(&all).await, Ok(Some(Plugin::Acl)));
    assert_eq!(publish(&acl_only).await, Ok(Some(Plugin::Acl)));
    assert_eq!(hooks.durations().count, 2);
}

#[tokio::test]
async fn the_first_answer_counts() {
    use Does::{Allow, AllowLater, NotHave, Pass, Refuse};
    let (one, two) = (Plugin::Passwd, Plugin::Acl);
    for (does, expected) in [
        ([Allow, Refuse], Ok(Some(one))),
        ([Refuse, Allow], Err("banned")),
        ([Pass, Allow], Ok(Some(two))),
        ([NotHave, Allow], Ok(Some(two))),
        ([Pass, Refuse], Err("banned")),
        ([AllowLater, Refuse], Ok(Some(one))),
        ([Pass, AllowLater], Ok(Some(two))),
        ([Pass, Pass], Err("plugin_chain_exhausted")),
        ([NotHave, Pass], Err("plugin_chain_exhausted")),
        ([NotHave, NotHave], Err("no_matching_hook_found")),
    ] {
        assert_each(&chain(&[(one, does[0]), (two, does[1])]), expected).await;
    }
    assert_each(&chain(&[]), Err("no_matching_hook_found")).await;
}

#[tokio::test]
async fn nobody_is_asked_after_the_decision() {
    let providers = scripted(&[(Plugin::Passwd, Does::Allow), (Plugin::Acl, Does::Refuse)]);
    assert_each(&hooks(&providers).chain(None), Ok(Some(Plugin::Passwd))).await;
    let asked: Vec<_> = providers
        .iter()
        .map(|provider| provider.asked.load(Ordering::Relaxed))
        .collect();
    assert_eq!(asked, [5, 0], "three packets, and two that are explained");
}

#[tokio::test]
async fn a_refusal_is_passed_on_as_it_is() {
    let chain = chain(&[(Plugin::Acl, Does::Refuse)]);
    let request = Register {
        identity: identity(),
        password: None,
        clean_start: true,
    };
    assert_eq!(chain.auth_on_register(&request).await, Err(refusal()));
}

#[tokio::test]
async fn a_listener_asks_its_own_plugins_in_its_own_order() {
    let all = scripted(&[
        (Plugin::Passwd, Does::Allow),
        (Plugin::Acl, Does::Refuse),
        (Plugin::Webhooks, Does::NotHave),
    ]);
    let hooks = hooks(&all);
    assert_each(&hooks.chain(Some(&[Plugin::Acl, Plugin::Passwd])), Err("banned")).await;
    assert_each(&hooks.chain(Some(&[Plugin::Passwd])), Ok(Some(Plugin::Passwd))).await;
    // A listener that names its plugins is told that the chain is exhausted, whatever they have.
    for only in [&[Plugin::Webhooks][..], &[Plugin::Diversity], &[]] {
        assert_each(&hooks.chain(Some(only)), Err("plugin_chain_exhausted")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_refuses() {
    let providers = scripted(&[(Plugin::Webhooks, Does::Hang), (Plugin::Acl, Does::Allow)]);
    let chain = hooks(&providers).chain(None);
    let start = Instant::now();
    let request = Register {
        identity: identity(),
        password: None,
        clean_start: true,
    };
    let refusal = chain.auth_on_register(&request).await.unwrap_err();
    assert_eq!(start.elapsed(), DEADLINE);
    assert_eq!(
        (refusal.word, refusal.by.plugin),
        ("hook_timeout", Some(Plugin::Webhooks))
    );
    assert_eq!(refusal.reason, None);
    assert_eq!(providers[1].asked.load(Ordering::Relaxed), 0, "fail closed");
}

#[tokio::test]
async fn enhanced_authentication_knows_whether_anybody_has_the_hook() {
    let request = Authenticate {
        identity: identity(),
        method: "m".into(),
        data: None,
    };
    let step = |does| {
        let chain = chain(&[(Plugin::Diversity, does)]);
        let request = request.clone();
        async move { chain.on_auth(&request).await }
    };
    assert_eq!(step(Does::NotHave).await, None);
    assert_eq!(step(Does::Allow).await, Some(Ok(AuthStep::Success(None))));
    assert_eq!(step(Does::Refuse).await, Some(Err(refusal())));
    assert_eq!(
        step(Does::Pass).await.unwrap().unwrap_err().word,
        "plugin_chain_exhausted"
    );
}

/// hooks.md 12: everybody who has it is told.
#[test]
fn all_are_told_that_a_topic_is_unsubscribed() {
    struct Told(parking_lot::Mutex<Vec<String>>);
    impl Provider for Told {
        fn plugin(&self) -> Plugin {
            Plugin::Webhooks
        }
        fn on_topic_unsubscribed(&self, subscriber: &SubscriberId, topic: &str) {
            self.0.lock().push(format!("{} {topic}", subscriber.client_id));
        }
    }
    let told = Arc::new(Told(parking_lot::Mutex::default()));
    let hooks = Hooks::new(vec![Arc::clone(&told) as Arc<dyn Provider>, told.clone()]);
    hooks.on_topic_unsubscribed(&SubscriberId::new("", "x"), "a/#");
    assert_eq!(*told.0.lock(), ["x a/#", "x a/#"]);
}

#[tokio::test]
async fn an_explanation_names_everybody() {
    let chain = chain(&[
        (Plugin::Webhooks, Does::NotHave),
        (Plugin::Passwd, Does::Pass),
        (Plugin::Acl, Does::Refuse),
        (Plugin::Diversity, Does::Allow),
    ]);
    let identity = identity();
    let request = Publish {
        identity: &identity,
        topic: "a",
        payload: b"",
        qos: QoS::AtMostOnce,
        retain: false,
    };
    let explained = chain.explain_publish(&request).await;
    let said: Vec<_> = explained.asked.into_iter().map(|asked| asked.said).collect();
    assert_eq!(
        said,
        [Said::NoHook, Said::Next, Said::Deny(refusal()), Said::NotAsked]
    );
}
