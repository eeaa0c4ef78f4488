//! What the broker tells.

use super::Event;
use crate::app::{App, Follow, Said, Shown, View};
use crate::pane::detail::packets;
use crate::pane::tracing;
use crate::place::{Lines, Picture, Place, Source};
use crate::table::Tone;
use crate::text::clean;
use crate::wants::wants;
use vmq_admin::live::Topic;
use vmq_admin::{Access, Value};

/// Takes it in. What is no longer wanted came too late and is left.
pub(super) fn take(app: &mut App, event: Event) {
    match event {
        Event::Up(hello) => {
            app.read_only = app.looks_only || hello.access == Access::Read;
            app.link.hello = Some(hello);
            app.link.lost = None;
        }
        Event::Down(why) => {
            // Since when, and the first reason.
            app.link.lost.get_or_insert((app.now_ms, why));
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
            if place == Place::View(View::Sessions) {
                app.rates.take(&picture, app.interval_ms);
            }
            if place == Place::Beside {
                app.own_rates.take(&picture, app.interval_ms);
            }
            if let Some(Value::Text(names)) = picture.facts.get("mountpoints") {
                app.mountpoints = names.split('\n').map(str::to_owned).collect();
            }
            let shown = Shown {
                want,
                picture,
                at_ms,
                fault: None,
            };
            app.shown.insert(place, shown);
        }
        Event::Lines {
            place,
            want,
            lines,
            clocks,
        } if wants(app).get(&place) == Some(&want) => take_lines(app, place, lines, &clocks),
        Event::Fault { place, want, text } => {
            if wants(app).get(&place) != Some(&want) {
                return;
            }
            let text = told(&text);
            only_looks(app, &text);
            if place == Place::View(View::Sessions) {
                refused_filter(app, text);
            } else {
                let picture = Picture::default();
                let shown = Shown {
                    want,
                    picture,
                    at_ms: app.now_ms,
                    fault: None,
                };
                app.shown.entry(place).or_insert(shown).fault = Some(text);
            }
        }
        Event::Ended {
            place: Place::Trace(number),
            want,
        } if wants(app).get(&Place::Trace(number)) == Some(&want) => {
            let own = app.traces.iter_mut().filter(|trace| trace.number == number);
            own.for_each(|trace| trace.has_ended = true);
            app.say("the trace has ended", false);
        }
        _ => {}
    }
}

/// Who is refused something may look, as far as the broker lets him (admin.md 18.2): what he may not do is greyed out.
pub(super) fn only_looks(app: &mut App, text: &str) {
    if text.contains("Permission denied") {
        app.read_only = true;
    }
}

/// A refusal in one line. What exactly is wrong stands behind what was refused; it is what somebody wants to read first.
fn told(text: &str) -> String {
    let lines: Vec<String> = text.lines().rev().map(clean).collect();
    lines.join(" · ")
}

/// The last good expression stays in force: it is the one of what is on the screen.
fn refused_filter(app: &mut App, text: String) {
    let good = app
        .shown
        .get(&Place::View(View::Sessions))
        .and_then(|shown| match &shown.want.source {
            Source::Live(Topic::Sessions(page)) => Some(page.filter.clone()),
            _ => None,
        });
    let table = app.tables.entry(View::Sessions).or_default();
    table.fault = Some(text);
    if let Some(good) = good {
        table.filter = good;
    }
}

fn take_lines(app: &mut App, place: Place, lines: Lines, clocks: &[String]) {
    if app.paused {
        let missed = lines.left_out + lines.log.len() as u64 + lines.said.len() as u64;
        follow(app, place).left_out += missed;
        return;
    }
    match place {
        Place::View(View::Logs) => {
            app.log.left_out += lines.left_out;
            lines
                .log
                .into_iter()
                .zip(clocks)
                .for_each(|(line, clock)| app.log.push(said(line, clock)));
        }
        Place::Trace(_) => {
            app.traced.left_out += lines.left_out;
            for (nth, line) in lines.said.iter().enumerate() {
                app.traced.merge(tracing::said(line, clocks.get(nth)));
            }
        }
        Place::Near => {
            app.packets.left_out += lines.left_out;
            lines.said.iter().for_each(|line| packets::take(app, line));
        }
        _ => {}
    }
}

const fn follow(app: &mut App, place: Place) -> &mut Follow {
    match place {
        Place::Trace(_) => &mut app.traced,
        Place::Near => &mut app.packets,
        _ => &mut app.log,
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
        payload: String::new(),
        count: 1,
    }
}
