//! Deeds: what can be done to the broker, as the commands of `vmq-admin` that do it. What is shown is what is run.

mod trace;

use crate::app::{App, OpenSession, Tab, View};
use crate::keys::Action;
use crate::pane;
pub use trace::{Traced, trace};
use vmq_admin::argv::Arguments;
use vmq_admin::command::daemon::Daemon;
use vmq_admin::command::{self, Parsed, alias, help, later};
use vmq_admin::{Access, Command};

/// Most rows that are acted on one by one.
const SUBJECTS_MAX: usize = 500;

/// Something to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deed {
    /// `Disconnect 3 clients`.
    pub title: String,
    /// One command after the other.
    pub argvs: Vec<Vec<String>>,
    /// How many rows it is about.
    pub count: usize,
    /// Loses something that does not come back.
    pub loses: bool,
}

impl Deed {
    /// Whether it asks first: everything on more than one row, and everything that loses something.
    #[must_use]
    pub const fn asks(&self) -> bool {
        self.loses || self.count > 1
    }
}

/// What an action does with what is selected; `None` = nothing is.
#[must_use]
pub fn deed(app: &App, action: Action) -> Option<Deed> {
    match action {
        Action::Disconnect => disconnect(app, false),
        Action::DisconnectAndClean => disconnect(app, true),
        Action::Reauthorise => reauthorise(app),
        Action::Unsubscribe => unsubscribe(app),
        Action::DeleteRetained => delete_retained(app),
        Action::StopTrace => stop_trace(app),
        Action::StartListener => listener(app, "Start", "restart", None),
        Action::StopListener => listener(app, "Stop", "stop", None),
        Action::DrainListener => listener(app, "Drain", "stop", Some("--kill_sessions")),
        Action::ReadCertificates => Some(Deed {
            title: "Read keys and certificates from their files again".to_owned(),
            argvs: vec![argv(&["tls", "clear-pem-cache"])],
            count: 1,
            loses: false,
        }),
        // It is about everything, so it asks.
        Action::Reload => Some(Deed {
            title: "Read the configuration, ACL and password files again".to_owned(),
            argvs: vec![argv(&RELOAD)],
            count: 2,
            loses: false,
        }),
        Action::DisablePlugin => {
            let name = pane::plugin::name(&pane::selected(app)?);
            Some(Deed {
                title: format!("Disable the plugin {name}"),
                argvs: vec![argv(&["plugin", "disable", &format!("--name={name}")])],
                count: 1,
                loses: true,
            })
        }
        _ => None,
    }
}

/// The sessions that are meant: the open one, the marked ones, or the selected one.
#[must_use]
pub fn subjects(app: &App) -> Vec<OpenSession> {
    if app.view_has_session()
        && let Some(session) = &app.session
    {
        return vec![session.clone()];
    }
    let table = app.table();
    if !table.marked.is_empty() {
        return table
            .marked
            .iter()
            .take(SUBJECTS_MAX)
            .map(|id| OpenSession::of(id))
            .collect();
    }
    let selected = pane::selected(app).map(|line| OpenSession::of(&line.id));
    // An event need not be about a client.
    selected
        .into_iter()
        .filter(|session| !session.client_id.is_empty())
        .collect()
}

fn disconnect(app: &App, cleanup: bool) -> Option<Deed> {
    let and_clean = if cleanup { " and clean up" } else { "" };
    if app.view == View::Sessions && app.session.is_none() && app.table().marked.contains(ALL) {
        let count = pane::grid(app).map_or(0, |grid| grid.found);
        let filter = match app.table().filter.trim() {
            "" => "*".to_owned(),
            filter => filter.to_owned(),
        };
        let mut words = argv(&[
            "session",
            "disconnect",
            &format!("--filter={filter}"),
            "--verbose",
        ]);
        words.extend(cleanup.then(|| "--cleanup".to_owned()));
        return Some(Deed {
            title: format!(
                "Disconnect{and_clean} all {} sessions that the filter finds",
                crate::text::count(count as u64)
            ),
            argvs: vec![words],
            count: count.max(2),
            loses: true,
        });
    }
    let subjects = subjects(app);
    let one = |session: &OpenSession| {
        let mut words = argv(&[
            "session",
            "disconnect",
            &format!("client-id={}", session.client_id),
        ]);
        words.extend(mountpoint(session));
        words.extend(cleanup.then(|| "--cleanup".to_owned()));
        words
    };
    let title = match subjects.as_slice() {
        [] => return None,
        [one] => format!("Disconnect{and_clean} {}", one.client_id),
        many => format!("Disconnect{and_clean} {} clients", many.len()),
    };
    Some(Deed {
        title,
        argvs: subjects.iter().map(one).collect(),
        count: subjects.len(),
        loses: true,
    })
}

/// The mark that stands for every row that the filter finds.
pub const ALL: &str = "\0all\0";

fn reauthorise(app: &App) -> Option<Deed> {
    let subjects = subjects(app);
    let users = |session: &OpenSession| pane::session::user(app, session);
    let one = |session: &OpenSession| {
        let mut words = argv(&["session", "reauthorize"]);
        match users(session) {
            Some(user) => words.push(format!("username={user}")),
            None => words.push(String::new()),
        }
        words.retain(|word| !word.is_empty());
        words.push(format!("client-id={}", session.client_id));
        words.extend(users(session).is_none().then(|| "--anonymous".to_owned()));
        words.extend(mountpoint(session));
        words
    };
    (!subjects.is_empty()).then(|| Deed {
        title: match subjects.as_slice() {
            [one] => format!("Reauthorise {}", one.client_id),
            many => format!("Reauthorise {} clients", many.len()),
        },
        argvs: subjects.iter().map(one).collect(),
        count: subjects.len(),
        loses: false,
    })
}

fn unsubscribe(app: &App) -> Option<Deed> {
    let session = app
        .session
        .as_ref()
        .filter(|session| session.tab == Tab::Subscriptions)?;
    let topic = pane::selected(app)?.id;
    let mut words = argv(&[
        "session",
        "unsubscribe",
        &format!("client-id={}", session.client_id),
        &format!("topic={topic}"),
    ]);
    words.extend(mountpoint(session));
    Some(Deed {
        title: format!("Remove the subscription {topic} of {}", session.client_id),
        argvs: vec![words],
        count: 1,
        loses: true,
    })
}

/// A deed about more than what is on the screen: the command that counts it first, and the deed.
#[must_use]
pub fn counted(app: &App, action: Action) -> Option<(Vec<String>, Deed)> {
    if action != Action::DeleteRetained || app.view != View::Topics || !app.table().marked.is_empty() {
        return None;
    }
    let topic = pane::selected(app)?.id;
    if !pane::topic::has_below(app, &topic) {
        return None;
    }
    let delete = delete_topic(app, &topic);
    let mut count = delete.clone();
    count.push("--dry-run".to_owned());
    let deed = Deed {
        title: format!("Delete what is retained at and below {topic}"),
        argvs: vec![delete],
        count: 1,
        loses: true,
    };
    Some((count, deed))
}

/// The command that deletes the retained message of a row, and everything below it.
fn delete_topic(app: &App, topic: &str) -> Vec<String> {
    let mut words = match pane::topic::has_below(app, topic) {
        true => argv(&[
            "retain",
            "delete",
            &format!("--topic={topic}/#"),
            "--all-matching",
        ]),
        false => argv(&["retain", "delete", &format!("--topic={topic}")]),
    };
    words.extend(in_mountpoint(&app.mountpoint));
    words
}

fn delete_retained(app: &App) -> Option<Deed> {
    if !pane::topic::may_be_retained(app) {
        return None;
    }
    let marked = &app.table().marked;
    let topics: Vec<String> = if marked.is_empty() {
        vec![pane::selected(app)?.id]
    } else {
        marked.iter().take(SUBJECTS_MAX).cloned().collect()
    };
    Some(Deed {
        title: match topics.as_slice() {
            [one] => format!("Delete the retained message of {one}"),
            many => format!("Delete the retained messages of {} topics", many.len()),
        },
        argvs: topics.iter().map(|topic| delete_topic(app, topic)).collect(),
        count: topics.len(),
        loses: true,
    })
}

fn stop_trace(app: &App) -> Option<Deed> {
    let id = pane::selected(app)?.id;
    Some(Deed {
        title: format!("End trace {id}"),
        argvs: vec![argv(&["trace", "stop", &format!("id={id}")])],
        count: 1,
        loses: false,
    })
}

fn listener(app: &App, word: &str, verb: &str, flag: Option<&str>) -> Option<Deed> {
    let id = pane::selected(app)?.id;
    let (address, port) = id.rsplit_once(':')?;
    let mut words = argv(&[
        "listener",
        verb,
        &format!("address={address}"),
        &format!("port={port}"),
    ]);
    words.extend(flag.map(str::to_owned));
    Some(Deed {
        title: format!("{word} the listener {id}"),
        argvs: vec![words],
        // One that is stopped is started again, but clients find it shut meanwhile: it asks.
        count: if verb == "stop" { 2 } else { 1 },
        loses: flag.is_some(),
    })
}

fn mountpoint(session: &OpenSession) -> Option<String> {
    in_mountpoint(&session.mountpoint)
}

/// The flag of a mountpoint other than the default one.
#[must_use]
pub fn in_mountpoint(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| format!("--mountpoint={name}"))
}

/// `reload` is a verb of `vernemq` and no command of `vmq-admin`; it takes the same way.
const RELOAD: [&str; 2] = ["vernemq", "reload"];

/// A command as people type it: `vmq-admin session show`.
#[must_use]
pub fn shown(argv: &[String]) -> String {
    let tool = if is_reload(argv) { "" } else { "vmq-admin " };
    format!("{tool}{}", crate::text::shell(argv))
}

fn is_reload(argv: &[String]) -> bool {
    argv.iter().map(String::as_str).eq(RELOAD)
}

/// Words of a command.
#[must_use]
pub fn argv(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What a command line of `vmq-admin` means, read with the same table (decisions.md 31).
///
/// # Errors
/// What the shell would say.
pub fn parse(argv: &[String]) -> Result<Command, String> {
    if is_reload(argv) {
        return Ok(Command::Daemon(Daemon::Reload));
    }
    let words = argv.iter().filter(|word| *word != "vmq-admin").cloned();
    let mut arguments = Arguments::parse(words).map_err(|fault| fault.to_string())?;
    alias::resolve(&mut arguments.words);
    let usage = |words: &[String]| help::usage(&words.iter().map(String::as_str).collect::<Vec<_>>());
    if arguments.take_flag("help", Some('h')).is_some() {
        return Err(usage(&arguments.words));
    }
    match command::parse(&arguments) {
        Ok(Parsed::Command(command)) => Ok(command),
        Ok(Parsed::Usage(words)) => Err(usage(&words)),
        Ok(Parsed::NotAvailable) => Err(later::NOT_AVAILABLE.to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

/// Whether something is another after a command.
#[must_use]
pub fn changes(argv: &[String]) -> bool {
    parse(argv).is_ok_and(|command| command.changes())
}

/// Whether a command may be run by who only looks.
#[must_use]
pub fn only_looks(command: &Command) -> bool {
    command.access() == Access::Read
}
