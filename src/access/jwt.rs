//! Logins of the platform's own (OIDC): signed tokens that carry who the bearer is. An option, `[jwt]` in the settings; who comes
//! with one is a caller like behind a token of ours.
//!
//! Only signatures by a private key count (RS256, PS256, ES256, EdDSA): never `none`, never a shared secret. The algorithm has to
//! be the one of the key, so that a public key is never taken for a secret.

mod keys;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::ensure;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use self::keys::Keys;
use super::caller::is_person;
use super::token::LONGEST_NAME;
use crate::ticket::{Actor, Post, Role};

/// Bytes of one; longer ones are not looked at.
const LONGEST: usize = 16 * 1024;
/// Seconds that clocks may be apart, at most.
const MOST_LEEWAY: i64 = 300;
/// In the place of a jurisdiction: any.
const ANY: &str = "*";

/// `[jwt]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtSettings {
    /// `iss`, exactly.
    pub issuer: String,
    /// One of `aud`.
    pub audience: String,
    /// File with the public keys (JWKS); a change is followed.
    pub keys: PathBuf,
    /// What the login is called: persons are recorded as `name/sub`.
    #[serde(default = "login")]
    pub name: String,
    /// Seconds that clocks may be apart.
    #[serde(default = "leeway")]
    pub leeway_s: i64,
    /// For logins that name no jurisdiction; `*`: any. Empty: the claim is needed.
    #[serde(default)]
    pub jurisdiction: String,
    #[serde(default)]
    pub claims: ClaimNames,
    /// Role as the login names it → ours. What is not named is nobody.
    pub roles: BTreeMap<String, Role>,
}

/// Where a login says what; a path into nested objects is written with dots.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimNames {
    pub role: String,
    pub jurisdiction: String,
    pub unit: String,
    pub post: String,
    pub person: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        let [role, jurisdiction, unit, post, person] =
            ["role", "jurisdiction", "unit", "post", "sub"].map(str::to_owned);
        Self { role, jurisdiction, unit, post, person }
    }
}

fn login() -> String {
    "login".to_owned()
}

fn leeway() -> i64 {
    30
}

impl JwtSettings {
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.issuer.is_empty() && !self.audience.is_empty(), "jwt.issuer and jwt.audience must not be empty");
        ensure!(is_person(&self.name), "jwt.name must be 1 to 64 bytes without `/`");
        ensure!((0..=MOST_LEEWAY).contains(&self.leeway_s), "jwt.leeway_s must be between 0 and {MOST_LEEWAY}");
        ensure!(!self.roles.is_empty(), "jwt.roles must map at least one role");
        ensure!(self.roles.values().all(|role| *role != Role::System), "jwt.roles must not make anybody `system`");
        Ok(())
    }
}

/// Why a login is not taken. Says nothing that the bearer did not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    #[error("登录令牌格式不对")]
    Form,
    #[error("登录令牌的签名算法不被接受，只接受 RS256、PS256、ES256、EdDSA")]
    Algorithm,
    #[error("登录令牌的密钥编号（kid）不认识")]
    Key,
    #[error("登录令牌的签名不对")]
    Signature,
    #[error("登录令牌不是由约定的登录系统签发的（iss）")]
    Issuer,
    #[error("登录令牌不是给本系统的（aud）")]
    Audience,
    #[error("登录令牌已过期，请重新登录")]
    Expired,
    #[error("登录令牌尚未生效，请核对双方时钟")]
    NotYet,
    #[error("登录令牌缺少或写错了“{0}”")]
    Claim(String),
    #[error("登录令牌的角色在本系统没有对应，请联系运维人员")]
    Role,
}

/// Tells logins apart.
#[derive(Debug)]
pub struct Jwt {
    settings: JwtSettings,
    keys: Keys,
}

impl Jwt {
    /// Reads the keys.
    pub fn open(settings: JwtSettings, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let keys = Keys::open(&settings.keys, now)?;
        Ok(Self { settings, keys })
    }

    /// Whether a bearer's secret has the form of a login; tokens of ours have no dots.
    pub fn is_one(bearer: &str) -> bool {
        bearer.starts_with("ey") && bearer.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// What the login is called.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Who the bearer is.
    pub fn actor(&self, bearer: &str, now: DateTime<Utc>) -> Result<Actor, Rejected> {
        let claims = self.verified(bearer, now)?;
        self.in_time(&claims, now)?;
        self.of(&claims)
    }

    fn verified(&self, bearer: &str, now: DateTime<Utc>) -> Result<Map<String, Value>, Rejected> {
        use jsonwebtoken::errors::ErrorKind as E;
        if bearer.len() > LONGEST {
            return Err(Rejected::Form);
        }
        // What it does not know, `none` for example, it does not parse.
        let header = decode_header(bearer).map_err(|error| match error.kind() {
            E::InvalidAlgorithmName | E::Json(_) => Rejected::Algorithm,
            _ => Rejected::Form,
        })?;
        if !keys::ALGORITHMS.contains(&header.alg) {
            return Err(Rejected::Algorithm);
        }
        let key = self.keys.find(header.kid.as_deref(), now).ok_or(Rejected::Key)?;
        if !key.signs(header.alg) {
            return Err(Rejected::Algorithm);
        }
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        // Time is looked at against the clock that everything else goes by.
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        let data = decode::<Map<String, Value>>(bearer, &key.decoding, &validation);
        data.map(|data| data.claims).map_err(|error| match error.kind() {
            E::InvalidSignature => Rejected::Signature,
            E::InvalidAlgorithm | E::InvalidAlgorithmName => Rejected::Algorithm,
            E::InvalidIssuer => Rejected::Issuer,
            E::InvalidAudience => Rejected::Audience,
            E::MissingRequiredClaim(claim) => Rejected::Claim(claim.clone()),
            _ => Rejected::Form,
        })
    }

    fn in_time(&self, claims: &Map<String, Value>, now: DateTime<Utc>) -> Result<(), Rejected> {
        let (now, leeway) = (now.timestamp() as f64, self.settings.leeway_s as f64);
        let at = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or_else(|| Rejected::Claim(name.to_owned())),
        };
        let expires = at("exp")?.ok_or_else(|| Rejected::Claim("exp".to_owned()))?;
        if now - leeway >= expires {
            return Err(Rejected::Expired);
        }
        match at("nbf")? {
            Some(from) if now + leeway < from => Err(Rejected::NotYet),
            _ => Ok(()),
        }
    }

    fn of(&self, claims: &Map<String, Value>) -> Result<Actor, Rejected> {
        let JwtSettings { claims: names, jurisdiction: fallback, .. } = &self.settings;
        let wrong = |name: &str| Rejected::Claim(name.to_owned());
        let text = |name: &str| match found(claims, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if fits(text) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(name)),
        };
        let role = self.role(found(claims, &names.role).ok_or_else(|| wrong(&names.role))?)?;
        let person = text(&names.person)?.filter(|it| is_person(it)).ok_or_else(|| wrong(&names.person))?;
        let fallback = Some(fallback.clone()).filter(|it| !it.is_empty());
        let jurisdiction = text(&names.jurisdiction)?.or(fallback).ok_or_else(|| wrong(&names.jurisdiction))?;
        let jurisdiction = if jurisdiction == ANY { String::new() } else { jurisdiction };
        let unit = text(&names.unit)?.unwrap_or_default();
        if role == Role::Unit && unit.is_empty() {
            return Err(wrong(&names.unit));
        }
        let post = match text(&names.post)? {
            None => Post::None,
            Some(post) => Post::named(&post).ok_or_else(|| wrong(&names.post))?,
        };
        Ok(Actor { person: format!("{}/{person}", self.settings.name), role, jurisdiction, unit, post })
    }

    /// The one role of ours that it names. Two would leave open which of them acts.
    fn role(&self, named: &Value) -> Result<Role, Rejected> {
        let named: Vec<&str> = match named {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => return Err(Rejected::Role),
        };
        let mut ours: Vec<Role> = named.into_iter().filter_map(|name| self.settings.roles.get(name).copied()).collect();
        ours.dedup();
        match ours[..] {
            [role] => Ok(role),
            _ => Err(Rejected::Role),
        }
    }
}

/// A claim by its name, or by its path where nothing has that name.
fn found<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let nested = || {
        let (first, rest) = name.split_once('.')?;
        rest.split('.').try_fold(claims.get(first)?, |value, part| value.get(part))
    };
    claims.get(name).or_else(nested)
}

fn fits(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && !text.contains(char::is_control) && text.trim() == text
}

#[cfg(test)]
mod tests;
