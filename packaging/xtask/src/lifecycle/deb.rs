//! The Debian package, in a root without systemd: a container, a chroot, an image build (packaging.md 5, 21).

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::player::Service;
use super::root::Root;
use super::{bring, clients, ends, operator, rotation, seen, table};
use crate::say;

const MESSAGES: usize = 200;
/// The page says under a minute; most of it is dpkg.
const FIRST_ACK: Duration = Duration::from_secs(60);
const CONF: &str = "/etc/vernemq/vernemq.conf";
const EDIT: &str = "\n## Ours.\nmax_inflight_messages = 21\n";

/// All of it, with the packages of three revisions.
///
/// # Errors
/// The first thing that is not as the page says.
pub(super) fn live(root: &Root, packages: &[PathBuf; 3]) -> Result<()> {
    let [first, second, third] = [0, 1, 2].map(|number| bring(root, &packages[number]));
    let (first, second, third) = (first?, second?, third?);
    let before = root.paths()?;

    let mut service = installed(root, &first)?;
    hears_everything(&mut service)?;
    let messages = clients::leave_messages(MESSAGES)?;
    operator::live(root)?;
    service = rotation::live(root, service)?;
    service = upgraded(root, service, &second, "0.1.0-2")?;
    clients::take_messages(&messages)?;
    seen(&format!(
        "{MESSAGES} messages of a persistent session survived the upgrade"
    ));

    let messages = clients::leave_messages(MESSAGES)?;
    edited_configuration_stays(root, &third)?;
    service.stop()?;
    root.install(&first)?;
    let service = Service::start(root)?;
    clients::take_messages(&messages)?;
    seen("a downgrade by two revisions starts and still has them");

    let service = ends::live(root, service)?;
    removed(root, service)?;
    purged(root, &first, &third, &before)
}

/// From the file to the first PUBACK, without a question.
fn installed(root: &Root, package: &str) -> Result<Service> {
    let started = Instant::now();
    root.install(package)?;
    let service = Service::start(root)?;
    ensure!(
        !clients::publish("there", &["no".to_owned()], None)?,
        "an anonymous client was let in"
    );
    let words = format!(
        "printf '%s\\n%s\\n' '{0}' '{0}' | vmq-passwd /etc/vernemq/vmq.passwd {1}",
        clients::PASSWORD,
        clients::USER
    );
    root.run(&["sh", "-c", &words])?;
    root.run(&["vernemq", "reload"])?;
    ensure!(
        clients::publish("there", &["yes".to_owned()], Some(clients::USER))?,
        "an allowed client was refused"
    );
    let passed = started.elapsed();
    ensure!(passed < FIRST_ACK, "the first PUBACK took {} s", passed.as_secs());
    say::step(format_args!(
        "figure: {:.1} s from apt-get install to the first PUBACK",
        passed.as_secs_f32()
    ));
    clients::round_trip()?;
    table::compare(root, &table::BOTH)?;
    table::compare(root, &table::DEB)?;
    seen("installed: paths, modes and owners, no anonymous client, a user, a message there and back");
    Ok(service)
}

/// packaging.md 4
fn hears_everything(service: &mut Service) -> Result<()> {
    service.hears("WATCHDOG=1")?;
    service.signal("HUP")?;
    service.hears("RELOADING=1")?;
    service.hears("READY=1")?;
    seen("READY, STATUS, WATCHDOG, RELOADING");
    Ok(())
}

/// Without systemd nobody restarts: the old process goes on until somebody does.
fn upgraded(root: &Root, mut service: Service, package: &str, version: &str) -> Result<Service> {
    let said = root.install(package)?;
    ensure!(
        said.contains("vernemq restart"),
        "the upgrade does not say how the new version gets running: {said}"
    );
    ensure!(service.is_running()?, "the upgrade ended the running broker");
    let status = root.run(&["dpkg-query", "-W", "-f", "${Version}", "vernemq"])?;
    ensure!(status == version, "after the upgrade there is {status}");
    service.stop()?;
    seen("an upgrade leaves the running broker alone; SIGTERM: STOPPING, exit code 0");
    Service::start(root)
}

/// packaging.md 21.4
fn edited_configuration_stays(root: &Root, package: &str) -> Result<()> {
    let conf = root.at(CONF);
    let edited = fs::read_to_string(&conf)? + EDIT;
    fs::write(&conf, &edited)?;
    root.install(package)?;
    ensure!(
        fs::read_to_string(&conf)? == edited,
        "the upgrade changed an edited vernemq.conf"
    );
    ensure!(
        root.has("/etc/vernemq/vernemq.conf.dpkg-dist"),
        "the new default is nowhere"
    );
    table::compare(root, &table::BOTH)?;
    seen("an edited vernemq.conf survives an upgrade with another default, which lies beside it");
    Ok(())
}

fn removed(root: &Root, service: Service) -> Result<()> {
    root.run(&["apt-get", "remove", "-y", "vernemq"])?;
    let status = service.ended()?;
    ensure!(status.success(), "the removal ended the broker with {status}");
    for path in [
        CONF,
        "/etc/vernemq/vmq.passwd",
        "/var/lib/vernemq",
        "/var/log/vernemq/console.log",
    ] {
        ensure!(root.has(path), "the removal took {path}");
    }
    ensure!(!root.has("/usr/sbin/vernemq"), "the removal left the program");
    seen("removal stops the broker and keeps configuration, data and log");
    Ok(())
}

/// A file that nobody edited becomes the new default, without a question and without a copy beside it.
fn unchanged_configuration_follows(root: &Root, package: &str) -> Result<()> {
    root.install(package)?;
    let shipped = fs::read_to_string(root.at("/usr/share/vernemq/vernemq.conf.default"))?;
    ensure!(
        fs::read_to_string(root.at(CONF))? == shipped && shipped.contains("Another default"),
        "an unchanged vernemq.conf is not the new default"
    );
    ensure!(
        !root.has("/etc/vernemq/vernemq.conf.dpkg-dist") && !root.has("/etc/vernemq/vernemq.conf.dpkg-old"),
        "a copy lies beside an unchanged vernemq.conf"
    );
    seen("an unchanged vernemq.conf becomes the new default");
    Ok(())
}

fn purged(
    root: &Root,
    package: &str,
    third: &str,
    before: &std::collections::BTreeSet<PathBuf>,
) -> Result<()> {
    root.install(package)?;
    let service = Service::start(root)?;
    clients::round_trip()?;
    service.stop()?;
    seen("installed again it goes on with the old users and data");

    let said = root.run(&["apt-get", "purge", "-y", "vernemq"])?;
    ensure!(
        said.contains("/var/lib/vernemq is not empty and was kept"),
        "the data that stays is not named: {said}"
    );
    left_over(root, before, &["var/lib/vernemq"])?;
    seen("purge leaves the data, which it names, and the user");

    fs::remove_dir_all(root.at("/var/lib/vernemq"))?;
    root.install(package)?;
    unchanged_configuration_follows(root, third)?;
    root.run(&["apt-get", "purge", "-y", "vernemq"])?;
    left_over(root, before, &[])?;
    ensure!(
        root.ask(&["getent", "passwd", "vernemq"])?.is_success,
        "the user is gone"
    );
    seen("without data purge leaves nothing but the user");
    Ok(())
}

/// Files that were not there before the package came, but for those below these paths.
fn left_over(root: &Root, before: &std::collections::BTreeSet<PathBuf>, but: &[&str]) -> Result<()> {
    // The socket of the player, and the backups of the user database, are not the package's.
    let others = [
        "run/notify",
        "run/adduser",
        "etc/passwd-",
        "etc/group-",
        "etc/shadow-",
        "etc/gshadow-",
        "etc/.pwd.lock",
        "var/log",
        "var/lib/logrotate",
    ];
    let is_other = |path: &PathBuf| {
        but.iter().any(|one| path.starts_with(one))
            || others
                .iter()
                .any(|one| path.starts_with(one) && !path.starts_with("var/log/vernemq"))
    };
    let left: Vec<_> = root
        .paths()?
        .into_iter()
        .filter(|path| !before.contains(path) && !is_other(path))
        .collect();
    ensure!(left.is_empty(), "left behind: {left:?}");
    Ok(())
}
