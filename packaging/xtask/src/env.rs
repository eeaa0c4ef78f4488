//! `cargo xtask env`: the variables that let plain cargo link the RocksDB that this tool compiled.

use anyhow::Result;

use crate::rocksdb;
use crate::say;
use crate::workspace::Workspace;

/// Compiles RocksDB if need be, then prints shell lines for `eval`.
///
/// # Errors
/// When RocksDB cannot be compiled.
pub(crate) fn command(workspace: &Workspace) -> Result<()> {
    for (name, value) in rocksdb::ensure(workspace)? {
        say::line(format_args!("export {name}={}", quote(&value.to_string_lossy())));
    }
    Ok(())
}

fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_survives_the_shell() {
        assert_eq!(quote("/a b/c"), "'/a b/c'");
        assert_eq!(quote("it's"), r"'it'\''s'");
    }
}
