//! Questions and answers, word for word (monitoring.md 8.4).

use super::*;
use crate::hooks::{DecidedBy, Password};
use crate::registry::SubscriberId;
use bytes::Bytes;
use std::sync::Arc;
use vmq_admin::command::trace::TracePayload;
use vmq_mqtt::{QoS, SubscribeOptions};

fn identity(m5: bool) -> Identity {
    Identity {
        subscriber: SubscriberId::new("", "client"),
        username: Some(Arc::from("username")),
        peer: Arc::from("172.17.0.1:34274"),
        m5,
    }
}

fn calling(call: Call<'_>, properties: Option<&Properties>) -> String {
    let payloads = Payloads {
        form: TracePayload::Text,
        bytes_max: 3,
    };
    Calling {
        call,
        properties,
        payloads,
    }
    .to_string()
}

#[test]
fn register() {
    let request = |m5| Register {
        identity: identity(m5),
        password: Some(Password(Bytes::from_static(b"secret"))),
        clean_start: true,
    };
    assert_eq!(
        calling(Call::Register(&request(false)), None),
        "Calling auth_on_register({{172,17,0,1},34274},{[],<<\"client\">>},username,pw_no_print,true) "
    );
    let properties = Properties {
        receive_maximum: Some(3),
        ..Properties::default()
    };
    assert_eq!(
        calling(Call::Register(&request(true)), Some(&properties)),
        "Calling auth_on_register_m5({{172,17,0,1},34274},{[],<<\"client\">>},username,pw_no_print,true) \n    \
         with properties: #{p_receive_max => 3}"
    );
}

#[test]
fn peers() {
    assert_eq!(Peer("[::1]:5").to_string(), "{{0,0,0,0,0,0,0,1},5}");
    assert_eq!(Peer("local").to_string(), "{local,<<>>}");
}

#[test]
fn publish_and_subscribe() {
    let (v4, v5) = (identity(false), identity(true));
    let asked = |identity| Publish {
        identity,
        topic: "a/b",
        payload: b"hello",
        qos: QoS::AtLeastOnce,
        retain: true,
    };
    let rest = "(username,{[],<<\"client\">>},1,a/b,true) with payload:\n    hel (truncated)";
    assert_eq!(
        calling(Call::Publish(&asked(&v4)), None),
        format!("Calling auth_on_publish{rest}")
    );
    assert_eq!(
        calling(Call::Publish(&asked(&v5)), None),
        format!("Calling auth_on_publish_m5{rest}")
    );
    let filters = [SubscribeFilter {
        filter: "t".into(),
        options: SubscribeOptions::default(),
    }];
    assert_eq!(
        calling(Call::Subscribe(&v4, &filters), None),
        "Calling auth_on_subscribe(username,{[],<<\"client\">>}) with topics:\n    q:0, t: \"t\""
    );
    assert_eq!(
        calling(Call::Subscribe(&v5, &filters), None),
        "Calling auth_on_subscribe_m5(username,{[],<<\"client\">>}) with topics:\n    \
         q:0, no_local:false, rap:false, rh:send_retain\n    t: \"t\""
    );
}

#[test]
fn enhanced_authentication_hides_its_data() {
    let request = Authenticate {
        identity: identity(true),
        method: "m".into(),
        data: Some(Bytes::from_static(b"secret")),
    };
    let properties = crate::hooks::auth_properties(&request.method, request.data.clone());
    assert_eq!(
        calling(Call::Auth(&request), Some(&properties)),
        "Calling on_auth_m5(username,{[],<<\"client\">>})\n    with properties: \
         #{p_authentication_data => <<\"redacted\">>,p_authentication_method => <<\"m\">>}"
    );
}

#[test]
fn answers() {
    let refusal = Refusal {
        reason: None,
        word: "invalid_credentials",
        by: DecidedBy::default(),
    };
    let text = |answer: Returned<'_>| answer.to_string();
    assert_eq!(text(Returned::from(&Ok::<(), _>(()))), "Hook returned \"ok\"");
    assert_eq!(
        text(Returned::from(&Err::<(), _>(refusal))),
        "Hook returned {error,invalid_credentials}"
    );
    assert_eq!(
        text(Returned::from(&None::<Result<AuthStep, Refusal>>)),
        "Hook returned {error,no_matching_hook_found}"
    );
    assert_eq!(
        text(Returned::from(&Some(Ok(AuthStep::Continue(None))))),
        "Hook returned \"ok\" with modifiers:\n    {reason_code,continue_authentication}"
    );
}
