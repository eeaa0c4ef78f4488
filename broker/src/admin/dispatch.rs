//! One match over every command: who may, what is noted in the log, who does it. Commands of the socket and
//! commands by HTTP meet here.

use super::caller::Caller;
use super::peer::is_allowed;
use super::running::Talk;
use super::table::TableParts;
use super::{
    Admin, Answer, api_key, authz, cluster, daemon, events, listener, log, metrics, node, plugin, publish,
    retain, session, settings, support, tls, trace,
};
use std::sync::Arc;
use tracing::info;
use vmq_admin::command::daemon::Daemon;
use vmq_admin::command::node::Node;
use vmq_admin::command::support::Support;
use vmq_admin::{Access, Command, State};

/// What a command leads to.
pub(crate) enum Reaction {
    Answer(Answer),
    /// A table that is made while it is sent.
    Table(TableParts),
}

impl From<Answer> for Reaction {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// Runs a command for somebody. What streams uses `talk` before it answers.
pub(super) async fn run(
    admin: &Arc<Admin>,
    caller: &Caller,
    granted: Access,
    command: Command,
    talk: &mut Talk,
) -> Reaction {
    if !is_allowed(granted, command.access()) {
        info!(
            severity = "notice",
            "admin: {caller} refused cmd={:?}",
            command.line()
        );
        return Answer::alert(format!("Permission denied: {}", command.line())).into();
    }
    if command.access() == Access::Full {
        info!(severity = "notice", "admin: {caller} cmd={:?}", command.line());
    }
    if admin.state() == State::Stopped && needs_broker(&command) {
        return Answer::alert("node is stopped").into();
    }
    let done = match command {
        Command::Daemon(command) => Ok(daemon::run(admin, command).await),
        Command::Node(command) => node::run(admin, command).await,
        Command::Cluster(command) => Ok(cluster::run(admin, command)),
        Command::Plugin(command) => plugin::run(admin, command),
        Command::Listener(command) => listener::run(admin, command, talk.uid).await,
        Command::Trace(command) => trace::run(admin, command, talk).await,
        Command::Session(command) => return session::run(admin, command, talk.uid).await,
        Command::Retain(command) => return retain::run(admin, command).await,
        Command::Publish(command) => publish::run(admin, &command),
        Command::Authz(command) => authz::run(admin, command).await,
        Command::Events(command) => events::run(admin, &command),
        Command::Tls(command) => tls::run(admin, command).await,
        Command::Log(command) => Ok(log::run(admin, &command)),
        Command::Metrics(command) => metrics::run(admin, command).await,
        Command::ApiKey(command) => api_key::run(admin, command).await,
        Command::Settings(command) => settings::run(admin, command).await,
        Command::Support(command) => support::run(admin, command).await,
    };
    done.unwrap_or_else(|answer| answer).into()
}

/// What is left to do in a process without a broker (admin.md 5.1).
const fn needs_broker(command: &Command) -> bool {
    !matches!(
        command,
        Command::Daemon(Daemon::Stop)
            | Command::Node(Node::Start | Node::Status)
            | Command::Cluster(_)
            | Command::Support(Support::About | Support::Settings | Support::Log)
    )
}
