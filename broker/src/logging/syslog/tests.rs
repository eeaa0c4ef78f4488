//! The syslog output against receivers of the test's own: UDP, TCP, TLS and local sockets, all on free ports.

use super::super::record::{Kind, Record};
use super::layout::{Identity, Layout};
use super::message::pack;
use super::tls::Tls;
use super::*;
use jiff::tz::TimeZone;
use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::thread;
use vmq_config::SyslogFormat;

const PATIENCE: Duration = Duration::from_secs(20);

fn output(endpoint: Endpoint, format: SyslogFormat) -> SyslogOutput {
    let identity = Identity {
        host: "mq1".to_owned(),
        app: "VerneMQ".to_owned(),
        process: 42,
        zone: TimeZone::UTC,
    };
    SyslogOutput::with(endpoint, Layout { format, identity }, 3, Arc::default())
}

fn line(text: &str) -> Vec<u8> {
    let record = Record {
        time: Timestamp::from_microsecond(1_786_955_666_123_456).expect("a time"),
        pid: Some(812),
        kind: Kind::Plain,
        ..Record::own(LogLevel::Error, String::new())
    };
    pack(&record, 3, text)
}

fn rfc5424(text: &str) -> String {
    format!("<27>1 2026-08-17T08:34:26.123456Z mq1 VerneMQ 42 <0.812.0> - {text}")
}

/// As if the last attempt were long ago.
fn let_time_pass(output: &mut SyslogOutput) {
    output.attempted = Instant::now().checked_sub(RECONNECT_INTERVAL);
}

fn datagram(socket: &UdpSocket) -> String {
    let mut buffer = [0; 2048];
    let bytes = socket.recv(&mut buffer).expect("a datagram");
    String::from_utf8_lossy(&buffer[..bytes]).into_owned()
}

fn udp() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("bound");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let port = socket.local_addr().expect("an address").port();
    (socket, port)
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream
}

/// Reads one message by its octet count.
fn counted(stream: &mut impl Read) -> String {
    let mut digits = String::new();
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte).expect("a digit");
        if byte == *b" " {
            break;
        }
        digits.push(char::from(byte[0]));
    }
    let mut message = vec![0; digits.parse().expect("a length")];
    stream.read_exact(&mut message).expect("the message");
    String::from_utf8(message).expect("text")
}

#[test]
fn udp_carries_one_message_per_datagram() {
    let (socket, port) = udp();
    let mut output = output(
        Endpoint::Udp {
            host: "127.0.0.1".to_owned(),
            port,
        },
        SyslogFormat::Rfc3164,
    );
    output.line(&line("one"));
    output.line(&line("two"));
    assert_eq!(
        datagram(&socket),
        "<27>Aug 17 08:34:26 mq1 VerneMQ[42] <0.812.0> - one"
    );
    assert_eq!(
        datagram(&socket),
        "<27>Aug 17 08:34:26 mq1 VerneMQ[42] <0.812.0> - two"
    );
}

#[test]
fn tcp_counts_octets_and_finds_a_closed_receiver() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let mut output = output(
        Endpoint::Tcp {
            host: "localhost".to_owned(),
            port,
        },
        SyslogFormat::Rfc5424,
    );
    output.line(&line("grün"));
    output.line(&line("two"));
    let mut stream = accept(&listener);
    assert_eq!(counted(&mut stream), rfc5424("grün"));
    assert_eq!(counted(&mut stream), rfc5424("two"));
    // A half-close makes the end of the stream visible to the output before this test goes on.
    stream.shutdown(std::net::Shutdown::Write).expect("shut down");
    let_time_pass(&mut output);
    output.line(&line("three"));
    assert_eq!(counted(&mut accept(&listener)), rfc5424("three"));
}

#[test]
fn what_is_lost_is_counted_and_told_when_the_receiver_is_back() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let endpoint = Endpoint::Tcp {
        host: address.ip().to_string(),
        port: address.port(),
    };
    let mut output = output(endpoint, SyslogFormat::Rfc5424);
    output.line(&line("one"));
    output.line(&line("two"));
    assert_eq!(output.lost, 2);
    let listener = TcpListener::bind(address).expect("bound again");
    output.line(&line("within the second"));
    assert_eq!(output.lost, 3, "the next attempt waits for its second");
    let_time_pass(&mut output);
    output.line(&line("back"));
    let mut stream = accept(&listener);
    assert_eq!(counted(&mut stream), rfc5424("back"));
    let summary = counted(&mut stream);
    assert!(
        summary.starts_with("<28>1 ") && summary.ends_with(" 42 - - dropped 3 log messages"),
        "{summary}"
    );
    assert_eq!(output.lost, 0);
}

/// A certificate authority and a receiver it vouches for.
fn authority() -> (tempfile::TempDir, std::path::PathBuf, Arc<rustls::ServerConfig>) {
    let ca_key = rcgen::KeyPair::generate().expect("a key");
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = parameters.self_signed(&ca_key).expect("a certificate");
    let issuer = rcgen::Issuer::from_params(&parameters, &ca_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = rcgen::CertificateParams::new(names)
        .expect("parameters")
        .signed_by(&key, &issuer)
        .expect("signed");
    let dir = tempfile::tempdir().expect("a directory");
    let cafile = dir.path().join("ca.pem");
    std::fs::write(&cafile, ca.pem()).expect("written");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a configuration");
    (dir, cafile, Arc::new(config))
}

fn tls_receiver(config: Arc<rustls::ServerConfig>) -> (u16, thread::JoinHandle<std::io::Result<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let receiver = thread::spawn(move || {
        let connection = rustls::ServerConnection::new(config).expect("a connection");
        let mut stream = rustls::StreamOwned::new(connection, accept(&listener));
        let mut all = String::new();
        stream.read_to_string(&mut all).map(|_| all)
    });
    (port, receiver)
}

#[test]
fn tls_verifies_the_receiver_and_says_goodbye() {
    let (_dir, cafile, config) = authority();
    for host in ["localhost", "127.0.0.1"] {
        let (port, receiver) = tls_receiver(Arc::clone(&config));
        let tls = Tls::new(&cafile).expect("a CA");
        let endpoint = Endpoint::Tls {
            host: host.to_owned(),
            port,
            tls,
        };
        let mut output = output(endpoint, SyslogFormat::Rfc5424);
        output.line(&line("one"));
        output.line(&line("two"));
        assert_eq!(output.lost, 0);
        drop(output);
        let expected = ["one", "two"]
            .map(|text| format!("{} {}", rfc5424(text).len(), rfc5424(text)))
            .concat();
        assert_eq!(
            receiver
                .join()
                .expect("ended")
                .expect("ended with a close notify"),
            expected
        );
    }
}

#[test]
fn tls_sends_nothing_to_a_stranger() {
    let (_dir, cafile, _) = authority();
    let (_other, _, strangers_config) = authority();
    let (port, receiver) = tls_receiver(strangers_config);
    let tls = Tls::new(&cafile).expect("a CA");
    let mut output = output(
        Endpoint::Tls {
            host: "localhost".to_owned(),
            port,
            tls,
        },
        SyslogFormat::Rfc5424,
    );
    output.line(&line("one"));
    assert_eq!(output.lost, 1);
    assert!(receiver.join().expect("ended").is_err());
}

#[test]
fn a_ca_file_of_no_use_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("ca.pem");
    assert!(Tls::new(&path).is_err());
    std::fs::write(&path, "no certificate").expect("written");
    let error = Tls::new(&path).expect_err("nothing in it").to_string();
    assert!(
        error.starts_with("can't use CA file ") && error.ends_with("due to no certificate in it"),
        "{error}"
    );
}

#[test]
fn the_local_socket_is_preferred_and_udp_stands_in() {
    let dir = tempfile::tempdir().expect("a directory");
    let socket = dir.path().join("log");
    let (udp_socket, udp_port) = udp();
    let mut output = output(
        Endpoint::Local {
            socket: socket.clone(),
            udp_port,
        },
        SyslogFormat::Rfc3164,
    );
    output.line(&line("one"));
    assert_eq!(
        datagram(&udp_socket),
        "<27>Aug 17 08:34:26 mq1 VerneMQ[42] <0.812.0> - one"
    );
    let daemon = UnixDatagram::bind(&socket).expect("bound");
    daemon.set_read_timeout(Some(PATIENCE)).expect("set");
    let_time_pass(&mut output);
    output.line(&line("two"));
    let mut buffer = [0; 2048];
    let bytes = daemon.recv(&mut buffer).expect("a datagram");
    assert_eq!(
        &buffer[..bytes],
        b"<27>Aug 17 08:34:26 VerneMQ[42]: <0.812.0> - two"
    );
}

#[test]
fn a_local_stream_socket_gets_lines() {
    let dir = tempfile::tempdir().expect("a directory");
    let socket = dir.path().join("log");
    let listener = UnixListener::bind(&socket).expect("bound");
    let mut output = output(Endpoint::Local { socket, udp_port: 9 }, SyslogFormat::Rfc3164);
    output.line(&line("one"));
    drop(output);
    let (mut stream, _) = listener.accept().expect("a connection");
    let mut all = String::new();
    stream.read_to_string(&mut all).expect("text");
    assert_eq!(all, "<27>Aug 17 08:34:26 VerneMQ[42]: <0.812.0> - one\n");
}
