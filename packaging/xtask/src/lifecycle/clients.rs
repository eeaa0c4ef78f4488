//! MQTT clients by others, on the port of the shipped configuration.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Who may connect.
pub(super) const USER: &str = "ada";
pub(super) const PASSWORD: &str = "a secret";
/// The session that waits through upgrades, and where its messages go.
pub(super) const KEEPER: &str = "keeper";
const KEPT: &str = "kept";
/// Seconds; a client that gets nothing gives up.
const PATIENCE: &str = "20";

/// Publishes each line with QoS 1; answers whether all were acknowledged.
pub(super) fn publish(topic: &str, lines: &[String], user: Option<&str>) -> Result<bool> {
    for line in lines {
        let mut client = Command::new("mosquitto_pub");
        client
            .args(["-q", "1", "-t", topic, "-m", line])
            .args(login(user));
        let output = client.output().context("starting mosquitto_pub")?;
        if !output.status.success() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A client of this id without a user knocks, and is not let in.
///
/// # Errors
/// When it is.
pub(super) fn refused(id: &str) -> Result<()> {
    let mut client = Command::new("mosquitto_pub");
    client.args(["-i", id, "-q", "1", "-t", "there", "-m", "no"]);
    let output = client.output().context("starting mosquitto_pub")?;
    ensure!(!output.status.success(), "{id} was let in");
    Ok(())
}

fn login(user: Option<&str>) -> Vec<String> {
    user.map_or_else(Vec::new, |user| {
        ["-u", user, "-P", PASSWORD].map(str::to_owned).to_vec()
    })
}

/// A retained message comes back to a subscriber.
///
/// # Errors
/// When it does not.
pub(super) fn round_trip() -> Result<()> {
    let mut client = Command::new("mosquitto_pub");
    client
        .args(["-q", "1", "-r", "-t", "there", "-m", "and back"])
        .args(login(Some(USER)));
    ensure!(
        client.status()?.success(),
        "a PUBLISH of an allowed user was not acknowledged"
    );
    let mut client = Command::new("mosquitto_sub");
    client
        .args(["-q", "1", "-t", "there", "-C", "1", "-W", PATIENCE])
        .args(login(Some(USER)));
    let output = client.output().context("starting mosquitto_sub")?;
    ensure!(output.stdout == b"and back\n", "no message came back: {output:?}");
    Ok(())
}

/// Leaves a session behind that wants messages, and publishes so many for it.
///
/// # Errors
/// When the broker refuses one of them.
pub(super) fn leave_messages(count: usize) -> Result<Vec<String>> {
    let mut client = Command::new("mosquitto_sub");
    client
        .args(["-c", "-i", KEEPER, "-q", "1", "-t", KEPT, "-E"])
        .args(login(Some(USER)));
    ensure!(client.status()?.success(), "no session for {KEEPER}");
    let lines: Vec<String> = (1..=count).map(|number| format!("message {number}")).collect();
    ensure!(
        publish(KEPT, &lines, Some(USER))?,
        "a message for {KEEPER} was not acknowledged"
    );
    Ok(lines)
}

/// Takes them, all and in order.
///
/// # Errors
/// When one is missing, or another is there.
pub(super) fn take_messages(expected: &[String]) -> Result<()> {
    let mut client = Command::new("mosquitto_sub");
    client.args(["-c", "-i", KEEPER, "-q", "1", "-t", KEPT, "-W", PATIENCE]);
    client
        .args(["-C", &expected.len().to_string()])
        .args(login(Some(USER)));
    let output = client.output().context("starting mosquitto_sub")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let found: Vec<&str> = text.lines().collect();
    ensure!(
        found == expected,
        "{} of {} messages came, or in another order",
        found.len(),
        expected.len()
    );
    Ok(())
}
