//! Feed: gets from the broker what is wanted, over the admin socket and nothing else (console.md 7). One worker and one
//! connection for each place of the screen that needs something; what they bring waits on a board until the program looks.
//! The newest picture wins, and nothing queues up.

mod board;
mod worker;
mod runner;

use crate::place::{Place, Want};
use crate::update::Event;
use board::Board;
use runner::Runner;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use worker::Worker;

/// Told when there is something new.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// All workers.
pub struct Feed {
    socket: PathBuf,
    board: Arc<Board>,
    workers: BTreeMap<Place, Worker>,
    runner: Runner,
}

impl Feed {
    /// A feed of a broker; nothing is looked at yet.
    #[must_use]
    pub fn new(socket: &Path, wake: Wake) -> Self {
        let board = Arc::new(Board::new(wake));
        Self {
            socket: socket.to_owned(),
            runner: Runner::new(Arc::clone(&board)),
            board,
            workers: BTreeMap::new(),
        }
    }

    /// Looks at exactly this from now on.
    pub fn want(&mut self, wants: BTreeMap<Place, Want>) {
        self.workers.retain(|place, _| wants.contains_key(place));
        for (place, want) in wants {
            match self.workers.get(&place) {
                Some(worker) => worker.want(want),
                None => {
                    let worker = Worker::start(place, want, &self.socket, Arc::clone(&self.board));
                    self.workers.insert(place, worker);
                }
            }
        }
    }

    /// Runs commands, one after the other.
    pub fn run(&self, argvs: Vec<Vec<String>>) {
        self.runner.run(&self.socket, argvs);
    }

    /// Talks to another broker.
    pub fn switch(&mut self, socket: PathBuf) {
        self.workers.clear();
        self.socket = socket;
    }

    /// What is new since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<Event> {
        self.board.take()
    }
}
