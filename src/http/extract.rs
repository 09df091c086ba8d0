//! What comes out of a request: the caller, JSON, query parameters, the idempotency key. Every refusal is a problem that
//! says what to do; text that is not UTF-8 ends here.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::Server;
use super::problem::{Code, Problem};
use crate::access::{Caller, Operation};
use crate::ticket::Role;

/// The caller that `guard::identify` found.
pub(super) struct Who(pub(super) Caller);

impl Who {
    /// The caller, if it may do this.
    pub(super) fn may(self, operation: Operation) -> Result<Caller, Problem> {
        if self.0.may(operation) { Ok(self.0) } else { Err(self.refused()) }
    }

    /// It may not.
    pub(super) fn refused(&self) -> Problem {
        let title = self.0.role().map(Role::title).unwrap_or_default();
        let detail = format!("角色“{title}”的令牌不能做这件事，请改用有权限的令牌");
        Problem::new(Code::Forbidden, detail)
    }
}

impl FromRequestParts<Server> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller.map(Self).ok_or_else(|| Problem::new(Code::Unauthorized, "请在 Authorization 头中附上 Bearer 令牌"))
    }
}

/// A JSON body.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Server> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Problem> {
        json(request, server, server.limits.body_bytes).await.map(Self)
    }
}

/// A JSON body that may carry all files of a jurisdiction.
pub(super) struct SentFiles<T>(pub(super) T);

/// Bytes: 32 MiB of text, escaped.
const FILES: usize = 48 << 20;

impl<T: DeserializeOwned> FromRequest<Server> for SentFiles<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Problem> {
        json(request, server, FILES).await.map(Self)
    }
}

async fn json<T: DeserializeOwned>(request: Request, server: &Server, limit: usize) -> Result<T, Problem> {
    media_type(request.headers(), &["application/json"])?;
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(too_large(limit));
    }
    let bytes = whole(request.into_body(), limit, server.limits.body_timeout).await?;
    parse(&bytes)
}

pub(super) async fn whole(body: Body, limit: usize, patience: Duration) -> Result<Bytes, Problem> {
    match tokio::time::timeout(patience, Limited::new(body, limit).collect()).await {
        Err(_) => Err(Problem::new(Code::BodyTimeout, "请求体没有及时到达，请检查网络后重试")),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(err)) if err.is::<LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(_)) => Err(Problem::new(Code::MalformedBody, "请求体没有传完，请重试")),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("请求体最多{limit}字节，请精简或分批提交"))
}

/// Refuses everything but one of `wanted`; parameters such as a charset are ignored, but must not name another charset.
pub(super) fn media_type(headers: &HeaderMap, wanted: &[&str]) -> Result<(), Problem> {
    let refuse = |what: &str| {
        Err(Problem::new(
            Code::UnsupportedMediaType,
            format!("{what}，请以 {}（UTF-8，不压缩）提交", wanted.join(" 或 ")),
        ))
    };
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?").to_ascii_lowercase());
    if text(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return refuse("不接受压缩的请求体");
    }
    let Some(given) = text(CONTENT_TYPE) else { return refuse("没有 Content-Type 头") };
    let (kind, parameters) = given.split_once(';').unwrap_or((&given, ""));
    if !wanted.contains(&kind.trim()) {
        return refuse("Content-Type 不对");
    }
    match parameters.split(';').find_map(|it| it.trim().strip_prefix("charset=")) {
        Some(charset) if !matches!(charset.trim_matches('"'), "utf-8" | "utf8") => refuse("字符集不是 UTF-8"),
        _ => Ok(()),
    }
}

/// Bytes → value, by way of UTF-8.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|err| {
        let at = err.valid_up_to();
        let detail = format!(
            "请求体从第{}个字节起不是 UTF-8 编码，请用 UTF-8 重新编码后提交 · not valid UTF-8 at byte {at}: send UTF-8",
            at + 1
        );
        Problem::new(Code::NotUtf8, detail)
    })?;
    let text = text.trim_start_matches('\u{feff}');
    // A list would be taken for the fields of an object in the order in which the program has them.
    if text.trim_start().starts_with('[') {
        return Err(Problem::field("", "请求体是列表，应为 JSON 对象（{…}）；请对照 /docs 改正"));
    }
    serde_json::from_str(text).map_err(|err| {
        let place = format!("第{}行第{}列", err.line(), err.column());
        match err.classify() {
            serde_json::error::Category::Data => {
                let message = err.to_string();
                // serde names the field it stumbles over in backticks.
                let about_a_field = message.contains("field `");
                let field = message.split('`').nth(1).filter(|_| about_a_field).unwrap_or_default();
                Problem::field(field, format!("{place}：{message}；请对照 /docs 中的字段名和类型改正"))
            }
            _ => Problem::new(Code::MalformedBody, format!("{place}不是有效的 JSON：{err}；请改正后重新提交")),
        }
    })
}

/// Query parameters.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Server> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(err) => Err(Problem::new(Code::BadParameter, format!("查询参数有误：{err}；请对照 /docs 改正"))),
        }
    }
}

const LONGEST_KEY: usize = 128;

/// The header `Idempotency-Key`.
pub(super) struct IdempotencyKey(pub(super) Option<String>);

impl FromRequestParts<Server> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = std::str::from_utf8(value.as_bytes()).unwrap_or_default();
        checked_key("Idempotency-Key", key).map(|key| Self(Some(key)))
    }
}

pub(super) fn checked_key(field: &str, key: &str) -> Result<String, Problem> {
    let fine = (1..=LONGEST_KEY).contains(&key.len()) && !key.contains(char::is_control);
    let refused = || Problem::field(field, format!("幂等键应为1至{LONGEST_KEY}字节的可见字符，每件诉求一个"));
    if fine { Ok(key.to_owned()) } else { Err(refused()) }
}
