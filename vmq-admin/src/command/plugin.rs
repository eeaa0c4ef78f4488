//! `vmq-admin plugin`: which plugins answer hooks (admin.md 9.1, hooks.md 4.3).

use super::{Access, Command, Entry, FlagSpec, Given};
use crate::argv::ArgumentFault;
use serde::{Deserialize, Serialize};

/// What is asked of the plugins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plugin {
    /// Those that are on, in the order in which they were enabled.
    Show {
        /// Only this one.
        plugin: Option<String>,
        /// Only this hook.
        hook: Option<String>,
        /// With hooks that nobody outside calls.
        internal: bool,
    },
    /// Switches one on, until the next restart.
    Enable(Spec),
    /// Switches one off, until the next restart.
    Disable(Spec),
}

/// Which plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spec {
    /// By its name; with the folder of an Erlang plugin, if there is one.
    Name { name: String, path: Option<String> },
    /// A function in Erlang.
    Module {
        module: String,
        function: String,
        arity: String,
    },
}

const PLUGIN: FlagSpec = flag("plugin", None, "only this plugin");
const SHOWN_HOOK: FlagSpec = flag("hook", None, "only this hook");
const INTERNAL: FlagSpec = flag("internal", None, "also hooks that are internal");
const NAME: FlagSpec = flag("name", Some('n'), "the plugin");
const PATH: FlagSpec = flag("path", Some('p'), "folder of an Erlang plugin; not supported");
const MODULE: FlagSpec = flag("module", Some('m'), "an Erlang module; not supported");
const FUNCTION: FlagSpec = flag("function", Some('f'), "its function");
const ARITY: FlagSpec = flag("arity", Some('a'), "its number of arguments");
const HOOK: FlagSpec = flag("hook", None, "the hook of that function");
const SPEC: &[FlagSpec] = &[NAME, PATH, MODULE, FUNCTION, ARITY, HOOK];

const fn flag(long: &'static str, short: Option<char>, about: &'static str) -> FlagSpec {
    FlagSpec { long, short, about }
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        words: &["plugin", "show"],
        keys: &[],
        flags: &[PLUGIN, SHOWN_HOOK, INTERNAL],
        syntax: "vmq-admin plugin show [--plugin=<plugin>] [--hook=<hook>] [--internal]",
        about: "Shows the plugins that are on, and their hooks.",
        example: "vmq-admin plugin show --hook=auth_on_register",
        build: |given| {
            Ok(Command::Plugin(Plugin::Show {
                plugin: given.text(&PLUGIN)?.map(str::to_owned),
                hook: given.text(&SHOWN_HOOK)?.map(str::to_owned),
                internal: given.flag(&INTERNAL)?,
            }))
        },
    },
    Entry {
        words: &["plugin", "enable"],
        keys: &[],
        flags: SPEC,
        syntax: "vmq-admin plugin enable --name=<plugin>",
        about: "Switches a plugin on, until the next restart.",
        example: "vmq-admin plugin enable --name=vmq_acl",
        build: |given| Ok(Command::Plugin(Plugin::Enable(spec(given)?))),
    },
    Entry {
        words: &["plugin", "disable"],
        keys: &[],
        flags: SPEC,
        syntax: "vmq-admin plugin disable --name=<plugin>",
        about: "Switches a plugin off, until the next restart.",
        example: "vmq-admin plugin disable --name=vmq_acl",
        build: |given| Ok(Command::Plugin(Plugin::Disable(spec(given)?))),
    },
];

fn spec(given: &Given<'_>) -> Result<Spec, ArgumentFault> {
    if let Some(name) = given.text(&NAME)? {
        return Ok(Spec::Name {
            name: name.to_owned(),
            path: given.text(&PATH)?.map(str::to_owned),
        });
    }
    match (given.text(&MODULE)?, given.text(&FUNCTION)?, given.text(&ARITY)?) {
        (Some(module), Some(function), Some(arity)) => Ok(Spec::Module {
            module: module.to_owned(),
            function: function.to_owned(),
            arity: arity.to_owned(),
        }),
        _ => Err(ArgumentFault::Usage("Incomplete plugin specification".to_owned())),
    }
}

impl Plugin {
    pub(super) const fn access(&self) -> Access {
        match self {
            Self::Show { .. } => Access::Read,
            Self::Enable(_) | Self::Disable(_) => Access::Full,
        }
    }

    pub(super) fn line(&self) -> String {
        match self {
            Self::Show { .. } => "plugin show".to_owned(),
            Self::Enable(spec) => format!("plugin enable {}", spec.line()),
            Self::Disable(spec) => format!("plugin disable {}", spec.line()),
        }
    }
}

impl Spec {
    fn line(&self) -> String {
        match self {
            Self::Name { name, path: None } => format!("--name={name}"),
            Self::Name {
                name,
                path: Some(path),
            } => format!("--name={name} --path={path}"),
            Self::Module {
                module,
                function,
                arity,
            } => format!("--module={module} --function={function} --arity={arity}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{command, fault};

    #[test]
    fn a_plugin_has_a_name_or_is_a_function() {
        assert_eq!(
            command("plugin enable -n vmq_acl").line(),
            "plugin enable --name=vmq_acl"
        );
        assert_eq!(
            command("plugin disable -m m -f f -a 5 --hook=h").line(),
            "plugin disable --module=m --function=f --arity=5"
        );
        for line in ["plugin enable", "plugin disable -m m -f f"] {
            assert_eq!(fault(line), "Incomplete plugin specification");
        }
        assert_eq!(fault("plugin show --nope"), "Invalid key: \"nope\"");
    }
}
