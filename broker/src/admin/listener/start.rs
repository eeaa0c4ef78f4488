//! `vmq-admin listener start` (admin.md 8.2): flags become options of a listener as the configuration file has them,
//! so that defaults, checks and refusals are those of the file.

use super::super::{Admin, Answer, settings};
use super::{cannot, family, wanted_place};
use crate::Broker;
use crate::broker::reload::Values;
use std::path::Path;
use vmq_admin::command::listener::{Kind, Start};
use vmq_config::{HttpModule, ListenerAddress, ListenerKind, ListenerRefusal, Loaded, Plugin};

/// Runs the command.
pub(super) async fn run(admin: &Admin, start: Start) -> Result<Answer, Answer> {
    let broker = admin.broker()?;
    let address = wanted_place(&start.place);
    if let Some(there) = broker.listeners().at(&address) {
        let text = format!("{{already_started,<0.{}.0>}}", there.id);
        return Err(cannot("start", &text));
    }
    let kind = kind(start.kind);
    if matches!(address, ListenerAddress::Unix(_)) && kind != ListenerKind::Tcp {
        return Err(cannot(
            "start",
            "a Unix socket serves MQTT without TLS or WebSocket only",
        ));
    }
    let mut notes = Vec::new();
    let persist = start.persist;
    let options = options(start, kind, &mut notes)?;
    let (loaded, running) = (admin.settings()?, broker.plugins().running());
    let lines = lines(&address, options.clone());
    let build = move || build(&loaded, &running, kind, address, &options);
    let built = tokio::task::spawn_blocking(build).await;
    let (config, mut told) = built.map_err(|error| cannot("start", &error.to_string()))??;
    notes.append(&mut told);
    let family = family(&config);
    broker
        .start_listener(config)
        .await
        .map_err(|fault| cannot("start", &fault.word))?;
    if persist {
        match save(admin, &family, lines).await {
            Ok(saved) => notes.extend(saved),
            Err(why) => {
                close(&broker, &family).await;
                return Err(why);
            }
        }
    }
    Ok(Answer::done().with_notes(notes))
}

/// The lines of the listener: what follows its key, and the value.
fn lines(address: &ListenerAddress, options: Vec<(String, String)>) -> Vec<(String, String)> {
    let first = match address {
        ListenerAddress::Ip(address) => address.to_string(),
        ListenerAddress::Unix(path) => format!("local:{}:0", path.display()),
    };
    let below = options
        .into_iter()
        .map(|(name, value)| (format!(".{name}"), value));
    std::iter::once((String::new(), first)).chain(below).collect()
}

/// Writes the listener down for the next start; gives what there is to tell.
async fn save(admin: &Admin, family: &str, lines: Vec<(String, String)>) -> Result<Option<String>, Answer> {
    let save = lines
        .into_iter()
        .map(|(option, value)| (format!("{family}{option}"), value))
        .collect();
    let wanted = Values {
        save,
        ..Values::default()
    };
    let report = settings::change(admin, wanted).await?;
    let report = report.map_err(|fault| cannot("start", fault.to_string().trim_end()))?;
    Ok(report.saved.map(|file| format!("saved in {}", file.display())))
}

/// What could not be written down is not there until the next start either.
async fn close(broker: &Broker, family: &str) {
    for listener in broker.listeners().all() {
        if super::family(&listener.config) == family
            && let Err(fault) = broker.delete_listener(&listener, None).await
        {
            tracing::warn!("can't close {family} again due to {fault}");
        }
    }
}

const fn kind(kind: Kind) -> ListenerKind {
    match kind {
        Kind::Mqtt => ListenerKind::Tcp,
        Kind::Mqtts => ListenerKind::Ssl,
        Kind::Mqttws => ListenerKind::Ws,
        Kind::Mqttwss => ListenerKind::Wss,
        Kind::Http => ListenerKind::Http,
        Kind::Https => ListenerKind::Https,
    }
}

/// The options that count. What this version does not have is refused by its name.
fn options(
    start: Start,
    kind: ListenerKind,
    notes: &mut Vec<String>,
) -> Result<Vec<(String, String)>, Answer> {
    let mut options = Vec::new();
    let mut of_tls = Vec::new();
    for (name, value) in start.options {
        match (name.as_str(), value.as_str()) {
            (option, _) if Start::is_of_tls(option) && !kind.is_tls() => of_tls.push(name),
            ("psk_support", "on") | ("pskfile", _) => {
                return Err(cannot(
                    "start",
                    &format!("--{name}: pre-shared keys are not offered"),
                ));
            }
            ("forward_connection_opts", "on") => {
                let text = "--forward_connection_opts: no hook that takes it is available in this version";
                return Err(cannot("start", text));
            }
            ("nr_of_acceptors", _) => {
                notes.push("nr_of_acceptors has no effect: one accept loop serves a listener".to_owned());
                options.push((name, value));
            }
            // The routes of one module, in the words of the original.
            ("config_mod", module) if HttpModule::from_name(module).is_some() => {
                options.push(("http_modules".to_owned(), value));
            }
            ("config_mod" | "config_fun", _) => {}
            _ => options.push((name, value)),
        }
    }
    if !of_tls.is_empty() {
        notes.push(format!(
            "without --ssl these have no effect: {}",
            of_tls.join(", ")
        ));
    }
    Ok(options)
}

/// The listener as the file would have it, and what there is to tell about it.
fn build(
    loaded: &Loaded,
    running: &[Plugin],
    kind: ListenerKind,
    address: ListenerAddress,
    options: &[(String, String)],
) -> Result<(vmq_config::ListenerConfig, Vec<String>), Answer> {
    for (name, value) in options {
        let is_file = matches!(name.as_str(), "cafile" | "certfile" | "keyfile" | "crlfile");
        if is_file && !Path::new(value).is_file() {
            return Err(invalid(name, value));
        }
        if matches!(name.as_str(), "auth_plugins" | "authz_plugins") {
            check_chain(name, value, running)?;
        }
    }
    match loaded.listener(kind, address, options) {
        Ok((config, notices)) => Ok((config, notices.into_iter().map(|notice| notice.text).collect())),
        Err(ListenerRefusal::Value { option, value }) => Err(invalid(&option, &value)),
        Err(ListenerRefusal::Option(option)) => {
            let text = format!("--{option} is not for {} listeners", kind.type_name());
            Err(cannot("start", &text))
        }
        Err(ListenerRefusal::Faults(faults)) => {
            let texts: Vec<String> = faults.iter().map(|fault| fault.text()).collect();
            Err(cannot("start", &texts.join("; ")))
        }
    }
}

fn invalid(flag: &str, value: &str) -> Answer {
    Answer::alert(format!("Invalid value: \"{value}\" for flag: {flag}"))
}

/// The reasons that scripts know from the original.
fn check_chain(option: &str, value: &str, enabled: &[Plugin]) -> Result<(), Answer> {
    let names = value.trim_matches(['[', ']']).split(',').map(str::trim);
    let mut seen: Vec<&str> = Vec::new();
    for name in names.filter(|name| !name.is_empty()) {
        let is_on = Plugin::from_name(name).is_some_and(|plugin| enabled.contains(&plugin));
        if !is_on {
            let text = format!("{{unknown_or_disabled_plugin,{option},{name}}}");
            return Err(cannot("start", &text));
        }
        if seen.contains(&name) {
            return Err(cannot("start", &format!("{{duplicate_plugin,{option},{name}}}")));
        }
        seen.push(name);
    }
    Ok(())
}
