//! The commands of traces: of the client or topic that is selected, of its user, of its address.

use super::{argv, in_mountpoint, mountpoint, subjects};
use crate::app::{App, OpenSession, View};
use crate::pane;

/// What of the selection is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traced {
    /// The client or topic itself.
    Selection,
    User,
    Address,
}

/// What a trace may say here: as much as somebody can read, and a sample of the rest.
const LIMITS: [&str; 4] = [
    "--json",
    "--on-limit=sample",
    "--rate-max=200",
    "--rate-interval=1000",
];

impl Traced {
    /// Why there is none.
    #[must_use]
    pub const fn missing(self) -> &'static str {
        match self {
            Self::Selection => "nothing is selected that can be traced",
            Self::User => "no user name is known here",
            Self::Address => "no address is known here; it needs the column peer",
        }
    }
}

/// The command; `None` = there is no such thing.
#[must_use]
pub fn trace(app: &App, what: Traced) -> Option<Vec<String>> {
    let hot = pane::hot::topic_of(app);
    let mut words = match (app.view, what) {
        (View::Topics, _) => {
            let topic = pane::selected(app)?.id;
            let below = if pane::topic::has_below(app, &topic) {
                "/#"
            } else {
                ""
            };
            of_topic(&app.mountpoint, &format!("{topic}{below}"))
        }
        (View::Hot, Traced::Selection) if hot.is_some() => {
            let (mountpoint, topic) = hot.unwrap_or_default();
            of_topic(&mountpoint, &topic)
        }
        (_, Traced::Selection) => {
            let session = client(app)?;
            of_clients(&session.client_id, &session, None)
        }
        (_, Traced::User) => {
            let session = client(app)?;
            let user = pane::session::user(app, &session)?;
            of_clients("*", &session, Some(format!("--username={user}")))
        }
        (_, Traced::Address) => {
            let session = client(app)?;
            let address = pane::session::address(app, &session)?;
            of_clients("*", &session, Some(format!("--peer={address}")))
        }
    };
    words.extend(LIMITS.map(str::to_owned));
    Some(words)
}

fn of_topic(mountpoint: &str, filter: &str) -> Vec<String> {
    let mut words = argv(&["trace", "topic", &format!("topic={filter}")]);
    words.extend(in_mountpoint(mountpoint));
    words
}

fn of_clients(client_id: &str, session: &OpenSession, flag: Option<String>) -> Vec<String> {
    let mut words = argv(&["trace", "client", &format!("client-id={client_id}")]);
    words.extend(mountpoint(session));
    words.extend(flag);
    words
}

/// The client that is selected, in a table or in a line.
fn client(app: &App) -> Option<OpenSession> {
    let line = match app.view {
        View::Logs => app.log.selected(),
        View::Traces if app.is_tracing => app.traced.selected(),
        _ => return subjects(app).into_iter().next(),
    };
    line?.client_id.as_deref().map(OpenSession::named)
}
