"""What the console promises (console.md 1), measured: on a pseudo-terminal, beside a broker with many sessions.

    python3 tests/bench/console.py target/release/vernemq target/release/vmq-console target/release/vmq-loadtest \\
        [--offline 1000000] [--data FOLDER]

First paint, from the start of the process to the last title of a tile; a key, from its byte to the first byte of the
screen that answers it; a filter, typed on the terminal, from each key that changes what is found to the screen with the
number of sessions that match and their first page, and asked over the socket as the console asks (best and median, since
others may use the processors); bytes of a steady screen; memory; what looking costs the broker, idle and under load.
Figures under load are taken in pairs, with and without the console. FOLDER keeps the sessions for the next time.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import statistics
import tempfile
import time

from feed import Feed
from operate import Broker, figure, load, mean_and_spread
from sessions import Sessions
from terminal import Console

# Typed letter by letter.
TYPED = ("pump-0099", "user=pump-4*", "!mqtt5", "queue>100", "client=pump-00*")
# Asked whole: a word that all have, few have, none has; prefix, glob, expression; fields of the session and the queue.
ASKED = (
    "", "p", "0099", "nosuchname", "client=pump-00*", "client=*0*9*9", "client~^pump-00.*7$", "user=pump-*", "peer=10.*",
    "online", "offline", "!mqtt5", "queue>100", "queue<1 0099 | panel",
)


def first_paint(arguments, broker, rounds=5):
    took = []
    for _ in range(rounds):
        with Console(arguments.console, broker) as console:
            took.append((console.until(lambda screen: "CPU" in str(screen)) - console.started) * 1e3)
    return took


def keys(console):
    """Views, rows, help and back: each on a screen that is still."""
    took = []
    for key in (b"2", b"j", b"j", b"5", b"6", b"?", b"\x1b", b"9", b"1") * 3:
        console.quiet(0.3)
        took.append(console.press(key))
    return took


def typing(console, feed, expression):
    """Milliseconds from each key to the first page, which may say that it goes on, and to the complete one. Keys that
    change neither number nor page have nothing to wait for."""
    firsts, wholes = [], []
    console.quiet(2)
    console.press(b"/")
    for end, character in enumerate(expression, 1):
        before, found = console.screen.line(2), answer(feed, expression[:end])
        console.quiet(0.6)
        if found is None or found in before:
            console.press(character.encode())
        else:
            is_whole = lambda screen: found in screen.line(2)
            pressed = time.perf_counter()
            firsts.append(console.press(character.encode(), lambda screen: is_whole(screen) or "… of" in screen.line(2), found))
            if is_whole(console.screen):
                wholes.append(firsts[-1])
            else:
                wholes.append((console.until(is_whole, found) - pressed) * 1e3)
    console.press(b"\x1b")
    return firsts, wholes


def answer(feed, expression):
    """What the frame says of it; `None` = it is no whole expression yet."""
    looked = feed.look(expression)
    if not looked:
        return None
    found, every, *_ = looked
    return f" {found:,} " if found == every else f" {found:,} of {every:,} "


def asking(broker, feed, expression, rounds=7):
    """Milliseconds to the first page and to the complete one, and milliseconds of processor time."""
    firsts, wholes, spent = [], [], []
    for _ in range(rounds):
        before = broker.cpu_secs()
        found, _, first, whole = feed.look(expression)
        spent.append((broker.cpu_secs() - before) * 1e3)
        firsts.append(first * 1e3)
        wholes.append(whole * 1e3)
        feed.look("client=nobody")
    return found, firsts, wholes, spent


def cost(broker, console, seconds):
    spent, count = broker.cpu_secs(), console.quiet(seconds) if console else time.sleep(seconds) or 0
    return count / seconds, (broker.cpu_secs() - spent) / seconds * 100


def say(promise, figure, holds=None):
    print(f"| {promise} | {figure} | {'' if holds is None else 'yes' if holds else 'NO'} |", flush=True)


def spread(values):
    return f"{statistics.median(values):.1f} ms (best {min(values):.1f}, worst of {len(values)}: {max(values):.1f})"


def measure_alone(arguments, broker):
    took = first_paint(arguments, broker)
    say("first paint, 100 ms", spread(took), statistics.median(took) <= 100)
    with Console(arguments.console, broker) as console:
        console.until(lambda screen: "CPU" in str(screen))
        took = keys(console)
        say("key to changed screen, 30 ms", spread(took), statistics.median(took) <= 30)
        console.quiet(2)
        sent = cost(broker, console, arguments.seconds)[0]
        say("bytes a second, overview, 4096", f"{sent:.0f}", sent <= 4096)
    alone = [cost(broker, None, arguments.seconds)[1]]
    with Console(arguments.console, broker, "--view", "sessions") as console:
        console.until(lambda screen: "pump-" in str(screen) or "panel-" in str(screen))
        console.quiet(5)
        sent, looked_at = cost(broker, console, arguments.seconds)
        memory = console.resident_mib()
    alone.append(cost(broker, None, arguments.seconds)[1])
    say("bytes a second, sessions, 4096", f"{sent:.0f}", sent <= 4096)
    say("memory of the console, 50 MB", f"{memory:.1f} MiB", memory <= 50)
    more = looked_at - statistics.mean(alone)
    say("cost to the broker, 1 % of a core", f"{more:.2f} % ({looked_at:.2f} looked at, {alone[0]:.2f} and {alone[1]:.2f} not)", more <= 1)


def measure_filters(arguments, broker):
    feed = Feed(broker)
    for expression in ASKED:
        found, firsts, wholes, spent = asking(broker, feed, expression)
        figure = f"{found:,} found; first page {spread(firsts)}; complete {spread(wholes)}; CPU {min(spent):.0f} ms"
        say(f"filter `{expression}`, 50 ms", figure, statistics.median(firsts) <= 50)
    with Console(arguments.console, broker, "--view", "sessions") as console:
        console.until(lambda screen: "pump-" in str(screen) or "panel-" in str(screen))
        for expression in TYPED:
            firsts, wholes = typing(console, feed, expression)
            if firsts:
                figure = f"first page {spread(firsts)}; complete {spread(wholes)}"
                say(f"typing `{expression}`, 50 ms", figure, statistics.median(firsts) <= 50)
            console.quiet(1)


def measure_load(arguments, broker):
    """Throughput and, at a fixed rate, latency; alternating, the order turned around each time."""
    rates, latencies = [], {True: [], False: []}
    for number in range(arguments.rounds):
        found = {}
        for is_looking in (False, True) if number % 2 else (True, False):
            found[is_looking] = figure(under_load(arguments, broker, is_looking), "messages")
            result = under_load(arguments, broker, is_looking, "--rate", "5000")
            latencies[is_looking].append(figure(result, "latency_p99"))
        rates.append(found[True] / found[False])
    if rates:
        say("throughput looked at over alone, 0.98", mean_and_spread(rates), statistics.median(rates) >= 0.98)
        with_it, without = (statistics.median(latencies[is_looking]) for is_looking in (True, False))
        ratios = [a / b for a, b in zip(latencies[True], latencies[False])]
        said = f"{with_it:.0f} and {without:.0f} us, ratio {mean_and_spread(ratios)}"
        say("p99 at 5,000 messages a second, looked at and alone, no effect", said, statistics.median(ratios) <= 1.1)


def under_load(arguments, broker, is_looking, *options):
    """What the generator tells, with the view of sessions open or not."""

    def look():
        with Console(arguments.console, broker, "--view", "sessions") as console:
            console.quiet(arguments.load_seconds)

    return load(arguments.loadtest, broker, arguments.load_seconds, 0, look if is_looking else None, options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for program in ("broker", "console", "loadtest"):
        parser.add_argument(program)
    parser.add_argument("--offline", type=int, default=100_000)
    parser.add_argument("--online", type=int, default=200)
    parser.add_argument("--data", help="folder that keeps the sessions")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--load-seconds", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=("alone", "filters", "load"), default=("alone", "filters", "load"))
    arguments = parser.parse_args()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.ExitStack() as stack:
        folder = arguments.data or stack.enter_context(tempfile.TemporaryDirectory())
        made = pathlib.Path(folder, f"made-{arguments.offline}")
        os.makedirs(folder, exist_ok=True)
        begun = time.monotonic()
        broker = stack.enter_context(Broker(arguments.broker, folder, patience=600))
        started = time.monotonic() - begun
        empty = broker.resident_bytes()
        sessions = stack.enter_context(Sessions(broker, arguments.offline, arguments.online, are_there=made.exists()))
        made.touch()
        full = broker.resident_bytes()
        grown = f", {(full - empty) / arguments.offline:.0f} bytes each" if sessions.seconds > 1 else ""
        print(f"{arguments.offline:,} offline sessions and {arguments.online} others: start {started:.1f} s, making them "
              f"{sessions.seconds:.0f} s, resident {full / 2 ** 20:.0f} MiB{grown}\n")
        print("| promise | figure | held |\n|---|---|---|")
        for name, measure in (("alone", measure_alone), ("filters", measure_filters), ("load", measure_load)):
            if name in arguments.only:
                measure(arguments, broker)


if __name__ == "__main__":
    main()
