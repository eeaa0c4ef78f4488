"""Measures every aim of the speed table and prints the table; the raw files stay.

    python3 tests/bench/speed.py target/release/vernemq target/release/vmq-loadtest [--out results] [--runs 5] [--seconds 5]
                                 [--only NAME] [--show]

Each row is one `vmq-loadtest vs`, whose result file is OUT/NAME.json. `--only` picks rows (repeat it), `--show` makes the table
anew from the files that are there. Run it on a machine with nothing else to do: a row whose median `others_busy` is above 0.2
cores carries an asterisk. Exit code 3: an aim is missed.
"""

import argparse
import json
import pathlib
import subprocess
import sys

# Name, arguments, figure, relation, bound. A ratio is to mosquitto; a value is our own.
RATIO, AT_MOST, AT_LEAST, TOLD = "ratio", "at most", "at least", "told"
ROWS = [
    ("pairs-qos0", ["pairs", "--qos", "0"], "broker_cpu", RATIO, 0.07),
    ("fanout-qos0", ["fanout", "--qos", "0"], "broker_cpu", RATIO, 0.13),
    ("fanin-qos0", ["fanin", "--qos", "0"], "broker_cpu", RATIO, 0.08),
    ("pairs-qos1", ["pairs", "--qos", "1"], "broker_cpu", RATIO, 0.08),
    ("pairs-qos2", ["pairs", "--qos", "2"], "broker_cpu", RATIO, 0.07),
    ("shared-qos1", ["shared", "--qos", "1"], "broker_cpu", RATIO, 0.10),
    ("paced-qos0-cpu", ["pairs", "--qos", "0", "--rate", "20000"], "broker_cpu", RATIO, 1.0),
    ("paced-qos0-p99", "paced-qos0-cpu", "latency_p99", RATIO, 1.0),
    ("paced-qos1-cpu", ["pairs", "--qos", "1", "--rate", "20000"], "broker_cpu", RATIO, 1.0),
    ("paced-qos1-p99", "paced-qos1-cpu", "latency_p99", RATIO, 1.0),
    ("persistent-batch", ["persistent"], "messages", AT_LEAST, 30_000),
    ("persistent-batch-cpu", "persistent-batch", "broker_cpu", TOLD, None),
    ("persistent-always", ["persistent"], "messages", TOLD, None),
    ("persistent-always-cpu", "persistent-always", "broker_cpu", TOLD, None),
    ("idle", ["idle", "--clients", "10000"], "rss_per_connection", AT_MOST, 3072),
    ("connect-storm", ["connect-storm"], "connects", AT_LEAST, 8_000),
    ("reconnect-storm", ["reconnect-storm"], "p99_ratio", AT_MOST, 2.0),
]
# These have no rival: what mosquitto does not store is no comparison.
ALONE = {"persistent-batch": [], "persistent-always": ["message_store.sync=always"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("broker")
    parser.add_argument("loadtest")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("results"))
    parser.add_argument("--rival", default="mosquitto")
    parser.add_argument("--runs", default="5")
    parser.add_argument("--seconds", default="5")
    parser.add_argument("--only", action="append")
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = [row for row in ROWS if not arguments.only or row[0] in arguments.only]
    if not arguments.show:
        for name in dict.fromkeys(file_of(row) for row in rows):
            measure(arguments, name)
    sys.exit(0 if show(arguments, rows) else 3)


def file_of(row):
    """The row whose command measures this one."""
    return row[1] if isinstance(row[1], str) else row[0]


def measure(arguments, name):
    scenario = next(row[1] for row in ROWS if row[0] == name)
    if name in ALONE:
        brokers = [":".join([arguments.broker, *ALONE[name]])]
    else:
        brokers = [arguments.rival, arguments.broker]
    command = [arguments.loadtest, "vs", "--runs", arguments.runs, "--seconds", arguments.seconds]
    for broker in brokers:
        command += ["--broker", broker]
    command += ["--json", str(arguments.out / f"{name}.json"), "--scenario", *scenario]
    print(" ".join(command), file=sys.stderr)
    # Its report is in the file; faults show in the table.
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if ended.returncode not in (0, 3):
        sys.exit(f"{name}: exit code {ended.returncode}")


def show(arguments, rows):
    """Prints the table; true if every aim holds."""
    print("| row | mosquitto | vernemq | ratio | aim | |\n|---|---|---|---|---|---|")
    holds_all = True
    for row in rows:
        name, _, figure, kind, bound = row
        path = arguments.out / f"{file_of(row)}.json"
        if not path.is_file():
            continue
        result = json.loads(path.read_text())
        ours = summary(result["brokers"][-1], figure)
        rival = summary(result["brokers"][0], figure) if len(result["brokers"]) > 1 else None
        ratio = ours["ratio"]
        value = ratio["median"] if kind == RATIO else ours["value"]["median"]
        holds = kind == TOLD or (value >= bound if kind == AT_LEAST else value <= bound)
        faults = sum(len(run["faults"]) for series in result["brokers"] for run in series["runs"])
        holds_all &= holds and faults == 0
        verdict = f"faults: {faults}" if faults else "holds" if holds else "missed"
        verdict += "*" if is_noisy(result) else ""
        aim = "" if kind == TOLD else f"{kind if kind != RATIO else AT_MOST} {bound}"
        cells = [name, spread(rival and rival["value"], ours["unit"]), spread(ours["value"], ours["unit"]), spread(ratio, "")]
        print("| " + " | ".join([*cells, aim, verdict if kind != TOLD or faults else ""]) + " |")
    return holds_all


def summary(series, figure):
    return next(summary for summary in series["summary"] if summary["name"] == figure)


def is_noisy(result):
    busy = [summary["value"]["median"] for series in result["brokers"] for summary in series["summary"]
            if summary["name"] == "others_busy"]
    return any(cores > 0.2 for cores in busy)


def spread(value, unit):
    if not value:
        return ""
    text = "{} ({}..{})".format(*(short(value[key]) for key in ("median", "least", "greatest")))
    return f"{text} {unit}".strip()


def short(number):
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


if __name__ == "__main__":
    main()
