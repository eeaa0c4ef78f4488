//! Names of everything that is counted and timed, in reports, result files and assertions.

use crate::wire::Qos;

macro_rules! named {
    ($(#[$about:meta])* $kind:ident { $($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $kind { $($(#[doc = $doc])+ $variant,)+ }

        impl $kind {
            /// Names, in the order of the variants.
            pub(crate) const NAMES: &[&str] = &[$($name),+];

            /// What they mean, in the same order.
            pub(crate) const HELPS: &[&str] = &[$(concat!($($doc),+)),+];
        }
    };
}

named! {
    /// Everything that is counted.
    Counter {
        /// CONNACKs that let a client in.
        Connects = "connects",
        /// Connections that could not be made, or were refused.
        ConnectErrors = "connect_errors",
        /// Broken connections that were made anew.
        Reconnects = "reconnects",
        /// Connections that broke without a DISCONNECT of ours.
        Lost = "connections_lost",
        /// Connections that are over, broken or not.
        Ended = "connections_ended",
        /// Messages sent.
        Published = "published",
        /// Messages received.
        Consumed = "consumed",
        /// Messages published again by a client that forwards.
        Forwarded = "forwarded",
        /// Numbers missing in their streams; one that comes late after all is missing no more.
        Loss = "loss",
        /// Messages that came twice.
        Duplicates = "duplicates",
        /// Messages that came after later ones of their stream; in named scenarios also those that came twice.
        OutOfOrder = "out_of_order",
        /// Publishes of QoS 1 and 2.
        AckedSent = "publishes_to_ack",
        /// Those of QoS 1.
        AckedSent1 = "publishes_to_ack.qos1",
        /// Those of QoS 2.
        AckedSent2 = "publishes_to_ack.qos2",
        /// Exchanges of QoS 1 and 2 that have ended.
        AckedDone = "publishes_acked",
        /// PUBACKs received.
        Pubacks = "pubacks",
        /// PUBRECs received.
        Pubrecs = "pubrecs",
        /// PUBCOMPs received.
        Pubcomps = "pubcomps",
        /// Publishes the broker has refused.
        Refused = "publish_errors",
        /// SUBACKs received.
        Subacks = "subacks",
        /// SUBACKs that refuse a subscription.
        SubackErrors = "suback_errors",
        /// UNSUBACKs received.
        Unsubacks = "unsubacks",
    }
}

named! {
    /// Everything that is timed.
    Latency {
        /// PUBLISH sent, or due, to received, of every QoS.
        PubToSub = "pub_to_sub",
        /// PUBLISH to received, of what came with QoS 1.
        PubToSub1 = "pub_to_sub.qos1",
        /// PUBLISH to received, of what came with QoS 2.
        PubToSub2 = "pub_to_sub.qos2",
        /// Call of connect to CONNACK.
        Connack = "connack",
        /// SUBSCRIBE to SUBACK.
        Suback = "suback",
        /// UNSUBSCRIBE to UNSUBACK.
        Unsuback = "unsuback",
        /// PUBLISH to PUBACK.
        Puback = "puback",
        /// PUBLISH to PUBREC.
        Pubrec = "pubrec",
        /// PUBREL to PUBCOMP.
        Pubcomp = "pubcomp",
        /// PUBLISH to the last ack: PUBACK or PUBCOMP.
        Exchange = "exchange",
        /// PUBLISH of QoS 1 received to PUBACK sent: the generator's own part.
        OwnPuback = "internal.puback",
        /// PUBLISH of QoS 2 received to PUBREC sent: the generator's own part.
        OwnPubrec = "internal.pubrec",
        /// PUBREC received to PUBREL sent: the generator's own part.
        OwnPubrel = "internal.pubrel",
        /// PUBREL received to PUBCOMP sent: the generator's own part.
        OwnPubcomp = "internal.pubcomp",
    }
}

impl Latency {
    /// What named scenarios time anew where their measured interval begins.
    pub(crate) const TRAFFIC: [Latency; 7] = [
        Latency::PubToSub,
        Latency::PubToSub1,
        Latency::PubToSub2,
        Latency::Puback,
        Latency::Pubrec,
        Latency::Pubcomp,
        Latency::Exchange,
    ];
}

impl Counter {
    /// What counts publishes of a QoS that is acknowledged.
    pub(crate) fn sent_with(qos: Qos) -> Option<Counter> {
        match qos {
            Qos::AtMostOnce => None,
            Qos::AtLeastOnce => Some(Counter::AckedSent1),
            Qos::ExactlyOnce => Some(Counter::AckedSent2),
        }
    }
}

/// Figures made of others, and those of the broker's process.
pub(crate) const DERIVED: &[&str] = &[
    "connections",
    "outstanding",
    "outstanding.qos1",
    "outstanding.qos2",
    "published_per_s",
    "consumed_per_s",
    "faults",
    "broker_cpu",
    "broker_rss",
];

/// Latency and quantile of a figure as `puback.p99`; a quantile alone is that of publish to receive.
pub(crate) fn latency_figure(name: &str) -> Option<(usize, Quantile)> {
    if let Some(quantile) = Quantile::parse(name) {
        return Some((Latency::PubToSub as usize, quantile));
    }
    Latency::NAMES.iter().enumerate().rev().find_map(|(at, latency)| {
        let quantile = name.strip_prefix(latency)?.strip_prefix('.')?;
        Some((at, Quantile::parse(quantile)?))
    })
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Quantile {
    /// 0 to 1.
    At(f64),
    Mean,
}

impl Quantile {
    fn parse(name: &str) -> Option<Quantile> {
        match name {
            "min" => Some(Quantile::At(0.0)),
            "max" => Some(Quantile::At(1.0)),
            "mean" => Some(Quantile::Mean),
            _ => {
                let percent: f64 = name.strip_prefix('p')?.parse().ok()?;
                (0.0..=100.0)
                    .contains(&percent)
                    .then_some(Quantile::At(percent / 100.0))
            }
        }
    }
}

/// Whether assertions may speak of `name`.
pub(crate) fn is_figure(name: &str) -> bool {
    Counter::NAMES.contains(&name) || DERIVED.contains(&name) || latency_figure(name).is_some()
}

/// Whether it may be a figure of a named scenario, whose names nobody lists.
pub(crate) fn may_be_figure(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte))
}

/// For messages about unknown ones.
pub(crate) fn figure_names() -> String {
    format!(
        "{}, {}, p50, p99, p99.9, max, mean, min (publish to receive), and the same of {}, as in puback.p99",
        Counter::NAMES.join(", "),
        DERIVED.join(", "),
        Latency::NAMES.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_names() {
        assert_eq!(latency_figure("p99"), Some((0, Quantile::At(0.99))));
        assert_eq!(
            latency_figure("pub_to_sub.qos1.p50"),
            Some((1, Quantile::At(0.5)))
        );
        assert_eq!(
            latency_figure("puback.mean"),
            Some((Latency::Puback as usize, Quantile::Mean))
        );
        for unknown in ["p101", "puback", "puback.p", "soon", "connack.p99x"] {
            assert!(!is_figure(unknown), "{unknown}");
        }
        assert!(is_figure("loss") && is_figure("broker_cpu"));
        assert!(may_be_figure("p99_ratio") && may_be_figure("puback.p99"));
        assert!(!may_be_figure("50msec") && !may_be_figure("") && !may_be_figure("a b"));
    }
}
