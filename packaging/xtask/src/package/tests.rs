//! The lists in `broker/Cargo.toml` and what is laid out for them must fit, in both kinds of package.

use super::stage::COPIES;
use crate::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const MANIFEST: &str = include_str!("../../../../broker/Cargo.toml");

/// Folders of the stage whose files are not known before.
const MADE: [&str; 8] = [
    "sbin/",
    "bin/",
    "man/",
    "completions/",
    "doc/",
    "doc-deb/",
    "lib/",
    "examples/",
];

/// What the lines that begin so take from the stage.
fn sources(begin: &str) -> BTreeSet<&'static str> {
    let lines = MANIFEST
        .lines()
        .filter(|line| line.trim_start().starts_with(begin));
    lines
        .filter_map(|line| line.split("target/release/package/").nth(1)?.split('"').next())
        .collect()
}

#[test]
fn every_file_to_copy_is_there() {
    let workspace = Workspace::find().unwrap();
    for (source, _) in COPIES {
        assert!(workspace.root().join(source).is_file(), "{source}");
    }
}

#[test]
fn the_lists_take_all_that_is_laid_out_and_nothing_else() {
    let (deb, rpm) = (sources("[\""), sources("{ source"));
    assert!(deb.len() > 15 && rpm.len() > 15, "the manifest was read");
    let takes = |list: &BTreeSet<&str>, place: &str| {
        let folder = Path::new(place).parent().unwrap().join("*");
        list.contains(place) || list.contains(folder.to_str().unwrap())
    };
    for (_, place) in COPIES {
        let only_rpm = [
            "systemd/sysusers.conf",
            "firewalld/vernemq.xml",
            "licence/LICENSE",
        ]
        .contains(&place);
        let only_deb = ["doc-deb/copyright", "overrides/vernemq"].contains(&place);
        assert!(
            only_rpm || takes(&deb, place),
            "the Debian package leaves out {place}"
        );
        assert!(
            only_deb || takes(&rpm, place),
            "the RPM package leaves out {place}"
        );
    }
    for source in deb.union(&rpm) {
        let folder = source.trim_end_matches('*');
        let is_laid_out = COPIES
            .iter()
            .any(|(_, place)| place == source || place.starts_with(folder));
        assert!(
            is_laid_out || MADE.iter().any(|made| source.starts_with(made)),
            "nobody lays out {source}"
        );
    }
}

#[test]
fn every_script_is_one() {
    let workspace = Workspace::find().unwrap();
    for script in [
        "deb/preinst",
        "deb/postinst",
        "deb/prerm",
        "deb/postrm",
        "rpm/pre.sh",
        "rpm/post.sh",
        "rpm/preun.sh",
        "rpm/postun.sh",
        "lib/may-restart",
        "lib/set-up",
    ] {
        let file = workspace.root().join("packaging").join(script);
        let output = Command::new("sh").arg("-n").arg(&file).output().unwrap();
        assert!(
            output.status.success(),
            "{script}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
