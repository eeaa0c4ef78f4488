//! How other tasks reach a connection: a bounded mailbox of one kick and one wake-up.
//!
//! Nothing is queued here. A kick stays the first one given; a wake-up is idempotent and costs one atomic swap while
//! the connection is awake anyway.

pub mod asked;
pub mod facts;

use crate::events::CloseReason;
pub use asked::Asked;
use atomic_waker::AtomicWaker;
pub use facts::{Facts, Login};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Poll, Waker};

/// Serial number of a connection, unique in this run of the broker.
pub type ConnectionId = u64;

static NEXT_CONNECTION: AtomicU64 = AtomicU64::new(1);

/// Why a connection is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kick {
    TakenOver = 1,
    ServerShutdown = 2,
    /// An operator wants it.
    Administrative = 3,
    /// The same, and nothing of the session is to outlive it.
    AdministrativeForget = 4,
}

/// Why a connection looks at its subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Recheck {
    /// Some were removed from outside: what waits for them is not delivered.
    Removed = 1,
    /// The rules have changed: they are to be authorised again.
    Ask = 2,
}

/// A connection's mailbox; shared by the connection, its queue and the admin surface.
#[derive(Debug)]
pub struct Mailbox {
    pub connection: ConnectionId,
    /// `1.2.3.4:5678`, `[::1]:5678` or `local`.
    pub peer: Arc<str>,
    waker: AtomicWaker,
    awake: AtomicBool,
    /// A `Kick`, 0 = none, and above its byte the number of the user who wanted it, plus one.
    kick: AtomicU64,
    /// A `Recheck`; 0 = none.
    recheck: AtomicU8,
    /// Somebody waits in `Inquiries`.
    asked: AtomicBool,
    /// The history of the client has this connect.
    connect_told: AtomicBool,
    /// Exchanges towards the client that are not finished, as of the connection's last turn.
    waiting_acks: AtomicU16,
    /// Messages that the session has taken from the queue and not sent, likewise.
    parked: AtomicU16,
    /// Bytes of the socket, in and out, as of the connection's last turn.
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// PUBLISH packets, in and out, likewise.
    messages_in: AtomicU64,
    messages_out: AtomicU64,
    facts: OnceLock<Facts>,
}

impl Mailbox {
    /// A mailbox with a fresh connection number, of a connection without an address.
    #[must_use]
    pub fn new() -> Self {
        Self::at(Arc::from("local"))
    }

    /// The same for a connection with an address.
    #[must_use]
    pub fn at(peer: Arc<str>) -> Self {
        Self {
            connection: NEXT_CONNECTION.fetch_add(1, Ordering::Relaxed),
            peer,
            waker: AtomicWaker::new(),
            awake: AtomicBool::new(true),
            kick: AtomicU64::new(0),
            recheck: AtomicU8::new(0),
            asked: AtomicBool::new(false),
            connect_told: AtomicBool::new(false),
            waiting_acks: AtomicU16::new(0),
            parked: AtomicU16::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            messages_in: AtomicU64::new(0),
            messages_out: AtomicU64::new(0),
            facts: OnceLock::new(),
        }
    }

    /// Wakes the connection unless it is awake already.
    pub fn wake(&self) {
        if !self.awake.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    /// Tells the connection to end. The first reason stays.
    pub fn kick(&self, why: Kick) {
        self.kick_for(why, None);
    }

    /// The same, in the name of an operator.
    pub fn kick_for(&self, why: Kick, uid: Option<u32>) {
        let who = uid.map_or(0, |uid| u64::from(uid) + 1);
        let value = who << 8 | u64::from(why as u8);
        if self
            .kick
            .compare_exchange(0, value, Ordering::AcqRel, Ordering::Acquire)
            .is_err()
        {
            return;
        }
        self.awake.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Whether the session must not outlive its connection.
    #[must_use]
    pub fn forgets(&self) -> bool {
        self.kick_byte() == u64::from(Kick::AdministrativeForget as u8)
    }

    /// The operator in whose name the connection was told to end.
    #[must_use]
    pub fn kicked_by(&self) -> Option<u32> {
        let who = self.kick.load(Ordering::Acquire) >> 8;
        u32::try_from(who.checked_sub(1)?).ok()
    }

    fn kick_byte(&self) -> u64 {
        self.kick.load(Ordering::Acquire) & 0xff
    }

    /// Whether the connect is still to be told in the history of the client; yes once.
    #[must_use]
    pub fn tells_connect(&self) -> bool {
        self.facts.get().is_some() && !self.connect_told.swap(true, Ordering::Relaxed)
    }

    /// Whether the history of the client does not have the connect yet.
    #[must_use]
    pub fn has_untold_connect(&self) -> bool {
        !self.connect_told.load(Ordering::Relaxed)
    }

    /// Tells who is connected. Once; a second call changes nothing.
    pub fn introduce(&self, facts: Facts) {
        self.facts.get_or_init(|| facts);
    }

    /// Who is connected; `None` = CONNECT is being looked at.
    #[must_use]
    pub fn facts(&self) -> Option<&Facts> {
        self.facts.get()
    }

    /// Notes how many exchanges towards the client are not finished, and how many messages wait for one.
    pub fn set_waiting(&self, acks: usize, parked: usize) {
        let set =
            |count: &AtomicU16, to| count.store(u16::try_from(to).unwrap_or(u16::MAX), Ordering::Relaxed);
        set(&self.waiting_acks, acks);
        set(&self.parked, parked);
    }

    /// Messages that the session had taken and not sent when that was noted last.
    #[must_use]
    pub fn parked(&self) -> u16 {
        self.parked.load(Ordering::Relaxed)
    }

    /// The exchanges noted last.
    #[must_use]
    pub fn waiting_acks(&self) -> u16 {
        self.waiting_acks.load(Ordering::Relaxed)
    }

    /// Notes bytes that have come. Called by the connection alone, once for all that it reads at a time.
    pub fn add_bytes_in(&self, count: u64) {
        add(&self.bytes_in, count);
    }

    /// Notes bytes that have left, likewise.
    pub fn add_bytes_out(&self, count: u64) {
        add(&self.bytes_out, count);
    }

    /// Notes PUBLISH packets that have come, those that are refused included, likewise.
    pub fn add_messages_in(&self, count: u64) {
        add(&self.messages_in, count);
    }

    /// Notes PUBLISH packets that were given to the socket, likewise.
    pub fn add_messages_out(&self, count: u64) {
        add(&self.messages_out, count);
    }

    /// Bytes that have come and left, CONNECT included.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        let load = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed);
        (load(&self.bytes_in), load(&self.bytes_out))
    }

    /// PUBLISH packets that have come and left.
    #[must_use]
    pub fn messages(&self) -> (u64, u64) {
        let load = |messages: &AtomicU64| messages.load(Ordering::Relaxed);
        (load(&self.messages_in), load(&self.messages_out))
    }

    /// Asks the connection to look at its subscriptions. Asking the rules covers that some were removed.
    pub fn recheck(&self, what: Recheck) {
        self.recheck.fetch_max(what as u8, Ordering::AcqRel);
        self.wake();
    }

    /// What was asked for; answers once.
    pub fn take_recheck(&self) -> Option<Recheck> {
        if self.recheck.load(Ordering::Relaxed) == 0 {
            return None;
        }
        match self.recheck.swap(0, Ordering::AcqRel) {
            0 => None,
            1 => Some(Recheck::Removed),
            _ => Some(Recheck::Ask),
        }
    }

    /// Wakes the connection for an inquiry.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether there are inquiries; answers once.
    #[must_use]
    pub fn take_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && self.asked.swap(false, Ordering::AcqRel)
    }

    /// The reason for which the connection was told to end, if it was.
    #[must_use]
    pub fn kicked(&self) -> Option<CloseReason> {
        match self.kick_byte() {
            0 => None,
            1 => Some(CloseReason::TakenOver),
            2 => Some(CloseReason::ServerShutdown),
            _ => Some(CloseReason::Administrative),
        }
    }

    /// Called by the connection whenever it looks for work: wake-ups from now on count again. Returns whether there was one
    /// since the last call.
    pub fn rest(&self, waker: &Waker) -> bool {
        // Also when nobody has woken us: a wake-up is two steps, and the second one may come after our last look and have used
        // up the waker that we left then.
        self.waker.register(waker);
        // A read-modify-write, so that whatever was set before a wake-up is seen after it.
        self.is_awake() && self.awake.swap(false, Ordering::AcqRel)
    }

    /// Waits until the connection is told to end.
    pub async fn until_kicked(&self) {
        std::future::poll_fn(|cx| {
            self.waker.register(cx.waker());
            if self.kicked().is_some() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// Whether somebody has woken the connection since `rest`.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        self.awake.load(Ordering::Acquire)
    }
}

/// There is one writer, so that it need not be one step.
fn add(counter: &AtomicU64, count: u64) {
    if count > 0 {
        let before = counter.load(Ordering::Relaxed);
        counter.store(before + count, Ordering::Relaxed);
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Wake;

    #[derive(Default)]
    struct Counting(AtomicU64);

    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// decisions 25: every connection has one of these, and most of them are idle.
    #[test]
    fn it_is_small() {
        // With the counts of its `Arc` it fits into 192 bytes, a size of the allocator.
        assert!(size_of::<Mailbox>() <= 176, "{}", size_of::<Mailbox>());
    }

    #[test]
    fn the_first_kick_stays() {
        let mailbox = Mailbox::new();
        assert_eq!((mailbox.kicked(), mailbox.forgets()), (None, false));
        mailbox.kick_for(Kick::Administrative, Some(u32::MAX));
        mailbox.kick(Kick::TakenOver);
        mailbox.kick(Kick::AdministrativeForget);
        assert_eq!(
            (mailbox.kicked(), mailbox.forgets()),
            (Some(CloseReason::Administrative), false)
        );
        assert_eq!(mailbox.kicked_by(), Some(u32::MAX));
        let mailbox = Mailbox::new();
        mailbox.kick(Kick::AdministrativeForget);
        assert_eq!(mailbox.kicked_by(), None);
        assert_eq!(
            (mailbox.kicked(), mailbox.forgets()),
            (Some(CloseReason::Administrative), true)
        );
    }

    /// Another thread stood still between the two steps of `wake` while the connection took its work, and goes on after that.
    /// With the waker used up the next wake-up reached nobody: a subscriber got nothing more until it sent something itself.
    #[test]
    fn a_late_wake_up_does_not_use_up_the_next_one() {
        let mailbox = Mailbox::new();
        let woken = Arc::new(Counting::default());
        let waker = Waker::from(Arc::clone(&woken));
        assert!(mailbox.rest(&waker), "a new connection looks for work");
        mailbox.awake.store(true, Ordering::Release);
        assert!(mailbox.rest(&waker), "the first step was taken");
        mailbox.waker.wake();
        assert!(
            !mailbox.rest(&waker),
            "the second step comes when nothing is left to do"
        );
        mailbox.wake();
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        assert!(mailbox.rest(&waker));
    }
}
