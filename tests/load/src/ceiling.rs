//! The reflector as a process of its own, so that its processor time is not mixed with the generator's.
//!
//! The program starts itself with the hidden command `reflect`; that one prints its address and lives as long as its
//! standard input is open, which ends with the parent however the parent ends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use crate::reflector::Reflector;
use crate::scenario::Target;

/// Serves until standard input ends.
pub(crate) fn serve() -> Result<()> {
    let reflector = Reflector::start(None)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", reflector.address())?;
    out.flush()?;
    io::stdin().lock().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// A reflector in a child process; dropping it ends the process.
#[derive(Debug)]
pub(crate) struct ReflectorProcess {
    child: Child,
    address: SocketAddr,
}

impl ReflectorProcess {
    pub(crate) fn start() -> Result<ReflectorProcess> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("reflect")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the reflector")?;
        let mut line = String::new();
        let output = child.stdout.take().context("reflector has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let address = line
            .trim()
            .parse()
            .with_context(|| format!("reflector said {line:?}, not its address"))?;
        Ok(ReflectorProcess { child, address })
    }

    pub(crate) fn target(&self) -> Target {
        Target::new(&[self.address], Some(self.child.id()))
    }
}

impl Drop for ReflectorProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}
