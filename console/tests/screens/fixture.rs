//! A broker that is none: pictures as the feed would bring them.

mod busy;
mod near;

pub(crate) use busy::metric;
use busy::{busy, log, traced};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use vmq_admin::live::Topic;
use vmq_admin::wire::{Hello, State};
use vmq_admin::{Access, Value};
use vmq_console::app::{App, Look, View};
use vmq_console::keys::Key;
use vmq_console::place::{Lines, Picture, Place, Source};
use vmq_console::settings::Settings;
use vmq_console::update::{Effect, Event, apply};
use vmq_console::wants::wants;

/// The time of the fixture, in milliseconds.
pub(crate) const NOW_MS: u64 = 1_700_000_000_000;

/// Sizes of console.md 11.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// A console that has just been opened.
pub(crate) fn opened(size: (u16, u16)) -> App {
    let look = Look {
        colours: true,
        ascii: false,
    };
    let mut app = App::new(Settings::default(), look, size);
    let hello = Hello {
        v: 1,
        node: "VerneMQ@10.0.0.5".to_owned(),
        version: "2.0.1".to_owned(),
        pid: 7,
        state: State::Running,
        access: Access::Full,
    };
    apply(
        &mut app,
        Event::Tick {
            now_ms: NOW_MS,
            clock: "12:04:31".to_owned(),
        },
    );
    apply(&mut app, Event::Up(hello));
    app
}

/// Presses keys; gives what they ask of the program.
pub(crate) fn press(app: &mut App, keys: &[Key]) -> Vec<Effect> {
    keys.iter().flat_map(|key| apply(app, Event::Key(*key))).collect()
}

/// Types a text.
pub(crate) fn type_in(app: &mut App, text: &str) -> Vec<Effect> {
    text.chars()
        .flat_map(|character| apply(app, Event::Key(Key::Char(character))))
        .collect()
}

/// Brings everything that is wanted: of a broker that has much to do, or nothing.
pub(crate) fn bring(app: &mut App, is_busy: bool) {
    for (place, want) in wants(app) {
        let event = match (&want.source, place) {
            (Source::Live(Topic::Log(_)), _) => Event::Lines {
                place,
                want,
                clocks: vec!["12:04:29".to_owned(), "12:04:30".to_owned()],
                lines: if is_busy { log() } else { Lines::default() },
            },
            (Source::Stream(_), _) => Event::Lines {
                place,
                want,
                clocks: Vec::new(),
                lines: if is_busy { traced() } else { Lines::default() },
            },
            (source, _) => {
                let mut picture = if is_busy {
                    busy(source, place, app.view)
                } else {
                    Picture::default()
                };
                if place == Place::Header && !is_busy {
                    picture.rows = vec![metric("system_wallclock", "", 5_000, 1000.0)];
                }
                if matches!(place, Place::View(View::Sessions) | Place::Beside) {
                    let (want, picture) = (want.clone(), a_second_before(&picture));
                    apply(app, Event::Picture { place, want, picture });
                }
                Event::Picture { place, want, picture }
            }
        };
        apply(app, event);
    }
}

/// The same sessions, before they have sent and got some messages.
fn a_second_before(picture: &Picture) -> Picture {
    let mut before = picture.clone();
    before.taken_ms = NOW_MS - 1000;
    for (nth, row) in (0_i64..).zip(&mut before.rows) {
        for (name, value) in &mut row.0 {
            if let ("messages_in" | "messages_out", Value::Number(number)) = (name.as_str(), value) {
                *number -= if name == "messages_in" {
                    nth * 37 % 200
                } else {
                    nth * 7 % 12
                };
            }
        }
    }
    before
}

/// The screen as text; blanks at the end of lines are left out.
pub(crate) fn screen(app: &App) -> String {
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    terminal
        .draw(|frame| vmq_console::view::draw(frame, app))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y: u16| {
        let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..buffer.area.height).map(line).collect::<Vec<_>>().join("\n")
}
