//! What the broker tells.

use super::Event;
use crate::app::{App, Said, Shown, View};
use crate::pane::tracing;
use crate::place::{Lines, Place};
use crate::table::Tone;
use crate::text::clean;
use crate::wants::wants;

/// Takes it in. What is no longer wanted came too late and is left.
pub(super) fn take(app: &mut App, event: Event) {
    match event {
        Event::Up(hello) => {
            app.link.hello = Some(hello);
            app.link.lost = None;
        }
        Event::Down(why) => {
            if app.link.lost.is_none() {
                app.link.lost = Some((app.now_ms, why));
            }
        }
        Event::Picture { place, want, picture } => {
            // Whoever has stopped the screen still sees what he goes on to.
            let is_new = app
                .shown
                .get(&place)
                .is_none_or(|shown| shown.want.source != want.source);
            let is_still = app.paused && !is_new;
            if is_still || wants(app).get(&place) != Some(&want) {
                return;
            }
            let at_ms = app.now_ms;
            let shown = Shown {
                want,
                picture,
                at_ms,
                fault: None,
            };
            app.shown.insert(place, shown);
            if let Some(table) = crate::pane::table_mut(app).filter(|_| place == Place::View(View::Sessions))
            {
                table.fault = None;
            }
        }
        Event::Lines {
            place,
            want,
            lines,
            clocks,
        } => {
            if !app.paused && wants(app).get(&place) == Some(&want) {
                take_lines(app, place, lines, &clocks);
            }
        }
        Event::Fault { place, want, text } => {
            if wants(app).get(&place) != Some(&want) {
                return;
            }
            let text = clean(&text);
            if place == Place::View(View::Sessions) {
                // The last good expression stays in force, and what it has found on the screen.
                app.table_mut().fault = Some(text);
            } else {
                let picture = Default::default();
                let at_ms = app.now_ms;
                app.shown
                    .entry(place)
                    .or_insert(Shown {
                        want,
                        picture,
                        at_ms,
                        fault: None,
                    })
                    .fault = Some(text);
            }
        }
        Event::Ended {
            place: Place::Trace(number),
            want,
        } => {
            if wants(app).get(&Place::Trace(number)) == Some(&want) {
                app.traces
                    .iter_mut()
                    .filter(|trace| trace.number == number)
                    .for_each(|trace| trace.has_ended = true);
                app.say("the trace has ended", false);
            }
        }
        _ => {}
    }
}

fn take_lines(app: &mut App, place: Place, lines: Lines, clocks: &[String]) {
    match place {
        Place::View(View::Logs) => {
            app.log.left_out += lines.left_out;
            lines
                .log
                .into_iter()
                .zip(clocks)
                .for_each(|(line, clock)| app.log.push(said(line, clock)));
        }
        Place::Beside => {
            app.events.left_out += lines.left_out;
            lines
                .log
                .into_iter()
                .zip(clocks)
                .for_each(|(line, clock)| app.events.push_or_count(said(line, clock)));
        }
        Place::Trace(_) => {
            app.traced.left_out += lines.left_out;
            for line in &lines.said {
                app.traced.push(tracing::said(line));
            }
        }
        _ => {}
    }
}

fn said(line: vmq_admin::live::LogLine, clock: &str) -> Said {
    let tone = match line.level.as_str() {
        "debug" => Tone::Faint,
        "info" | "notice" => Tone::Plain,
        "warning" => Tone::Warn,
        _ => Tone::Bad,
    };
    Said {
        at_ms: u64::try_from(line.time_us / 1000).unwrap_or(0),
        clock: clock.to_owned(),
        mark: line.level,
        tone,
        client_id: line.client_id,
        text: clean(&line.text),
        count: 1,
    }
}
