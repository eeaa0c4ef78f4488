//! The bill of materials: what is inside the programs, as `CycloneDX` 1.5 writes it, for those who look for known holes.

use std::fs;

use anyhow::Result;
use serde_json::{Value, json};

use super::dependencies::{self, Dependency};
use super::{Clock, Options};
use crate::workspace::Workspace;

/// Writes `vernemq-VERSION.cdx.json` beside the packages.
///
/// # Errors
/// When cargo does not know the libraries, or the folder cannot be written.
pub(super) fn write(workspace: &Workspace, options: &Options, clock: Clock) -> Result<()> {
    let bill = bill(
        options.upstream_version(),
        &clock.iso()?,
        &dependencies::list(workspace)?,
    );
    let file = options
        .out
        .join(format!("vernemq-{}.cdx.json", options.upstream_version()));
    fs::write(file, format!("{}\n", serde_json::to_string_pretty(&bill)?))?;
    Ok(())
}

fn bill(version: &str, time: &str, dependencies: &[Dependency]) -> Value {
    let components: Vec<Value> = dependencies.iter().map(component).collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time,
            "component": {
                "type": "application",
                "bom-ref": "vernemq",
                "name": "vernemq",
                "version": version,
                "licenses": [{ "expression": "Apache-2.0" }],
            },
        },
        "components": components,
    })
}

fn component(dependency: &Dependency) -> Value {
    let Dependency {
        name,
        version,
        licence,
        ..
    } = dependency;
    // In a package URL a plus is written so.
    let url = format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"));
    // Old manifests write a slash for OR.
    let licence = licence.replace(" / ", " OR ").replace('/', " OR ");
    json!({
        "type": "library",
        "bom-ref": url,
        "name": name,
        "version": version,
        "purl": url,
        "licenses": [{ "expression": licence }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_library_has_its_address_and_licence() {
        let dependency = Dependency {
            name: "librocksdb-sys".to_owned(),
            version: "0.17.3+10.4.2".to_owned(),
            licence: "MIT/Apache-2.0".to_owned(),
            folder: PathBuf::new(),
        };
        let bill = bill("1.0.0", "2001-09-09T01:46:40Z", &[dependency]);
        let component = &bill["components"][0];
        assert_eq!(component["purl"], "pkg:cargo/librocksdb-sys@0.17.3%2B10.4.2");
        assert_eq!(component["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(bill["metadata"]["component"]["version"], "1.0.0");
    }
}
