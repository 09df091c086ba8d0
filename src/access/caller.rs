//! Who calls: what a request says of itself, and what is made of it.

use super::Operation;
use super::jwt::Rejected;
use super::token::{LONGEST_NAME, State, Token};
use crate::diagnostic::nearest;
use crate::ticket::{Actor, Post, Role, Viewer};

/// Bytes of a person's id.
const LONGEST_PERSON: usize = 64;

/// What a request says of itself; each part as it was sent.
#[derive(Clone, Copy, Default)]
pub struct Claims<'a> {
    /// The bearer token.
    pub token: Option<&'a str>,
    pub person: Option<&'a [u8]>,
    pub role: Option<&'a [u8]>,
    pub jurisdiction: Option<&'a [u8]>,
    pub unit: Option<&'a [u8]>,
    pub post: Option<&'a [u8]>,
}

/// Something a request says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Person,
    Role,
    Jurisdiction,
    Unit,
    Post,
}

/// Why a caller is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    NoToken,
    WrongToken,
    /// It was a good one once.
    SpentToken(State),
    /// A login that does not count.
    Login(Rejected),
    /// The token says that already, and it alone.
    Fixed(Part),
    /// Cannot be read; how to mend it.
    Bad {
        part: Part,
        help: String,
    },
}

/// On what a caller's rights rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// No token is configured: everything, as nobody in particular.
    Open,
    /// No token is configured: everything, in the words of this role.
    OpenAs(Role),
    /// What the role of its token may.
    Token(Role),
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Name of the token; idempotency keys are the client's own.
    pub client: String,
    pub person: String,
    /// Empty: any.
    pub jurisdiction: String,
    pub unit: String,
    pub post: Post,
    rights: Rights,
    logged_in: bool,
    covered: bool,
}

impl Caller {
    pub fn may(&self, operation: Operation) -> bool {
        if self.covered && operation == Operation::ReadPersonal {
            return false;
        }
        match self.rights {
            Rights::Open | Rights::OpenAs(_) => true,
            Rights::Token(role) => role.may(operation),
        }
    }

    /// What it is; `None`: a local caller that does not say.
    pub const fn role(&self) -> Option<Role> {
        match self.rights {
            Rights::Open => None,
            Rights::OpenAs(role) | Rights::Token(role) => Some(role),
        }
    }

    /// It needed no token.
    pub fn is_local(&self) -> bool {
        !matches!(self.rights, Rights::Token(_))
    }

    /// Many persons come through this client, each by a login of their own.
    pub fn client_is_many(&self) -> bool {
        self.logged_in
    }

    /// The same caller, who is shown nothing personal: when it cannot be written down who saw it.
    pub fn covered(self) -> Self {
        Self { covered: true, ..self }
    }

    /// Who looks at tickets: what is seen goes by the role of a token. Without tokens nobody is kept from anything.
    pub fn viewer(&self) -> Viewer {
        let role = match self.rights {
            Rights::Open | Rights::OpenAs(_) => None,
            Rights::Token(role) => Some(role),
        };
        let Self { person, jurisdiction, unit, .. } = self.clone();
        Viewer { role, jurisdiction, unit, person, covered: self.covered }
    }

    /// The author of what this caller does. One that says nothing is what the operation needs: a dispatcher who works on
    /// tickets, else the platform.
    pub fn actor(&self, operation: Operation) -> Actor {
        let role = self.role().unwrap_or(match operation {
            Operation::WorkQueue | Operation::ActOnTickets => Role::Dispatcher,
            _ => Role::Platform,
        });
        let Self { person, jurisdiction, unit, post, .. } = self;
        Actor { person: person.clone(), role, jurisdiction: jurisdiction.clone(), unit: unit.clone(), post: *post }
    }

    /// Without tokens a caller is what it says. A unit or a post without a role is refused: guessing would put words into
    /// its mouth.
    pub(super) fn open(claims: &Claims<'_>) -> Result<Self, Unknown> {
        let person = claims.person.map(person).transpose()?.unwrap_or("local").to_owned();
        let jurisdiction = text(claims.jurisdiction, Part::Jurisdiction)?;
        let unit = text(claims.unit, Part::Unit)?;
        let post = choice(claims.post, Part::Post, Post::named, || Post::ALL.map(Post::name).to_vec())?;
        let role = choice(claims.role, Part::Role, of_people, || {
            Role::ALL.into_iter().map(Role::name).filter(|name| of_people(name).is_some()).collect()
        })?;
        let rights = match role {
            Some(Role::Unit) if unit.is_empty() => {
                return Err(bad(Part::Unit, "角色是承办单位（unit）时请写明单位名称"));
            }
            None if !unit.is_empty() || post.is_some() => {
                return Err(bad(Part::Role, "写了单位或岗位时请同时写明角色，例如 unit"));
            }
            Some(role) => Rights::OpenAs(role),
            None => Rights::Open,
        };
        Ok(Self {
            client: "local".into(),
            person,
            jurisdiction,
            unit,
            post: post.unwrap_or_default(),
            rights,
            logged_in: false,
            covered: false,
        })
    }

    /// The caller behind a login, which says everything.
    pub(super) fn logged_in(client: &str, actor: Actor, claims: &Claims<'_>) -> Result<Self, Unknown> {
        claims.say_no_more(&[Part::Person, Part::Role, Part::Jurisdiction, Part::Unit, Part::Post])?;
        let Actor { person, role, jurisdiction, unit, post } = actor;
        Ok(Self {
            client: client.to_owned(),
            person,
            jurisdiction,
            unit,
            post,
            rights: Rights::Token(role),
            logged_in: true,
            covered: false,
        })
    }

    /// The caller behind a token. Persons it names are `token/person`, so that those of two systems are never taken for
    /// one; a token of one person is that person.
    pub(super) fn behind(token: &Token, claims: &Claims<'_>) -> Result<Self, Unknown> {
        claims.say_no_more(&[Part::Role, Part::Jurisdiction, Part::Unit, Part::Post])?;
        let Token { name, role, jurisdiction, unit, post, person: own, .. } = token;
        let person = match (own.as_str(), claims.person.map(person).transpose()?) {
            ("", Some(named)) => format!("{name}/{named}"),
            ("", None) => name.clone(),
            (own, Some(named)) if own != named => return Err(Unknown::Fixed(Part::Person)),
            (own, _) => own.to_owned(),
        };
        Ok(Self {
            client: name.clone(),
            person,
            jurisdiction: jurisdiction.clone(),
            unit: unit.clone(),
            post: *post,
            rights: Rights::Token(*role),
            logged_in: false,
            covered: false,
        })
    }
}

/// Without the token: it is nobody's to read in a log.
impl std::fmt::Debug for Claims<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claims").field("token", &self.token.map(|_| "…")).finish_non_exhaustive()
    }
}

impl Claims<'_> {
    /// Refuses what the token says already.
    fn say_no_more(&self, fixed: &[Part]) -> Result<(), Unknown> {
        let said = |part: &Part| match part {
            Part::Person => self.person,
            Part::Role => self.role,
            Part::Jurisdiction => self.jurisdiction,
            Part::Unit => self.unit,
            Part::Post => self.post,
        };
        match fixed.iter().find(|part| said(part).is_some()) {
            Some(part) => Err(Unknown::Fixed(*part)),
            None => Ok(()),
        }
    }
}

/// A role that a caller can have: what the engine does is never said by a caller.
fn of_people(name: &str) -> Option<Role> {
    Role::named(name).filter(|role| *role != Role::System)
}

fn bad(part: Part, help: impl Into<String>) -> Unknown {
    Unknown::Bad { part, help: help.into() }
}

fn person(sent: &[u8]) -> Result<&str, Unknown> {
    let fine = std::str::from_utf8(sent).ok().map(str::trim).filter(|person| is_person(person));
    fine.ok_or_else(|| bad(Part::Person, format!("应为1至{LONGEST_PERSON}字节的 UTF-8，不含“/”和控制字符")))
}

/// Whether this can be the id of a person, or the name of a token.
pub(super) fn is_person(id: &str) -> bool {
    let plain = !id.contains(|c: char| c.is_control() || c == '/') && id.trim() == id;
    (1..=LONGEST_PERSON).contains(&id.len()) && plain
}

fn text(sent: Option<&[u8]>, part: Part) -> Result<String, Unknown> {
    let Some(sent) = sent else { return Ok(String::new()) };
    let fine = |text: &&str| (1..=LONGEST_NAME).contains(&text.len()) && !text.contains(char::is_control);
    let text = std::str::from_utf8(sent).ok().map(str::trim).filter(fine);
    text.map(str::to_owned)
        .ok_or_else(|| bad(part, format!("应为1至{LONGEST_NAME}字节的 UTF-8，不含控制字符；不需要时请去掉这个头")))
}

fn choice<T>(
    sent: Option<&[u8]>,
    part: Part,
    named: impl Fn(&str) -> Option<T>,
    known: impl Fn() -> Vec<&'static str>,
) -> Result<Option<T>, Unknown> {
    if sent.is_none() {
        return Ok(None);
    }
    let name = text(sent, part)?;
    let refused = || bad(part, format!("没有“{name}”；{}", nearest(&name, known())));
    named(&name).map(Some).ok_or_else(refused)
}
