//! `paidan token …`: makes, lists and revokes tokens in the data folder. A token is shown once; only its SM3 is kept.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, NaiveDate, SubsecRound as _, Utc};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use unicode_width::UnicodeWidthStr as _;

use super::output;
use crate::access::{self, State, Token as Kept, TokenFile};
use crate::calendar::local_date;
use crate::clock;
use crate::config::{Flags, Settings};
use crate::diagnostic::nearest;
use crate::ticket::{Actor, Post, Role};

#[derive(Subcommand)]
pub(super) enum Token {
    /// 生成一个令牌，只显示一次 · make a token and show it once
    New(New),
    /// 列出全部令牌，不含令牌本身 · list all tokens, without their secrets
    List(Place),
    /// 吊销一个令牌，一秒内生效 · revoke a token; takes effect within a second
    Revoke(Revoke),
}

/// Which tokens.
#[derive(Args)]
pub(super) struct Place {
    /// 数据目录，缺省 ./data · folder of the store
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// 配置文件（TOML）· configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct New {
    /// 名称，写在日志和事件里，不能重复使用 · name, shown in logs and events, never used twice
    name: String,
    /// 角色 · role
    #[arg(long, value_parser = roles())]
    role: Role,
    /// 只用于这个辖区 · fixes the jurisdiction
    #[arg(long, default_value = "")]
    jurisdiction: String,
    /// 承办单位的名称，角色 unit 必填 · name of the unit, needed for the role unit
    #[arg(long, default_value = "")]
    unit: String,
    /// 岗位 · post
    #[arg(long, value_parser = posts())]
    post: Option<Post>,
    /// 只用于这个人 · fixes the person, by id
    #[arg(long, value_name = "ID", default_value = "")]
    person: String,
    /// 有效期的最后一天 · the last day on which it counts
    #[arg(long, value_name = "YYYY-MM-DD")]
    expires: Option<NaiveDate>,
    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(super) struct Revoke {
    name: String,
    #[command(flatten)]
    place: Place,
}

/// Every role but the engine's own, which no caller has.
fn roles() -> impl TypedValueParser<Value = Role> {
    let roles = Role::ALL.into_iter().filter(|role| *role != Role::System);
    let values = roles.map(|role| PossibleValue::new(role.name()).aliases(role.alias()).help(role.title()));
    PossibleValuesParser::new(values).try_map(|name| Role::named(&name).ok_or("no such role"))
}

fn posts() -> impl TypedValueParser<Value = Post> {
    let values = Post::ALL.map(|post| PossibleValue::new(post.name()).help(post.title()));
    PossibleValuesParser::new(values).try_map(|name| Post::named(&name).ok_or("no such post"))
}

impl Token {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let now = clock::now().trunc_subsecs(0);
        match self {
            Self::New(new) => {
                let settings = new.place.settings()?;
                let secret = random()?;
                new.make(&settings, &secret, now)?;
                output::line(format!("令牌（只显示这一次 · shown only now）: {secret}"))?;
                let path = TokenFile::of(&settings.data).path();
                output::line(format!("已记入 {}，运行中的服务一秒内认得它", path.display()))?;
            }
            Self::List(place) => {
                for line in table(&rows(&place.settings()?, now)?) {
                    output::line(line)?;
                }
            }
            Self::Revoke(Revoke { name, place }) => {
                let at = revoke(&name, &place.settings()?, now)?;
                output::line(format!("令牌“{name}”已于 {} 吊销，运行中的服务一秒内不再认它", at.to_rfc3339()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Place {
    /// The settings of the service that is meant.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let flags = Flags { data: self.data.clone(), ..Flags::default() };
        Settings::load(self.config.as_deref(), flags)
    }
}

impl New {
    fn make(&self, settings: &Settings, secret: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
        let Self { name, role, jurisdiction, unit, post, person, expires, .. } = self;
        ensure!(
            expires.is_none_or(|last| last >= local_date(now)),
            "有效期已经过去，请给出今天或以后的日期（--expires YYYY-MM-DD）"
        );
        let actor = Actor {
            person: person.clone(),
            role: *role,
            jurisdiction: jurisdiction.clone(),
            unit: unit.clone(),
            post: post.unwrap_or_default(),
        };
        let token = Kept { created: Some(now), expires: *expires, ..Kept::new(name, secret, actor) };
        TokenFile::of(&settings.data).edit(|tokens| {
            tokens.push(token);
            access::check(settings.tokens.iter().chain(&*tokens))
        })
    }
}

/// When it was revoked: now, or the first time.
fn revoke(name: &str, settings: &Settings, now: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
    if settings.tokens.iter().any(|token| token.name == name) {
        bail!("令牌“{name}”写在配置文件里，请在那里删除它，然后重新启动服务");
    }
    TokenFile::of(&settings.data).edit(|tokens| {
        let known: Vec<String> = tokens.iter().map(|token| token.name.clone()).collect();
        let token = tokens.iter_mut().find(|token| token.name == name);
        let token = token.with_context(|| {
            let help = nearest(name, known.iter().map(String::as_str));
            format!("{} 里没有令牌“{name}”；{help}", TokenFile::of(&settings.data).path().display())
        })?;
        Ok(*token.revoked.get_or_insert(now))
    })
}

const COLUMNS: usize = 9;

/// One row per token, the heading first.
fn rows(settings: &Settings, now: DateTime<Utc>) -> anyhow::Result<Vec<[String; COLUMNS]>> {
    let made = TokenFile::of(&settings.data).read()?;
    access::check(settings.tokens.iter().chain(&made))?;
    let heading = ["名称", "状态", "角色", "辖区", "单位", "岗位", "人员", "生成", "有效至"];
    let tokens = settings.tokens.iter().chain(&made).map(|token| row(token, now));
    Ok(std::iter::once(heading.map(str::to_owned)).chain(tokens).collect())
}

fn row(token: &Kept, now: DateTime<Utc>) -> [String; COLUMNS] {
    let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let post = if token.post.is_none() { "" } else { token.post.name() };
    let made = token.created.map_or_else(|| "配置文件".to_owned(), |at| local_date(at).to_string());
    // Until when it did count, or does.
    let until = match (token.state(now), token.revoked) {
        (State::Revoked, Some(at)) => Some(local_date(at)),
        _ => token.expires,
    };
    [
        token.name.clone(),
        token.state(now).title().to_owned(),
        token.role.name().to_owned(),
        or_dash(&token.jurisdiction),
        or_dash(&token.unit),
        or_dash(post),
        or_dash(&token.person),
        made,
        until.map_or_else(|| "-".to_owned(), |last| last.to_string()),
    ]
}

/// The rows as lines whose columns stand below each other.
fn table(rows: &[[String; COLUMNS]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell}{:1$}  ", "", width - cell.width());
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// 256 bits of the operating system's randomness, as hex.
fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other).context("reading random numbers")?;
    Ok(bytes.iter().fold("pd_".to_owned(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    }))
}

#[cfg(test)]
mod tests;
