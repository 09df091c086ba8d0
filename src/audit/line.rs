//! One line: what happened, the digest of the line before, and its own.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::digest::sm3_hex;
use crate::ticket::Role;

/// A request as it is written down. Nothing of it is text of a requester.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Act {
    /// Name of the token or login.
    pub client: String,
    pub person: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jurisdiction: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Address it came from; empty for a command on this machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub peer: String,
    /// Id of the request, as in the log.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// Method and route, or the command.
    pub action: String,
    /// What it was about: the path as it was asked for, or the ticket that came out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// Personal data were shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
    /// HTTP status; 0 for a command.
    #[serde(default)]
    pub status: u16,
    /// Why it was refused: the stable code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    Act(Box<Act>),
    /// The log was opened.
    Opened {
        version: String,
    },
    /// The log was closed in good order.
    Closed,
    /// The last line of a day; the next file goes on from it.
    Sealed {
        day: NaiveDate,
        lines: u64,
    },
    /// What stood at the end was torn by a crash and moved aside.
    Torn {
        bytes: u64,
    },
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// 1, 2, … over all files.
    pub n: u64,
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub what: What,
    /// SM3 of the line before; 64 zeros at the very beginning.
    pub prev: String,
}

/// `,"sm3":"` + 64 digits + `"}`.
const TAIL: usize = 8 + 64 + 2;

impl Line {
    /// The line without its end of line, and its own SM3: over the JSON without the member `sm3`.
    pub fn seal(&self) -> serde_json::Result<(String, String)> {
        let mut text = serde_json::to_string(self)?;
        let sm3 = sm3_hex(text.as_bytes());
        text.pop();
        text.push_str(&format!(",\"sm3\":\"{sm3}\"}}"));
        Ok((text, sm3))
    }

    /// The line and its SM3, if the text is whole and unchanged.
    pub fn open(text: &str) -> Option<(Self, String)> {
        let cut = text.len().checked_sub(TAIL)?;
        let (body, tail) = (text.get(..cut)?, text.get(cut..)?);
        let sm3 = tail.strip_prefix(",\"sm3\":\"")?.strip_suffix("\"}")?;
        let body = format!("{body}}}");
        (sm3_hex(body.as_bytes()) == sm3).then_some(())?;
        Some((serde_json::from_str(&body).ok()?, sm3.to_owned()))
    }
}

/// What the first line names as the one before.
pub(super) fn nothing() -> String {
    "0".repeat(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        let act =
            Act { client: "平台\"一".into(), action: "POST /v1/tickets".into(), status: 201, ..Act::default() };
        Line { n: 7, at: DateTime::UNIX_EPOCH, what: What::Act(act.into()), prev: nothing() }
    }

    #[test]
    fn what_is_sealed_opens_again() {
        let whats = [
            line().what,
            What::Opened { version: "1".into() },
            What::Closed,
            What::Sealed { day: NaiveDate::default(), lines: 3 },
            What::Torn { bytes: 4 },
        ];
        for what in whats {
            let line = Line { what, ..line() };
            let (text, sm3) = line.seal().unwrap();
            assert_eq!(Line::open(&text), Some((line, sm3)), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["sm3"].is_string());
        }
    }

    #[test]
    fn every_changed_byte_is_seen() {
        let (text, _) = line().seal().unwrap();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let opened = String::from_utf8(bytes).ok().and_then(|text| Line::open(&text));
            assert_eq!(opened, None, "byte {at}");
        }
        assert!((0..text.len()).filter(|&at| text.is_char_boundary(at)).all(|at| Line::open(&text[..at]).is_none()));
    }
}
