//! CONNECT for tests: defaults that fit most of them (clean, keep-alive 60, no will, no credentials).

use crate::client::RawClient;
use crate::packets::QOS0;
use crate::tls::ClientTls;
use bytes::Bytes;
use std::net::SocketAddr;
use vmq_mqtt::{ConnAck, Connect, Level, Packet, Properties, QoS, ReasonCode, Version, Will};

/// A CONNECT in the making.
#[derive(Clone, Debug)]
pub struct ConnectBuilder {
    address: SocketAddr,
    connect: Connect,
    tls: ClientTls,
}

impl ConnectBuilder {
    #[must_use]
    pub fn new(address: SocketAddr, version: Version, client_id: &str) -> Self {
        let connect = Connect {
            level: Level {
                version,
                bridge: false,
            },
            clean_start: true,
            keep_alive_secs: 60,
            client_id: client_id.into(),
            will: None,
            username: None,
            password: None,
            properties: None,
        };
        Self {
            address,
            connect,
            tls: ClientTls::default(),
        }
    }

    /// How to shake hands, where the address speaks TLS.
    #[must_use]
    pub fn tls(mut self, tls: &ClientTls) -> Self {
        self.tls = tls.clone();
        self
    }

    /// Clean session (3.x) or clean start (5).
    #[must_use]
    pub fn clean(mut self, clean: bool) -> Self {
        self.connect.clean_start = clean;
        self
    }

    /// A session that outlives the connection and is resumed: not clean, and in version 5 an hour of expiry.
    #[must_use]
    pub fn persistent(mut self) -> Self {
        self.connect.clean_start = false;
        if self.connect.level.version == Version::V5 {
            self.expiry(3600)
        } else {
            self
        }
    }

    /// Session Expiry Interval in seconds.
    #[must_use]
    pub fn expiry(self, seconds: u32) -> Self {
        self.props(|properties| properties.session_expiry_secs = Some(seconds))
    }

    /// Seconds.
    #[must_use]
    pub fn keepalive(mut self, seconds: u16) -> Self {
        self.connect.keep_alive_secs = seconds;
        self
    }

    #[must_use]
    pub fn user(mut self, username: &str, password: &str) -> Self {
        self.connect.username = Some(username.into());
        self.connect.password = Some(Bytes::copy_from_slice(password.as_bytes()));
        self
    }

    /// A user name without a password.
    #[must_use]
    pub fn username(mut self, username: &str) -> Self {
        self.connect.username = Some(username.into());
        self
    }

    /// Bridge levels 131 and 132.
    #[must_use]
    pub fn bridge(mut self) -> Self {
        self.connect.level.bridge = true;
        self
    }

    /// A QoS 0 will.
    #[must_use]
    pub fn will(mut self, topic: &str, payload: impl AsRef<[u8]>) -> Self {
        self.connect.will = Some(Will {
            topic: topic.into(),
            payload: Bytes::copy_from_slice(payload.as_ref()),
            qos: QOS0,
            retain: false,
            properties: None,
        });
        self
    }

    /// After `will`.
    #[must_use]
    pub fn will_qos(mut self, qos: QoS) -> Self {
        self.connect.will.as_mut().unwrap().qos = qos;
        self
    }

    /// After `will`.
    #[must_use]
    pub fn will_retain(mut self) -> Self {
        self.connect.will.as_mut().unwrap().retain = true;
        self
    }

    /// After `will`: seconds.
    #[must_use]
    pub fn will_delay(self, seconds: u32) -> Self {
        self.will_props(|properties| properties.will_delay_secs = Some(seconds))
    }

    /// After `will`: its properties.
    #[must_use]
    pub fn will_props(mut self, fill: impl FnOnce(&mut Properties)) -> Self {
        fill(
            self.connect
                .will
                .as_mut()
                .unwrap()
                .properties
                .get_or_insert_default(),
        );
        self
    }

    /// Properties of the CONNECT (version 5).
    #[must_use]
    pub fn props(mut self, fill: impl FnOnce(&mut Properties)) -> Self {
        assert_eq!(
            self.connect.level.version,
            Version::V5,
            "only version 5 has properties"
        );
        fill(self.connect.properties.get_or_insert_default());
        self
    }

    /// The packet.
    #[must_use]
    pub fn packet(&self) -> Packet {
        Packet::Connect(Box::new(self.connect.clone()))
    }

    /// Opens a connection and sends CONNECT; does not wait for the answer.
    pub async fn send(&self) -> RawClient {
        self.try_send().await.unwrap()
    }

    /// As `send`, of a broker that may be gone.
    ///
    /// # Errors
    /// Nobody listens, or the handshake failed.
    pub async fn try_send(&self) -> std::io::Result<RawClient> {
        let mut client =
            RawClient::try_open_with(self.address, self.connect.level.version, &self.tls).await?;
        client.send(&self.packet()).await;
        Ok(client)
    }

    /// Connects and gives the CONNACK, whatever it says.
    pub async fn ack(&self) -> (RawClient, ConnAck) {
        let mut client = self.send().await;
        match client.recv().await {
            Packet::ConnAck(ack) => (client, ack),
            other => panic!("expected CONNACK, got {other:?}"),
        }
    }

    /// Connects; the broker must accept.
    pub async fn connect(&self) -> RawClient {
        let (client, ack) = self.ack().await;
        assert_eq!(
            ack.reason,
            ReasonCode::Success,
            "{:?}: CONNACK",
            self.connect.level.version
        );
        client
    }

    /// Connects; the broker must accept and tell whether it had a session.
    pub async fn connect_present(&self, session_present: bool) -> RawClient {
        let (client, ack) = self.ack().await;
        let version = self.connect.level.version;
        assert_eq!(ack.reason, ReasonCode::Success, "{version:?}: CONNACK");
        assert_eq!(
            ack.session_present, session_present,
            "{version:?}: Session Present"
        );
        client
    }

    /// Connects; the broker must refuse with this code and close. 3.x compares return codes 0 to 5.
    pub async fn refused(&self, reason: ReasonCode) {
        let (mut client, ack) = self.ack().await;
        if self.connect.level.version == Version::V5 {
            assert_eq!(ack.reason, reason, "CONNACK");
        } else {
            assert_eq!(
                ack.reason.connack_v3(),
                reason.connack_v3(),
                "CONNACK return code"
            );
        }
        assert!(!ack.session_present, "Session Present in a refusal");
        client.expect_close().await;
    }
}
