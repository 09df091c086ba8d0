//! The freshness report: entries that somebody has to look at again, by the unit that answers for them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::article::State;
use crate::knowledge::Published;
use crate::regulation::ReviewTerms;

/// An entry on its owner's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Due {
    pub owner: String,
    pub entry: String,
    pub question: String,
    pub state: State,
    /// Last day on which it answers by itself without another review.
    pub due: String,
    /// Last day of its validity; empty: open.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub valid_until: String,
    /// Days since it stopped answering; negative: so many are left.
    pub days_over: i64,
}

/// What is overdue or over today, or will be within so many days; by owner, the longest overdue first.
pub fn due<'a>(
    published: impl Iterator<Item = &'a Published>,
    terms: ReviewTerms,
    today: NaiveDate,
    within_days: u32,
) -> Vec<Due> {
    let mut found: Vec<Due> = published
        .filter_map(|published| {
            let last = published.due(terms).min(published.entry.last_day());
            let days_over = (today - last).num_days();
            (days_over >= 1 - i64::from(within_days)).then(|| Due {
                owner: published.entry.owner.clone(),
                entry: published.entry.id.clone(),
                question: published.entry.question.clone(),
                state: State::of(published, terms, today),
                due: published.due(terms).to_string(),
                valid_until: published.entry.valid_until.clone(),
                days_over,
            })
        })
        .collect();
    found.sort_by(|a, b| {
        let key = |it: &Due| (it.owner.clone(), -it.days_over, it.entry.clone());
        key(a).cmp(&key(b))
    });
    found
}
