//! Plan: a query over sessions that has been looked at: what there is one row for each of, which conditions can be asked
//! early, and whether an index finds the client.

use super::super::Answer;
use super::super::query::filter::Filter;
use super::super::query::{self, Wanted};
use super::row::Context;
use std::time::Duration;
use vmq_admin::command::query::{Condition, Query, Test};
use vmq_admin::command::session::fields::{DEFAULT_COLUMNS, Group};
use vmq_admin::command::session::{Field, Sort};
use vmq_admin::{Element, Row};

/// A query that is ready to run.
#[derive(Debug)]
pub(super) struct Plan {
    pub node: String,
    /// Sorted by name.
    columns: Vec<Field>,
    conditions: Vec<Wanted<Field>>,
    filter: Option<Filter>,
    pub sort: Option<Sort>,
    pub limit: u64,
    pub rowtimeout: Duration,
    /// One row for each attached session, subscription, stored message.
    pub per_session: bool,
    pub per_subscription: bool,
    pub per_message: bool,
}

impl Plan {
    /// The plan of a query.
    ///
    /// # Errors
    /// The alert for an expression that is none.
    pub(super) fn new(node: &str, query: Query<Field>, filter: Option<&str>) -> Result<Self, Answer> {
        let conditions = query::prepare(&query.conditions, Field::name)?;
        let filter = filter.map(parse_filter).transpose()?;
        let mut columns = query.columns;
        if columns.is_empty() {
            columns = DEFAULT_COLUMNS.to_vec();
        }
        columns.sort_unstable_by_key(|field| field.name());
        columns.dedup();
        let of_filter: Vec<Field> = filter.iter().flat_map(Filter::fields).collect();
        let used = || {
            let conditions = conditions.iter().map(|condition| &condition.field);
            columns.iter().chain(conditions).chain(&of_filter)
        };
        let uses = |group| used().any(|field| field.group() == group);
        Ok(Self {
            node: node.to_owned(),
            per_session: uses(Group::Session),
            per_subscription: uses(Group::Subscription),
            per_message: uses(Group::Message),
            limit: query.limit,
            rowtimeout: Duration::from_millis(query.rowtimeout_ms),
            columns,
            conditions,
            filter,
            sort: None,
        })
    }

    /// The same in another order.
    pub(super) fn sorted(self, sort: Option<Sort>) -> Self {
        Self { sort, ..self }
    }

    /// The greatest comes first.
    pub(super) fn is_descending(&self) -> bool {
        self.sort.is_some_and(|sort| sort.descending)
    }

    /// Whether finding the rows, and their order, takes a look at each queue under its lock.
    pub(super) fn looks(&self) -> bool {
        let conditions = self.conditions.iter().map(|condition| condition.field);
        let of_filter = self.filter.iter().flat_map(Filter::fields);
        let of_sort = self.sort.iter().map(|sort| sort.field);
        let mut used = conditions.chain(of_filter).chain(of_sort);
        used.any(|field| {
            matches!(
                field,
                Field::QueueSize
                    | Field::Statename
                    | Field::DeliverMode
                    | Field::OfflineMessages
                    | Field::OnlineMessages
                    | Field::NumSessions
                    | Field::CleanSession
            )
        })
    }

    /// Nothing is asked, and nothing shown that a queue may have none or several of.
    pub(super) fn finds_all(&self) -> bool {
        self.has_expression_only() && self.filter.is_none()
    }

    /// The same, apart from the expression.
    pub(super) fn has_expression_only(&self) -> bool {
        self.conditions.is_empty() && !self.per_subscription && !self.per_message
    }

    /// The plan that finds who an expression is about, in one mountpoint or, without a name, in all.
    ///
    /// # Errors
    /// The alert for an expression that is none.
    pub(super) fn of_filter(node: &str, filter: &str, mountpoint: &str) -> Result<Self, Answer> {
        let condition = Condition {
            field: Field::Mountpoint,
            test: Test::Is(mountpoint.to_owned()),
        };
        let query = Query {
            columns: Vec::new(),
            conditions: Vec::from_iter((!mountpoint.is_empty()).then_some(condition)),
            limit: u64::MAX,
            rowtimeout_ms: 0,
        };
        Self::new(node, query, Some(filter))
    }

    /// The client id that all rows have: it is looked up and not searched for.
    pub(super) fn client_id(&self) -> Option<&str> {
        let of_condition = self
            .conditions
            .iter()
            .filter(|condition| condition.field == Field::ClientId)
            .find_map(Wanted::exact);
        of_condition.or_else(|| self.filter.as_ref()?.client_id())
    }

    /// Whether the conditions of a group hold.
    pub(super) fn passes(&self, group: Group, row: &Context<'_>) -> bool {
        self.conditions
            .iter()
            .filter(|condition| condition.field.group() == group)
            .all(|condition| condition.holds(&row.cell(condition.field)))
    }

    /// Whether the expression holds.
    pub(super) fn passes_filter(&self, row: &Context<'_>) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|filter| filter.holds(&|field| row.cell(field)))
    }

    /// The columns of a row.
    pub(super) fn row(&self, row: &Context<'_>) -> Row {
        let cell = |field: &Field| (field.name().to_owned(), row.cell(*field).value());
        Row(self.columns.iter().map(cell).collect())
    }
}

fn parse_filter(text: &str) -> Result<Filter, Answer> {
    Filter::parse(text).map_err(|why| {
        let mut answer = query::invalid_value(text, "filter");
        if let Some(Element::Alert(texts)) = answer.elements.first_mut() {
            texts.push(Element::text(why));
        }
        answer
    })
}
