"""TLS beside another broker, in one run: full handshakes a second, and memory of an idle session.

    python3 tests/bench/tls.py target/fast/vernemq [--rounds 5] [--seconds 6] [--sessions 4000]

Starts this broker and mosquitto in turn, each with the same P-256 certificate, and prints a table. A handshake is
full: every connection comes with a context that remembers no session. The clients are OpenSSL's, in processes of their
own, on the same processors as the broker; what the broker itself spends on a handshake is its processor time, read from
the kernel. An idle session has sent CONNECT and one SUBSCRIBE; its memory is the growth of the resident set, divided.
"""

import argparse
import json
import multiprocessing
import pathlib
import resource
import socket
import ssl
import statistics
import subprocess
import tempfile
import time

from processes import Running, free_port

CLIENTS = 4
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(version):
    """Asks for one version and trusts everybody: the client's checks are not what is measured."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = made.maximum_version = VERSIONS[version]
    return made


def certificate(folder):
    """A P-256 key and a certificate of its own."""
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        f"-keyout {folder}/key.pem -out {folder}/cert.pem",
        shell=True, check=True, capture_output=True,
    )


class Broker(Running):
    """A broker with one TLS listener, for the time of a `with`."""

    def __init__(self, program, folder, port):
        self.port = port
        home = pathlib.Path(tempfile.mkdtemp(dir=folder))
        conf = home / "broker.conf"
        if "mosquitto" in program:
            conf.write_text(
                f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\nuser root\n"
                f"max_connections -1\ncertfile {folder}/cert.pem\nkeyfile {folder}/key.pem\n"
            )
            command = [program, "-c", conf]
        else:
            (home / "vmq.acl").write_text("topic #\n")
            conf.write_text(
                f"listener.ssl.default = 127.0.0.1:{port}\nlistener.max_connections = infinity\n"
                f"listener.ssl.tls_version = tlsv1.2,tlsv1.3\nlistener.ssl.certfile = {folder}/cert.pem\n"
                f"listener.ssl.keyfile = {folder}/key.pem\nallow_anonymous = on\nvmq_acl.acl_file = {home}/vmq.acl\n"
                f"platform_data_dir = {home}/data\nadmin.socket.path = {home}/admin.sock\nlog.console = off\n"
                f"log.error = off\nlog.crash = off\n"
            )
            command = [program, "-c", conf, "console"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def shake_hands(port, version, until, done):
    """One client: connects, shakes hands, closes, again and again."""
    tls, count = context(version), 0
    while time.monotonic() < until:
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            tls.wrap_socket(plain).close()
        count += 1
    done.put(count)


def handshakes(broker, version, seconds):
    """Handshakes a second, and processor microseconds of the broker for each."""
    done = multiprocessing.Queue()
    before, start = broker.cpu_secs(), time.monotonic()
    clients = [
        multiprocessing.Process(target=shake_hands, args=(broker.port, version, start + seconds, done))
        for _ in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    count = sum(done.get() for _ in clients)
    took = time.monotonic() - start
    for client in clients:
        client.join()
    return count / took, (broker.cpu_secs() - before) / count * 1e6


def idle_session(broker, version, number):
    """A session that does nothing more."""
    tls = context(version).wrap_socket(socket.create_connection(("127.0.0.1", broker.port)))
    client_id = f"idle{number:06}".encode()
    tls.sendall(b"\x10" + bytes([12 + len(client_id)]) + b"\0\4MQTT\4\2\0\0\0" + bytes([len(client_id)]) + client_id)
    assert tls.recv(4) == b"\x20\2\0\0"
    topic = f"idle/{number:06}".encode()
    tls.sendall(b"\x82" + bytes([5 + len(topic)]) + b"\0\1\0" + bytes([len(topic)]) + topic + b"\0")
    assert tls.recv(5) == b"\x90\3\0\1\0"
    return tls


def session_bytes(broker, version, sessions):
    """Resident bytes for each session, after the first hundred have made the broker as large as it is anyway."""
    held = [idle_session(broker, version, number) for number in range(100)]
    before = broker.resident_bytes()
    held += [idle_session(broker, version, number) for number in range(100, 100 + sessions)]
    time.sleep(2)
    grown = broker.resident_bytes() - before
    for session in held:
        session.close()
    return grown / sessions


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("broker")
    arguments.add_argument("--vs", default="/usr/sbin/mosquitto")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=6)
    arguments.add_argument("--sessions", type=int, default=4000)
    given = arguments.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        certificate(folder)
        for version in VERSIONS:
            for _ in range(given.rounds):
                for program in (given.broker, given.vs):
                    with Broker(program, folder, free_port()) as broker:
                        rate, cost = handshakes(broker, version, given.seconds)
                    with Broker(program, folder, free_port()) as broker:
                        size = session_bytes(broker, version, given.sessions)
                    rows.append({"tls": version, "broker": pathlib.Path(program).name, "handshakes_per_sec": rate,
                                 "cpu_micros_per_handshake": cost, "bytes_per_session": size})
                    print(json.dumps(rows[-1]), flush=True)
    print("\n| TLS | broker | full handshakes/s | broker CPU, µs each | resident bytes per idle session |\n|---|---|---|---|---|")
    for version in VERSIONS:
        for program in (given.broker, given.vs):
            name = pathlib.Path(program).name
            of = [row for row in rows if row["tls"] == version and row["broker"] == name]
            cells = []
            for key in ("handshakes_per_sec", "cpu_micros_per_handshake", "bytes_per_session"):
                values = sorted(row[key] for row in of)
                cells.append(f"{statistics.median(values):.0f} ({values[0]:.0f}..{values[-1]:.0f})")
            print(f"| {version} | {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
