//! `mixed`: a little of everything at fixed rates, so that the mixture is the same for every broker; beside it connections
//! that do nothing.

use anyhow::Result;

use super::{Outcome, Plan, Scenario, Target, run_name, storm, traffic};
use crate::wire::Qos;

/// Per cent of the published messages, and what they are.
const PARTS: [(u32, Scenario, Qos); 6] = [
    (30, Scenario::Pairs, Qos::AtMostOnce),
    (25, Scenario::Pairs, Qos::AtLeastOnce),
    (10, Scenario::Pairs, Qos::ExactlyOnce),
    (20, Scenario::Fanin, Qos::AtMostOnce),
    (10, Scenario::Shared, Qos::AtLeastOnce),
    (5, Scenario::Fanout, Qos::AtMostOnce),
];

/// Messages a second where the plan has none.
const RATE: u32 = 10_000;

pub(super) async fn run(plan: &Plan, target: &Target) -> Result<Outcome> {
    let idle = storm::crowd(plan, target, &run_name()).await?;
    let outcome = traffic::run_parts(&parts(plan), plan, target).await;
    drop(idle);
    outcome
}

fn parts(plan: &Plan) -> Vec<Plan> {
    let rate = plan.rate.unwrap_or(RATE);
    let part = |(percent, scenario, qos): &(u32, Scenario, Qos)| Plan {
        scenario: *scenario,
        qos: *qos,
        rate: Some((rate / 100 * percent).max(1)),
        ..plan.clone()
    };
    PARTS.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::tests::plan;

    #[test]
    fn the_parts_make_the_whole() {
        let mut whole = plan(Scenario::Mixed);
        whole.rate = Some(20_000);
        let rates: Option<u32> = parts(&whole).iter().map(|part| part.rate).sum();
        assert_eq!(rates, Some(20_000));
    }
}
