//! The runner: commands that somebody has typed or chosen, one after the other, so that their answers come in order.

use super::board::Board;
use super::worker::said;
use crate::deed;
use crate::text::clean;
use crate::update::Event;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use vmq_admin::Client;

/// Commands that wait.
const WAITING_MAX: usize = 600;

/// How long one may take (admin.md 2.1).
const PATIENCE: Duration = Duration::from_secs(60);

/// A command, and whom it is for.
type Job = (PathBuf, Vec<String>);

/// The runner. Dropping it ends it behind the command that runs.
pub(super) struct Runner {
    jobs: SyncSender<Job>,
    board: Arc<Board>,
}

impl Runner {
    pub(super) fn new(board: Arc<Board>) -> Self {
        let (jobs, waiting) = sync_channel(WAITING_MAX);
        let own = Arc::clone(&board);
        thread::spawn(move || work(&waiting, &own));
        Self { jobs, board }
    }

    pub(super) fn run(&self, socket: &Path, argvs: Vec<Vec<String>>) {
        for argv in argvs {
            if let Err(refused) = self.jobs.try_send((socket.to_owned(), argv)) {
                let (std::sync::mpsc::TrySendError::Full((_, argv))
                | std::sync::mpsc::TrySendError::Disconnected((_, argv))) = refused;
                let text = "too many commands wait".to_owned();
                self.board.event(Event::Answer {
                    argv,
                    text,
                    is_good: false,
                });
            }
        }
    }
}

fn work(waiting: &Receiver<Job>, board: &Board) {
    let mut kept: Option<(PathBuf, Client)> = None;
    while let Ok((socket, argv)) = waiting.recv() {
        let client = kept
            .take()
            .filter(|(own, _)| *own == socket)
            .map(|(_, client)| client);
        let answer = match answer(client, &socket, &argv) {
            Ok((client, text, is_good)) => {
                kept = Some((socket, client));
                (text, is_good)
            }
            Err(text) => (text, false),
        };
        let (text, is_good) = answer;
        board.event(Event::Answer { argv, text, is_good });
    }
}

fn answer(client: Option<Client>, socket: &Path, argv: &[String]) -> Result<(Client, String, bool), String> {
    let command = deed::parse(argv)?;
    let mut client = match client {
        Some(client) => client,
        None => Client::connect(socket).map_err(|error| error.to_string())?,
    };
    let outcome = client
        .exec(command, Some(PATIENCE))
        .map_err(|error| error.to_string())?;
    let text: Vec<String> = said(&outcome).lines().map(clean).collect();
    Ok((client, text.join("\n"), outcome.exit == 0))
}
