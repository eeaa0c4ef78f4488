//! The loop: wait, take every key, then the newest data, draw once.

use super::{Exit, complain};
use crate::app::App;
use crate::feed::Feed;
use crate::terminal::{Guard, Reader};
use crate::update::{Effect, Event, apply};
use crate::view;
use crate::wants::wants;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use jiff::ZonedDateTime;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs::OpenOptions;
use std::io::{self, Stdout, Write as _, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Keys that wait.
const WAITING_MAX: usize = 256;

/// The clock and the signals are looked at this often.
const LOOK: Duration = Duration::from_millis(250);

/// Data alone is drawn at most this often; keys at once.
const DRAW: Duration = Duration::from_millis(80);

/// As long as this behind a key, data is what it has asked for, and is drawn at once.
const ANSWER: Duration = Duration::from_millis(500);

/// What wakes the loop.
enum Signal {
    Raw(crossterm::event::Event),
    News,
    /// There is no terminal any more.
    Over,
}

/// The screen and what it is made of.
struct Screen {
    app: App,
    feed: Feed,
    terminal: Terminal<CrosstermBackend<Stdout>>,
    reader: Reader,
    signals: Receiver<Signal>,
    asked_to_go: Arc<AtomicBool>,
    drawn: Instant,
    pressed: Instant,
}

/// Runs until somebody leaves.
pub(super) fn run(app: App, socket: &Path, with_mouse: bool) -> Exit {
    let mouse = with_mouse && app.settings.mouse;
    let result = Guard::take(mouse).and_then(|guard| {
        let result = open(app, socket).and_then(|mut screen| screen.run());
        drop(guard);
        result
    });
    match result {
        Ok(()) => Exit::Left,
        Err(error) => {
            complain(&format!("the terminal: {error}"));
            Exit::Failed
        }
    }
}

fn open(mut app: App, socket: &Path) -> io::Result<Screen> {
    let (sender, signals) = sync_channel(WAITING_MAX);
    let news = sender.clone();
    // A full channel wakes the loop as well.
    let feed = Feed::new(socket, Box::new(move || drop(news.try_send(Signal::News))));
    std::thread::spawn(move || read(&sender));
    let asked_to_go = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGHUP, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&asked_to_go))?;
    }
    let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let size = terminal.size()?;
    apply(&mut app, Event::Resize(size.width, size.height));
    apply(&mut app, tick());
    Ok(Screen {
        app,
        feed,
        terminal,
        reader: Reader::default(),
        signals,
        asked_to_go,
        drawn: Instant::now(),
        pressed: Instant::now(),
    })
}

fn read(sender: &SyncSender<Signal>) {
    while let Ok(event) = crossterm::event::read() {
        if sender.send(Signal::Raw(event)).is_err() {
            return;
        }
    }
    sender.send(Signal::Over).ok();
}

/// The time.
pub(super) fn tick() -> Event {
    let now = ZonedDateTime::now();
    Event::Tick {
        now_ms: u64::try_from(now.timestamp().as_millisecond()).unwrap_or(0),
        clock: now.strftime("%H:%M:%S").to_string(),
    }
}

impl Screen {
    fn run(&mut self) -> io::Result<()> {
        self.draw()?;
        while !self.app.is_over && !self.asked_to_go.load(Ordering::Relaxed) {
            self.feed.want(wants(&self.app));
            let (keys, has_news) = self.wait();
            let has_keys = !keys.is_empty();
            if has_keys {
                self.pressed = Instant::now();
            }
            for event in keys {
                self.apply(event)?;
            }
            self.feed.want(wants(&self.app));
            // Whether it was told or not: who tells may have found no room.
            let news = self.feed.take();
            let has_news = has_news || !news.is_empty();
            for event in news {
                self.apply(event)?;
            }
            let clock = self.app.clock.clone();
            self.apply(tick())?;
            if has_keys || has_news || clock != self.app.clock {
                self.draw()?;
            }
        }
        Ok(())
    }

    /// Every key that is there, and whether there is news.
    fn wait(&mut self) -> (Vec<Event>, bool) {
        let (mut events, mut has_news) = (Vec::new(), false);
        let mut patience = LOOK;
        loop {
            match self.signals.recv_timeout(patience) {
                Ok(Signal::Raw(raw)) => events.extend(self.reader.events(raw)),
                Ok(Signal::News) => has_news = true,
                Ok(Signal::Over) | Err(RecvTimeoutError::Disconnected) => {
                    self.app.is_over = true;
                    return (events, has_news);
                }
                Err(RecvTimeoutError::Timeout) => return (events, has_news),
            }
            // What is there already is taken along; news waits for its turn to be drawn.
            patience = match events.is_empty() {
                true if self.pressed.elapsed() > ANSWER => DRAW.saturating_sub(self.drawn.elapsed()),
                true => Duration::ZERO,
                false => Duration::ZERO,
            };
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let app = &self.app;
        self.terminal.draw(|frame| view::draw(frame, app))?;
        self.drawn = Instant::now();
        Ok(())
    }

    fn apply(&mut self, event: Event) -> io::Result<()> {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in apply(&mut self.app, event) {
                match effect {
                    Effect::Run(argvs) => self.feed.run(argvs),
                    Effect::Copy(text) => copy(&text)?,
                    Effect::Write { path, text } => events.push(Event::Written(write(path, &text))),
                    Effect::Switch(socket) => {
                        self.app.socket = socket.display().to_string();
                        self.feed.switch(socket);
                    }
                    Effect::Redraw => self.terminal.clear()?,
                }
            }
        }
        Ok(())
    }
}

/// Asks the terminal to put a text into the clipboard (OSC 52): it does so on the machine that the terminal is on.
fn copy(text: &str) -> io::Result<()> {
    let mut out = stdout();
    write!(out, "\u{1b}]52;c;{}\u{7}", BASE64_STANDARD.encode(text))?;
    out.flush()
}

/// Writes a file that is not there yet.
fn write(path: PathBuf, text: &str) -> Result<PathBuf, String> {
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written
        .map(|()| path.clone())
        .map_err(|error| format!("{}: {error}", path.display()))
}
