"""Persistent sessions by the million, made over the wire as clients make them: CONNECT, SUBSCRIBE, DISCONNECT.

What limits it is waiting, not the broker: a session is acknowledged when its commit is durable, and a client that closes
first leaves a port behind for a while. So many connections are under way at a time, and the broker closes them.
"""

import multiprocessing
import socket
import time

from operate import packet, text

MAKERS = 2
AT_ONCE = 128
SUBSCRIBED = b"\x20\2\0\0\x90\3\0\1\1"


def name(number):
    return f"pump-{number:06}"


def make(port, numbers):
    """Sessions of MQTT 3.1.1 with one subscription each; they are left offline."""
    for first in range(0, len(numbers), AT_ONCE):
        links = []
        for number in numbers[first:first + AT_ONCE]:
            link = socket.create_connection(("127.0.0.1", port))
            link.sendall(
                packet(0x10, text("MQTT") + bytes([4, 0, 0, 0]) + text(name(number)))
                + packet(0x82, b"\0\1" + text(f"plant/{number % 97}/{name(number)}/set") + b"\1")
            )
            links.append(link)
        for link in links:
            expect(link, SUBSCRIBED)
            link.sendall(b"\xe0\0")
        for link in links:
            link.recv(1)
            link.close()


def expect(link, answer):
    seen = b""
    while len(seen) < len(answer):
        more = link.recv(len(answer) - len(seen))
        if not more:
            break
        seen += more
    if seen != answer:
        raise SystemExit(f"the broker answers {seen!r}")


def attend(port, numbers, ready, over):
    """Sessions with a user that stay: every second one of MQTT 5."""
    held = []
    for number in numbers:
        link = socket.create_connection(("127.0.0.1", port))
        is_v5 = number % 2 == 1
        head = text("MQTT") + (b"\5\x80\0\0\0" if is_v5 else b"\4\x80\0\0")
        link.sendall(packet(0x10, head + text(f"panel-{number:04}") + text(f"pump-{number % 50}")))
        link.recv(4)
        held.append(link)
    ready.put(len(held))
    over.wait()


class Sessions:
    """`offline` ones, made now unless they are there already, and `online` ones, for the time of a `with`."""

    def __init__(self, broker, offline, online, are_there=False):
        ready, self.over = multiprocessing.Queue(), multiprocessing.Event()
        begun = time.monotonic()
        shares = [] if are_there else [range(start, offline, MAKERS) for start in range(MAKERS)]
        makers = [multiprocessing.Process(target=make, args=(broker.port, share)) for share in shares]
        [maker.start() for maker in makers]
        [maker.join() for maker in makers]
        if any(maker.exitcode for maker in makers):
            raise SystemExit("the sessions are not made")
        self.seconds = time.monotonic() - begun
        self.attending = multiprocessing.Process(target=attend, args=(broker.port, range(online), ready, self.over))
        self.attending.start()
        ready.get()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.attending.join()
