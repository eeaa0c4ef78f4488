//! What the Debian scripts ask of systemd: a program that only writes down its arguments stands in its place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::root::{Root, touch};
use super::{bring, seen};

/// The unit is enabled, by the link that a preset makes; whether it is active is what a file says.
const SYSTEMCTL: &str = r#"#!/bin/sh
echo "$*" >>/systemctl.log
case "$*" in
*is-active*) test -e /is-active ;;
*is-enabled*) echo enabled ;;
*preset*)
    mkdir -p /etc/systemd/system/multi-user.target.wants
    ln -sf /usr/lib/systemd/system/vernemq.service /etc/systemd/system/multi-user.target.wants/
    ;;
esac
"#;
const POLICY: &str = "#!/bin/sh\nexit 101\n";
const LINK: &str = "/etc/systemd/system/multi-user.target.wants/vernemq.service";
const LOG: &str = "/systemctl.log";

/// All of it.
///
/// # Errors
/// The first thing that is not as the page says.
pub(super) fn live(root: &Root, packages: &[PathBuf; 3]) -> Result<()> {
    let (first, second) = (bring(root, &packages[0])?, bring(root, &packages[1])?);
    fs::create_dir_all(root.at("/run/systemd/system"))?;
    program(root, "/usr/bin/systemctl", SYSTEMCTL)?;

    program(root, "/usr/sbin/policy-rc.d", POLICY)?;
    install(root, &first)?;
    expect(root, "start", 0)?;
    seen("policy-rc.d forbids the start, and nothing is started");
    root.run(&["apt-get", "purge", "-y", "vernemq"])?;
    fs::remove_file(root.at("/usr/sbin/policy-rc.d"))?;

    install(root, &first)?;
    expect(root, "start", 1)?;
    ensure!(root.has(LINK), "the unit is not enabled");
    seen("an installation enables and starts the unit once");

    upgrades(root, &first, &second)?;

    touch(&root.at("/is-active"))?;
    forget(root)?;
    root.run(&["apt-get", "remove", "-y", "vernemq"])?;
    expect(root, "stop", 1)?;
    fs::remove_file(root.at("/is-active"))?;
    install(root, &first)?;
    expect(root, "start", 1)?;
    seen("a removal stops it once; an installation after that starts it again");
    root.run(&["apt-get", "purge", "-y", "vernemq"])?;
    ensure!(!root.has(LINK), "purge left the link that enables the unit");
    Ok(())
}

fn upgrades(root: &Root, first: &str, second: &str) -> Result<()> {
    touch(&root.at("/is-active"))?;
    install(root, second)?;
    expect(root, "restart", 1)?;
    seen("an upgrade restarts an active unit once");

    fs::remove_file(root.at("/is-active"))?;
    install(root, first)?;
    expect(root, "restart", 0)?;
    expect(root, "start", 0)?;
    seen("an upgrade leaves a stopped unit alone");

    touch(&root.at("/is-active"))?;
    let conf = root.at("/etc/vernemq/vernemq.conf");
    let good = fs::read_to_string(&conf)?;
    fs::write(&conf, format!("{good}max_client_id_sise = 5\n"))?;
    let said = install(root, second)?;
    expect(root, "restart", 0)?;
    ensure!(
        said.contains("max_client_id_sise") && said.contains("not restarted"),
        "no reason is given: {said}"
    );
    fs::write(&conf, good)?;
    seen("with a configuration that the new version refuses, the old process goes on and the fault is named");

    let environment = root.at("/etc/default/vernemq");
    let shipped = fs::read_to_string(&environment)?;
    fs::write(
        &environment,
        format!("{shipped}ulimit -n 262144\nRESTART_ON_UPGRADE=no\n"),
    )?;
    let said = install(root, first)?;
    expect(root, "restart", 0)?;
    ensure!(
        said.contains("ulimit") && said.contains("LimitNOFILE"),
        "the useless line is not named: {said}"
    );
    fs::write(&environment, shipped)?;
    seen("RESTART_ON_UPGRADE=no is respected, and a line with ulimit is explained");
    Ok(())
}

/// From now on only later calls count.
fn forget(root: &Root) -> Result<()> {
    touch(&root.at(LOG))
}

fn install(root: &Root, package: &str) -> Result<String> {
    forget(root)?;
    root.install(package)
}

/// So many calls with this verb for the unit.
fn expect(root: &Root, verb: &str, count: usize) -> Result<()> {
    let log = fs::read_to_string(root.at(LOG))?;
    let is_call =
        |line: &&str| line.split_whitespace().any(|word| word == verb) && line.contains("vernemq.service");
    let found = log.lines().filter(is_call).count();
    ensure!(found == count, "{found} calls of {verb}, not {count}:\n{log}");
    Ok(())
}

fn program(root: &Root, path: &str, text: &str) -> Result<()> {
    fs::write(root.at(path), text)?;
    Ok(fs::set_permissions(
        root.at(path),
        fs::Permissions::from_mode(0o755),
    )?)
}
