//! Which plugins are on, and in which order they are asked (hooks.md 3.1).

use crate::key::escape;
use crate::resolve::Resolved;
use crate::sections::Plugin;
use crate::table::Feature;
use crate::value::Value;

/// The names that configuration and tools use.
const NAMES: [(&str, Plugin); 7] = [
    ("vmq_acl", Plugin::Acl),
    ("vmq_bridge", Plugin::Bridge),
    ("vmq_diversity", Plugin::Diversity),
    ("vmq_http_pub", Plugin::HttpPub),
    ("vmq_passwd", Plugin::Passwd),
    ("vmq_web_ui", Plugin::WebUi),
    ("vmq_webhooks", Plugin::Webhooks),
];

/// Known to the original, of no use here.
const IGNORED: [&str; 2] = ["vmq_mqtt5_demo_plugin", "vmq_pulse"];

impl Plugin {
    /// The name in configuration and tools.
    pub fn name(self) -> &'static str {
        // Every plugin stands in the list; a test checks it.
        NAMES
            .iter()
            .find(|(_, plugin)| *plugin == self)
            .map_or("", |(name, _)| name)
    }

    /// The plugin of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, plugin)| *plugin)
    }

    fn missing(self) -> Option<Feature> {
        match self {
            Self::Acl | Self::Passwd => None,
            Self::Bridge => Some(Feature::Bridges),
            Self::Diversity => Some(Feature::Lua),
            Self::HttpPub => Some(Feature::RestPublish),
            Self::WebUi => Some(Feature::WebUi),
            Self::Webhooks => Some(Feature::Webhooks),
        }
    }
}

/// The plugins that are on: those with a priority by it, then the others by name.
pub(super) fn build(resolved: &mut Resolved) -> Vec<Plugin> {
    let mut chain = Vec::new();
    for (name, is_on) in switches(resolved) {
        let key = format!("plugins.{}", escape(&name));
        if !is_on || IGNORED.contains(&name.as_str()) {
            if is_on && name != "vmq_pulse" {
                resolved.notice(&key, format!("config: {key} has no effect here (removed)"));
            }
            continue;
        }
        let Some(plugin) = Plugin::from_name(&name).filter(|_| !has_path(resolved, &key)) else {
            let text = "external Erlang plugins are not supported; use webhooks or Lua";
            resolved.refuse(&key, &format!("{key} = on: {text}"));
            continue;
        };
        if let Some(feature) = plugin.missing() {
            resolved.missing.entry(feature).or_insert_with(|| key.clone());
        }
        // None sorts before Some, so whether there is a priority comes first.
        let priority = resolved
            .settings
            .get(&format!("{key}.priority"))
            .map(|setting| setting.value.clone());
        let priority = match priority {
            Some(Value::Integer(number)) => Some(number),
            _ => None,
        };
        chain.push((priority.is_none(), priority, name, plugin));
    }
    chain.sort();
    chain.into_iter().map(|(_, _, _, plugin)| plugin).collect()
}

/// `plugins.NAME` of every name.
fn switches(resolved: &Resolved) -> Vec<(String, bool)> {
    let settings = resolved.settings.iter().filter_map(|(key, setting)| {
        let name = setting
            .name
            .clone()
            .or_else(|| Some(key.strip_prefix("plugins.")?.to_owned()))?;
        let is_switch = setting.row.key.split('.').count() == 2 && setting.row.key.starts_with("plugins.");
        is_switch.then_some((name, setting.value == Value::Flag(true)))
    });
    settings.collect()
}

fn has_path(resolved: &Resolved, key: &str) -> bool {
    resolved.settings.contains_key(&format!("{key}.path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plugin_has_a_name() {
        for (name, plugin) in NAMES {
            assert_eq!(plugin.name(), name);
            assert_eq!(Plugin::from_name(name), Some(plugin));
        }
    }
}
