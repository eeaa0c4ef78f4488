//! Reads a scenario file into a `Script`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::amount::{self, Pace};
use super::node::{Node, Source};
use super::program::{Pool, Script};
use crate::measure::{Assertion, figure_names, is_figure};

mod connect;
mod steps;

/// Most clients of a pool.
const CLIENTS_MAX: u64 = 1_000_000;

/// Reads the file at `path`; `set` are `NAME=VALUE` of the command line.
pub(super) fn script(path: &Path, set: &[String]) -> Result<Script> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(path, &text, set)
}

/// Reads the file and says nothing else: it is sound.
pub(crate) fn check(path: &Path, set: &[String]) -> Result<()> {
    script(path, set).map(|_| ())
}

fn parse(path: &Path, text: &str, set: &[String]) -> Result<Script> {
    let document = DeTable::parse(text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        anyhow!("{}:{line}: {}", path.display(), error.message())
    })?;
    let overrides = overrides(set)?;
    let document = Spanned::new(document.span(), DeValue::Table(document.into_inner()));
    let source = Source {
        path,
        text,
        variables: variables(path, &document, &overrides)?,
    };
    let root = Node::root(&source, &document);
    root.only(&["name", "set", "connect", "assert", "pool"])?;
    let name = match root.get("name")? {
        Some(name) => name.string()?.to_owned(),
        None => path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    };
    let mut signals = Vec::new();
    let defaults = root.get("connect")?;
    let pools = root.need("pool")?;
    let mut read = Vec::new();
    for node in pools.items()? {
        let pool = pool(&node, defaults.as_ref(), &mut signals)?;
        if read.iter().any(|known: &Arc<Pool>| known.name == pool.name) {
            return Err(node.error(&format!("there is already a pool {:?}", pool.name)));
        }
        read.push(Arc::new(pool));
    }
    let script = Script {
        name,
        pools: read,
        signals,
        assertions: assertions(&root)?,
    };
    if script.pools.is_empty() {
        return Err(pools.error("write at least one [[pool]]"));
    }
    Ok(script)
}

/// What `--set` says, as TOML. A value that is none by itself is a text.
fn overrides(set: &[String]) -> Result<String> {
    let mut lines = String::new();
    for setting in set {
        let (name, value) = setting
            .split_once('=')
            .with_context(|| format!("--set {setting}: write --set NAME=VALUE"))?;
        let line = format!("{name:?} = {value}\n");
        if DeTable::parse(&line).is_ok() {
            lines.push_str(&line);
        } else {
            lines.push_str(&format!("{name:?} = {value:?}\n"));
        }
    }
    Ok(lines)
}

/// Those of the file, and over them those of the command line, which must be there already.
fn variables<'a>(
    path: &Path,
    document: &Spanned<DeValue<'a>>,
    overrides: &'a str,
) -> Result<BTreeMap<String, DeValue<'a>>> {
    let mut variables = BTreeMap::new();
    if let DeValue::Table(root) = document.get_ref()
        && let Some((_, table)) = root.iter().find(|(key, _)| key.get_ref() == "set")
        && let DeValue::Table(table) = table.get_ref()
    {
        for (key, value) in table {
            variables.insert(key.get_ref().to_string(), value.get_ref().clone());
        }
    }
    let overrides = DeTable::parse(overrides).map_err(|error| anyhow!("--set: {}", error.message()))?;
    for (key, value) in overrides.into_inner() {
        let name = key.into_inner().into_owned();
        if !variables.contains_key(&name) {
            let known: Vec<_> = variables.keys().cloned().collect();
            bail!(
                "--set {name}: the table [set] of {} has: {}",
                path.display(),
                known.join(", ")
            );
        }
        variables.insert(name, value.into_inner());
    }
    Ok(variables)
}

fn pool(node: &Node<'_>, defaults: Option<&Node<'_>>, signals: &mut Vec<String>) -> Result<Pool> {
    node.only(&["name", "size", "start", "steps"])?;
    let size = node
        .get("size")?
        .map_or(Ok(1), |size| size.whole(1, CLIENTS_MAX))?;
    let start = node
        .get("start")?
        .map_or(Ok(Pace::Free), |start| self::start(&start))?;
    let steps = steps::read(&node.need("steps")?, defaults, signals)?;
    Ok(Pool {
        name: node.need("name")?.string()?.to_owned(),
        size: usize::try_from(size)?,
        start,
        publishes: steps.publishes,
        steps: steps.steps,
    })
}

/// `{ linear = "100/s" }` or `{ poisson = "100/s" }`.
fn start(node: &Node<'_>) -> Result<Pace> {
    node.only(&["linear", "poisson"])?;
    let (kind, rate) = node.single()?;
    let per_sec = amount::per_second(&rate)?;
    Ok(if kind == "poisson" {
        Pace::Poisson { per_sec }
    } else {
        Pace::Steady { per_sec }
    })
}

fn assertions(root: &Node<'_>) -> Result<Vec<Assertion>> {
    let Some(list) = root.get("assert")? else {
        return Ok(Vec::new());
    };
    let read = |node: Node<'_>| {
        Assertion::parse(node.string()?, is_figure)
            .map_err(|wrong| node.error(&format!("{wrong}; figures: {}", figure_names())))
    };
    list.items()?.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests;
