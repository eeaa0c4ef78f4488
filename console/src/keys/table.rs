//! The table of the keys. The first rows of a place stand in its footer as far as there is room.

use super::{Action, Binding, Key, Where};
use crate::app::View;

const GO: &str = "Views";
const MOVE: &str = "Moving";
const FIND: &str = "Finding";
const ACT: &str = "Acting";
const SCREEN: &str = "The screen";

const fn look(
    name: &'static str,
    keys: &'static [Key],
    action: Action,
    at: Where,
    label: &'static str,
    about: &'static str,
    group: &'static str,
) -> Binding {
    Binding {
        name,
        keys,
        action,
        at,
        label,
        about,
        group,
        acts: false,
    }
}

const fn act(
    name: &'static str,
    keys: &'static [Key],
    action: Action,
    at: Where,
    label: &'static str,
    about: &'static str,
) -> Binding {
    Binding {
        name,
        keys,
        action,
        at,
        label,
        about,
        group: ACT,
        acts: true,
    }
}

const fn view(name: &'static str, key: &'static [Key], view: View) -> Binding {
    look(name, key, Action::Show(view), Where::EVERYWHERE, "", "", GO)
}

/// Where there is something to go into.
const OPENS: Where = Where::OVERVIEW
    .or(Where::SESSIONS)
    .or(Where::HOT)
    .or(Where::TRACES)
    .or(Where::TOPICS)
    .or(Where::LOGS);
/// Where there is something to go back from.
const INSIDE: Where = Where::SESSION.or(Where::TRACING).or(Where::TOPICS);
/// Where Left and Right choose something.
const CHOOSES: Where = Where::HOT.or(Where::SESSION).or(Where::TOPICS);
const FILTERED: Where = Where::TABLES.or(Where::LINES);
/// Where something has a name worth copying.
const NAMED: Where = Where::ROWS.or(Where::LINES).or(Where::FACTS);

/// Every key of the console (console.md 3).
#[rustfmt::skip] // It is a table: a row is a row.
pub const BINDINGS: &[Binding] = &[
    look("open", &[Key::Enter], Action::Open, OPENS, "open", "go in: open what is selected", MOVE),
    look("back", &[Key::Esc, Key::Backspace], Action::Back, INSIDE, "back", "go back", MOVE),
    look("left", &[Key::Left, Key::Char('h')], Action::Left, CHOOSES, "", "the list or part before", MOVE),
    look("right", &[Key::Right, Key::Char('l')], Action::Right, CHOOSES,
        "next", "the next list or part", MOVE),
    look("filter", &[Key::Char('/')], Action::Filter, FILTERED,
        "filter", "show only what matches an expression", FIND),
    act("trace", &[Key::Char('t')], Action::Trace, Where::CLIENT.or(Where::TOPICS).or(Where::HOT_TOPICS).or(Where::LINES),
        "trace", "show every packet of the selected client or topic"),
    look("fold", &[Key::Char('f')], Action::Fold, Where::TRACING,
        "payloads", "hide the payloads, or show them again", FIND),
    act("disconnect", &[Key::Char('d')], Action::Disconnect, Where::CLIENT,
        "disconnect", "disconnect the client"),
    look("clear_filter", &[Key::Char('n')], Action::ClearFilter, FILTERED, "", "show everything again", FIND),
    look("sort", &[Key::Char('s')], Action::NextOrder, Where::TABLES,
        "sort", "order by the next column", FIND),
    look("reverse", &[Key::Char('S')], Action::ReverseOrder, Where::TABLES, "", "the other way round", FIND),
    look("columns", &[Key::Char('c')], Action::Columns, Where::TABLES,
        "columns", "choose the columns", FIND),
    look("level", &[Key::Char('v')], Action::Level, Where::LOGS,
        "level", "the next level; debug only while somebody looks", FIND),
    look("payload", &[Key::Char('v')], Action::Payload, Where::QUEUE.or(Where::TOPICS),
        "text/hex", "payloads as JSON, text or hexadecimal numbers", FIND),
    look("mountpoint", &[Key::Char('m')], Action::Mountpoint, Where::TOPICS,
        "mountpoint", "topics of the next mountpoint", FIND),
    look("mark", &[Key::Char(' ')], Action::Mark, Where::SESSIONS.or(Where::TOPICS),
        "mark", "mark a row, or take the mark off", ACT),
    look("mark_all", &[Key::Char('*')], Action::MarkAll, Where::SESSIONS.or(Where::TOPICS),
        "", "mark all rows that the filter finds", ACT),
    act("disconnect_and_clean", &[Key::Char('D')], Action::DisconnectAndClean, Where::CLIENT,
        "disconnect and clean up", "disconnect it, delete its subscriptions and messages"),
    act("trace_user", &[Key::Char('U')], Action::TraceUser, Where::CLIENT,
        "", "show every packet of all clients of its user"),
    act("trace_address", &[Key::Char('A')], Action::TraceAddress, Where::CLIENT,
        "", "show every packet from its address"),
    act("reauthorise", &[Key::Char('a')], Action::Reauthorise, Where::CLIENT,
        "reauthorise", "check its subscriptions against the rules of now"),
    act("unsubscribe", &[Key::Char('u')], Action::Unsubscribe, Where::SUBSCRIPTIONS,
        "unsubscribe", "remove the subscription"),
    act("delete_retained", &[Key::Char('d')], Action::DeleteRetained, Where::TOPICS,
        "delete", "delete the retained message, or all at and below it"),
    act("publish", &[Key::Char('P')], Action::Publish, Where::TOPICS,
        "publish", "publish a test message"),
    act("stop_trace", &[Key::Char('d')], Action::StopTrace, Where::TRACES.or(Where::TRACING),
        "stop", "end the trace"),
    act("start_listener", &[Key::Char('o')], Action::StartListener, Where::LISTENERS,
        "start", "let clients in again"),
    act("stop_listener", &[Key::Char('O')], Action::StopListener, Where::LISTENERS,
        "stop", "let nobody new in; who is in stays"),
    act("drain_listener", &[Key::Char('D')], Action::DrainListener, Where::LISTENERS,
        "drain", "let nobody in and close its connections"),
    act("read_certificates", &[Key::Char('r')], Action::ReadCertificates, Where::LISTENERS,
        "read certificates", "read keys and certificates from their files again"),
    act("disable_plugin", &[Key::Char('d')], Action::DisablePlugin, Where::PLUGINS,
        "disable", "take the plugin out of the chain"),
    act("reload", &[Key::Char('R')], Action::Reload, Where::EVERYWHERE,
        "", "read the configuration, ACL and password files again"),
    act("set", &[Key::Char('=')], Action::Set, Where::EVERYWHERE,
        "", "change a setting of the running broker"),
    look("menu", &[Key::Char('x')], Action::Menu, NAMED,
        "actions", "everything that can be done with the selection", ACT),
    look("copy", &[Key::Char('y')], Action::Copy, NAMED,
        "copy", "copy the selected identifier, over SSH too (OSC 52)", ACT),
    look("write", &[Key::Char('w')], Action::Write, Where::ROWS.or(Where::LINES),
        "write", "write what is shown to a file, .csv or .jsonl", ACT),
    look("help", &[Key::Char('?')], Action::Help, Where::EVERYWHERE, "help", "all keys", SCREEN),
    look("command", &[Key::Char(':')], Action::Command, Where::EVERYWHERE,
        "command", "a view, or any vmq-admin command", SCREEN),
    look("pause", &[Key::Char('p')], Action::Pause, Where::EVERYWHERE,
        "pause", "keep the screen as it is, and go on", SCREEN),
    look("faster", &[Key::Char('+')], Action::Faster, Where::EVERYWHERE, "", "look more often", SCREEN),
    look("slower", &[Key::Char('-')], Action::Slower, Where::EVERYWHERE, "", "look less often", SCREEN),
    look("redraw", &[Key::Ctrl('l')], Action::Redraw, Where::EVERYWHERE, "", "draw everything again", SCREEN),
    look("quit", &[Key::Char('q')], Action::Quit, Where::EVERYWHERE,
        "quit", "leave; ctrl-c does it everywhere", SCREEN),
    look("up", &[Key::Up, Key::Char('k')], Action::Up, Where::EVERYWHERE, "", "up", MOVE),
    look("down", &[Key::Down, Key::Char('j')], Action::Down, Where::EVERYWHERE, "", "down", MOVE),
    look("page_up", &[Key::PageUp, Key::Ctrl('b')], Action::PageUp, Where::EVERYWHERE, "", "a page up", MOVE),
    look("page_down", &[Key::PageDown, Key::Ctrl('f')], Action::PageDown, Where::EVERYWHERE,
        "", "a page down", MOVE),
    look("first", &[Key::Home, Key::Char('g')], Action::First, Where::EVERYWHERE, "", "the first row", MOVE),
    look("last", &[Key::End, Key::Char('G')], Action::Last, Where::EVERYWHERE,
        "", "the last row; lines follow again", MOVE),
    look("shift_left", &[Key::Left, Key::Char('h')], Action::Left, Where::EVERYWHERE,
        "", "columns or tiles further left", MOVE),
    look("shift_right", &[Key::Right, Key::Char('l')], Action::Right, Where::EVERYWHERE,
        "", "columns or tiles further right", MOVE),
    look("next_view", &[Key::Tab], Action::NextView, Where::EVERYWHERE,
        "", "the next view; 1 to 9 choose one", GO),
    look("previous_view", &[Key::BackTab], Action::PreviousView, Where::EVERYWHERE,
        "", "the view before", GO),
    view("overview", &[Key::Char('1')], View::Overview),
    view("sessions", &[Key::Char('2')], View::Sessions),
    view("topics", &[Key::Char('3')], View::Topics),
    view("traces", &[Key::Char('4')], View::Traces),
    view("hot", &[Key::Char('5')], View::Hot),
    view("listeners", &[Key::Char('6')], View::Listeners),
    view("cluster", &[Key::Char('7')], View::Cluster),
    view("plugins", &[Key::Char('8')], View::Plugins),
    view("logs", &[Key::Char('9')], View::Logs),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::PLACES;

    /// But for Left and Right, which mean the nearest thing.
    #[test]
    fn a_key_means_one_thing_at_a_place() {
        for (place, _) in PLACES {
            let here: Vec<_> = BINDINGS
                .iter()
                .filter(|binding| binding.at.meets(place))
                .collect();
            for (at, binding) in here.iter().enumerate() {
                for key in binding.keys {
                    let again = here[..at]
                        .iter()
                        .find(|other| other.keys.contains(key) && other.action != binding.action);
                    assert!(
                        again.is_none(),
                        "{key}: {} and {}",
                        binding.name,
                        again.unwrap().name
                    );
                }
            }
        }
    }

    #[test]
    fn every_key_has_a_name_of_its_own_and_something_to_say() {
        for (at, binding) in BINDINGS.iter().enumerate() {
            assert!(
                BINDINGS[..at].iter().all(|other| other.name != binding.name),
                "{}",
                binding.name
            );
            let is_view = matches!(binding.action, Action::Show(_));
            assert!(is_view || !binding.about.is_empty(), "{}", binding.name);
            // On eighty columns nothing of the help is cut.
            assert!(binding.about.len() <= 56, "{}", binding.name);
        }
    }
}
