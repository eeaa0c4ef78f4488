//! Who sends to whom in a traffic scenario: names, topics, filters and flows.

use std::sync::Arc;

use anyhow::Result;

use super::{Plan, Scenario, Target};
use crate::flow::{Audience, Flow};
use crate::scenario::run_name;
use crate::subscriber::Expected;

#[derive(Debug)]
pub(super) struct Topology {
    pub(super) run: String,
    pub(super) publishers: usize,
    pub(super) subscribers: usize,
    /// Deliveries of one message: every subscriber gets every publisher's messages, or one each gets one's.
    pub(super) copies: usize,
    scenario: Scenario,
}

impl Topology {
    pub(super) fn new(plan: &Plan) -> Topology {
        let (publishers, subscribers, copies) = match plan.scenario {
            Scenario::Fanout => (1, plan.subscribers, plan.subscribers),
            Scenario::Fanin => (plan.publishers, 1, 1),
            _ => (plan.publishers, plan.publishers, 1),
        };
        Topology {
            run: run_name(),
            publishers,
            subscribers,
            copies,
            scenario: plan.scenario,
        }
    }

    /// Who a publisher's messages go to: all of them, or one of a group.
    pub(super) fn audience(&self) -> Audience {
        if self.scenario == Scenario::Shared {
            Audience::Shared
        } else {
            Audience::Each
        }
    }

    /// Subscribers that share one flow.
    pub(super) fn listeners(&self) -> usize {
        match self.audience() {
            Audience::Each => self.copies,
            Audience::Shared => self.subscribers,
        }
    }

    /// All topics of a run are of one length, which subscribers check.
    pub(super) fn topic(&self, publisher: usize) -> String {
        format!("{}/{publisher:06}", self.run)
    }

    pub(super) fn filter(&self, subscriber: usize) -> String {
        match self.scenario {
            Scenario::Fanout => self.topic(0),
            Scenario::Fanin => format!("{}/+", self.run),
            Scenario::Shared => format!("$share/group/{}/+", self.run),
            _ => self.topic(subscriber),
        }
    }

    pub(super) fn subscriber_id(&self, number: usize) -> String {
        format!("{}-s-{number}", self.run)
    }

    pub(super) fn publisher_id(&self, number: usize) -> String {
        format!("{}-p-{number}", self.run)
    }

    /// What subscriber `number` is to receive; `flows` are those of all publishers, the first of which has the number
    /// `first_publisher` on the stage.
    pub(super) fn expected(
        &self,
        plan: &Plan,
        number: usize,
        first_publisher: usize,
        flows: &[Arc<Flow>],
    ) -> Expected {
        let topic_bytes = self.topic(0).len();
        let (first, flows, slot) = match self.scenario {
            Scenario::Fanout | Scenario::Fanin | Scenario::Shared => (0, flows.to_vec(), number),
            _ => (number, flows.get(number).cloned().into_iter().collect(), 0),
        };
        Expected {
            qos: plan.qos,
            audience: self.audience(),
            topic_bytes,
            first_publisher: first_publisher + first,
            flows,
            slot,
        }
    }

    /// Connects once more with clean session, so that no session stays behind.
    pub(super) async fn forget_sessions(&self, plan: &Plan, target: &Target) -> Result<()> {
        for number in 0..self.subscribers {
            let options = plan.connect(self.subscriber_id(number), true);
            let (link, _) = target.open(number, &options).await?;
            link.close().await;
        }
        Ok(())
    }
}
