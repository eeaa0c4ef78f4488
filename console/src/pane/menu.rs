//! The menu of what can be done with the selection, and the footer: both are rows of the table of keys.

use super::paint::Paint;
use crate::app::App;
use crate::keys::{Action, Binding};
use crate::table::Tone;
use crate::text::width;
use ratatui::layout::Rect;

/// Everything that can be done here with what is selected.
#[must_use]
pub fn entries(app: &App) -> Vec<&'static Binding> {
    let is_entry = |binding: &&Binding| {
        binding.group == "Acting"
            && (binding.acts || !binding.label.is_empty())
            && binding.action != Action::Menu
    };
    app.possible().filter(is_entry).collect()
}

/// The keys that work here, as many as there is room for. The last three are always there.
pub fn footer(paint: &mut Paint<'_>, area: Rect, app: &App) {
    const ALWAYS: [Action; 3] = [Action::Help, Action::Command, Action::Quit];
    let all: Vec<&Binding> = app
        .possible()
        .filter(|binding| !binding.label.is_empty())
        .collect();
    let (always, others): (Vec<&Binding>, Vec<&Binding>) = all
        .into_iter()
        .partition(|binding| ALWAYS.contains(&binding.action));
    let cells = |binding: &Binding| width(&key(app, binding)) + width(binding.label) + 3;
    let reserved: usize = always.iter().map(|binding| cells(binding)).sum();
    let mut room = usize::from(area.width).saturating_sub(reserved + 1);
    let mut shown: Vec<&Binding> = Vec::new();
    for binding in others {
        if cells(binding) <= room {
            room -= cells(binding);
            shown.push(binding);
        }
    }
    let mut x = area.x + 1;
    for binding in shown.into_iter().chain(always) {
        let tone = if app.may(binding) {
            Tone::Plain
        } else {
            Tone::Faint
        };
        let style = if app.may(binding) {
            paint.theme.title()
        } else {
            paint.theme.tone(Tone::Faint)
        };
        x = paint.put(x, area.y, 20, &key(app, binding), style) + 1;
        x = paint.say(x, area.y, 40, binding.label, tone) + 2;
    }
}

/// The first key of a binding.
#[must_use]
pub fn key(app: &App, binding: &Binding) -> String {
    app.keys_of(binding)
        .first()
        .map(|key| key.said(app.look.ascii))
        .unwrap_or_default()
}
