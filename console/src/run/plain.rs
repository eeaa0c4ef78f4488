//! Without a terminal: a block of text for each picture.

use super::{Exit, complain, screen};
use crate::app::App;
use crate::feed::Feed;
use crate::once;
use crate::update::{Event, apply};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// A page as long as the broker gives.
const SIZE: (u16, u16) = (200, 172);

/// Prints the view so many times.
pub(super) fn run(mut app: App, socket: &Path, count: u32) -> Exit {
    let (wake, news) = sync_channel(1);
    let mut feed = Feed::new(
        socket,
        Box::new(move || {
            wake.try_send(()).ok();
        }),
    );
    apply(&mut app, Event::Resize(SIZE.0, SIZE.1));
    let interval = Duration::from_millis(app.interval_ms.into());
    for number in 0..count {
        let begun = Instant::now();
        apply(&mut app, screen::tick());
        if let Err(why) = once::look(&mut app, &mut feed, &news, begun) {
            complain(&format!("{}: {why}", socket.display()));
            return Exit::NoBroker;
        }
        let blank = if number > 0 { "\n" } else { "" };
        let mut out = io::stdout();
        // Who reads may have seen enough.
        if write!(out, "{blank}{}", once::text(&app))
            .and_then(|()| out.flush())
            .is_err()
        {
            return Exit::Left;
        }
        if number + 1 < count {
            std::thread::sleep(interval.saturating_sub(begun.elapsed()));
        }
    }
    match app.table().fault {
        Some(_) => Exit::Failed,
        None => Exit::Left,
    }
}
