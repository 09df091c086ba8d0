//! Ids: of a ticket, as people read it aloud, and of an event, as machines resume from it.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `<CODE>-<yyyymmdd>-<n>`: code of the jurisdiction, day of receipt in Asia/Shanghai, running number of that day
/// (at least five digits). Given by the store, never reused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "LH-20260401-00042")]
pub struct TicketId(String);

/// Not the id of a ticket or of an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: {0:?}")]
pub struct BadId(pub String);

impl TicketId {
    pub fn new(code: &str, day: NaiveDate, number: u64) -> Result<Self, BadId> {
        format!("{code}-{}-{number:05}", day.format("%Y%m%d")).parse()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `<CODE>-<yyyymmdd>`: what the running number counts within.
    pub fn series(&self) -> &str {
        self.0.rsplit_once('-').map_or("", |(series, _)| series)
    }

    pub fn number(&self) -> u64 {
        self.0.rsplit_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
    }
}

impl FromStr for TicketId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let parts: Vec<&str> = text.split('-').collect();
        let digits = |part: &str, least, most| {
            (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let code = |part: &str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        match parts[..] {
            [head, day, number] if code(head) && digits(day, 8, 8) && digits(number, 5, 18) => Ok(Self(text.into())),
            _ => Err(BadId(text.chars().take(64).collect())),
        }
    }
}

impl TryFrom<String> for TicketId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<TicketId> for String {
    fn from(id: TicketId) -> Self {
        id.0
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `<epoch>-<sequence>`: the place of an event in the whole history. A restore or an import starts a new epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId {
    pub epoch: u64,
    pub seq: u64,
}

impl FromStr for EventId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let (epoch, seq) = text.split_once('-').ok_or_else(|| BadId(text.into()))?;
        let number = |part: &str| part.parse().map_err(|_| BadId(text.chars().take(64).collect()));
        Ok(Self { epoch: number(epoch)?, seq: number(seq)? })
    }
}

impl TryFrom<String> for EventId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_parsed_as_they_are_written() {
        let id: TicketId = "LH-20260401-00042".parse().unwrap();
        assert_eq!((id.series(), id.number()), ("LH-20260401", 42));
        for bad in ["", "LH-20260401", "lh-20260401-00001", "LH-2026041-00001", "LH-20260401-1", "LH-20260401-0000a"] {
            assert!(bad.parse::<TicketId>().is_err(), "{bad}");
        }
        let event: EventId = "2-17".parse().unwrap();
        assert_eq!((event.to_string().as_str(), event), ("2-17", EventId { epoch: 2, seq: 17 }));
        assert!("2".parse::<EventId>().is_err());
    }
}
