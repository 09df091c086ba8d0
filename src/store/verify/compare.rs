//! Two views side by side.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::is_key_of_age;
use crate::store::project::KeyRow;
use crate::store::view::{Direction, View, ViewError, keys};

/// Pairs read from each view at once.
const AT_ONCE: usize = 1024;
/// Behind every key.
const END: [u8; 1] = [u8::MAX];

/// A key that says otherwise than the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// The key, what is no letter escaped.
    pub key: String,
    /// The ticket it is of, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The view in use lacks it.
    Missing,
    /// Only the view in use has it.
    Surplus,
    /// It says something else.
    Other,
}

impl Kind {
    /// For operators.
    pub fn words(self) -> &'static str {
        match self {
            Self::Missing => "视图里缺少",
            Self::Surplus => "视图里多出",
            Self::Other => "内容不同",
        }
    }
}

impl Difference {
    pub(super) fn of(key: &[u8], used: Option<&[u8]>, made: Option<&[u8]>) -> Self {
        let kind = match (used, made) {
            (None, _) => Kind::Missing,
            (Some(_), None) => Kind::Surplus,
            (Some(_), Some(_)) => Kind::Other,
        };
        let ticket = key.strip_prefix(&keys::tickets()[..]).map(|id| String::from_utf8_lossy(id).into_owned());
        // In lists and queues the value names the ticket.
        let value = used.or(made).and_then(|value| serde_json::from_slice::<Value>(value).ok()).unwrap_or_default();
        let named = [&value, &value["id"], &value["ticket"]].into_iter().find_map(Value::as_str);
        let ticket =
            ticket.or_else(|| named.filter(|id| id.parse::<crate::ticket::TicketId>().is_ok()).map(str::to_owned));
        Self { key: key.escape_ascii().to_string(), ticket, kind }
    }
}

type Pair = (Vec<u8>, Vec<u8>);

/// Sees a key with its value in the view in use and in the one that was made.
type Both<'a> = dyn FnMut(&[u8], Option<&[u8]>, Option<&[u8]>) + 'a;

/// Shows every key of either view with both its values, in order.
pub(super) fn pairs(used: &View, made: &View, visit: &mut Both<'_>) -> Result<(), ViewError> {
    let mut from = Vec::new();
    loop {
        let (of_used, of_made) = (read(used, &from)?, read(made, &from)?);
        // As far as both were read.
        let ends = [&of_used, &of_made].into_iter().filter(|it| it.len() == AT_ONCE).filter_map(|it| it.last());
        let until = ends.map(|(key, _)| key.clone()).min();
        let within = |pair: &&Pair| until.as_ref().is_none_or(|until| pair.0 <= *until);
        let mut left = of_used.iter().take_while(within).peekable();
        let mut right = of_made.iter().take_while(within).peekable();
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(one), Some(other)) => one.0.cmp(&other.0),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let one = if order.is_le() { left.next() } else { None };
            let other = if order.is_ge() { right.next() } else { None };
            if let Some((key, _)) = one.or(other) {
                visit(key, one.map(|pair| &pair.1[..]), other.map(|pair| &pair.1[..]));
            }
        }
        let Some(mut last) = until else { return Ok(()) };
        last.push(0);
        from = last;
    }
}

fn read(view: &View, from: &[u8]) -> Result<Vec<Pair>, ViewError> {
    let mut found = Vec::new();
    view.scan(from, &END, Direction::Forward, &mut |key, value| {
        found.push((key.to_vec(), value.to_vec()));
        if found.len() < AT_ONCE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(found)
}

/// Whether two values of a key say different things; what was forgotten before `horizon` is not there.
pub(super) fn differs(key: &[u8], used: Option<&[u8]>, made: Option<&[u8]>, horizon: DateTime<Utc>) -> bool {
    let there = |value: &&[u8]| !is_forgotten(key, value, horizon);
    match (used.filter(there), made.filter(there)) {
        (None, None) => false,
        (Some(used), Some(made)) => used != made && said(used) != said(made),
        _ => true,
    }
}

fn is_forgotten(key: &[u8], value: &[u8], horizon: DateTime<Utc>) -> bool {
    if is_key_of_age(key) {
        return key < &keys::aged_until(keys::millis(horizon))[..];
    }
    // Of an idempotency key, whatever client and name are.
    key.starts_with(&keys::idempotency("", "")[..1])
        && serde_json::from_slice::<KeyRow>(value).is_ok_and(|row| row.at <= horizon)
}

/// What a value says: fields that an earlier version did not write yet are the same as empty ones.
fn said(value: &[u8]) -> Option<Value> {
    serde_json::from_slice(value).ok().map(without_empty)
}

fn without_empty(value: Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) => false,
    };
    match value {
        Value::Array(items) => items.into_iter().map(without_empty).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, without_empty(value)));
            Value::Object(fields.filter(|(_, value)| !is_empty(value)).collect())
        }
        other => other,
    }
}
