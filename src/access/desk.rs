//! All tokens: those of the configuration and those of the data folder, as they stand now.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, TryLockError};

use anyhow::{Context as _, ensure};
use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};

use super::caller::{Caller, Claims, Unknown};
use super::file::{Stamp, TokenFile};
use super::jwt::Jwt;
use super::token::{State, Token, check};
use crate::digest::sm3_hex;

/// How long a change of the file may go unnoticed.
const LOOK: TimeDelta = TimeDelta::seconds(1);

/// Tells callers apart.
#[derive(Debug)]
pub struct Access {
    /// Of the configuration: they change with a restart.
    configured: Vec<Token>,
    file: Option<TokenFile>,
    known: ArcSwap<Known>,
    /// Logins of the platform's own.
    jwt: Option<Jwt>,
    looked: Mutex<Looked>,
}

#[derive(Debug)]
struct Known {
    /// Everybody who reaches the socket is trusted; it is then a loopback one. Never again once there was a token.
    open: bool,
    /// Of the file.
    tokens: Vec<Token>,
}

#[derive(Debug, Default)]
struct Looked {
    at: DateTime<Utc>,
    stamp: Option<Stamp>,
}

impl Access {
    /// Only these tokens; without any the service is open.
    pub fn new(configured: Vec<Token>) -> Self {
        let known = Known { open: configured.is_empty(), tokens: Vec::new() };
        Self { configured, file: None, known: ArcSwap::from_pointee(known), jwt: None, looked: Mutex::default() }
    }

    /// The same with logins: nobody comes in without a token any more.
    pub fn with_jwt(self, jwt: Jwt) -> Self {
        let tokens = self.known.load().tokens.clone();
        Self { jwt: Some(jwt), known: ArcSwap::from_pointee(Known { open: false, tokens }), ..self }
    }

    /// These tokens and those of the data folder, whose changes are followed. A token counts as one for
    /// [`Self::is_open`] also when it has expired or was revoked: whoever made one wanted the door closed.
    pub fn open(configured: Vec<Token>, folder: &Path, now: DateTime<Utc>) -> anyhow::Result<Self> {
        let file = TokenFile::of(folder);
        let stamp = file.stamp().with_context(|| format!("读取 {} 失败，请检查权限", file.path().display()))?;
        let tokens = file.read()?;
        check(configured.iter().chain(&tokens))?;
        let known = Known { open: configured.is_empty() && tokens.is_empty(), tokens };
        let looked = Mutex::new(Looked { at: now, stamp });
        Ok(Self { configured, file: Some(file), known: ArcSwap::from_pointee(known), jwt: None, looked })
    }

    /// Whether callers need no token.
    pub fn is_open(&self) -> bool {
        self.known.load().open
    }

    /// How many tokens there are, those that no longer count included.
    pub fn count(&self) -> usize {
        self.configured.len() + self.known.load().tokens.len()
    }

    /// Refuses to let other machines in without a token.
    pub fn check_reach(&self, listen: SocketAddr) -> anyhow::Result<()> {
        ensure!(
            !self.is_open() || listen.ip().is_loopback(),
            "listen = \"{listen}\" can be reached from other machines, but there is no token. Make one with `paidan token new \
             NAME --role platform`, for the same data folder, or listen on 127.0.0.1"
        );
        Ok(())
    }

    /// The caller who says this of itself.
    pub fn caller(&self, claims: &Claims<'_>, now: DateTime<Utc>) -> Result<Caller, Unknown> {
        self.look(now);
        let known = self.known.load();
        if known.open {
            return Caller::open(claims);
        }
        let bearer = claims.token.ok_or(Unknown::NoToken)?;
        if let Some(jwt) = self.jwt.as_ref().filter(|_| Jwt::is_one(bearer)) {
            let actor = jwt.actor(bearer, now).map_err(Unknown::Login)?;
            return Caller::logged_in(jwt.name(), actor, claims);
        }
        let digest = sm3_hex(bearer.as_bytes());
        // All are compared, each in full: the time says nothing about how close a guess was.
        let mut fitting = None;
        for token in self.configured.iter().chain(&known.tokens) {
            if token.is_of(&digest) {
                fitting = Some(token);
            }
        }
        let token = fitting.ok_or(Unknown::WrongToken)?;
        match token.state(now) {
            State::Active => Caller::behind(token, claims),
            spent => Err(Unknown::SpentToken(spent)),
        }
    }

    /// Takes over what was changed in the file, at most once a second: one look at the folder, and a read when it
    /// differs. Both are short enough for a thread that must not block. A clock that was set back is a reason to look.
    fn look(&self, now: DateTime<Utc>) {
        let Some(file) = &self.file else { return };
        let mut looked = match self.looked.try_lock() {
            Ok(looked) => looked,
            Err(TryLockError::Poisoned(looked)) => looked.into_inner(),
            // Somebody else looks at this moment.
            Err(TryLockError::WouldBlock) => return,
        };
        if (now - looked.at).abs() < LOOK {
            return;
        }
        looked.at = now;
        // What cannot be read now is tried again a second later; what is wrong in itself is said once.
        let read = match file.stamp() {
            Ok(stamp) if stamp == looked.stamp => return,
            Ok(stamp) => file.text().map(|text| (stamp, text)),
            Err(err) => Err(err),
        };
        match read {
            Ok((stamp, text)) => {
                looked.stamp = stamp;
                self.take(file, &text);
            }
            Err(err) => tracing::error!(%err, "tokens.toml 无法读取，沿用此前的令牌，请检查权限"),
        }
    }

    fn take(&self, file: &TokenFile, text: &str) {
        let read = file.parse(text).and_then(|tokens| check(self.configured.iter().chain(&tokens)).map(|()| tokens));
        match read {
            Ok(tokens) => {
                tracing::info!(tokens = tokens.len(), "tokens.toml changed");
                let open = self.is_open() && tokens.is_empty();
                self.known.store(Known { open, tokens }.into());
            }
            Err(err) => tracing::error!("tokens.toml 有误，沿用此前的令牌：{err:#}"),
        }
    }
}
