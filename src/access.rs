//! Who may do what: callers known by a token, and one table of roles and operations. Persons, passwords and sessions are
//! the platform's; it names the person behind a request in a header.

use serde::{Deserialize, Serialize};
use sm3::{Digest as _, Sm3};

use crate::ticket::{self, Actor};

/// What a caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The platform that posts requests and follows them.
    Platform,
    /// 派单员.
    Dispatcher,
    /// 联动中心.
    Center,
    /// 知识库维护.
    Maintainer,
    /// 规则作者.
    Author,
    /// Sees everything but personal data, changes nothing.
    Auditor,
    /// Runs the machine.
    Admin,
    /// Somebody on this machine, when no token is configured.
    #[serde(skip)]
    Local,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Decide a text without recording anything.
    Triage,
    /// Post tickets.
    Intake,
    /// Lists, tickets, events, the queue; personal data covered.
    ReadTickets,
    /// The same with names, telephone numbers and the text as it was sent.
    ReadPersonal,
    /// Claim, renew, release, skip, decide.
    WorkQueue,
    ReadEntries,
    ReadRules,
    /// Subscribe others to events, see and send again what could not be delivered.
    ManageSubscriptions,
}

impl Role {
    /// The one table.
    pub const fn may(self, operation: Operation) -> bool {
        use Operation as O;
        match self {
            Self::Local => true,
            Self::Platform => !matches!(operation, O::WorkQueue),
            Self::Dispatcher | Self::Center => !matches!(operation, O::Intake | O::ManageSubscriptions),
            Self::Maintainer | Self::Author => matches!(operation, O::Triage | O::ReadEntries | O::ReadRules),
            Self::Auditor => matches!(operation, O::ReadTickets | O::ReadEntries | O::ReadRules),
            Self::Admin => {
                matches!(operation, O::ReadTickets | O::ReadEntries | O::ReadRules | O::ManageSubscriptions)
            }
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Platform => "平台",
            Self::Dispatcher => "派单员",
            Self::Center => "联动中心",
            Self::Maintainer => "知识库维护",
            Self::Author => "规则作者",
            Self::Auditor => "审计",
            Self::Admin => "运维",
            Self::Local => "本机",
        }
    }
}

/// One `[[token]]` of the configuration. The token itself is never stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Shown in events and logs.
    pub name: String,
    /// SM3 of the token, 64 hex digits.
    pub sm3: String,
    pub role: Role,
    /// Fixes the jurisdiction; empty: any.
    #[serde(default)]
    pub jurisdiction: String,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Name of the token; idempotency keys are the client's own.
    pub client: String,
    pub person: String,
    pub role: Role,
    /// Empty: any.
    pub jurisdiction: String,
}

impl Caller {
    /// Whoever acts on tickets, in the words of tickets.
    pub fn actor(&self, operation: Operation) -> Actor {
        let role = match (self.role, operation) {
            (Role::Local, Operation::WorkQueue) | (Role::Dispatcher, _) => ticket::Role::Dispatcher,
            (Role::Center, _) => ticket::Role::Center,
            (Role::Maintainer, _) => ticket::Role::KnowledgeMaintainer,
            (Role::Author, _) => ticket::Role::RuleAuthor,
            _ => ticket::Role::Platform,
        };
        Actor { person: self.person.clone(), role, jurisdiction: self.jurisdiction.clone(), ..Actor::default() }
    }
}

/// All tokens.
#[derive(Clone, Debug, Default)]
pub struct Access(Vec<Token>);

/// Bytes of a person's id in the header.
const LONGEST_PERSON: usize = 64;

/// Why a caller is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    NoToken,
    WrongToken,
    BadPerson,
}

impl Access {
    pub fn new(tokens: Vec<Token>) -> Self {
        Self(tokens)
    }

    /// Without tokens everybody who reaches the socket is trusted; it is then a loopback one.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// The caller behind a bearer token and the person it names. With tokens, persons are `token/person`, so that those of
    /// two systems are never taken for one.
    pub fn caller(&self, token: Option<&str>, person: Option<&[u8]>) -> Result<Caller, Unknown> {
        let person = person.map(named).transpose()?;
        if self.is_open() {
            let person = person.unwrap_or("local").to_owned();
            return Ok(Caller { client: "local".into(), person, role: Role::Local, jurisdiction: String::new() });
        }
        let digest = sm3_hex(token.ok_or(Unknown::NoToken)?);
        // All are compared, each in full: the time says nothing about how close a guess was.
        let mut fitting = None;
        for token in &self.0 {
            if same(token.sm3.as_bytes(), digest.as_bytes()) {
                fitting = Some(token);
            }
        }
        let Token { name, role, jurisdiction, .. } = fitting.ok_or(Unknown::WrongToken)?.clone();
        let person = person.map_or_else(|| name.clone(), |person| format!("{name}/{person}"));
        Ok(Caller { client: name, person, role, jurisdiction })
    }
}

fn named(person: &[u8]) -> Result<&str, Unknown> {
    let person = std::str::from_utf8(person).map_err(|_| Unknown::BadPerson)?.trim();
    let fine = (1..=LONGEST_PERSON).contains(&person.len()) && !person.contains(|c: char| c.is_control() || c == '/');
    if fine { Ok(person) } else { Err(Unknown::BadPerson) }
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}

/// SM3 of a token as lower-case hex.
pub fn sm3_hex(token: &str) -> String {
    use std::fmt::Write as _;
    Sm3::digest(token.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str, secret: &str, role: Role) -> Token {
        Token { name: name.into(), sm3: sm3_hex(secret), role, jurisdiction: "demo".into() }
    }

    #[test]
    fn the_digest_is_plain_sm3() {
        // GB/T 32905, example 1.
        assert_eq!(sm3_hex("abc"), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    }

    #[test]
    fn a_token_names_the_caller() {
        let access = Access::new(vec![token("网站", "a", Role::Platform), token("seat", "b", Role::Dispatcher)]);
        assert_eq!(access.caller(None, None), Err(Unknown::NoToken));
        assert_eq!(access.caller(Some("c"), None), Err(Unknown::WrongToken));
        assert_eq!(access.caller(Some("b"), Some("x/y".as_bytes())), Err(Unknown::BadPerson));
        let caller = access.caller(Some("b"), Some("王工".as_bytes())).unwrap();
        assert_eq!(
            (caller.person.as_str(), caller.role, caller.jurisdiction.as_str()),
            ("seat/王工", Role::Dispatcher, "demo")
        );
    }

    #[test]
    fn nobody_but_the_machine_itself_may_do_everything() {
        assert!(!Role::Platform.may(Operation::WorkQueue) && !Role::Dispatcher.may(Operation::Intake));
        for role in [Role::Maintainer, Role::Author, Role::Auditor, Role::Admin] {
            assert!(
                !role.may(Operation::ReadPersonal) && !role.may(Operation::WorkQueue) && !role.may(Operation::Intake)
            );
        }
        assert!(Access::default().caller(None, None).unwrap().role.may(Operation::Intake));
    }
}
