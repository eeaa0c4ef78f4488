//! The attackers as a process of their own: started for each attack, ended by the end of its standard input.

use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::attack::{Achieved, Attack};
use crate::probe::process_cpu;

/// Dropping it kills the process, and with it every socket.
#[derive(Debug)]
pub(super) struct Attackers {
    child: Child,
}

impl Attackers {
    pub(super) fn start(target: SocketAddr, attacks: &[Attack]) -> Result<Attackers> {
        let names: Vec<_> = attacks.iter().map(|attack| attack.name()).collect();
        let child = Command::new(std::env::current_exe()?)
            .arg("attack")
            .arg(format!("--target={target}"))
            .arg(format!("--attacks={}", names.join(",")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the attackers")?;
        Ok(Attackers { child })
    }

    /// Processor time so far.
    pub(super) fn cpu(&self) -> Result<Duration> {
        process_cpu(self.child.id())
    }

    /// Ends them and says what they have done. Waits on a thread of its own: the measured clients go on.
    pub(super) async fn stop(mut self) -> Result<Achieved> {
        tokio::task::spawn_blocking(move || {
            drop(self.child.stdin.take());
            let mut said = String::new();
            let mut output = self.child.stdout.take().context("attackers have no output")?;
            output.read_to_string(&mut said)?;
            serde_json::from_str(&said)
                .with_context(|| format!("attackers ended too early; they said {said:?}"))
        })
        .await?
    }
}

impl Drop for Attackers {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
