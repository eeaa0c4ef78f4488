//! `vmq-admin topic publish`: a message in the broker's own name. It takes the way of every publish.

use super::{Admin, Answer};
use crate::message::Message;
use crate::publish::publish_own;
use std::sync::Arc;
use std::time::Instant;
use vmq_admin::Element;
use vmq_admin::command::publish::Publish;
use vmq_mqtt::{QoS, topic};

/// Runs the command.
pub(super) fn run(admin: &Admin, wanted: &Publish) -> Result<Answer, Answer> {
    let broker = admin.broker()?;
    let core = broker.core();
    let levels_max = core.session_config().topic_max_depth;
    if topic::check_name(&wanted.topic, levels_max).is_err() {
        return Err(Answer::alert("No valid topic given."));
    }
    let qos = QoS::from_u8(wanted.qos).ok_or_else(|| Answer::alert("No valid QoS given."))?;
    let mut message = Message::new(&wanted.topic, wanted.payload.as_bytes(), qos, wanted.retain);
    message.received_at = Some(Instant::now());
    let count = core.router.count_matching(&wanted.mountpoint, &wanted.topic);
    publish_own(core, &Arc::from(&*wanted.mountpoint), Arc::new(message));
    let text = match count {
        1 => "Published, 1 subscription matches".to_owned(),
        many => format!("Published, {many} subscriptions match"),
    };
    Ok(Answer::of(vec![Element::text(text)]))
}
