"""What an operator's questions take, and what they cost, with many sessions and load running.

    python3 tests/bench/operate.py target/fast/vernemq target/fast/vmq-admin target/fast/vmq-loadtest [--rounds 5]

Fills a broker with persistent sessions (85,000 offline and 15,000 connected, each with one subscription), runs ten
publishers and ten subscribers of QoS 0 against it, and alternates intervals in which nobody asks anything with intervals
in which an operator asks everything once: one session by its id, every session as JSON, the metrics, while a trace of one
of the publishers runs all the time. A time is that of the whole process, from its start to its end. Throughput with
questions over throughput without is taken in pairs.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import resource
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time

from processes import Running, free_port

FILLERS = 4
QUESTIONS = ("one", "all", "metrics", "trace")


def text(value):
    encoded = value.encode()
    return struct.pack(">H", len(encoded)) + encoded


def packet(kind, body):
    assert len(body) < 128
    return bytes([kind, len(body)]) + body


def connect(port, number):
    """A persistent session of MQTT 3.1.1 with one subscription, once it is acknowledged."""
    client = f"pump-{number:06}"
    link = socket.create_connection(("127.0.0.1", port))
    link.sendall(packet(0x10, text("MQTT") + bytes([4, 0, 0, 0]) + text(client)))
    link.sendall(packet(0x82, b"\0\1" + text(f"plant/{number % 97}/{client}/set") + b"\1"))
    answer = b""
    while len(answer) < 9:
        more = link.recv(9 - len(answer))
        if not more:
            raise SystemExit(f"{client} is not let in: {answer!r}")
        answer += more
    return link


def fill(port, numbers, stay, ready, over):
    """Makes the sessions; those that stay are held until it is over."""
    held = []
    for number in numbers:
        link = connect(port, number)
        if number < stay:
            held.append(link)
        else:
            link.sendall(b"\xe0\0")
            link.close()
    ready.put(len(numbers))
    over.wait()


class Broker(Running):
    """The broker, with everything in a folder of its own, for the time of a `with`."""

    def __init__(self, program, folder, patience=10):
        self.patience = patience
        self.port, self.socket = free_port(), f"{folder}/admin.sock"
        conf = pathlib.Path(folder, "broker.conf")
        pathlib.Path(folder, "vmq.acl").write_text("topic #\n")
        conf.write_text(
            f"listener.tcp.default = 127.0.0.1:{self.port}\nlistener.max_connections = infinity\nallow_anonymous = on\n"
            f"max_online_messages = -1\nvmq_acl.acl_file = {folder}/vmq.acl\nplatform_data_dir = {folder}/data\n"
            f"admin.socket.path = {self.socket}\nlog.console = off\nlog.error = off\nlog.crash = off\n"
        )
        self.process = subprocess.Popen([program, "-c", conf, "console"], stdout=subprocess.DEVNULL)


class Operator:
    """Types commands and notes how long they take."""

    def __init__(self, program, broker, sessions):
        self.program, self.broker, self.sessions = program, broker, sessions
        self.took = {}

    def run(self, name, *words):
        start, spent = time.perf_counter(), self.broker.cpu_secs()
        done = subprocess.run([self.program, *words, f"--socket={self.broker.socket}"], capture_output=True, check=True)
        self.took.setdefault(name, []).append(((time.perf_counter() - start) * 1e3, self.broker.cpu_secs() - spent))
        return done.stdout

    def ask_everything(self, which=QUESTIONS):
        """Once each. What comes back is looked at, so that a fast wrong answer is no figure, but cheaply: the script runs
        on the same processors."""
        wanted = f"pump-{self.sessions - 7:06}"
        if "one" in which:
            one = self.run("session show --client_id=X", "session", "show", f"--client_id={wanted}")
            assert wanted.encode() in one, one
        if "all" in which:
            every = self.run("session show, all as JSON", "session", "show", "--limit=1000000", "--format=json")
            assert every.count(b'"client_id"') >= self.sessions and every.endswith(b'"type":"table"}\n'), every[-50:]
        if "metrics" in which:
            assert b"mqtt_publish_received" in self.run("metrics show", "metrics", "show")

    def trace(self, client):
        return subprocess.Popen(
            [self.program, "trace", "client", f"client-id={client}", "--on-limit=sample", f"--socket={self.broker.socket}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )


def load(program, broker, seconds, qos, during=None, options=()):
    """Messages a second and the broker's processor time per message, in an interval in which `during` runs."""
    result = f"{os.path.dirname(broker.socket)}/load.json"
    running = subprocess.Popen(
        [program, "run", "--every", "0", "--scenario", "pairs", "--qos", str(qos), "--seconds", str(seconds),
         "--target", f"127.0.0.1:{broker.port}", "--pid", str(broker.process.pid), "--json", result,
         *options],
        stdout=subprocess.DEVNULL,
    )
    helper = during and threading.Thread(target=during)
    if helper:
        helper.load_pid = running.pid
        helper.start()
    if running.wait():
        raise SystemExit("the load failed")
    if helper:
        helper.join()
    return json.loads(pathlib.Path(result).read_text())


def mean_and_spread(values):
    return f"{statistics.median(values):.3f} ({min(values):.3f}..{max(values):.3f})"


def compare(arguments, broker, operator):
    """Pairs of intervals, the order turned around each time; throughput and processor time per message, on over off."""
    rates, costs, lines = [], [], []

    def ask():
        time.sleep(2)  # The warm-up of the load: the questions fall into what is measured.
        which = arguments.ask
        if "trace" in which:
            # The generator names its clients after itself.
            tracing = operator.trace(f"load-{threading.current_thread().load_pid}-0-p-0")
        operator.ask_everything(which)
        time.sleep(max(0, arguments.seconds - 4))
        if "trace" in which:
            tracing.send_signal(signal.SIGINT)
            lines.append(tracing.communicate()[0].count(b"\n"))

    for round_number in range(arguments.rounds):
        found = {}
        for asking in (False, True) if round_number % 2 else (True, False):
            found[asking] = load(arguments.loadtest, broker, arguments.seconds, arguments.qos, ask if asking else None)
        rates.append(figure(found[True], "messages") / figure(found[False], "messages"))
        costs.append(figure(found[True], "broker_cpu") / figure(found[False], "broker_cpu"))
        print(f"round {round_number + 1}: throughput {rates[-1]:.3f}, broker CPU per message {costs[-1]:.3f}", flush=True)
    return rates, costs, lines


def figure(result, name):
    return next(figure["value"] for figure in result["outcome"]["figures"] if figure["name"] == name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for program in ("broker", "admin", "loadtest"):
        parser.add_argument(program)
    parser.add_argument("--offline", type=int, default=85_000)
    parser.add_argument("--online", type=int, default=15_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--qos", type=int, default=0)
    parser.add_argument("--ask", nargs="+", choices=QUESTIONS, default=QUESTIONS, help="of what an operator asks under load")
    arguments = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    sessions = arguments.offline + arguments.online
    with tempfile.TemporaryDirectory() as folder, Broker(arguments.broker, folder) as broker:
        ready, over, start = multiprocessing.Queue(), multiprocessing.Event(), time.monotonic()
        fillers = [
            multiprocessing.Process(
                target=fill, args=(broker.port, range(first, sessions, FILLERS), arguments.online, ready, over)
            )
            for first in range(FILLERS)
        ]
        for filler in fillers:
            filler.start()
        try:
            for _ in fillers:
                ready.get()
            print(f"{sessions} sessions made in {time.monotonic() - start:.0f} s, {arguments.online} of them connected")
            operator = Operator(arguments.admin, broker, sessions)
            operator.run("process start: --version", "--version")
            for _ in range(arguments.rounds):
                operator.ask_everything()
            table("without load", operator)
            rates, costs, lines = compare(arguments, broker, operator)
            table("with load", operator)
            print(f"trace lines in an interval: {lines}")
            print(f"throughput with an operator over without: {mean_and_spread(rates)}")
            print(f"broker CPU per message with over without: {mean_and_spread(costs)}")
        finally:
            over.set()


def table(title, operator):
    print(f"| {title} | ms | broker CPU ms |\n|---|---|---|")
    for name, runs in operator.took.items():
        took, spent = zip(*runs)
        print(f"| {name} | {mean_and_spread(took)} | {statistics.median(spent) * 1e3:.0f} |")
    operator.took = {}


if __name__ == "__main__":
    main()
