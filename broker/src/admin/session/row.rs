//! Row: the values of one row of `session show`, and the rows that one queue has (admin.md 6.1, "Row expansion").

use super::super::query::Cell;
use super::glance::Glance;
use super::plan::Plan;
use super::stored::{Pages, StoredMessage, TooSlow};
use crate::mailbox::{Facts, Mailbox};
use crate::queue::Queue;
use crate::router::Subscription;
use crate::store::Store;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use vmq_admin::command::session::Field;
use vmq_admin::command::session::fields::Group;
use vmq_config::DeliverMode;

/// A subscription with its filter.
type Own = (Arc<str>, Subscription);

/// One, nearly always: a search looks at every queue, and allocates for few.
type Few<T> = SmallVec<[T; 1]>;

/// What a row is about.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    node: &'a str,
    glance: &'a Glance<'a>,
    session: Option<&'a Mailbox>,
    subscription: Option<&'a Own>,
    message: Option<&'a StoredMessage>,
}

/// Calls `each` for every row of a queue that is wanted, until it says `false`.
///
/// # Errors
/// The messages of the client could not be read in time, or not at all.
pub(super) fn each_row(
    plan: &Plan,
    store: &dyn Store,
    queue: &Queue,
    each: &mut dyn FnMut(&Context<'_>) -> bool,
) -> Result<(), TooSlow> {
    let glance = Glance::now(queue);
    let context = Context::of(plan, &glance);
    if !plan.passes(Group::Queue, &context) {
        return Ok(());
    }
    if !plan.per_message {
        rows_of(plan, context, &[None], each);
        return Ok(());
    }
    if !glance.look().persistent {
        return Ok(());
    }
    let mut pages = Pages::new(store, queue.id, plan.rowtimeout);
    while let Some(page) = pages.next()? {
        let page: Vec<Option<&StoredMessage>> = page.iter().map(Some).collect();
        if !rows_of(plan, context, &page, each) {
            break;
        }
    }
    Ok(())
}

/// Whether a queue can have rows, as far as it can be told without the disk; and how many, unless they are messages.
pub(super) fn count_rows(plan: &Plan, queue: &Queue) -> u64 {
    let glance = Glance::at(queue);
    let context = Context::of(plan, &glance);
    if !plan.passes(Group::Queue, &context) || (plan.per_message && !glance.look().persistent) {
        return 0;
    }
    if plan.per_message {
        return 1;
    }
    // The rule, and a million times that of a search: one row, and nothing but the expression to ask.
    if plan.has_expression_only() && !(plan.per_session && glance.has_members()) {
        return plan.passes_filter(&context).into();
    }
    let mut count = 0;
    rows_of(plan, context, &[None], &mut |_| {
        count += 1;
        true
    });
    count
}

/// The rows of the sessions, subscriptions and messages of a queue; `false` = no more are wanted.
fn rows_of<'a>(
    plan: &Plan,
    queue: Context<'a>,
    messages: &[Option<&'a StoredMessage>],
    each: &mut dyn FnMut(&Context<'_>) -> bool,
) -> bool {
    let mut sessions = Few::from([queue.session]);
    if plan.per_session && queue.glance.has_members() {
        let attached = &queue.glance.look().sessions;
        sessions = attached.iter().map(|mailbox| Some(&**mailbox)).collect();
    }
    let own = match plan.per_subscription {
        true => queue.glance.queue.subscriptions.list(),
        false => Vec::new(),
    };
    let subscriptions: Few<Option<&Own>> = match plan.per_subscription {
        true => own.iter().map(Some).collect(),
        false => Few::from([None]),
    };
    for session in sessions {
        let of_session = Context { session, ..queue };
        if !plan.passes(Group::Session, &of_session) {
            continue;
        }
        for subscription in &subscriptions {
            let of_subscription = Context {
                subscription: *subscription,
                ..of_session
            };
            if !plan.passes(Group::Subscription, &of_subscription) {
                continue;
            }
            for message in messages {
                let row = Context {
                    message: *message,
                    ..of_subscription
                };
                let wanted = plan.passes(Group::Message, &row) && plan.passes_filter(&row);
                if wanted && !each(&row) {
                    return false;
                }
            }
        }
    }
    true
}

impl<'a> Context<'a> {
    /// A queue and its first session.
    pub(super) fn of(plan: &'a Plan, glance: &'a Glance<'a>) -> Self {
        Self {
            node: &plan.node,
            glance,
            session: glance.session(),
            subscription: None,
            message: None,
        }
    }

    /// What tells the row from all others for as long as it is there: nothing that a client can name has a zero in it.
    pub(super) fn identity(&self) -> String {
        let subscriber = &self.glance.queue.subscriber;
        let mut identity = format!("{}\0{}", subscriber.mountpoint, subscriber.client_id);
        if self.glance.has_members()
            && let Some(session) = self.session
        {
            identity.push_str(&format!("\0{}", session.connection));
        }
        if let Some((filter, _)) = self.subscription {
            identity.push_str(&format!("\0{filter}"));
        }
        identity
    }

    /// The value of a field.
    pub(super) fn cell(&self, field: Field) -> Cell<'a> {
        match field.group() {
            Group::Queue => self.of_queue(field),
            Group::Session => self.of_session(field),
            Group::Subscription => self.of_subscription(field),
            Group::Message => self.message.map_or(Cell::Missing, |message| message.cell(field)),
        }
    }

    fn of_queue(&self, field: Field) -> Cell<'a> {
        let Self { glance, .. } = *self;
        let (queue, look) = (glance.queue, || glance.look());
        match field {
            Field::Node => text(self.node),
            Field::Mountpoint => text(&queue.subscriber.mountpoint),
            Field::ClientId => text(&queue.subscriber.client_id),
            Field::QueuePid => handle(queue.id.0),
            Field::QueueSize => {
                let (online, offline) = glance.waiting();
                Cell::Number(online + offline)
            }
            Field::IsOffline => Cell::Flag(glance.is_offline()),
            Field::IsOnline => Cell::Flag(!glance.is_offline()),
            Field::Statename => Cell::Word(look().state.name().into()),
            Field::DeliverMode => Cell::Word(
                match look().deliver_mode {
                    DeliverMode::Fanout => "fanout",
                    DeliverMode::Balance => "balance",
                }
                .into(),
            ),
            Field::OfflineMessages => Cell::Number(glance.waiting().1),
            Field::OnlineMessages => Cell::Number(glance.waiting().0),
            Field::NumSessions => Cell::Number(look().sessions.len() as u64),
            Field::CleanSession => Cell::Flag(!look().persistent),
            // Bridges and their like have no queue in this version.
            Field::IsPlugin => Cell::Flag(false),
            Field::QueueStartedAt => Cell::Number(queue.started_at),
            Field::SubscriptionsCount => Cell::Number(queue.subscriptions.len() as u64),
            Field::DroppedMessages => Cell::Number(queue.dropped_messages()),
            _ => Cell::Missing,
        }
    }

    fn of_session(&self, field: Field) -> Cell<'a> {
        let Some(session) = self.session else {
            return Cell::Missing;
        };
        match (field, session.facts()) {
            (Field::SessionPid, _) => handle(session.connection),
            (Field::WaitingAcks, _) => Cell::Number(session.waiting_acks().into()),
            (Field::BytesIn, _) => Cell::Number(session.bytes().0),
            (Field::BytesOut, _) => Cell::Number(session.bytes().1),
            (Field::MessagesIn, _) => Cell::Number(session.messages().0),
            (Field::MessagesOut, _) => Cell::Number(session.messages().1),
            (_, None) => Cell::Missing,
            (Field::PeerHost | Field::PeerPort, Some(_)) => of_peer(field, &session.peer),
            (_, Some(facts)) => of_facts(field, facts),
        }
    }

    fn of_subscription(&self, field: Field) -> Cell<'a> {
        let Some((filter, subscription)) = self.subscription else {
            return Cell::Missing;
        };
        // Clients of older versions have no such options.
        let option = |flag| match subscription.m5 {
            true => Cell::Flag(flag),
            false => Cell::Missing,
        };
        match field {
            Field::Topic => text(filter),
            Field::Qos => Cell::Number(subscription.qos.as_u8().into()),
            Field::Rap => option(subscription.retain_as_published),
            Field::NoLocal => option(subscription.no_local),
            _ => Cell::Missing,
        }
    }
}

fn of_peer(field: Field, peer: &str) -> Cell<'_> {
    let address = peer.parse::<SocketAddr>();
    match (field, address) {
        (Field::PeerPort, address) => Cell::Number(address.map_or(0, |address| address.port().into())),
        (_, Ok(address)) => Cell::Text(Cow::Owned(address.ip().to_canonical().to_string())),
        (_, Err(_)) => text(peer),
    }
}

fn of_facts(field: Field, facts: &Facts) -> Cell<'_> {
    match field {
        Field::User => facts.username.as_deref().map_or(Cell::Undefined, text),
        Field::Protocol => Cell::Number(facts.level.byte().into()),
        Field::SessionStartedAt => Cell::Number(facts.started_at),
        Field::SessionExpiryInterval => Cell::Number(facts.expiry_secs.into()),
        Field::KeepAlive => Cell::Number(facts.keep_alive_secs.into()),
        Field::Listener => text(&facts.listener.name),
        Field::TlsCn => facts.tls_cn().map(|name| &**name).map_or(Cell::Undefined, text),
        _ => Cell::Missing,
    }
}

fn text(text: &str) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(text))
}

/// As handles stand in the log.
fn handle(number: u64) -> Cell<'static> {
    Cell::Word(Cow::Owned(format!("<0.{number}.0>")))
}
