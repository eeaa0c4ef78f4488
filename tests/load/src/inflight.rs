//! Packet ids of one publisher, and what each waits for. No I/O: the publisher asks and is told what to send.
//!
//! Holds: an id is never reused before its exchange has ended [MQTT-2.2.1-4]; at most `limit` exchanges are open;
//! an ack that no open exchange expects is an error, not a statistic.

use crate::wire::Ack;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Nothing,
    Puback,
    Pubrec,
    Pubcomp,
}

#[derive(Clone, Copy, Debug)]
struct Exchange {
    waiting: Waiting,
    /// Stamp of the publish; 0 = not sampled.
    sent_nanos: u64,
    /// When its second half began, if `released` said so; else 0.
    half_nanos: u64,
}

/// What an ack led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// PUBREC came: PUBREL must be sent. `sent_nanos` as given to `open`.
    Release { sent_nanos: u64 },
    /// The exchange has ended. `sent_nanos` as given to `open`, `half_nanos` as given to `released`, else 0.
    Done { sent_nanos: u64, half_nanos: u64 },
}

/// An ack nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unexpected {
    pub(crate) ack: Ack,
    pub(crate) packet_id: u16,
}

#[derive(Debug)]
pub(crate) struct Inflight {
    /// Exchange of packet id `index + 1`.
    exchanges: Vec<Exchange>,
    /// How many there may be: who sends little has few.
    ids: usize,
    next: usize,
    open: usize,
    limit: usize,
    first: Waiting,
}

impl Inflight {
    /// `exactly_once`: QoS 2, else QoS 1. `limit` is raised to 1.
    pub(crate) fn new(exactly_once: bool, limit: u16) -> Inflight {
        let limit = usize::from(limit.max(1));
        let ids = (2 * limit).min(usize::from(u16::MAX));
        Inflight {
            exchanges: Vec::new(),
            ids,
            next: 0,
            open: 0,
            limit,
            first: if exactly_once {
                Waiting::Pubrec
            } else {
                Waiting::Puback
            },
        }
    }

    /// Exchanges that may be opened now.
    pub(crate) fn room(&self) -> usize {
        self.limit - self.open
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open == 0
    }

    /// Opens an exchange; `None` when the limit is reached or the next id is still busy.
    pub(crate) fn open(&mut self, sent_nanos: u64) -> Option<u16> {
        if self.room() == 0 {
            return None;
        }
        let opened = Exchange {
            waiting: self.first,
            sent_nanos,
            half_nanos: 0,
        };
        match self.exchanges.get_mut(self.next) {
            Some(exchange) if exchange.waiting != Waiting::Nothing => return None,
            Some(exchange) => *exchange = opened,
            None => self.exchanges.push(opened),
        }
        self.open += 1;
        let packet_id = u16::try_from(self.next + 1).ok()?;
        self.next = (self.next + 1) % self.ids;
        Some(packet_id)
    }

    /// Takes an ack from the broker. `refused`: a PUBREC with an error, which ends the exchange [MQTT5-4.3.3].
    pub(crate) fn on_ack(&mut self, ack: Ack, packet_id: u16, refused: bool) -> Result<Step, Unexpected> {
        let unexpected = Unexpected { ack, packet_id };
        let at = usize::from(packet_id).checked_sub(1).ok_or(unexpected)?;
        let exchange = self.exchanges.get_mut(at).ok_or(unexpected)?;
        match (exchange.waiting, ack) {
            (Waiting::Pubrec, Ack::Pubrec) if !refused => {
                exchange.waiting = Waiting::Pubcomp;
                Ok(Step::Release {
                    sent_nanos: exchange.sent_nanos,
                })
            }
            (Waiting::Puback, Ack::Puback)
            | (Waiting::Pubrec, Ack::Pubrec)
            | (Waiting::Pubcomp, Ack::Pubcomp) => {
                exchange.waiting = Waiting::Nothing;
                self.open -= 1;
                Ok(Step::Done {
                    sent_nanos: exchange.sent_nanos,
                    half_nanos: exchange.half_nanos,
                })
            }
            _ => Err(unexpected),
        }
    }
}

impl Inflight {
    /// The second half of an exchange counts from now on.
    pub(crate) fn released(&mut self, packet_id: u16, nanos: u64) {
        if let Some(exchange) = self.exchanges.get_mut(usize::from(packet_id).wrapping_sub(1)) {
            exchange.half_nanos = nanos;
        }
    }

    /// An exchange of another QoS than the one given at the start.
    pub(crate) fn open_as(&mut self, exactly_once: bool, sent_nanos: u64) -> Option<u16> {
        self.first = if exactly_once {
            Waiting::Pubrec
        } else {
            Waiting::Puback
        };
        self.open(sent_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(sent_nanos: u64, half_nanos: u64) -> Step {
        Step::Done {
            sent_nanos,
            half_nanos,
        }
    }

    #[test]
    fn the_limit_holds_and_ids_go_round() {
        let mut inflight = Inflight::new(false, 2);
        assert_eq!(
            (inflight.open(0), inflight.open(0), inflight.open(0)),
            (Some(1), Some(2), None)
        );
        assert_eq!(inflight.on_ack(Ack::Puback, 2, false), Ok(done(0, 0)));
        assert_eq!(inflight.open(9), Some(3));
        assert_eq!(inflight.on_ack(Ack::Puback, 3, false), Ok(done(9, 0)));
        assert_eq!(inflight.open(0), Some(4));
        assert_eq!(inflight.on_ack(Ack::Puback, 4, false), Ok(done(0, 0)));
        assert_eq!(inflight.open(0), None, "id 1 is still busy");
        assert_eq!(inflight.on_ack(Ack::Puback, 1, false), Ok(done(0, 0)));
        assert!(inflight.is_empty());
        assert_eq!(inflight.open(0), Some(1));
    }

    #[test]
    fn qos_2_takes_four_steps() {
        let mut inflight = Inflight::new(true, 1);
        assert_eq!(inflight.open(5), Some(1));
        assert_eq!(
            inflight.on_ack(Ack::Pubrec, 1, false),
            Ok(Step::Release { sent_nanos: 5 })
        );
        inflight.released(1, 7);
        assert_eq!(inflight.room(), 0);
        assert_eq!(inflight.on_ack(Ack::Pubcomp, 1, false), Ok(done(5, 7)));
        assert_eq!(inflight.open(0), Some(2));
        assert_eq!(inflight.on_ack(Ack::Pubrec, 2, true), Ok(done(0, 0)));
    }

    #[test]
    fn stray_acks_are_errors() {
        let mut inflight = Inflight::new(true, 4);
        inflight.open(0);
        for (ack, packet_id) in [
            (Ack::Puback, 1),
            (Ack::Pubcomp, 1),
            (Ack::Pubrec, 2),
            (Ack::Pubrec, 0),
            (Ack::Pubrec, 900),
        ] {
            assert_eq!(
                inflight.on_ack(ack, packet_id, false),
                Err(Unexpected { ack, packet_id })
            );
        }
    }
}
