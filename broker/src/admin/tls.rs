//! `vmq-admin tls`: reads the files of keys and certificates again (admin.md 8).

use super::{Admin, Answer};
use std::sync::Arc;
use vmq_admin::Element;
use vmq_admin::command::tls::Tls;

/// Runs the command. What cannot be used is told; the listener keeps what it has.
pub(super) async fn run(admin: &Admin, command: Tls) -> Result<Answer, Answer> {
    match command {
        Tls::ClearPemCache => {
            let broker = Arc::clone(admin.broker()?);
            let faults = broker.reload_tls_files().await;
            Ok(Answer {
                exit: u8::from(!faults.is_empty()),
                elements: faults.into_iter().map(Element::alert).collect(),
                ..Answer::default()
            })
        }
    }
}
