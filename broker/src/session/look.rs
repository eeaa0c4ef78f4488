//! Look: a session as it tells of itself when an operator asks (`session inspect`, `session messages`). Nothing of it is
//! kept for that.

use super::Session;
use crate::queue::Delivery;
use crate::session::will::SessionWill;
use crate::store::FlightState;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vmq_config::SessionConfig;
use vmq_mqtt::PacketId;

/// A session at one instant.
#[derive(Debug)]
pub struct SessionLook {
    /// Sampled at CONNECT.
    pub config: Arc<SessionConfig>,
    pub will: Option<SessionWill>,
    pub auth_method: Option<Box<str>>,
    /// Exchanges towards the client that may be open at a time.
    pub window: usize,
    /// Those that are.
    pub in_flight: usize,
    /// QoS 2 publishes of the client that await their PUBREL.
    pub received: usize,
    /// The client's Maximum Packet Size, or ours; `u32::MAX` = none.
    pub packet_size_max: u32,
    /// Aliases of ours that the client takes.
    pub outbound_aliases: u16,
    /// As many of the exchanges as were asked for, in order of sending.
    pub flights: Vec<FlightLook>,
    /// Taken from the queue and not sent: the window is full, or they are retained messages.
    pub parked: Vec<Delivery>,
    pub parked_in_all: usize,
}

/// An exchange towards the client.
#[derive(Debug)]
pub struct FlightLook {
    pub packet_id: PacketId,
    pub state: FlightState,
    /// Gone once released.
    pub delivery: Option<Delivery>,
    /// Since it was sent last; `None` = to be sent (again).
    pub sent: Option<Duration>,
    /// How often it was sent again over this connection.
    pub retries: u8,
}

impl Session {
    /// Tells of itself, with at most `max` messages of each kind.
    #[must_use]
    pub fn look(&self, max: usize, now: Instant) -> SessionLook {
        SessionLook {
            config: Arc::clone(&self.config),
            will: self.will.clone(),
            auth_method: self.auth_method.as_ref().map(|method| Box::from(&***method)),
            window: self.window.limit(),
            in_flight: self.window.len(),
            received: self.received.len(),
            packet_size_max: self.packet_size_max,
            outbound_aliases: self.outbound_aliases.max(),
            flights: self.window.look(max, now),
            parked: self.parked.iter().take(max).cloned().collect(),
            parked_in_all: self.parked.len(),
        }
    }
}
