"""What the scripts beside this file have in common: a broker as a process, and what the kernel tells of it."""

import pathlib
import signal
import socket
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """A broker for the time of a `with`. Who makes it sets `port` and `process`."""

    # Seconds that it may take to open its port.
    patience = 10

    def __enter__(self):
        for _ in range(self.patience * 20):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the broker does not open its port")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def cpu_secs(self):
        # The clock of another process, as the kernel numbers it.
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise SystemExit("the broker is gone")
