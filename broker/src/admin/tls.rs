//! `vmq-admin tls`: the certificates of the listeners, and reading them again (admin.md 8.4).

use super::{Admin, Answer, blocking};
use crate::Broker;
use crate::listener::tls::Leaf;
use crate::store::unix_millis;
use jiff::Timestamp;
use std::sync::Arc;
use vmq_admin::command::tls::Tls;
use vmq_admin::{Element, Row, Value};

/// Runs the command.
pub(super) async fn run(admin: &Admin, command: Tls) -> Result<Answer, Answer> {
    let broker = admin.broker()?;
    match command {
        Tls::Show => {
            let rows = certificates(broker).await?.iter().map(row).collect();
            Ok(Answer::of(vec![Element::Table(rows)]))
        }
        Tls::Check { validity_secs } => {
            let now = i64::try_from(unix_millis() / 1000).unwrap_or(i64::MAX);
            let rows: Vec<Row> = certificates(broker)
                .await?
                .iter()
                .filter(|(_, leaf)| !leaf.is_fine(now, validity_secs))
                .map(|certificate| doubtful_row(certificate, now))
                .collect();
            Ok(match rows.is_empty() {
                true => Answer::of(vec![Element::text("All fine")]),
                // Something has to be done: scripts look at the exit code.
                false => Answer {
                    exit: 1,
                    ..Answer::of(vec![Element::Table(rows)])
                },
            })
        }
        // What cannot be used is told; the listener keeps what it has.
        Tls::ClearPemCache => {
            let faults = broker.reload_tls_files().await;
            Ok(Answer {
                exit: u8::from(!faults.is_empty()),
                elements: faults.into_iter().map(Element::alert).collect(),
                ..Answer::default()
            })
        }
    }
}

/// File and facts of each certificate that a listener shows, in the order of the files.
async fn certificates(broker: Arc<Broker>) -> Result<Vec<(String, Leaf)>, Answer> {
    let read = move || {
        let mut certificates: Vec<(String, Leaf)> = broker
            .listeners()
            .all()
            .iter()
            .filter_map(|listener| {
                let file = listener.config.tls.as_ref()?.certfile.display().to_string();
                Some((file, listener.tls.as_ref()?.leaf()?))
            })
            .collect();
        certificates.sort_by(|one, other| one.0.cmp(&other.0));
        certificates
    };
    // It waits for whoever is reading the files.
    blocking(read).await
}

fn row((file, leaf): &(String, Leaf)) -> Row {
    dates(file, leaf)
        .with("CN", leaf.common_name.as_str())
        .with("Issuer", leaf.issuer.as_str())
        .with("SAN", leaf.alternative_names.join(", "))
}

fn doubtful_row((file, leaf): &(String, Leaf), now: i64) -> Row {
    dates(file, leaf)
        .with("SecExp", Value::Number(leaf.not_after_secs - now))
        .with("SecToVal", Value::Number(leaf.not_before_secs - now))
}

fn dates(file: &str, leaf: &Leaf) -> Row {
    Row::default()
        .with("File", file)
        .with("Not_Before", utc(leaf.not_before_secs))
        .with("Not_After", utc(leaf.not_after_secs))
}

fn utc(secs: i64) -> String {
    Timestamp::from_second(secs).map_or_else(
        |_| secs.to_string(),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

impl Leaf {
    /// Valid now, and for some time to come.
    fn is_fine(&self, now: i64, validity_secs: u32) -> bool {
        self.not_before_secs <= now && self.not_after_secs - now >= i64::from(validity_secs)
    }
}
