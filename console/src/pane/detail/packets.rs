//! The last packets of the session that is open. The broker keeps none: a trace of the client runs for as long as its history is
//! on the screen, within bounds, and ends with it.

use crate::app::App;
use crate::deed;
use crate::pane::paint::Paint;
use crate::pane::{lines, tracing};
use crate::place::Source;
use crate::table::Tone;
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use vmq_admin::Command;
use vmq_admin::command::trace::Trace;

/// Lines that are kept.
const KEPT_MAX: usize = 200;

/// What the trace may say: what goes beyond is left out, and told.
const TRACE: [&str; 8] = [
    "trace",
    "client",
    "client-id=x",
    "--json",
    "--on-limit=sample",
    "--rate-max=20",
    "--rate-interval=1000",
    "--trunc-payload=200",
];

/// Lines that they have on this screen.
#[must_use]
pub const fn height(lines: u16) -> u16 {
    match lines {
        0..30 => 9,
        30..50 => 18,
        _ => 30,
    }
}

/// The trace; `None` = it is not for who only looks.
#[must_use]
pub fn source(app: &App, mountpoint: &str, client_id: &str) -> Option<Source> {
    let mut command = deed::parse(&deed::argv(&TRACE)).ok().filter(|_| !app.read_only)?;
    if let Command::Trace(Trace::Client { client, .. }) = &mut command {
        client.client_ids = vec![exactly(client_id)];
        mountpoint.clone_into(&mut client.mountpoint);
    }
    Some(Source::Stream(command))
}

/// A client may have a name that means others as well.
fn exactly(client_id: &str) -> String {
    match client_id.starts_with('~') || client_id.contains('*') {
        true => format!("~^{}$", regex::escape(client_id)),
        false => client_id.to_owned(),
    }
}

/// Takes a line of the trace in.
pub fn take(app: &mut App, line: &str) {
    let mut said = tracing::said(line, None);
    // Whose packets they are stands above.
    let name = said.client_id.take();
    if let Some(rest) = name.and_then(|name| {
        said.text
            .strip_prefix(&crate::text::clean(&name))
            .map(str::to_owned)
    }) {
        rest.trim_start().clone_into(&mut said.text);
    }
    app.packets.push(said);
    let too_many = app.packets.lines.len().saturating_sub(KEPT_MAX);
    app.packets.lines.drain(..too_many);
}

/// Draws the newest of them.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    paint.rule(area, area.y);
    let (title, empty) = match app.read_only {
        true => ("", "packets are not for who only looks"),
        false => (
            " packets, as they come · a trace runs while this is open ",
            "waiting for a packet …",
        ),
    };
    paint.say(
        area.x + 2,
        area.y,
        usize::from(area.width) - 3,
        title,
        Tone::Faint,
    );
    let below = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    lines::draw(frame, below, app, &app.packets, empty, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_client() {
        assert_eq!(exactly("pump-1.x"), "pump-1.x");
        assert_eq!(exactly("~a"), r"~^\~a$");
        assert_eq!(exactly("a*"), r"~^a\*$");
    }
}
