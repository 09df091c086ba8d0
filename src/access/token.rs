//! One token: what is kept of it, when it counts, and what is wrong with a list of them.

use std::collections::BTreeSet;

use anyhow::ensure;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::caller::is_person;
use crate::calendar::local_date;
use crate::digest::sm3_hex;
use crate::ticket::{Actor, Post, Role};

/// Bytes of the name of a jurisdiction or a unit.
pub(super) const LONGEST_NAME: usize = 256;

/// One `[[token]]`. The token itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Shown in events and logs. Never used twice: events of the past name it.
    pub name: String,
    /// SM3 of the token, 64 lower-case hex digits.
    pub sm3: String,
    pub role: Role,
    /// Fixes the jurisdiction; empty: any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jurisdiction: String,
    /// The one name of the unit it stands for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    #[serde(default, skip_serializing_if = "Post::is_none")]
    pub post: Post,
    /// Fixes the person; empty: the caller names one, or the token itself is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub person: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime<Utc>>,
    /// The last day on which it counts, in Asia/Shanghai.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<DateTime<Utc>>,
}

/// Whether a token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    Expired,
    Revoked,
}

impl State {
    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Active => "有效 active",
            Self::Expired => "过期 expired",
            Self::Revoked => "吊销 revoked",
        }
    }
}

impl Token {
    /// What is kept of `secret`, standing for `actor`.
    pub fn new(name: &str, secret: &str, actor: Actor) -> Self {
        let Actor { person, role, jurisdiction, unit, post } = actor;
        Self {
            name: name.to_owned(),
            sm3: sm3_hex(secret.as_bytes()),
            role,
            jurisdiction,
            unit,
            post,
            person,
            created: None,
            expires: None,
            revoked: None,
        }
    }

    pub fn state(&self, now: DateTime<Utc>) -> State {
        match (self.revoked, self.expires) {
            (Some(_), _) => State::Revoked,
            (None, Some(last)) if local_date(now) > last => State::Expired,
            _ => State::Active,
        }
    }

    /// Compares in full: the time says nothing about how close a guess was.
    pub(super) fn is_of(&self, digest: &str) -> bool {
        let (a, b) = (self.sm3.as_bytes(), digest.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
    }

    fn check(&self) -> anyhow::Result<()> {
        let Self { name, sm3, role, jurisdiction, unit, person, .. } = self;
        ensure!(is_person(name), "令牌名称“{name}”应为1至64字节，不含“/”、首尾空格和控制字符，请另取一个");
        let hex = sm3.len() == 64 && sm3.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        ensure!(hex, "令牌“{name}”的 sm3 应为64位小写十六进制数，请用 paidan token new 重新生成");
        ensure!(*role != Role::System, "令牌“{name}”的角色不能是 system，那是引擎自己，请改用别的角色");
        ensure!(
            *role != Role::Unit || !unit.is_empty(),
            "令牌“{name}”的角色是承办单位，请写明是哪个单位（--unit 或 unit = \"…\"）"
        );
        for (field, value) in [("jurisdiction", jurisdiction), ("unit", unit)] {
            let fine = value.len() <= LONGEST_NAME && !value.contains(char::is_control) && value.trim() == value;
            ensure!(fine, "令牌“{name}”的 {field} 应不超过{LONGEST_NAME}字节，不含首尾空格和控制字符，请改正");
        }
        ensure!(
            person.is_empty() || is_person(person),
            "令牌“{name}”的 person 应为1至64字节，不含“/”、首尾空格和控制字符，请改正"
        );
        Ok(())
    }
}

/// What is wrong with all tokens together; their names differ.
pub fn check<'a>(tokens: impl IntoIterator<Item = &'a Token>) -> anyhow::Result<()> {
    let mut names = BTreeSet::new();
    for token in tokens {
        token.check()?;
        ensure!(names.insert(&token.name), "有两个令牌都叫“{}”，名称（包括已吊销的）不能重复，请另取一个", token.name);
    }
    Ok(())
}
