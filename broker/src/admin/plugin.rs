//! `vmq-admin plugin`: the plugins that are on, and their switches (admin.md 9.1, hooks.md 4.3).

use super::{Admin, Answer};
use std::path::Path;
use vmq_admin::command::plugin::{Plugin as Command, Spec};
use vmq_admin::{Element, Row};
use vmq_config::Plugin;

/// A hook of a plugin: its name, its number of arguments in the notation of the original, and whether it is internal.
type Hook = (&'static str, u8, bool);

const OF_ACL: &[Hook] = &[
    ("change_config", 1, true),
    ("auth_on_publish", 6, false),
    ("auth_on_subscribe", 3, false),
    ("auth_on_publish_m5", 7, false),
    ("auth_on_subscribe_m5", 4, false),
];

const OF_PASSWD: &[Hook] = &[
    ("change_config", 1, true),
    ("auth_on_register", 5, false),
    ("auth_on_register_m5", 6, false),
];

/// Runs the command.
pub(super) fn run(admin: &Admin, command: Command) -> Result<Answer, Answer> {
    let broker = admin.broker()?;
    let plugins = broker.plugins();
    match command {
        Command::Show {
            plugin,
            hook,
            internal,
        } => {
            let running = plugins.running().into_iter();
            let wanted = running.filter(|known| plugin.as_ref().is_none_or(|name| name == known.name()));
            let rows = wanted.filter_map(|plugin| row(plugin, hook.as_deref(), internal));
            Ok(Answer::of(vec![Element::Table(rows.collect())]))
        }
        Command::Enable(spec) => {
            let plugin = known("enable", &spec)?;
            let enabled = plugins.enable(plugin);
            enabled.map_err(|fault| cannot("enable", plugin.name(), &fault.to_string()))?;
            tracing::info!("plugin {} enabled", plugin.name());
            Ok(Answer::done())
        }
        Command::Disable(spec) => {
            let plugin = known("disable", &spec)?;
            let disabled = plugins.disable(plugin);
            disabled.map_err(|fault| cannot("disable", plugin.name(), &fault.to_string()))?;
            tracing::info!("plugin {} disabled", plugin.name());
            Ok(Answer::done())
        }
    }
}

fn cannot(verb: &str, name: &str, reason: &str) -> Answer {
    Answer::alert(format!("Can't {verb} plugin: {name} due to {reason}"))
}

/// A plugin by its name; code in Erlang does not run here.
fn known(verb: &str, spec: &Spec) -> Result<Plugin, Answer> {
    match spec {
        Spec::Module {
            module,
            function,
            arity,
        } => Err(Answer::alert(format!(
            "Can't {verb} module plugin: {{{module},{function},{arity}}} due to not_supported"
        ))),
        Spec::Name { path: Some(path), .. } if !Path::new(path).is_dir() => {
            Err(Answer::alert(format!("Invalid value: \"{path}\" for flag: path")))
        }
        Spec::Name { name, path: Some(_) } => {
            Err(cannot(verb, name, "external_erlang_plugins_not_supported"))
        }
        Spec::Name { name, path: None } => {
            Plugin::from_name(name).ok_or_else(|| cannot(verb, name, "plugin_not_found"))
        }
    }
}

/// The names of the hooks that a plugin is asked through.
pub(super) fn asked_hooks(plugin: Plugin) -> impl Iterator<Item = &'static str> {
    hooks_of(plugin)
        .iter()
        .filter(|(_, _, is_internal)| !is_internal)
        .map(|(hook, _, _)| *hook)
}

const fn hooks_of(plugin: Plugin) -> &'static [Hook] {
    match plugin {
        Plugin::Acl => OF_ACL,
        Plugin::Passwd => OF_PASSWD,
        Plugin::Bridge | Plugin::Diversity | Plugin::HttpPub | Plugin::WebUi | Plugin::Webhooks => &[],
    }
}

/// `None` = it has no such hook.
fn row(plugin: Plugin, only: Option<&str>, internal: bool) -> Option<Row> {
    let hooks = hooks_of(plugin);
    let is_wanted =
        |(hook, _, is_internal): &&Hook| (internal || !is_internal) && only.is_none_or(|only| only == *hook);
    let hooks: Vec<&Hook> = hooks.iter().filter(is_wanted).collect();
    if hooks.is_empty() && only.is_some() {
        return None;
    }
    let name = plugin.name();
    // Every line has its end, as scripts know it.
    let names: String = hooks.iter().map(|(hook, _, _)| format!("{hook}\n")).collect();
    let functions: String = hooks
        .iter()
        .map(|(hook, arity, _)| format!("{name}:{hook}/{arity}\n"))
        .collect();
    Some(
        Row::default()
            .with("Plugin", name)
            .with("Type", "application")
            .with("Hook(s)", names)
            .with("M:F/A", functions),
    )
}
