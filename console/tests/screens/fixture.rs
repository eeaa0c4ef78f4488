//! A broker that is none: pictures as the feed would bring them.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use vmq_admin::Command;
use vmq_admin::command::session::Session;
use vmq_admin::live::{LogLine, Topic};
use vmq_admin::wire::{Hello, State};
use vmq_admin::{Row, Value};
use vmq_console::app::{App, Look, View};
use vmq_console::keys::Key;
use vmq_console::place::{Lines, Picture, Place, Source};
use vmq_console::settings::Settings;
use vmq_console::update::{Effect, Event, apply};
use vmq_console::wants::wants;

/// The time of the fixture, in milliseconds.
pub(crate) const NOW_MS: u64 = 1_700_000_000_000;

/// Sizes of console.md 11.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// A console that has just been opened.
pub(crate) fn opened(size: (u16, u16)) -> App {
    let look = Look {
        colours: true,
        ascii: false,
    };
    let mut app = App::new(Settings::default(), look, size);
    let hello = Hello {
        v: 1,
        node: "VerneMQ@10.0.0.5".to_owned(),
        version: "2.0.1".to_owned(),
        pid: 7,
        state: State::Running,
    };
    apply(
        &mut app,
        Event::Tick {
            now_ms: NOW_MS,
            clock: "12:04:31".to_owned(),
        },
    );
    apply(&mut app, Event::Up(hello));
    app
}

/// Presses keys; gives what they ask of the program.
pub(crate) fn press(app: &mut App, keys: &[Key]) -> Vec<Effect> {
    keys.iter().flat_map(|key| apply(app, Event::Key(*key))).collect()
}

/// Types a text.
pub(crate) fn type_in(app: &mut App, text: &str) -> Vec<Effect> {
    text.chars()
        .flat_map(|character| apply(app, Event::Key(Key::Char(character))))
        .collect()
}

/// Brings everything that is wanted: of a broker that has much to do, or nothing.
pub(crate) fn bring(app: &mut App, is_busy: bool) {
    for (place, want) in wants(app) {
        let event = match (&want.source, place) {
            (Source::Live(Topic::Log(_)), _) => Event::Lines {
                place,
                want,
                clocks: vec!["12:04:29".to_owned(), "12:04:30".to_owned()],
                lines: if is_busy { log() } else { Lines::default() },
            },
            (Source::Stream(_), _) => Event::Lines {
                place,
                want,
                clocks: Vec::new(),
                lines: if is_busy { traced() } else { Lines::default() },
            },
            (source, _) => {
                let mut picture = if is_busy {
                    busy(source, place, app.view)
                } else {
                    Picture::default()
                };
                if place == Place::Header && !is_busy {
                    picture.rows = vec![metric("system_wallclock", "", 5_000, 1000.0)];
                }
                Event::Picture { place, want, picture }
            }
        };
        apply(app, event);
    }
}

fn busy(source: &Source, place: Place, app_view: View) -> Picture {
    let rows = match (source, place) {
        (Source::Live(Topic::Metrics(wanted)), _) if wanted.history.is_empty() => numbers(),
        (Source::Live(Topic::Metrics(wanted)), _) => {
            let history = wanted.history.iter().enumerate().map(|(nth, name)| {
                let value = move |second: usize| ((second / 7 + nth * 31) * (second / 23 + 1) % 97) as u64;
                (name.clone(), (0..600).map(value).collect())
            });
            return Picture {
                history: history.collect(),
                until: NOW_MS / 1000,
                ..Picture::default()
            };
        }
        (Source::Live(Topic::Sessions(page)), Place::Beside) if page.columns.len() == 6 => subscriptions(),
        (Source::Live(Topic::Sessions(page)), _) => {
            let facts = Row::default()
                .with("rows", Value::Number(1204))
                .with("of", Value::Number(98_317));
            let rows = (0..u64::from(page.limit).min(1204 - page.offset))
                .map(|nth| session(page.offset + nth))
                .collect();
            return Picture {
                facts,
                rows,
                ..Picture::default()
            };
        }
        (Source::Live(Topic::Listeners), _) => listeners(),
        (Source::Live(Topic::Cluster), _) => vec![
            Row::default()
                .with("Node", "VerneMQ@10.0.0.5")
                .with("Running", true),
        ],
        (_, Place::Certificates) => vec![
            certificate("mqtt.example.com", "2023-11-18 00:13:20"),
            certificate("old.example.com", "2024-06-02 00:13:20"),
        ],
        (_, Place::View(View::Plugins)) => vec![
            plugin("vmq_passwd", "auth_on_register\nauth_on_register_m5\n"),
            plugin("vmq_acl", "auth_on_publish\nauth_on_subscribe\n"),
        ],
        (_, Place::View(View::Traces)) => vec![trace()],
        (_, Place::View(View::Topics)) => (1..40).map(retained).collect(),
        (_, Place::View(View::Hot)) => events(),
        (_, Place::Beside) if matches!(app_view, View::Overview) => events(),
        (Source::Poll(Command::Session(Session::History { .. })), _) => history(),
        (_, Place::Beside) => (1..9).map(waiting).collect(),
        _ => Vec::new(),
    };
    Picture {
        rows,
        ..Picture::default()
    }
}

/// A row of the metrics.
fn metric(name: &str, labels: &str, value: u64, rate: f64) -> Row {
    Row::default()
        .with("name", name)
        .with("labels", labels)
        .with("type", "counter")
        .with("value", value)
        .with("rate_10s", Value::Float(rate))
}

fn numbers() -> Vec<Row> {
    let refused = r#"mqtt_version="4",return_code="not_authorized""#;
    vec![
        metric("system_wallclock", "", 1_051_200_000, 1000.0),
        metric("total_active_connections", "", 97_113, 0.0),
        metric("queue_processes", "", 98_317, 0.0),
        metric("mqtt_connect_received", r#"mqtt_version="4""#, 300_000, 41.5),
        metric("socket_open", "", 300_000, 42.0),
        metric("socket_close", "", 200_000, 39.9),
        metric(
            "mqtt_publish_received",
            r#"mqtt_version="4""#,
            9_000_000,
            12_345.0,
        ),
        metric("mqtt_publish_sent", r#"mqtt_version="5""#, 9_000_000, 48_120.0),
        metric("bytes_received", "", 9_000_000, 1_048_576.0),
        metric("bytes_sent", "", 9_000_000, 4_900_000.0),
        metric("queue_message_drop", "", 900, 12.0),
        metric("mqtt_connack_sent", refused, 500, 3.2),
        metric(
            "mqtt_connack_sent",
            r#"mqtt_version="4",return_code="success""#,
            300_000,
            38.0,
        ),
        metric("message_dropped", r#"reason="queue_full""#, 900, 12.0),
        metric("connection_closed", r#"reason="session_taken_over""#, 900, 30.0),
        metric("connection_closed", r#"reason="client_disconnect""#, 900, 9.9),
        metric("connection_refused", r#"reason="max_connections""#, 12, 0.7),
        metric("retain_messages", "", 4711, 0.0),
        metric("retain_memory", "", 812_000, 0.0),
        metric("router_subscriptions", "", 120_433, 0.0),
        metric("router_memory", "", 44_000_000, 0.0),
        metric("vm_memory_total", "", 512_000_000, 0.0),
        metric("vm_memory_ets", "", 120_000_000, 0.0),
        metric("system_utilization", "", 37, 0.0),
    ]
}

fn session(nth: u64) -> Row {
    let is_online = !nth.is_multiple_of(5);
    let online = |value: Value| if is_online { value } else { Value::Null };
    Row::default()
        .with("mountpoint", "")
        .with("client_id", format!("pump-{nth:04}"))
        .with("is_online", is_online)
        .with("user", online(Value::Text(format!("pump-{}", nth % 40))))
        .with(
            "peer_host",
            online(Value::Text(format!("10.3.{}.{}", nth / 200, nth % 200))),
        )
        .with("peer_port", online(Value::Number(51_022)))
        .with("protocol", online(Value::Number(5)))
        .with("statename", if is_online { "online" } else { "offline" })
        .with("queue_size", 1204 - nth)
        .with("waiting_acks", online(Value::Number(20)))
        .with("subscriptions_count", 3_u64)
        .with(
            "session_started_at",
            online(Value::Number((NOW_MS - nth * 60_000).cast_signed())),
        )
        .with("keep_alive", online(Value::Number(60)))
        .with("listener", online("default".into()))
        .with("clean_session", false)
        .with("session_expiry_interval", 4_294_967_295_u64)
}

fn subscriptions() -> Vec<Row> {
    let row = |(filter, qos): (&str, u64)| {
        Row::default()
            .with("mountpoint", "")
            .with("client_id", "pump-0000")
            .with("topic", filter)
            .with("qos", qos)
            .with("rap", false)
            .with("no_local", true)
    };
    [("plant/17/#", 1), ("cmd/pump/+", 2), ("$share/workers/jobs/#", 0)]
        .map(row)
        .to_vec()
}

fn waiting(nth: u64) -> Row {
    Row::default()
        .with("msg_ref", format!("ref-{nth}"))
        .with("routing_key", format!("plant/17/temp/{nth}"))
        .with("msg_qos", 1_u64)
        .with("dup", nth == 1)
        .with("payload", format!(r#"{{"celsius":{nth}.5}}"#))
}

fn retained(nth: u64) -> Row {
    Row::default()
        .with("topic", format!("state/device/{nth}"))
        .with("payload", format!(r#"{{"on":true,"level":{nth}}}"#))
}

fn listeners() -> Vec<Row> {
    let row = |kind: &str, port: &str, status: &str, open: u64, limit: Value| {
        Row::default()
            .with("type", kind)
            .with("status", status)
            .with("address", "0.0.0.0")
            .with("port", port)
            .with("mountpoint", "")
            .with("max_conns", limit)
            .with("active_conns", open)
            .with("all_conns", open)
    };
    vec![
        row("mqtt", "1883", "running", 9_900, Value::Number(10_000)),
        row(
            "mqtts",
            "8883",
            "running",
            87_213,
            Value::Text("infinity".to_owned()),
        ),
        row("mqttws", "8080", "suspended", 0, Value::Number(1000)),
    ]
}

fn certificate(name: &str, until: &str) -> Row {
    Row::default()
        .with("CN", name)
        .with("Not_After", until)
        .with("File", format!("/etc/vernemq/{name}.pem"))
}

fn plugin(name: &str, hooks: &str) -> Row {
    Row::default()
        .with("Plugin", name)
        .with("Type", "application")
        .with("Hook(s)", hooks)
        .with("M:F/A", "")
}

fn trace() -> Row {
    Row::default()
        .with("id", 3_u64)
        .with("kind", "client")
        .with("filter", "client-id=pump-0001")
        .with("started", "2026-01-02T12:01:00Z")
        .with("events", 4711_u64)
        .with("owner", 1000_u64)
}

fn happened(seconds_ago: u64, count: u64, event: &str, reason: &str, by: &str, detail: &str) -> Row {
    // The time of the fixture is 2023-11-14T22:13:20Z.
    let last = format!(
        "2023-11-14T22:{:02}:{:02}.000Z",
        13 - seconds_ago / 60,
        (80 - seconds_ago % 60) % 60
    );
    Row::default()
        .with("first", "2023-11-14T22:00:00.000Z")
        .with("last", last)
        .with("count", count)
        .with("event", event)
        .with("reason", reason)
        .with("decided_by", by)
        .with("peer", "10.3.4.17:51022")
        .with("detail", detail)
}

fn events() -> Vec<Row> {
    let of = |client_id: &str, row: Row| row.with("client_id", client_id).with("mountpoint", "");
    vec![
        of(
            "meter-3",
            happened(
                20,
                1,
                "publish_refused",
                "not_authorized",
                "vmq_acl vmq.acl:12",
                "plant/17/set",
            ),
        ),
        of(
            "joe",
            happened(
                20,
                7,
                "connect_refused",
                "bad_username_or_password",
                "vmq_passwd",
                "user=joe",
            ),
        ),
        of(
            "pump-0003",
            happened(
                20,
                900,
                "message_dropped",
                "queue_full",
                "max_online_messages=1000",
                "plant/3/temp",
            ),
        ),
        of(
            "twin",
            happened(
                20,
                438,
                "disconnected",
                "session_taken_over",
                "connection from 10.3.4.18:40000",
                "",
            ),
        ),
    ]
}

fn history() -> Vec<Row> {
    vec![
        happened(
            20,
            1,
            "connected",
            "",
            "",
            "listener=default protocol=5 user=pump-0",
        ),
        happened(
            20,
            3,
            "publish_refused",
            "not_authorized",
            "vmq_acl vmq.acl:12",
            "plant/17/set",
        ),
        happened(20, 1, "disconnected", "keep_alive_timeout", "max_keepalive", ""),
    ]
}

fn log() -> Lines {
    let line = |level: &str, client_id: Option<&str>, text: &str| LogLine {
        time_us: 1,
        level: level.to_owned(),
        pid: None,
        client_id: client_id.map(str::to_owned),
        text: text.to_owned(),
    };
    let log = vec![
        line(
            "warning",
            Some("joe"),
            "can't authenticate client {[],<<\"joe\">>} from 10.3.4.17:51022 due to invalid_credentials",
        ),
        line(
            "error",
            None,
            "can't start listener mqtts 0.0.0.0 8884 due to Address already in use (os error 98)",
        ),
    ];
    Lines {
        log,
        said: Vec::new(),
        left_out: 0,
    }
}

fn traced() -> Lines {
    let said = [
        r#"{"time":"2026-01-02T12:04:29Z","event":"recv","client_id":"pump-0000","packet":"PUBLISH","topic":"plant/17/temp","qos":1,"retain":false,"dup":false,"packet_id":7,"payload":"21.5","payload_bytes":4,"text":""}"#,
        r#"{"time":"2026-01-02T12:04:29Z","event":"call","client_id":"pump-0000","text":"Calling auth_on_publish(undefined,...)"}"#,
        r#"{"time":"2026-01-02T12:04:29Z","event":"return","client_id":"pump-0000","text":"Hook returned \"ok\""}"#,
        r#"{"time":"2026-01-02T12:04:30Z","event":"send","client_id":"pump-0000","packet":"PUBACK","text":"PUBACK(m7)"}"#,
    ];
    Lines {
        log: Vec::new(),
        said: said.map(str::to_owned).to_vec(),
        left_out: 240,
    }
}

/// The screen as text; blanks at the end of lines are left out.
pub(crate) fn screen(app: &App) -> String {
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    terminal
        .draw(|frame| vmq_console::view::draw(frame, app))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y: u16| {
        let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..buffer.area.height).map(line).collect::<Vec<_>>().join("\n")
}
