//! `/api/v1`: path and query become a command line, and that a command (admin.md 14.3, 14.4).

use super::super::respond::Answer;
use super::{Request, elements, openapi, refused};
use http::{Method, StatusCode};
use serde::Serialize;
use vmq_admin::argv::{ArgumentFault, Arguments};
use vmq_admin::command::{self, Parsed, help, later};
use vmq_admin::{Element, web};

const ROOT: &str = "/api/v1";

/// The document that describes all this.
const OPENAPI: &str = "openapi.json";

/// `--help` has an answer of its own (admin.md 3.3).
#[derive(Serialize)]
struct Usage {
    r#type: &'static str,
    usage: String,
}

pub(super) async fn answer(request: &Request<'_>) -> Answer {
    let path = request.asked.head.uri.path();
    let path = path.strip_prefix(ROOT).unwrap_or_default();
    let path = path.strip_prefix('/').unwrap_or_default();
    if path == OPENAPI {
        return match *request.method() == Method::POST {
            true => Answer::method_not_allowed("GET, HEAD, OPTIONS"),
            false => openapi::answer(),
        };
    }
    let mut arguments = match web::arguments(path, &[request.query(), request.form]) {
        Ok(arguments) => arguments,
        Err(fault) => return refused(StatusCode::BAD_REQUEST, &fault.to_string()),
    };
    if arguments.take_flag("help", None).is_some() {
        return usage(&arguments);
    }
    if let Err(refusal) = check_format(&mut arguments) {
        return refusal;
    }
    match command::parse(&arguments) {
        Ok(Parsed::Command(command)) if command.streams() => {
            let text = format!("{} is not available over HTTP", arguments.words.join(" "));
            refused(StatusCode::BAD_REQUEST, &text)
        }
        Ok(Parsed::Command(command)) => request.run(command).await,
        Ok(Parsed::Usage(_)) => refused(StatusCode::BAD_REQUEST, &usage_of(&arguments)),
        Ok(Parsed::NotAvailable) => refused(StatusCode::BAD_REQUEST, later::NOT_AVAILABLE),
        Err(fault) if is_alert_of_command(&fault) => elements(&[Element::alert(fault.to_string())]),
        Err(fault) => refused(StatusCode::BAD_REQUEST, &fault.to_string()),
    }
}

/// What the original finds out only when the command runs: clients rely on 200 (admin.md 14.4).
fn is_alert_of_command(fault: &ArgumentFault) -> bool {
    matches!(fault, ArgumentFault::Usage(_) | ArgumentFault::NoMountpoint)
}

/// There is one format.
fn check_format(arguments: &mut Arguments) -> Result<(), Answer> {
    match arguments.take_flag("format", None) {
        None => Ok(()),
        Some(Some(format)) if format == "json" => Ok(()),
        Some(format) => {
            let text = format!(
                "Invalid value: \"{}\" for flag: format",
                format.unwrap_or_default()
            );
            Err(refused(StatusCode::BAD_REQUEST, &text))
        }
    }
}

fn usage(arguments: &Arguments) -> Answer {
    let usage = Usage {
        r#type: "usage",
        usage: usage_of(arguments),
    };
    Answer::json(StatusCode::OK, &usage)
}

fn usage_of(arguments: &Arguments) -> String {
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    help::usage(&words).trim_end().to_owned()
}
