//! The ACL engine: who may publish or subscribe to what, from the rules of one file (hooks.md 19).
//!
//! Rules only allow. Whatever no rule covers is left to the next plugin and refused when there is none, so an empty
//! rule set denies everything. A rule set is immutable; a changed file is parsed into a new one. The ACL provider asks
//! it on every PUBLISH: a check allocates nothing and takes no lock.
//!
//! What must hold: a subscription that was allowed never receives a topic that the rules do not allow to read.

mod filter;
mod parse;

use std::collections::HashMap;
use std::fmt;

use vmq_mqtt::topic::split_shared;
use vmq_passwd::{FileFault, FileWarning};

use filter::Filter;

type Map<T> = HashMap<Box<str>, T, ahash::RandomState>;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To subscribe to a filter, or to receive a topic.
    Read,
    /// To publish to a topic.
    Write,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// `""` for the default one.
    pub mountpoint: &'a str,
    pub client_id: &'a str,
    /// `None` when the CONNECT had none; that is not the empty user name.
    pub username: Option<&'a str>,
}

/// The line of the file, counted from 1, whose rule allowed a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleLine(pub u32);

impl fmt::Display for RuleLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.0)
    }
}

/// All rules of a file. The default has none and allows nothing.
#[derive(Debug, Default)]
pub struct AclRules {
    read: Side,
    write: Side,
}

/// The rules for one kind of access.
#[derive(Debug, Default)]
struct Side {
    all: Rules,
    users: Map<Rules>,
    patterns: Rules,
}

/// Rules for the same people, in the form that answers fastest.
#[derive(Debug, Default)]
struct Rules {
    /// A rule `#`: nothing else needs to be looked at.
    everything: Option<RuleLine>,
    /// Rules without wildcards and substitutions.
    exact: Map<RuleLine>,
    filters: Vec<(Filter, RuleLine)>,
    /// Rules written with `$share/`: they allow shared subscriptions only.
    shared: Vec<(Filter, RuleLine)>,
}

impl AclRules {
    /// No rules: denies everything.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads a whole file, with a warning for each line that probably does not mean what its author thinks.
    ///
    /// # Errors
    /// The first bad line; the caller keeps the rules it had.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<(Self, Vec<FileWarning>), FileFault> {
        parse::parse(text.as_ref())
    }

    /// The rule that allows the request; `None` = no rule does, the next plugin decides. `requested` is a valid topic
    /// name or filter. A shared subscription is judged by the filter inside it: that is what it receives.
    #[must_use]
    pub fn check(&self, access: Access, requested: &str, who: &Who<'_>) -> Option<RuleLine> {
        let (side, shared) = match access {
            Access::Read => (&self.read, requested.starts_with("$share/").then_some(requested)),
            Access::Write => (&self.write, None),
        };
        // The packaged file is `topic #`: most brokers ask nothing else.
        if side.all.everything.is_some() {
            return side.all.everything;
        }
        let request = Request {
            plain: if shared.is_some() {
                split_shared(requested)?.1
            } else {
                requested
            },
            shared,
            who,
        };
        let user = || side.users.get(who.username?)?.find(&request);
        side.all
            .find(&request)
            .or_else(user)
            .or_else(|| side.patterns.find(&request))
    }
}

/// One question, taken apart once.
struct Request<'a> {
    /// Topic or filter, of a shared subscription the inner one.
    plain: &'a str,
    /// The whole filter of a shared subscription.
    shared: Option<&'a str>,
    who: &'a Who<'a>,
}

impl Rules {
    fn find(&self, request: &Request<'_>) -> Option<RuleLine> {
        self.everything
            .or_else(|| self.exact.get(request.plain).copied())
            .or_else(|| first(&self.filters, request.plain, request.who))
            .or_else(|| first(&self.shared, request.shared?, request.who))
    }
}

fn first(rules: &[(Filter, RuleLine)], requested: &str, who: &Who<'_>) -> Option<RuleLine> {
    rules
        .iter()
        .find(|(filter, _)| filter.covers(requested, who))
        .map(|&(_, line)| line)
}

#[cfg(test)]
mod tests;
