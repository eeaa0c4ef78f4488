//! Terminals that can less: small ones, ASCII, no colours.

use crate::fixture::{bring, opened, press, screen};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use vmq_console::app::{Look, View};
use vmq_console::keys::Key;

#[test]
fn below_the_least_size_it_says_so() {
    for size in [(59, 24), (80, 14), (20, 5), (1, 1)] {
        let mut app = opened(size);
        bring(&mut app, true);
        let shown = screen(&app);
        assert!(
            size.0 < 50 || shown.contains("too small: at least 60×15"),
            "{shown}"
        );
        assert!(!shown.contains("Overview"), "{shown}");
    }
}

/// console.md 1: below 60x15 it refuses; above, every view draws something and nothing falls over.
#[test]
fn every_view_at_every_size() {
    for columns in (60..=200).step_by(20) {
        for lines in (15..=60).step_by(9) {
            for view in View::ALL {
                let mut app = opened((columns, lines));
                app.view = view;
                bring(&mut app, true);
                press(&mut app, &[Key::End, Key::Enter, Key::Down]);
                bring(&mut app, true);
                assert!(screen(&app).contains(app.view.title()), "{columns}x{lines}");
            }
        }
    }
}

#[test]
fn ascii_is_ascii() {
    for view in View::ALL {
        let mut app = opened((120, 40));
        app.look = Look {
            colours: false,
            ascii: true,
        };
        app.view = view;
        bring(&mut app, true);
        let shown = screen(&app);
        assert!(shown.is_ascii(), "{shown}");
    }
}

#[test]
fn without_colours_there_are_none() {
    let mut app = opened((120, 40));
    app.look = Look {
        colours: false,
        ascii: false,
    };
    for view in View::ALL {
        app.view = view;
        bring(&mut app, true);
        let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
        terminal
            .draw(|frame| vmq_console::view::draw(frame, &app))
            .unwrap();
        let buffer = terminal.backend().buffer();
        let is_plain = |cell: &ratatui::buffer::Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
        assert!(buffer.content().iter().all(is_plain));
    }
}
