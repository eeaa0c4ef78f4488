//! HTTP of a listener: its modules, and who may ask them (config.md 6.6).

use super::lookup::Lookup;
use crate::resolve::Resolved;
use crate::sections::{HttpAuth, HttpConfig, HttpModule, Plugin};
use crate::value::Value;

/// `max_request_line_length` of the table.
pub(super) const REQUEST_LINE_MAX: usize = 8000;
/// `max_header_value_length` of the table.
pub(super) const HEADER_VALUE_MAX: usize = 4096;

/// The names that configuration and tools use.
const NAMES: [(&str, HttpModule); 7] = [
    ("vmq_metrics_http", HttpModule::Metrics),
    ("vmq_http_mgmt_api", HttpModule::Management),
    ("vmq_status_http", HttpModule::Status),
    ("vmq_health_http", HttpModule::Health),
    ("vmq_http_v2_api", HttpModule::V2),
    ("vmq_http_pub", HttpModule::Publish),
    ("vmq_web_ui", HttpModule::WebUi),
];

/// What the manual of the original calls the management module.
const WRONG_NAME: &str = "vmq_mgmt_http";

impl HttpModule {
    /// The name in configuration and tools.
    pub fn name(self) -> &'static str {
        // Every module stands in the list; a test checks it.
        NAMES
            .iter()
            .find(|(_, module)| *module == self)
            .map_or("", |(name, _)| name)
    }

    /// The module of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, module)| *module)
    }

    /// The plugin that brings the module.
    fn plugin(self) -> Option<Plugin> {
        match self {
            Self::Publish => Some(Plugin::HttpPub),
            Self::WebUi => Some(Plugin::WebUi),
            Self::Metrics | Self::Status | Self::Health | Self::Management | Self::V2 => None,
        }
    }
}

impl Default for HttpConfig {
    /// As the table says.
    fn default() -> Self {
        Self {
            modules: vec![
                (HttpModule::Metrics, HttpAuth::Open),
                (HttpModule::Management, HttpAuth::ApiKey),
                (HttpModule::Status, HttpAuth::Open),
                (HttpModule::Health, HttpAuth::Open),
                (HttpModule::V2, HttpAuth::ApiKey),
            ],
            request_line_max: REQUEST_LINE_MAX,
            header_value_max: HEADER_VALUE_MAX,
        }
    }
}

/// `None`: a kind without HTTP modules.
pub(super) fn build(lookup: &Lookup, resolved: &mut Resolved, plugins: &[Plugin]) -> Option<HttpConfig> {
    if !lookup.kind.is_http() {
        return None;
    }
    let modules = modules(lookup, resolved, plugins)
        .into_iter()
        .map(|module| (module, auth(lookup, resolved, module)))
        .collect();
    Some(HttpConfig {
        modules,
        request_line_max: lookup.number(resolved, "max_request_line_length", REQUEST_LINE_MAX),
        header_value_max: lookup.number(resolved, "max_header_value_length", HEADER_VALUE_MAX),
    })
}

/// The listener's own list, else the one for all. A name that leads nowhere is told, and the others are served.
fn modules(lookup: &Lookup, resolved: &mut Resolved, plugins: &[Plugin]) -> Vec<HttpModule> {
    let for_all = || match resolved.get("http_modules") {
        Some(Value::Names(names)) => ("http_modules".to_owned(), names.clone()),
        _ => Default::default(),
    };
    let (key, names) = lookup.names(resolved, "http_modules").unwrap_or_else(for_all);
    let mut modules = Vec::new();
    for name in names {
        match HttpModule::from_name(&name) {
            None => resolved.notice_once(&key, unknown_text(&key, &name)),
            Some(module) if module.plugin().is_some_and(|plugin| !plugins.contains(&plugin)) => {
                let text = format!("{key}: {name} is left out: set plugins.{name} = on to serve it");
                resolved.notice_once(&key, text);
            }
            Some(module) if modules.contains(&module) => {}
            Some(module) => modules.push(module),
        }
    }
    modules
}

fn unknown_text(key: &str, name: &str) -> String {
    let known = if name == WRONG_NAME {
        HttpModule::Management.name().to_owned()
    } else {
        known_names()
    };
    format!("{key}: no HTTP module is called {name}, it is left out; there is {known}")
}

fn known_names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

/// The listener's own mode, else the one for all listeners, else open.
fn auth(lookup: &Lookup, resolved: &Resolved, module: HttpModule) -> HttpAuth {
    let option = format!("http_module.{}.auth.mode", module.name());
    let setting = resolved
        .settings
        .get(&lookup.key(&option))
        .or_else(|| resolved.settings.get(&option));
    match setting.map(|setting| &setting.value) {
        Some(Value::Word("apikey")) => HttpAuth::ApiKey,
        _ => HttpAuth::Open,
    }
}

/// A mistyped module in a key would leave the module that was meant open to everybody.
pub(super) fn refuse_unknown_modules(resolved: &mut Resolved) {
    let mut unknown = Vec::new();
    for key in resolved.settings.keys() {
        let rest = key
            .strip_prefix("http_module.")
            .or_else(|| Some(key.strip_prefix("listener.")?.split_once(".http_module.")?.1));
        let module = rest.and_then(|rest| rest.strip_suffix(".auth.mode"));
        if let Some(module) = module.filter(|module| HttpModule::from_name(module).is_none()) {
            unknown.push((key.clone(), module.to_owned()));
        }
    }
    for (key, module) in unknown {
        let text = format!(
            "{key}: no HTTP module is called {module}; there is {}",
            known_names()
        );
        resolved.refuse(&key, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_has_a_name() {
        for (name, module) in NAMES {
            assert_eq!(module.name(), name);
            assert_eq!(HttpModule::from_name(name), Some(module));
        }
        assert_eq!(HttpModule::from_name(WRONG_NAME), None);
    }
}
