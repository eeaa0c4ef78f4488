//! Stop and reload: passed to the main loop, which alone decides about the process.

use super::{Admin, Answer, Control};
use tokio::sync::oneshot;
use vmq_admin::command::daemon::Daemon;

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Daemon) -> Answer {
    match command {
        Daemon::Stop => match admin.controls.send(Control::Stop).await {
            // The client waits for the end of the process, not of this connection.
            Ok(()) => Answer::default(),
            Err(_) => is_stopping(),
        },
        Daemon::Reload => {
            let (answer, answered) = oneshot::channel();
            if admin.controls.send(Control::Reload(answer)).await.is_err() {
                return is_stopping();
            }
            answered.await.unwrap_or_else(|_| is_stopping())
        }
    }
}

fn is_stopping() -> Answer {
    Answer::alert("node is stopping")
}
