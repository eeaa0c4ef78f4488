//! What the window tells of its exchanges when an operator asks.

use super::Window;
use crate::session::look::FlightLook;
use std::time::Instant;

impl Window {
    /// How many exchanges may be open at a time.
    pub(in crate::session) const fn limit(&self) -> usize {
        self.limit
    }

    /// The first `max` that are not finished, in order of sending.
    pub(in crate::session) fn look(&self, max: usize, now: Instant) -> Vec<FlightLook> {
        let open = self.flights.iter().filter(|flight| !flight.done);
        open.take(max)
            .map(|flight| FlightLook {
                packet_id: flight.packet_id,
                state: flight.state,
                delivery: flight.delivery.clone(),
                sent: flight.sent_at.map(|sent| now.saturating_duration_since(sent)),
                retries: flight.retries,
            })
            .collect()
    }
}
