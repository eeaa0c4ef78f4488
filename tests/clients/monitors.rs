//! Monitoring programs that others wrote, each fed by the broker: carbon, Prometheus and its promtool, rsyslog. Our own
//! tests say what the lines must be; these say that the programs take them (monitoring.md 2.4, 2.5, 7.5, 10.1, 12).

use crate::install;
use crate::program::{Program, Running};
use harness::control::eventually_blocking;
use harness::{Node, QOS0, TestBroker, V4};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;

/// The alert rules as they are shipped.
const RULES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../packaging/monitoring/vernemq-alert-rules.yml"
);

/// A port that is free now, for programs that cannot choose one themselves.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A real carbon-cache with its files in `home`.
fn carbon(home: &Path, port: u16) -> Running {
    let conf = format!(
        "[cache]\nSTORAGE_DIR = {home}\nLOCAL_DATA_DIR = {home}/whisper\nCONF_DIR = {home}\nLOG_DIR = {home}\n\
         PID_DIR = {home}\nLINE_RECEIVER_INTERFACE = 127.0.0.1\nLINE_RECEIVER_PORT = {port}\n\
         PICKLE_RECEIVER_PORT = 0\nCACHE_QUERY_PORT = 0\nMAX_CREATES_PER_MINUTE = inf\n\
         MAX_UPDATES_PER_SECOND = inf\nENABLE_LOGROTATION = False\nUSER =\n",
        home = home.display()
    );
    fs::write(home.join("carbon.conf"), conf).unwrap();
    let schemas = "[all]\npattern = .*\nretentions = 1s:10m\n";
    fs::write(home.join("storage-schemas.conf"), schemas).unwrap();
    Program::new(install::carbon())
        .arg(format!("--config={}", home.join("carbon.conf").display()))
        .words("--nodaemon start")
        .start()
}

/// The values that carbon has stored under a path.
fn stored(home: &Path, path: &str) -> BTreeSet<String> {
    let file = home.join("whisper").join(path.replace('.', "/") + ".wsp");
    if !file.is_file() {
        return BTreeSet::new();
    }
    let rows = Program::new(install::whisper_fetch())
        .arg("--drop=nulls")
        .arg(file)
        .run()
        .lines;
    rows.iter()
        .filter_map(|row| row.split('\t').nth(1).map(str::to_owned))
        .collect()
}

/// monitoring.md 2.4: what carbon stores is what was counted, and it is found again when it was away.
#[tokio::test(flavor = "multi_thread")]
async fn carbon_stores_what_was_counted_before_and_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port();
    let first = carbon(home.path(), port);
    let broker = TestBroker::builder()
        .conf(&format!(
            "graphite_enabled = on\ngraphite_host = 127.0.0.1\ngraphite_port = {port}\ngraphite_interval = 1000\n\
             graphite_reconnect_timeout = 100\ngraphite_prefix = plant\ngraphite_api_key = KEY"
        ))
        .start()
        .await;
    let path = "KEY.plant.mqtt.subscribe.received";
    broker.connect(V4, "a").await.subscribe("a", QOS0).await;
    eventually_blocking("one subscribe in carbon", || {
        stored(home.path(), path).contains("1.000000")
    });
    first.kill();
    broker.connect(V4, "b").await.subscribe("b", QOS0).await;
    let second = carbon(home.path(), port);
    eventually_blocking("two subscribes in the carbon that came back", || {
        stored(home.path(), path).contains("2.000000")
    });
    drop(second);
}

/// A broker with an HTTP listener, and the address of that.
async fn with_http() -> (TestBroker, SocketAddr) {
    let broker = TestBroker::builder()
        .conf("listener.http.web = 127.0.0.1:0")
        .start()
        .await;
    let address = broker.listener("web");
    (broker, address)
}

fn scrape(address: SocketAddr) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    let end = reply.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    reply.split_off(end + 4)
}

/// monitoring.md 12.4: promtool reads a scrape. What it finds fault with are names that the original gave.
#[tokio::test(flavor = "multi_thread")]
async fn promtool_reads_a_scrape() {
    let (broker, address) = with_http().await;
    broker.connect(V4, "c").await.subscribe("a", QOS0).await;
    let read = Program::new(install::promtool())
        .words("check metrics")
        .input(scrape(address))
        .run();
    assert!(!read.lines.is_empty(), "it has looked at something");
    let names = [
        "\"_total\" suffix",
        "use base unit",
        "non-histogram and non-summary metrics should not have \"_count\" suffix",
    ];
    for line in &read.lines {
        assert!(names.iter().any(|name| line.contains(name)), "{line}");
    }
    // 3: it has read everything, and does not like some of it.
    assert!(matches!(read.code, Some(0 | 3)), "{read:?}");
}

#[test]
fn promtool_takes_the_alert_rules() {
    let lines = Program::new(install::promtool())
        .words("check rules")
        .arg(RULES)
        .succeed();
    assert!(
        lines.iter().any(|line| line.contains("20 rules found")),
        "{lines:?}"
    );
}

/// monitoring.md 12.15: a real Prometheus scrapes the broker and evaluates the shipped rules; every metric they name is
/// there.
#[tokio::test(flavor = "multi_thread")]
async fn prometheus_evaluates_the_alert_rules() {
    let (broker, address) = with_http().await;
    broker.connect(V4, "c").await.subscribe("a", QOS0).await;
    let home = tempfile::tempdir().unwrap();
    let conf = format!(
        "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files: [{RULES}]\nscrape_configs:\n  \
         - job_name: vernemq\n    static_configs:\n      - targets: ['{address}']\n"
    );
    fs::write(home.path().join("prometheus.yml"), conf).unwrap();
    let mut prometheus = Program::new(install::prometheus())
        .arg(format!("--config.file={}/prometheus.yml", home.path().display()))
        .arg(format!("--storage.tsdb.path={}/data", home.path().display()))
        .arg("--web.listen-address=127.0.0.1:0")
        .start();
    let line = prometheus.line_with("Listening on");
    let (_, server) = line.rsplit_once("address=").unwrap();
    let ask = |expression: &str| {
        Program::new(install::promtool())
            .words("query instant")
            .arg(format!("http://{server}"))
            .arg(expression)
            .run()
    };
    eventually_blocking("the first scrape", || {
        let lines = ask("up{job=\"vernemq\"} == 1").lines;
        lines.iter().any(|line| line.contains("=> 1"))
    });
    let rules = fs::read_to_string(RULES).unwrap();
    let expressions: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "))
        .collect();
    assert_eq!(expressions.len(), 20);
    for expression in expressions {
        let told = ask(expression);
        assert_eq!(told.code, Some(0), "{expression}: {told:?}");
        let letters = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        for name in expression
            .split(letters)
            .filter(|word| word.starts_with("vernemq_"))
        {
            let told = ask(name);
            assert!(!told.lines.is_empty(), "{name} of {expression} has no value");
        }
    }
}

/// monitoring.md 12.13: rsyslog takes messages of RFC 5424 over TCP with octet counting.
#[test]
fn rsyslog_takes_the_log() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    let conf = format!(
        "module(load=\"imtcp\")\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"0\" listenPortFileName=\"{}\")\n\
         template(name=\"facts\" type=\"string\" string=\"%syslogfacility-text% %syslogseverity-text% %app-name% \
         %msg%\\n\")\n*.* action(type=\"omfile\" file=\"{}\" template=\"facts\")\n",
        path("port"),
        path("out")
    );
    fs::write(path("rsyslog.conf"), conf).unwrap();
    let _rsyslog = Program::new(install::rsyslog())
        .words("-n -f")
        .arg(path("rsyslog.conf"))
        .arg("-i")
        .arg(path("pid"))
        .start();
    let read = |name: &str| fs::read_to_string(path(name)).unwrap_or_default();
    eventually_blocking("the port of rsyslog", || {
        read("port").trim().parse::<u16>().is_ok()
    });
    let node = Node::new(&format!(
        "log.syslog = on\nlog.syslog.format = rfc5424\nlog.syslog.remote.host = 127.0.0.1\n\
         log.syslog.remote.protocol = tcp\nlog.syslog.remote.port = {}\nlog.syslog.facility = local3",
        read("port").trim()
    ));
    let _running = node.foreground(&mut node.command(&["run"]));
    eventually_blocking("a line of the broker in the file of rsyslog", || {
        read("out")
            .lines()
            .any(|line| line.starts_with("local3 ") && line.contains(" VerneMQ "))
    });
    // A level that changes is told in the log, here with its severity.
    assert_eq!(node.verb(&["reload"]).code, 0);
    eventually_blocking("the reload in the file of rsyslog", || {
        read("out").lines().any(|line| {
            line.starts_with("local3 info VerneMQ") && line.contains("reloading the configuration")
        })
    });
}
