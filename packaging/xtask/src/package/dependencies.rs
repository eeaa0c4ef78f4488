//! The libraries that are inside the programs: what cargo resolves for them, without those of tests and builds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cargo;
use crate::workspace::Workspace;

/// The crates whose programs are packed.
const ROOTS: [&str; 5] = [
    "vmq-broker",
    "vmq-admin",
    "vmq-passwd",
    "vmq-console",
    "vmq-loadtest",
];

/// A library by others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: String,
    /// Its sources on this machine.
    pub(super) folder: PathBuf,
}

/// All of them, by name and version.
///
/// # Errors
/// When cargo fails or says something unexpected.
pub(super) fn list(workspace: &Workspace) -> Result<Vec<Dependency>> {
    let mut command = cargo::bare(workspace);
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        &target,
    ]);
    let output = command.output().context("starting cargo metadata")?;
    anyhow::ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    of_metadata(&serde_json::from_slice(&output.stdout)?)
}

fn of_metadata(metadata: &Value) -> Result<Vec<Dependency>> {
    let array = |value: &Value| {
        value
            .as_array()
            .cloned()
            .context("cargo metadata has another shape")
    };
    let packages = array(&metadata["packages"])?;
    let by_id: BTreeMap<&str, &Value> = packages
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let nodes = array(&metadata["resolve"]["nodes"])?;
    let uses: BTreeMap<&str, Vec<&str>> = nodes
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, normal_dependencies(node))))
        .collect();

    let is_root = |package: &Value| package["name"].as_str().is_some_and(|name| ROOTS.contains(&name));
    let mut waiting: Vec<&str> = by_id
        .iter()
        .filter(|(_, package)| is_root(package))
        .map(|(id, _)| *id)
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            waiting.extend(uses.get(id).into_iter().flatten().copied());
        }
    }
    let mut found: Vec<_> = seen.iter().filter_map(|id| dependency(by_id.get(id)?)).collect();
    found.sort();
    Ok(found)
}

/// Ids of what becomes part of the program.
fn normal_dependencies(node: &Value) -> Vec<&str> {
    let dependencies = node["deps"].as_array().into_iter().flatten();
    let is_normal = |kinds: &Value| {
        kinds
            .as_array()
            .into_iter()
            .flatten()
            .any(|kind| kind["kind"].is_null())
    };
    dependencies
        .filter(|one| is_normal(&one["dep_kinds"]))
        .filter_map(|one| one["pkg"].as_str())
        .collect()
}

/// None for a crate of ours.
fn dependency(package: &Value) -> Option<Dependency> {
    package["source"].as_str()?;
    let text = |key: &str| package[key].as_str().map(str::to_owned);
    Some(Dependency {
        name: text("name")?,
        version: text("version")?,
        licence: text("license").unwrap_or_else(|| "see the texts".to_owned()),
        folder: PathBuf::from(text("manifest_path")?).parent()?.to_path_buf(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_tests_or_builds_use_is_left_out() {
        let package = |name: &str, source: &str| {
            format!(
                r#"{{"id":"{name}","name":"{name}","version":"1.0.0","license":"MIT","source":{source},"manifest_path":"/r/{name}/Cargo.toml"}}"#
            )
        };
        let uses = |name: &str, kind: &str| format!(r#"{{"pkg":"{name}","dep_kinds":[{{"kind":{kind}}}]}}"#);
        let text = format!(
            r#"{{"packages":[{},{},{},{}],"resolve":{{"nodes":[{{"id":"vmq-admin","deps":[{},{}]}},{{"id":"a","deps":[{}]}}]}}}}"#,
            package("vmq-admin", "null"),
            package("a", "\"r\""),
            package("b", "\"r\""),
            package("c", "\"r\""),
            uses("a", "null"),
            uses("b", "\"dev\""),
            uses("c", "\"build\""),
        );
        let found = of_metadata(&serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(
            found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["a"]
        );
        assert_eq!(found[0].folder, PathBuf::from("/r/a"));
    }
}
