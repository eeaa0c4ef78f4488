//! How a broker may end, and what the unit makes of it (packaging.md 4, 21.6).

use std::fs;

use anyhow::{Result, ensure};

use super::player::{self, Service};
use super::root::Root;
use super::{clients, seen};

const CONF: &str = "/etc/vernemq/vernemq.conf";
const COUNT: usize = 50;

/// Killed, stopped, and never started; answers one that runs.
///
/// # Errors
/// When an exit code would make systemd do something else than the page says.
pub(super) fn live(root: &Root, service: Service) -> Result<Service> {
    let messages = clients::leave_messages(COUNT)?;
    service.signal("KILL")?;
    let status = service.ended()?;
    ensure!(player::restarts(root, status)?, "nobody restarts after {status}");
    let service = Service::start(root)?;
    clients::take_messages(&messages)?;
    seen("kill -9: the unit restarts it, and acknowledged messages are still there");

    root.run(&["vernemq", "stop"])?;
    let status = service.ended()?;
    ensure!(
        !player::restarts(root, status)?,
        "after `vernemq stop` the unit starts it again: {status}"
    );
    seen("vernemq stop: it stays stopped");

    let conf = root.at(CONF);
    let good = fs::read_to_string(&conf)?;
    fs::write(&conf, format!("{good}\nmax_client_id_sise = 5\n"))?;
    let status = player::run_to_its_end(root)?;
    fs::write(&conf, good)?;
    ensure!(
        status.code() == Some(2) && !player::restarts(root, status)?,
        "a broken configuration ends it with {status}"
    );
    seen("a broken configuration: exit code 2, which the unit does not restart");
    Service::start(root)
}
