//! Protocol versions and the levels clients announce for them.

/// The wire format a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// MQTT 3.1 (`MQIsdp`, level 3).
    V3,
    /// MQTT 3.1.1 (`MQTT`, level 4).
    V4,
    /// MQTT 5.0 (`MQTT`, level 5).
    V5,
}

/// The protocol level byte of a CONNECT, as announced: 3, 4, 5, or a bridge level (131, 132).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Level {
    /// The wire format.
    pub version: Version,
    /// Bit 7 was set: the client is a bridge, its subscriptions have No Local and Retain As Published.
    pub bridge: bool,
}

impl Level {
    /// The level byte: 3, 4, 5, 131 or 132.
    #[must_use]
    pub const fn byte(self) -> u8 {
        let base = match self.version {
            Version::V3 => 3,
            Version::V4 => 4,
            Version::V5 => 5,
        };
        if self.bridge { base | 0x80 } else { base }
    }
}
