"""The console on a pseudo-terminal, and what is on its screen."""

import codecs
import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import termios
import time

COLUMNS, LINES = 80, 24

# What the console writes: where to go on, colours and modes (which do not matter here), and text.
PIECE = re.compile(r"\x1b\[([?<>=]?)([\d;]*)([@-~])|\x1b\][^\x07]*\x07|\x1b[^\[\]]|[\x00-\x1f]|[^\x00-\x1f\x1b]+")


class Screen:
    """The characters of a screen."""

    def __init__(self):
        self.decoder, self.left = codecs.getincrementaldecoder("utf-8")("replace"), ""
        self.clear()

    def clear(self):
        self.cells, self.row, self.column = [[" "] * COLUMNS for _ in range(LINES)], 0, 0

    def feed(self, written):
        waiting, at = self.left + self.decoder.decode(written), 0
        while piece := PIECE.match(waiting, at):
            at = piece.end()
            if piece[3] == "H":
                self.row, self.column = [int(number or 1) - 1 for number in (piece[2] + ";").split(";")[:2]]
            elif piece[3] == "J":
                self.clear()
            elif piece[0][0] >= " ":
                for character in piece[0]:
                    if self.row < LINES and self.column < COLUMNS:
                        self.cells[self.row][self.column] = character
                    self.column += 1
        self.left = waiting[at:]

    def line(self, number):
        return "".join(self.cells[number])

    def __str__(self):
        return "\n".join(map(self.line, range(LINES)))


class Console:
    """The console in a terminal of its own, for the time of a `with`."""

    def __init__(self, program, broker, *arguments):
        self.started, self.screen = time.perf_counter(), Screen()
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

    def until(self, is_there, what="it", patience=10.0):
        """Reads until the screen is as it should be, and tells when the last byte of that came."""
        end = time.perf_counter() + patience
        while (left := end - time.perf_counter()) > 0:
            if self.read(left):
                now = time.perf_counter()
                if is_there(self.screen):
                    return now
        raise SystemExit(f"{what} does not come; there is\n{self.screen}")

    def read(self, patience):
        """How many bytes there were; none = it has left, or nothing came in time."""
        if not select.select([self.terminal], [], [], patience)[0]:
            return 0
        try:
            written = os.read(self.terminal, 65536)
        except OSError:
            return 0
        self.screen.feed(written)
        return len(written)

    def quiet(self, seconds):
        """Reads for so long; gives how many bytes there were."""
        count, end = 0, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            count += self.read(left)
        return count

    def press(self, key, is_there=lambda _: True, what="an answer"):
        """Milliseconds from a key to the screen that answers it; without a condition, to the first bytes."""
        pressed = time.perf_counter()
        os.write(self.terminal, key)
        return (self.until(is_there, what) - pressed) * 1e3

    def resident_mib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024
