//! The least broker that carries the scenarios: it forwards bytes, answers acks, and checks nothing.
//!
//! It exists for two reasons: `ceiling` measures the generator against it, since a generator that is slower than
//! the broker measures itself; and the tests run every scenario without a broker installed. It keeps no state but
//! subscriptions: filters match whole topics or end in `/+`, every `$share` is of one group; packet ids are passed on as they
//! came.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

const READ_BYTES: usize = 64 * 1024;

/// A running reflector; dropping it stops its thread.
#[derive(Debug)]
pub(crate) struct Reflector {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Reflector {
    /// Listens on a free port of the loopback interface, on a thread of its own. With `lose_every`, each so many-th
    /// message of a connection is not forwarded: the tests want to see that noticed.
    pub(crate) fn start(lose_every: Option<NonZeroU64>) -> Result<Reflector> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("cannot listen on loopback")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = thread::Builder::new().name("reflector".into()).spawn(move || {
            let local = LocalSet::new();
            local.block_on(&runtime, async move {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, lose_every) => {}
                }
            });
        })?;
        Ok(Reflector {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Reflector {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// What waits to be written to one client.
#[derive(Default)]
struct Outbox {
    bytes: RefCell<Vec<u8>>,
    waker: Cell<Option<Waker>>,
}

impl Outbox {
    fn push(&self, bytes: &[u8]) {
        self.bytes.borrow_mut().extend_from_slice(bytes);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[derive(Default)]
struct Subscriptions {
    list: RefCell<Vec<(Vec<u8>, Rc<Outbox>)>>,
}

impl Subscriptions {
    fn route(&self, topic: &[u8]) -> Route {
        let mut route = Route {
            topic: topic.to_vec(),
            ..Route::default()
        };
        for (filter, outbox) in self.list.borrow().iter() {
            let unshared = filter.strip_prefix(SHARE);
            let own = unshared.unwrap_or(filter);
            let matches = match own.strip_suffix(b"+") {
                Some(prefix) => topic.starts_with(prefix),
                None => topic == own,
            };
            if matches {
                let receivers = if unshared.is_some() {
                    &mut route.group
                } else {
                    &mut route.everyone
                };
                receivers.push(Rc::clone(outbox));
            }
        }
        route
    }
}

/// The only group there is.
const SHARE: &[u8] = b"$share/group/";

/// A topic and who gets it: everyone, and one of the group in turn.
#[derive(Default)]
struct Route {
    topic: Vec<u8>,
    everyone: Vec<Rc<Outbox>>,
    group: Vec<Rc<Outbox>>,
}

async fn accept(listener: std::net::TcpListener, lose_every: Option<NonZeroU64>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let subscriptions = Rc::new(Subscriptions::default());
    while let Ok((stream, _)) = listener.accept().await {
        drop(stream.set_nodelay(true));
        let mut client = Client::new(stream, Rc::clone(&subscriptions), lose_every);
        tokio::task::spawn_local(async move {
            std::future::poll_fn(|cx| client.poll(cx)).await;
            client
                .subscriptions
                .list
                .borrow_mut()
                .retain(|(_, outbox)| !Rc::ptr_eq(outbox, &client.outbox));
        });
    }
}

struct Client {
    stream: TcpStream,
    subscriptions: Rc<Subscriptions>,
    outbox: Rc<Outbox>,
    /// Being written, from `written` on.
    writing: Vec<u8>,
    written: usize,
    input: Vec<u8>,
    filled: usize,
    /// Of the last publish.
    route: Route,
    v5: bool,
    lose_every: Option<NonZeroU64>,
    publishes: u64,
}

impl Client {
    fn new(stream: TcpStream, subscriptions: Rc<Subscriptions>, lose_every: Option<NonZeroU64>) -> Client {
        Client {
            stream,
            subscriptions,
            outbox: Rc::default(),
            writing: Vec::new(),
            written: 0,
            input: vec![0; READ_BYTES],
            filled: 0,
            route: Route::default(),
            v5: false,
            lose_every,
            publishes: 0,
        }
    }

    /// Ready when the client has gone.
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<()> {
        loop {
            self.outbox.waker.set(Some(cx.waker().clone()));
            if self.poll_write(cx).is_err() {
                return Poll::Ready(());
            }
            let mut into = ReadBuf::new(&mut self.input[self.filled..]);
            match Pin::new(&mut self.stream).poll_read(cx, &mut into) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !into.filled().is_empty() => self.filled += into.filled().len(),
                Poll::Ready(_) => return Poll::Ready(()),
            }
            if self.handle_all().is_none() {
                return Poll::Ready(());
            }
        }
    }

    fn poll_write(&mut self, cx: &mut TaskContext<'_>) -> std::io::Result<()> {
        loop {
            if self.written == self.writing.len() {
                self.writing.clear();
                self.written = 0;
                std::mem::swap(&mut self.writing, &mut self.outbox.bytes.borrow_mut());
                if self.writing.is_empty() {
                    return Ok(());
                }
            }
            match Pin::new(&mut self.stream).poll_write(cx, &self.writing[self.written..]) {
                Poll::Pending => return Ok(()),
                Poll::Ready(written) => self.written += written?,
            }
        }
    }

    /// `None`: the client is to be closed.
    fn handle_all(&mut self) -> Option<()> {
        let input = std::mem::take(&mut self.input);
        let mut at = 0;
        let mut open = Some(());
        while let Some((header, end)) = frame(&input[at..self.filled]) {
            let packet = &input[at..at + end];
            open = open.and(self.handle(packet, &packet[header..]));
            at += end;
        }
        self.input = input;
        self.input.copy_within(at..self.filled, 0);
        self.filled -= at;
        open
    }

    fn handle(&mut self, packet: &[u8], body: &[u8]) -> Option<()> {
        let first = *packet.first()?;
        match first >> 4 {
            1 => {
                self.v5 = body.get(6) == Some(&5);
                self.outbox.push(if self.v5 {
                    &[0x20, 3, 0, 0, 0]
                } else {
                    &[0x20, 2, 0, 0]
                });
            }
            3 => self.publish(first >> 1 & 3, packet, body)?,
            5 => self.reply(0x62, body)?,
            6 => self.reply(0x70, body)?,
            8 => self.subscribe(body)?,
            14 => return None,
            _ => {}
        }
        Some(())
    }

    fn reply(&self, first: u8, body: &[u8]) -> Option<()> {
        let id = body.first_chunk::<2>()?;
        self.outbox.push(&[first, 2, id[0], id[1]]);
        Some(())
    }

    fn publish(&mut self, qos: u8, packet: &[u8], body: &[u8]) -> Option<()> {
        let length = usize::from(u16::from_be_bytes(*body.first_chunk::<2>()?));
        let (topic, rest) = body.get(2..)?.split_at_checked(length)?;
        if self.route.topic != topic {
            self.route = self.subscriptions.route(topic);
        }
        self.publishes += 1;
        if self.lose_every.is_none_or(|every| self.publishes % every != 0) {
            for outbox in &self.route.everyone {
                outbox.push(packet);
            }
            let turn = usize::try_from(self.publishes).unwrap_or(0);
            if let Some(outbox) = turn
                .checked_rem(self.route.group.len())
                .and_then(|turn| self.route.group.get(turn))
            {
                outbox.push(packet);
            }
        }
        match qos {
            1 => self.reply(0x40, rest),
            2 => self.reply(0x50, rest),
            _ => Some(()),
        }
    }

    fn subscribe(&mut self, body: &[u8]) -> Option<()> {
        let (id, rest) = body.split_first_chunk::<2>()?;
        let rest = if self.v5 { rest.get(1..)? } else { rest };
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (filter, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let qos = *rest.first()?;
        self.subscriptions
            .list
            .borrow_mut()
            .push((filter.to_vec(), Rc::clone(&self.outbox)));
        if self.v5 {
            self.outbox.push(&[0x90, 4, id[0], id[1], 0, qos]);
        } else {
            self.outbox.push(&[0x90, 3, id[0], id[1], qos]);
        }
        Some(())
    }
}

/// Header bytes and whole bytes of the first packet, if it is complete. Packets longer than the buffer never are.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (at, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let header = at + 2;
            return (header + length <= bytes.len()).then_some((header, header + length));
        }
    }
    None
}
