//! `vmq-admin listener start` (admin.md 8.2): flags become options of a listener as the configuration file has them,
//! so that defaults, checks and refusals are those of the file.

use super::super::{Admin, Answer};
use super::{cannot, wanted_place};
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
    let options = options(start, kind, &mut notes)?;
    let (loaded, running) = (admin.settings()?, broker.plugins().running());
    let build = move || build(&loaded, &running, kind, address, &options);
    let built = tokio::task::spawn_blocking(build).await;
    let (config, mut told) = built.map_err(|error| cannot("start", &error.to_string()))??;
    notes.append(&mut told);
    broker
        .start_listener(config)
        .await
        .map_err(|fault| cannot("start", &fault.word))?;
    Ok(Answer::done().with_notes(notes))
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
