//! A worker: looks at one thing until another is wanted, over a connection of its own, and connects again by itself. It
//! is the only one that waits for the broker, so that a slow one never holds up a key.

use super::board::Board;
use crate::place::{Picture, Place, Source, Want};
use crate::update::Event;
use jiff::Timestamp;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;
use vmq_admin::client::{Canceller, ClientError, Next};
use vmq_admin::live::{Subscribe, Topic, View};
use vmq_admin::render::{Style, render};
use vmq_admin::{Client, Element, Outcome};

/// How long an answer may take, beside the time between two pictures.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two tries to connect: at first, and at last.
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// After a refusal.
const PAUSE_REFUSED: Duration = Duration::from_secs(2);

/// What a worker is told.
struct Order {
    want: Option<Want>,
    canceller: Option<Canceller>,
}

struct Shared {
    order: Mutex<Order>,
    changed: Condvar,
}

/// A worker. Dropping it ends its work.
pub(super) struct Worker(Arc<Shared>);

struct Work {
    place: Place,
    shared: Arc<Shared>,
    board: Arc<Board>,
    socket: PathBuf,
}

impl Worker {
    pub(super) fn start(place: Place, want: Want, socket: &Path, board: Arc<Board>) -> Self {
        let order = Mutex::new(Order {
            want: Some(want),
            canceller: None,
        });
        let shared = Arc::new(Shared {
            order,
            changed: Condvar::new(),
        });
        let work = Work {
            place,
            shared: Arc::clone(&shared),
            board,
            socket: socket.to_owned(),
        };
        thread::spawn(move || work.run());
        Self(shared)
    }

    /// Looks at this from now on.
    pub(super) fn want(&self, want: Want) {
        if self.0.lock().want.as_ref() != Some(&want) {
            self.0.set(Some(want));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn set(&self, want: Option<Want>) {
        let mut order = self.lock();
        order.want = want;
        let canceller = order.canceller.take();
        drop(order);
        if let Some(canceller) = canceller {
            // A broker that is gone is noticed by who reads.
            canceller.cancel().ok();
        }
        self.changed.notify_all();
    }

    fn is_wanted(&self, want: &Want) -> bool {
        self.lock().want.as_ref() == Some(want)
    }

    /// Keeps what ends the work that has just begun. `false` = something else is wanted by now.
    fn keep(&self, canceller: Canceller, want: &Want) -> bool {
        let mut order = self.lock();
        let is_wanted = order.want.as_ref() == Some(want);
        if is_wanted {
            order.canceller = Some(canceller);
        }
        is_wanted
    }

    /// Waits as long as this is wanted, and at most so long; `true` = it still is.
    fn wait(&self, want: &Want, most: Duration) -> bool {
        let order = self.lock();
        let waited = self
            .changed
            .wait_timeout_while(order, most, |order| order.want.as_ref() == Some(want));
        waited
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .0
            .want
            .as_ref()
            == Some(want)
    }
}

impl Work {
    fn run(&self) {
        let mut kept: Option<Client> = None;
        let mut pause = PAUSE_MIN;
        loop {
            let Some(want) = self.shared.lock().want.clone() else {
                return;
            };
            let connected = match kept.take() {
                Some(client) => Ok(client),
                None => Client::connect(&self.socket)
                    .inspect(|client| self.link(Event::Up(client.hello().clone()))),
            };
            let served = connected.and_then(|mut client| match self.serve(&mut client, &want) {
                Ok(()) => Ok(client),
                Err(error) => Err(error),
            });
            match served {
                Ok(client) => {
                    pause = PAUSE_MIN;
                    kept = Some(client);
                }
                Err(error) => {
                    self.link(Event::Down(error.to_string()));
                    self.unanswered(&want, &error);
                    self.shared.wait(&want, pause);
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    /// A broker that is older than the console ends the connection when it is asked what it does not know.
    fn unanswered(&self, want: &Want, error: &ClientError) {
        if matches!(want.source, Source::Poll(_)) && self.shared.is_wanted(want) {
            let (place, want, text) = (self.place, want.clone(), error.to_string());
            self.board.event(Event::Fault { place, want, text });
        }
    }

    /// One of them tells whether the broker is there.
    fn link(&self, event: Event) {
        if self.place == Place::Header {
            self.board.link(event);
        }
    }

    /// Looks until something else is wanted.
    fn serve(&self, client: &mut Client, want: &Want) -> Result<(), ClientError> {
        match &want.source {
            Source::Live(topic) => self.live(client, want, topic.clone()),
            Source::Poll(command) => loop {
                let outcome = client.exec(command.clone(), Some(PATIENCE))?;
                self.outcome(want, outcome);
                if !self
                    .shared
                    .wait(want, Duration::from_millis(want.interval_ms.into()))
                {
                    return Ok(());
                }
            },
            Source::Stream(command) => {
                let started = client.start(command.clone(), None)?;
                if !self.shared.keep(started.canceller()?, want) {
                    started.canceller()?.cancel()?;
                }
                let outcome = started.finish(|_, text| {
                    self.board.said(self.place, want, text);
                    ControlFlow::Continue(())
                })?;
                if self.shared.is_wanted(want) {
                    said(&outcome)
                        .lines()
                        .for_each(|line| self.board.said(self.place, want, line));
                    self.board.event(Event::Ended {
                        place: self.place,
                        want: want.clone(),
                    });
                    while self.shared.wait(want, Duration::from_secs(3600)) {}
                }
                Ok(())
            }
        }
    }

    fn live(&self, client: &mut Client, want: &Want, topic: Topic) -> Result<(), ClientError> {
        let is_log = matches!(topic, Topic::Log(_));
        let interval = Duration::from_millis(want.interval_ms.into());
        let mut looking = client.subscribe(
            Subscribe {
                interval_ms: want.interval_ms,
                topic,
            },
            PATIENCE,
        )?;
        if !self.shared.keep(looking.canceller()?, want) {
            looking.canceller()?.cancel()?;
        }
        loop {
            match looking.next(interval + PATIENCE)? {
                Next::View(view) if is_log => self.board.log(self.place, want, &view.lines, view.left_out),
                Next::View(view) => self.board.picture(self.place, want, picture(view)),
                Next::Ended(outcome) if self.shared.is_wanted(want) => {
                    let (place, want, text) = (self.place, want.clone(), said(&outcome));
                    self.board.event(Event::Fault {
                        place,
                        want: want.clone(),
                        text,
                    });
                    self.shared.wait(&want, PAUSE_REFUSED);
                    return Ok(());
                }
                Next::Ended(_) => return Ok(()),
            }
        }
    }

    fn outcome(&self, want: &Want, outcome: Outcome) {
        let (place, want) = (self.place, want.clone());
        if outcome.exit != 0 {
            let text = said(&outcome);
            self.board.event(Event::Fault { place, want, text });
            return;
        }
        let mut picture = Picture {
            notes: outcome.lines.into_iter().map(|(_, line)| line).collect(),
            ..Picture::default()
        };
        for element in outcome.elements {
            if let Element::Table(rows) = element {
                picture.rows = rows;
            }
        }
        self.board.picture(place, &want, picture);
    }
}

fn picture(view: &View) -> Picture {
    Picture {
        facts: view.facts().clone(),
        rows: view.rows().map(|(_, row)| row.clone()).collect(),
        history: view.history.values.clone(),
        notes: Vec::new(),
        until: view.history.until,
        taken_ms: u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0),
    }
}

/// What an answer says, as a shell would show it.
pub(super) fn said(outcome: &Outcome) -> String {
    let rendered = render(&outcome.elements, Style::default());
    let lines: String = outcome
        .lines
        .iter()
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    [rendered.out, rendered.err, lines].concat().trim_end().to_owned()
}
