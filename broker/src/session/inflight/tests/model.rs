//! Random operations on a window against a list of exchanges in order of sending. Arithmetic that goes below zero
//! would panic here.

use super::{Window, delivery};
use crate::store::tests::support::Random;
use crate::store::{Flight as StoredFlight, FlightState};
use std::time::{Duration, Instant};
use vmq_mqtt::{PacketId, QoS};

const INTERVAL: Duration = Duration::from_secs(20);

#[derive(Clone, Debug)]
struct Exchange {
    packet_id: PacketId,
    order: u64,
    /// 0 = released.
    seq: u64,
    released: bool,
    sent_at: Option<Instant>,
}

struct World {
    random: Random,
    window: Window,
    limit: u16,
    exchanges: Vec<Exchange>,
    now: Instant,
    next_seq: u64,
}

impl World {
    fn new(seed: u64, limit: u16, last_packet_id: u16) -> Self {
        Self {
            random: Random::new(seed),
            window: Window::resume(limit, last_packet_id, Vec::new(), 1),
            limit,
            exchanges: Vec::new(),
            now: Instant::now(),
            next_seq: 1,
        }
    }

    fn step(&mut self) {
        self.now += Duration::from_millis(self.random.below(3000) as u64);
        match self.random.below(10) {
            0..=3 => self.open(),
            4 => self.release(),
            5..=6 => self.finish(),
            7 => self.resend(),
            8 if self.random.chance(4) => self.expire(),
            9 if self.random.chance(10) => self.resume(),
            _ => self.unknown(),
        }
        self.check();
    }

    fn active(&self) -> usize {
        self.exchanges
            .iter()
            .filter(|exchange| exchange.sent_at.is_some())
            .count()
    }

    fn open(&mut self) {
        if self.window.room() == 0 {
            return;
        }
        let (packet_id, order) = self
            .window
            .open(&delivery(self.next_seq, QoS::ExactlyOnce), self.now)
            .unwrap();
        assert!(
            self.exchanges
                .iter()
                .all(|exchange| exchange.packet_id != packet_id),
            "{packet_id} is in use"
        );
        assert!(self.exchanges.iter().all(|exchange| exchange.order < order));
        let sent_at = Some(self.now);
        self.exchanges.push(Exchange {
            packet_id,
            order,
            seq: self.next_seq,
            released: false,
            sent_at,
        });
        self.next_seq += 1;
    }

    fn pick(&mut self) -> Option<usize> {
        let near = self
            .exchanges
            .len()
            .min(if self.random.chance(2) { 2 } else { usize::MAX });
        (near > 0).then(|| self.random.below(near))
    }

    fn release(&mut self) {
        let Some(at) = self.pick() else { return };
        let exchange = &mut self.exchanges[at];
        let key = (!exchange.released).then_some((exchange.order, Some(exchange.seq)));
        exchange.released = true;
        exchange.seq = 0;
        exchange.sent_at = Some(self.now);
        assert_eq!(self.window.release(exchange.packet_id, self.now), Some(key));
    }

    fn finish(&mut self) {
        let Some(at) = self.pick() else { return };
        let exchange = self.exchanges.remove(at);
        let seq = Some(exchange.seq).filter(|seq| *seq != 0);
        assert_eq!(
            self.window.finish(exchange.packet_id),
            Some((exchange.order, seq))
        );
    }

    fn unknown(&mut self) {
        let packet_id = self.random.packet_id();
        if self
            .exchanges
            .iter()
            .all(|exchange| exchange.packet_id != packet_id)
        {
            assert_eq!(self.window.finish(packet_id), None);
            assert_eq!(self.window.release(packet_id, self.now), None);
        }
    }

    fn resend(&mut self) {
        let room = usize::from(self.limit).saturating_sub(self.active());
        let expected = self
            .exchanges
            .iter_mut()
            .find(|exchange| exchange.sent_at.is_none())
            .filter(|_| room > 0);
        let found = self
            .window
            .next_unsent(self.now)
            .map(|flight| (flight.packet_id, flight.dup));
        assert_eq!(
            found,
            expected.as_ref().map(|exchange| (exchange.packet_id, true))
        );
        if let Some(exchange) = expected {
            exchange.sent_at = Some(self.now);
        }
    }

    fn expire(&mut self) {
        self.window.expire(INTERVAL, self.now);
        for exchange in &mut self.exchanges {
            exchange.sent_at = exchange
                .sent_at
                .filter(|sent| self.now.duration_since(*sent) < INTERVAL);
        }
    }

    /// The connection is lost; another one goes on, perhaps with another limit.
    fn resume(&mut self) {
        let stored = self.exchanges.iter().map(|exchange| StoredFlight {
            order: exchange.order,
            packet_id: exchange.packet_id,
            state: if exchange.released {
                FlightState::Released
            } else {
                FlightState::Published
            },
            entry: (!exchange.released).then(|| delivery(exchange.seq, QoS::ExactlyOnce).to_entry()),
        });
        self.limit = 1 + self.random.below(40) as u16;
        self.window = Window::resume(self.limit, self.window.last_packet_id(), stored.collect(), 1);
        self.exchanges
            .iter_mut()
            .for_each(|exchange| exchange.sent_at = None);
    }

    fn check(&mut self) {
        assert_eq!(self.window.len(), self.exchanges.len());
        assert_eq!(self.window.active, self.active());
        assert_eq!(
            self.window.room(),
            usize::from(self.limit).saturating_sub(self.active())
        );
        let positions: Vec<_> = self.exchanges.iter().map(|exchange| exchange.seq).collect();
        assert_eq!(self.window.stored_positions(), positions);
        for exchange in &self.exchanges {
            assert_eq!(
                self.window.find(exchange.packet_id).unwrap().order,
                exchange.order
            );
        }
        if self.exchanges.is_empty() {
            assert!(
                self.window.flights.is_empty(),
                "nothing finished stays in the list"
            );
        }
    }
}

#[test]
fn agrees_with_a_list() {
    for seed in 0..40 {
        println!("seed {seed}");
        let limit = [1, 2, 20, 40][seed as usize % 4];
        let mut world = World::new(seed, limit, 65_500);
        (0..600).for_each(|_| world.step());
    }
}
