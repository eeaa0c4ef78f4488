//! `cargo xtask run`: build a broker, start it on loopback with a throw-away directory, say how to talk to it.

mod scratch;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::cargo::{self, cargo};
use crate::say;
use crate::setup;
use crate::workspace::Workspace;
use scratch::Scratch;

/// The optimised profile that builds fastest; Cargo.toml says why.
const PROFILE: &str = "fast";
const MQTT_PORT: u16 = 1883;
const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(50);

/// Builds and runs until Ctrl-C, or until the broker ends by itself.
///
/// # Errors
/// When the build fails, or the broker does not start, fails, or will not stop.
pub(crate) fn command(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("run takes no arguments");
    }
    setup::build(workspace)?;
    let packages = [
        "--package",
        "vmq-broker",
        "--package",
        "vmq-admin",
        "--package",
        "vmq-passwd",
    ];
    cargo::run(
        cargo(workspace)?
            .args(["build", "--profile", PROFILE, "--bins"])
            .args(packages),
    )?;
    let programs = workspace.target().join(PROFILE);

    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let scratch = Scratch::create(free_address(MQTT_PORT)?)?;
    let mut broker = start(&programs, &scratch)?;
    if wait_until_open(&mut broker, scratch.address(), &interrupted)? {
        say::line(introduction(&programs, &scratch));
    }
    let ended = wait(&mut broker, &interrupted)?;
    if !ended.success() {
        bail!("the broker ended with {ended}; its log above says why");
    }
    Ok(())
}

/// The usual port if nobody has it, else any.
fn free_address(usual: u16) -> Result<SocketAddr> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, usual))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .context("no free port on loopback")?;
    Ok(bound.local_addr()?)
}

/// In a process group of its own, so that Ctrl-C reaches this tool alone, which then stops the broker once.
fn start(programs: &Path, scratch: &Scratch) -> Result<Child> {
    let program = programs.join("vernemq");
    let mut command = Command::new(&program);
    command.args(["console", "-c"]).arg(scratch.configuration());
    command.stdin(Stdio::null()).process_group(0);
    command
        .spawn()
        .with_context(|| format!("starting {}", program.display()))
}

/// Whether the broker accepts connections; false when it ended or the user did not want to wait.
fn wait_until_open(broker: &mut Child, address: SocketAddr, interrupted: &AtomicBool) -> Result<bool> {
    let since = Instant::now();
    while since.elapsed() < START_LIMIT {
        if TcpStream::connect(address).is_ok() {
            return Ok(true);
        }
        if interrupted.load(Ordering::Relaxed) || broker.try_wait()?.is_some() {
            return Ok(false);
        }
        thread::sleep(GLANCE);
    }
    stop(broker)?;
    bail!(
        "the broker does not listen on {address} after {} s",
        START_LIMIT.as_secs()
    )
}

fn wait(broker: &mut Child, interrupted: &AtomicBool) -> Result<ExitStatus> {
    loop {
        if let Some(ended) = broker.try_wait()? {
            return Ok(ended);
        }
        if interrupted.load(Ordering::Relaxed) {
            return stop(broker);
        }
        thread::sleep(GLANCE);
    }
}

/// Asks the broker to stop, and insists after a while.
fn stop(broker: &mut Child) -> Result<ExitStatus> {
    say::step("stopping the broker");
    Command::new("kill")
        .args(["-TERM", &broker.id().to_string()])
        .status()
        .context("sending a signal")?;
    let since = Instant::now();
    while since.elapsed() < STOP_LIMIT {
        if let Some(ended) = broker.try_wait()? {
            return Ok(ended);
        }
        thread::sleep(GLANCE);
    }
    broker.kill()?;
    broker.wait()?;
    bail!(
        "the broker was still there {} s after the request to stop and was killed",
        STOP_LIMIT.as_secs()
    )
}

fn introduction(programs: &Path, scratch: &Scratch) -> String {
    let address = scratch.address();
    let port = address.port();
    let vernemq: PathBuf = programs.join("vernemq");
    format!(
        "\n\
         The broker is up.   MQTT: {address}   admin socket: {socket}\n\
         Everybody may connect and use every topic; all it stores is removed at the end. Try in another terminal:\n\
         \n\
         \x20   mosquitto_sub -p {port} -t 'hello/#' -v\n\
         \x20   mosquitto_pub -p {port} -t hello/world -m hi\n\
         \x20   {vernemq} -c {configuration} ping\n\
         \n\
         Ctrl-C stops it. Its log follows.\n",
        socket = scratch.socket().display(),
        vernemq = vernemq.display(),
        configuration = scratch.configuration().display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        Command::new("sh")
            .args(["-c", script])
            .process_group(0)
            .spawn()
            .unwrap()
    }

    #[test]
    fn a_taken_port_is_replaced_by_a_free_one() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap();
        let holder = TcpListener::bind(taken).unwrap();
        let free = free_address(taken.port()).unwrap();
        assert_ne!(free.port(), taken.port());
        drop(holder);
    }

    #[test]
    fn an_interrupt_stops_the_broker() {
        let mut patient = shell("exec cat /dev/zero > /dev/null");
        let ended = wait(&mut patient, &AtomicBool::new(true)).unwrap();
        assert!(!ended.success());
    }

    #[test]
    fn a_broker_that_ends_by_itself_is_not_waited_for() {
        let address = free_address(0).unwrap();
        let mut short = shell("exit 0");
        assert!(!wait_until_open(&mut short, address, &AtomicBool::new(false)).unwrap());
        assert!(wait(&mut short, &AtomicBool::new(false)).unwrap().success());
    }

    #[test]
    fn three_lines_to_try_are_printed() {
        let scratch = Scratch::create(SocketAddr::from(([127, 0, 0, 1], 1884))).unwrap();
        let text = introduction(Path::new("/p"), &scratch);
        for part in [
            "127.0.0.1:1884",
            "mosquitto_sub -p 1884",
            "mosquitto_pub -p 1884",
            // The verbs of the daemon find it by its configuration, and by nothing in the environment.
            &format!("/p/vernemq -c {} ping", scratch.configuration().display()),
        ] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }
}
