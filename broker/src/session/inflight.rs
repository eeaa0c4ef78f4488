//! In-flight window: packet ids, and the QoS 1 and 2 exchanges towards the client that are not finished (mqtt.md 6).

mod look;

use super::packet_ids::PacketIds;
use super::{Effects, Session};
use crate::metrics::Counter;
use crate::queue::Delivery;
use crate::store::{Flight as StoredFlight, FlightState, Op, Seq};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use vmq_mqtt::{Ack, Packet, PacketId, QoS, ReasonCode, Version};

/// One exchange.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Order of sending; the key in the store.
    pub order: u64,
    pub packet_id: PacketId,
    pub state: FlightState,
    /// Gone once released.
    pub delivery: Option<Delivery>,
    /// `None` = to be sent (again).
    sent_at: Option<Instant>,
    /// It was on the wire before: a retransmission.
    pub dup: bool,
    /// How often it was sent again over this connection.
    retries: u8,
    /// Finished; waits to become the first, so that positions in the list stay.
    done: bool,
}

/// The exchanges in order of sending. Ids ascend, so the position of an id is its distance from the first.
#[derive(Debug)]
pub struct Window {
    limit: usize,
    flights: VecDeque<Flight>,
    /// Ids of everything that is not finished.
    used: PacketIds,
    /// Sent and not finished: what the limit counts.
    active: usize,
    /// Not finished and still to be sent (again).
    unsent: usize,
    /// Everything that is to be sent again has this order or a higher one.
    unsent_from: u64,
    last_packet_id: u16,
    next_order: u64,
}

impl Window {
    /// A window for a new or resumed session. `limit` is at most 65535.
    #[must_use]
    pub fn resume(limit: u16, last_packet_id: u16, stored: Vec<StoredFlight>, first_order: u64) -> Self {
        let next_order = stored.last().map_or(first_order, |flight| flight.order + 1);
        let flights: VecDeque<_> = stored
            .into_iter()
            // A published exchange without its message has expired meanwhile; its id is simply free.
            .filter(|flight| flight.state == FlightState::Released || flight.entry.is_some())
            .map(|flight| Flight {
                order: flight.order,
                packet_id: flight.packet_id,
                state: flight.state,
                delivery: flight.entry.map(Delivery::from_entry),
                sent_at: None,
                dup: true,
                retries: 0,
                done: false,
            })
            .collect();
        let highest = flights
            .iter()
            .map(|flight| flight.packet_id.get())
            .next_back()
            .unwrap_or(0);
        let last_packet_id = if last_packet_id == 0 {
            highest
        } else {
            last_packet_id
        };
        Self {
            limit: usize::from(limit),
            used: flights.iter().map(|flight| flight.packet_id).collect(),
            unsent: flights.len(),
            flights,
            active: 0,
            unsent_from: 0,
            last_packet_id,
            next_order,
        }
    }

    /// How many more may be sent.
    pub(super) fn room(&self) -> usize {
        self.limit.saturating_sub(self.active)
    }

    /// Opens an exchange for a delivery that is being sent now.
    pub(super) fn open(&mut self, delivery: &Delivery, now: Instant) -> Option<(PacketId, u64)> {
        let packet_id = self.free_packet_id()?;
        let order = self.next_order;
        self.next_order += 1;
        self.active += 1;
        self.used.insert(packet_id);
        self.flights.push_back(Flight {
            order,
            packet_id,
            state: FlightState::Published,
            delivery: Some(delivery.clone()),
            sent_at: Some(now),
            dup: false,
            retries: 0,
            done: false,
        });
        Some((packet_id, order))
    }

    /// The next exchange to be sent again, marked as sent.
    pub(super) fn next_unsent(&mut self, now: Instant) -> Option<&Flight> {
        if self.unsent == 0 || self.room() == 0 {
            return None;
        }
        let start = self
            .flights
            .partition_point(|flight| flight.order < self.unsent_from);
        let flight = self
            .flights
            .range_mut(start..)
            .find(|flight| !flight.done && flight.sent_at.is_none())?;
        flight.sent_at = Some(now);
        flight.retries = flight.retries.saturating_add(1);
        self.unsent_from = flight.order + 1;
        self.unsent -= 1;
        self.active += 1;
        Some(flight)
    }

    /// Marks what was sent longer than `interval` ago as to be sent again.
    pub(super) fn expire(&mut self, interval: Duration, now: Instant) {
        for flight in &mut self.flights {
            if !flight.done
                && flight
                    .sent_at
                    .is_some_and(|sent| now.duration_since(sent) >= interval)
            {
                flight.sent_at = None;
                flight.dup = true;
                self.unsent_from = self.unsent_from.min(flight.order);
                self.active -= 1;
                self.unsent += 1;
            }
        }
    }

    /// When the exchange that waits longest was sent. Sending order decides but for a PUBREL, which is sent later than
    /// its PUBLISH; so the first exchange in each state is looked at.
    pub(super) fn oldest_sent(&self) -> Option<Instant> {
        let open = || {
            self.flights
                .iter()
                .filter(|flight| !flight.done && flight.sent_at.is_some())
        };
        let of = |state| {
            open()
                .find(|flight| flight.state == state)
                .and_then(|flight| flight.sent_at)
        };
        of(FlightState::Published)
            .into_iter()
            .chain(of(FlightState::Released))
            .min()
    }

    pub(super) fn find(&mut self, id: PacketId) -> Option<&mut Flight> {
        if !self.used.contains(id) {
            return None;
        }
        let first = self.flights.front()?.packet_id.get();
        let guess = (usize::from(id.get()) + 65535 - usize::from(first)) % 65535;
        let hit = |flight: &Flight| flight.packet_id == id && !flight.done;
        let position = if self.flights.get(guess).is_some_and(hit) {
            guess
        } else {
            self.flights.iter().position(hit)?
        };
        self.flights.get_mut(position)
    }

    /// PUBREC: the message is done, the PUBREL is sent now. Outer `None` = unknown id, inner `None` = a repetition.
    pub(super) fn release(&mut self, id: PacketId, now: Instant) -> Option<Option<(u64, Option<Seq>)>> {
        let flight = self.find(id)?;
        let was_sent = flight.sent_at.replace(now).is_some();
        let first = flight.state == FlightState::Published;
        flight.state = FlightState::Released;
        let key = (flight.order, stored_seq(flight.delivery.take().as_ref()));
        if !was_sent {
            self.unsent -= 1;
            self.active += 1;
        }
        Some(first.then_some(key))
    }

    /// Finishes an exchange; its id is free again.
    pub(super) fn finish(&mut self, id: PacketId) -> Option<(u64, Option<Seq>)> {
        let flight = self.find(id)?;
        flight.done = true;
        let was_sent = flight.sent_at.is_some();
        let key = (flight.order, stored_seq(flight.delivery.take().as_ref()));
        if was_sent {
            self.active -= 1;
        } else {
            self.unsent -= 1;
        }
        self.used.remove(id);
        while self.flights.front().is_some_and(|flight| flight.done) {
            self.flights.pop_front();
        }
        // A client that never acknowledges its first message must not make the list grow.
        if self.flights.len() > 2 * self.len() + 64 {
            self.flights.retain(|flight| !flight.done);
        }
        Some(key)
    }

    /// Stored positions of everything that is not finished.
    pub(super) fn stored_positions(&self) -> Vec<Seq> {
        let open = self.flights.iter().filter(|flight| !flight.done);
        open.map(|flight| stored_seq(flight.delivery.as_ref()).unwrap_or(0))
            .collect()
    }

    pub(super) const fn last_packet_id(&self) -> u16 {
        self.last_packet_id
    }

    /// Number of exchanges that are not finished.
    pub(super) const fn len(&self) -> usize {
        self.active + self.unsent
    }

    /// The next id that is not in use [MQTT-2.2.1-4].
    fn free_packet_id(&mut self) -> Option<PacketId> {
        for _ in 0..u16::MAX {
            self.last_packet_id = if self.last_packet_id == u16::MAX {
                1
            } else {
                self.last_packet_id + 1
            };
            let id = PacketId::new(self.last_packet_id)?;
            if !self.used.contains(id) {
                return Some(id);
            }
        }
        None
    }
}

/// The position of a delivery in the store, if it has one.
pub(super) fn stored_seq(delivery: Option<&Delivery>) -> Option<Seq> {
    delivery.map(|delivery| delivery.seq).filter(|seq| *seq != 0)
}

impl Session {
    pub(super) fn puback(&mut self, ack: &Ack, effects: &mut Effects) {
        self.finish(
            ack.packet_id,
            [Counter::PubackInvalid4, Counter::PubackInvalid5],
            effects,
        );
    }

    /// PUBREC: from here on only the PUBREL is kept. A reason of 0x80 and above ends the exchange [MQTT-4.3.3-4].
    pub(super) fn pubrec(&mut self, ack: &Ack, now: Instant, effects: &mut Effects) {
        if ack.reason.is_error() {
            self.finish_refused(ack.packet_id, effects);
            return;
        }
        match self.window.release(ack.packet_id, now) {
            None => {
                let v5 = self.version() == Version::V5;
                let reason = if v5 {
                    ReasonCode::PacketIdNotFound
                } else {
                    ReasonCode::Success
                };
                if !v5 {
                    effects.counted.push(Counter::PubrecInvalid);
                }
                effects
                    .replies
                    .push(Packet::PubRel(Self::ack(ack.packet_id, reason)));
            }
            Some(released) => {
                if let Some((order, seq)) = released.filter(|_| self.is_persistent()) {
                    let (queue, packet_id) = (self.queue_id, ack.packet_id);
                    effects.ops.push(Op::ReleaseFlight {
                        queue,
                        order,
                        packet_id,
                        seq,
                    });
                }
                effects
                    .replies
                    .push(Packet::PubRel(Self::ack(ack.packet_id, ReasonCode::Success)));
            }
        }
    }

    pub(super) fn pubcomp(&mut self, ack: &Ack, effects: &mut Effects) {
        self.finish(
            ack.packet_id,
            [Counter::PubcompInvalid4, Counter::PubcompInvalid5],
            effects,
        );
    }

    /// Ends an exchange; `unknown` counts an acknowledgement of an id that is not in flight (3.x, version 5).
    fn finish(&mut self, id: PacketId, unknown: [Counter; 2], effects: &mut Effects) {
        if !self.end_exchange(id, effects) {
            effects
                .counted
                .push(Counter::for_version(self.version(), unknown[0], unknown[1]));
        }
    }

    /// A PUBREC with an error; only 3.x has a counter for unknown ids.
    fn finish_refused(&mut self, id: PacketId, effects: &mut Effects) {
        if !self.end_exchange(id, effects) && self.version() != Version::V5 {
            effects.counted.push(Counter::PubrecInvalid);
        }
    }

    /// `false` = the id is not in flight.
    fn end_exchange(&mut self, id: PacketId, effects: &mut Effects) -> bool {
        let Some((order, seq)) = self.window.finish(id) else {
            return false;
        };
        if self.is_persistent() {
            effects.ops.push(Op::DeleteFlight {
                queue: self.queue_id,
                order,
                seq,
            });
        }
        true
    }

    /// Number of exchanges towards the client that are not finished.
    #[must_use]
    pub const fn inflight(&self) -> usize {
        self.window.len()
    }

    /// 3.x: when the oldest unacknowledged packet is due again (mqtt.md 6.5).
    #[must_use]
    pub fn retry_at(&self) -> Option<Instant> {
        if self.version() == Version::V5 || self.config.retry_interval.is_zero() {
            return None;
        }
        self.window
            .oldest_sent()
            .map(|sent| sent + self.config.retry_interval)
    }

    /// Marks what is due for retransmission; `next_send` sends it.
    pub fn retry(&mut self, now: Instant) {
        if self.retry_at().is_some_and(|at| at <= now) {
            self.window.expire(self.config.retry_interval, now);
        }
    }
}

impl Flight {
    /// The QoS under which it was sent.
    #[must_use]
    pub fn qos(&self) -> QoS {
        self.delivery
            .as_ref()
            .map_or(QoS::ExactlyOnce, |delivery| delivery.qos)
    }
}

#[cfg(test)]
mod tests;
