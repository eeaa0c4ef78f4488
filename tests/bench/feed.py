"""What the console asks the broker for, asked directly over the admin socket, and how long the answer takes."""

import json
import socket
import time


class Feed:
    """One place of the console: what it looks at is replaced as the console replaces it."""

    def __init__(self, broker):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(broker.socket)
        self.lines, self.number, self.last = self.link.makefile("r"), 0, 0
        self.lines.readline()

    def say(self, **request):
        self.link.sendall(json.dumps(request).encode() + b"\n")

    def hear(self):
        return json.loads(self.lines.readline())

    def until_end(self, said):
        while said["t"] != "end":
            said = self.hear()
        self.number = 0

    def look(self, expression, limit=60):
        """Sessions that an expression finds, how many there are, and seconds to the first page and to the one that is
        complete; `None` = it is no expression."""
        begun = time.perf_counter()
        if self.number:
            self.say(t="cancel", id=self.number)
            self.until_end(self.hear())
        self.last += 1
        self.number = self.last
        columns = ["client_id", "user", "peer_host", "protocol", "is_online", "queue_size", "waiting_acks", "mountpoint"]
        self.say(t="sub", id=self.number, topic="sessions", interval_ms=1000, filter=expression, limit=limit, columns=columns)
        first, facts = None, {}
        while not facts.get("complete"):
            said = self.hear()
            if said["t"] != "event":
                self.until_end(said)
                return None
            first = first or time.perf_counter()
            facts |= said["data"].get("facts", {})
        return facts["rows"], facts["of"], first - begun, time.perf_counter() - begun
