//! Sound files are understood, and every wrong one is told with file, line, key, and the way out.

use super::*;
use crate::script::program::Step;

const SOUND: &str = r#"
assert = ["p99 < 50ms", "loss = 0"]
[set]
clients = 5
rate = "10/s"
[connect]
version = "5"
[[pool]]
name = "all"
size = "$clients"
start = { poisson = "100/s" }
steps = [
    { connect = { client_id = { fixed = "c" }, clean = false, expiry = "1h", reconnect = "1s" } },
    { subscribe = [{ topic = "a/+", qos = 1 }, { topic = "b" }] },
    { loop = { time = "10s", rate = "$rate", steps = [
        { loop = { count = 3, steps = [{ publish = { topic = "a/{worker}", qos = 2, payload = { random = [0, 100] } } }] } },
        { wait = { random = ["1ms", "2ms"] } },
    ] } },
    { set_signal = "there" },
    { wait_signal = { name = "there", count = "$clients" } },
    "disconnect",
]
"#;

fn read(text: &str, set: &[&str]) -> Result<Script> {
    let set: Vec<_> = set.iter().map(ToString::to_string).collect();
    parse(Path::new("test.toml"), text, &set)
}

#[test]
fn a_sound_file_becomes_flat_steps() {
    let script = read(SOUND, &[]).unwrap();
    let pool = &script.pools[0];
    assert_eq!((pool.size, pool.publishes, script.name.as_str()), (5, 1, "test"));
    assert_eq!((script.assertions.len(), script.signals.len()), (2, 1));
    let Step::LoopStart(outer) = &pool.steps[2] else {
        panic!("{:?}", pool.steps[2])
    };
    let Step::LoopStart(inner) = &pool.steps[3] else {
        panic!("{:?}", pool.steps[3])
    };
    assert_eq!((inner.end, outer.end, inner.count), (5, 7, Some(3)));
    assert!(matches!(pool.steps[outer.end], Step::LoopEnd(2)));
    assert_eq!(outer.pace, Pace::Steady { per_sec: 10.0 });
    assert!(matches!(pool.steps[9], Step::WaitSignal { signal: 0, count: 5 }));
}

#[test]
fn the_command_line_replaces_variables() {
    let script = read(SOUND, &["clients=7", "rate=2/s"]).unwrap();
    assert_eq!(script.pools[0].size, 7);
    let error = read(SOUND, &["cleints=7"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "--set cleints: the table [set] of test.toml has: clients, rate"
    );
    assert!(
        read(SOUND, &["clients"])
            .unwrap_err()
            .to_string()
            .contains("--set NAME=VALUE")
    );
    let error = read(SOUND, &["clients=many"]).unwrap_err().to_string();
    assert_eq!(
        error,
        "test.toml:10: pool[0].size: write a whole number from 1 to 1000000"
    );
}

#[test]
fn wrong_files_are_told_with_place_and_way_out() {
    for (from, to, error) in [
        (
            "[[pool]]",
            "[[pol]]",
            "test.toml:8: pol: unknown key; known here: name, set, connect, assert, pool",
        ),
        (
            "size = \"$clients\"",
            "size = \"$client\"",
            "test.toml:10: pool[0].size: there is no variable \"client\"",
        ),
        (
            "size = \"$clients\"",
            "size = 0",
            "test.toml:10: pool[0].size: write a whole number from 1",
        ),
        (
            "qos = 2,",
            "qos = 3,",
            "test.toml:16: pool[0].steps[2].loop.steps[0].loop.steps[0].publish.qos: write the QoS: 0, 1 or 2",
        ),
        (
            "{ wait =",
            "{ wiat =",
            "test.toml:17: pool[0].steps[2].loop.steps[1].wiat: there is no such step; steps: connect,",
        ),
        (
            "\"disconnect\",",
            "\"disconect\",",
            "test.toml:21: pool[0].steps[5]: \"disconect\" is no step without arguments",
        ),
        (
            "time = \"10s\"",
            "time = 10",
            "test.toml:15: pool[0].steps[2].loop.time: write a time with its unit",
        ),
        (
            "a/{worker}",
            "a/{wroker}",
            "publish.topic: {wroker} is no hole; there are {client},",
        ),
        (
            "poisson = \"100/s\"",
            "poisson = \"0/s\"",
            "test.toml:11: pool[0].start.poisson: write a rate more than 0",
        ),
        (
            "version = \"5\"",
            "version = \"6\"",
            "test.toml:7: connect.version: write \"3.1.1\" or \"5\"",
        ),
        (
            "p99 < 50ms",
            "p99 < 50 bananas",
            "test.toml:2: assert[0]: \"50 bananas\" is no number",
        ),
        (
            "loss = 0",
            "los = 0",
            "test.toml:2: assert[1]: there is no figure \"los\"; figures: connects,",
        ),
        (
            "count = 3, ",
            "",
            "write how long, time = \"10s\", or how often, count = 100",
        ),
        (
            "clean = false",
            "clean = 1",
            "test.toml:13: pool[0].steps[0].connect.clean: write true or false",
        ),
        (
            "clean = false",
            "cert = \"a.pem\"",
            "a certificate and its key belong together",
        ),
        ("name = \"all\"", "name = ", "test.toml:9: "),
    ] {
        assert!(SOUND.contains(from), "{from}");
        let told = read(&SOUND.replace(from, to), &[]).unwrap_err().to_string();
        assert!(told.contains(error), "{to}:\n  {told}\n  {error}");
        assert!(told.starts_with("test.toml:"), "{told}");
    }
}

#[test]
fn the_samples_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // Its files are made by who runs it.
        match script(&path, &[]) {
            Ok(script) => assert_eq!(script.name, name),
            Err(error) => assert!(
                name == "tls-client-certificates" && error.to_string().contains("ca.pem"),
                "{error}"
            ),
        }
        names.push(name);
    }
    assert!(names.len() >= 5, "{names:?}");
}
