"""What the console promises (console.md 1), measured: on a pseudo-terminal, beside a broker with many sessions.

    python3 tests/bench/console.py target/fast/vernemq target/fast/vmq-console target/fast/vmq-loadtest [--offline 100000]

First paint, from the start of the process to the last title of a tile; a key, from its byte to the first byte of the
screen that answers it; a page of filtered sessions, from a key to the first byte of a list that has changed; bytes a
second that a steady screen costs; memory; what looking costs the broker, idle and under load. Figures under load are
taken in pairs, with and without the console.
"""

import argparse
import fcntl
import multiprocessing
import os
import pathlib
import pty
import select
import signal
import statistics
import struct
import tempfile
import termios
import time

from operate import FILLERS, Broker, figure, fill, load, mean_and_spread
from processes import TICKS

COLUMNS, LINES = 80, 24


class Console:
    """The console in a terminal of its own, for the time of a `with`."""

    def __init__(self, program, broker, *arguments):
        self.started = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.environ["TERM"] = "xterm-256color"
            os.execv(program, [program, "--socket", broker.socket, *arguments])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self.terminal, b"\x03")
        self.quiet(0.5)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def until(self, text, patience=10.0):
        """Reads until the text has come; gives when, and when the first byte came."""
        seen, first, end = b"", None, time.perf_counter() + patience
        while time.perf_counter() < end:
            if select.select([self.terminal], [], [], 0.05)[0]:
                seen += os.read(self.terminal, 65536)
                first = first or time.perf_counter()
                if text in seen:
                    return time.perf_counter(), first
        raise SystemExit(f"{text!r} does not come; there is {seen[-400:]!r}")

    def quiet(self, seconds):
        """Reads for so long; gives how many bytes there were."""
        count, end = 0, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    count += len(os.read(self.terminal, 65536))
                except OSError:  # It has left.
                    break
        return count

    def press(self, key):
        """Milliseconds from a key to the first byte that answers it."""
        pressed = time.perf_counter()
        os.write(self.terminal, key)
        return (self.until(b"\x1b[")[1] - pressed) * 1e3

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


def first_paint(arguments, broker, rounds=5):
    took = []
    for _ in range(rounds):
        with Console(arguments.console, broker) as console:
            took.append((console.until(b"CPU")[0] - console.started) * 1e3)
    return took


def keys(console):
    """Views, rows, help and back: each on a screen that is still."""
    took = []
    for key in (b"2", b"j", b"j", b"5", b"6", b"?", b"\x1b", b"9", b"1") * 3:
        console.quiet(0.3)
        took.append(console.press(key))
    return took


def typing(console, text):
    """Each key of a filter: to its echo, and to the first bytes behind the echo, which are the list."""
    took = []
    console.quiet(2)
    console.press(b"/")
    for character in text:
        console.quiet(0.9)
        pressed = time.perf_counter()
        os.write(console.terminal, character.encode())
        console.until(character.encode())
        took.append((console.until(b"\x1b[")[1] - pressed) * 1e3)
    console.press(b"\x1b")
    return took


def cost(broker, console, seconds):
    spent, count = broker.cpu_secs(), console.quiet(seconds) if console else time.sleep(seconds) or 0
    return count / seconds, (broker.cpu_secs() - spent) / seconds * 100


def say(name, value):
    print(f"| {name} | {value} |", flush=True)


def spread(values):
    return f"{statistics.median(values):.0f} ms (worst of {len(values)}: {max(values):.0f} ms)"


def measure(arguments, broker):
    print("| what | figure |\n|---|---|")
    say("first paint", spread(first_paint(arguments, broker)))
    with Console(arguments.console, broker) as console:
        console.until(b"CPU")
        say("key to changed screen", spread(keys(console)))
        console.quiet(2)
        say("bytes a second, overview", f"{cost(broker, console, arguments.seconds)[0]:.0f}")
    _, alone = cost(broker, None, arguments.seconds)
    with Console(arguments.console, broker, "--view", "sessions") as console:
        console.until(b"pump-")
        say("key to the first page of a filter", spread(typing(console, "pump-0099")))
        console.quiet(5)
        sent, looked_at = cost(broker, console, arguments.seconds)
        say("bytes a second, sessions", f"{sent:.0f}")
        say("memory of the console", f"{console.resident_mib():.1f} MiB")
        say("broker CPU, of one core", f"{looked_at:.2f} % looked at, {alone:.2f} % alone")
    rates = []
    for number in range(arguments.rounds):
        found = {}
        for is_looking in (False, True) if number % 2 else (True, False):
            found[is_looking] = under_load(arguments, broker, is_looking)
        rates.append(found[True] / found[False])
    if rates:
        say("throughput looked at over alone", mean_and_spread(rates))


def under_load(arguments, broker, is_looking):
    """Messages a second, with the view of sessions open or not."""

    def look():
        with Console(arguments.console, broker, "--view", "sessions") as console:
            console.quiet(arguments.seconds)

    return figure(load(arguments.loadtest, broker, arguments.seconds, 0, look if is_looking else None), "messages")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for program in ("broker", "console", "loadtest"):
        parser.add_argument(program)
    parser.add_argument("--offline", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with tempfile.TemporaryDirectory() as folder, Broker(arguments.broker, folder) as broker:
        ready, over = multiprocessing.Queue(), multiprocessing.Event()
        shares = [range(start, arguments.offline, FILLERS) for start in range(FILLERS)]
        fillers = [multiprocessing.Process(target=fill, args=(broker.port, share, 0, ready, over)) for share in shares]
        [filler.start() for filler in fillers]
        print(f"{sum(ready.get() for _ in fillers)} sessions, {TICKS} ticks a second", flush=True)
        measure(arguments, broker)
        over.set()
        [filler.join() for filler in fillers]


if __name__ == "__main__":
    main()
