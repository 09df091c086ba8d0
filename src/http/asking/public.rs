//! `/v1/public/ask`: self-service (自助查询, HN-45), without a token, where it is switched on and as often as is allowed.

use std::net::{IpAddr, Ipv4Addr};

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use serde::Deserialize;
use utoipa::ToSchema;

use super::ask::Told;
use crate::access::household;
use crate::app::AskWish;
use crate::http::Server;
use crate::http::extract::Sent;
use crate::http::problem::{Code, Problem};

/// On which terms everybody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PublicTerms {
    /// False: the endpoint answers 404.
    pub enabled: bool,
    /// Questions of one address in a minute; as many at once.
    pub per_minute: u32,
    /// Characters of a question.
    pub text_chars: usize,
    /// The address of whoever asks is the last one of `X-Forwarded-For`: our own proxy writes it.
    pub behind_proxy: bool,
}

impl Default for PublicTerms {
    fn default() -> Self {
        Self { enabled: false, per_minute: 20, text_chars: 500, behind_proxy: false }
    }
}

/// Where a connection comes from; set by the accept loop.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Peer(pub(in crate::http) IpAddr);

/// The address that somebody is counted by.
pub(in crate::http) struct From(pub(in crate::http) IpAddr);

impl FromRequestParts<Server> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Self::Rejection> {
        Ok(Self(Self::of(&parts.headers, &parts.extensions, server)))
    }
}

impl From {
    /// What our own proxy says, where the settings say that there is one; else where the connection comes from.
    pub(in crate::http) fn of(headers: &HeaderMap, extensions: &Extensions, server: &Server) -> IpAddr {
        // Without a socket (in tests) everybody is one.
        let peer = extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        let told = server.limits.public.behind_proxy.then(|| forwarded(headers)).flatten();
        told.unwrap_or(peer)
    }
}

/// The last address of the last header: those before are what the client said of itself.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublicAsked {
    jurisdiction: String,
    /// A question, as people ask it; sent again with each choice. At most as long as the setting says.
    text: String,
    /// What was chosen so far: texts of options, or their numbers from 1.
    #[serde(default)]
    choices: Vec<String>,
}

/// Asks the knowledge base as anybody may
///
/// No token is needed, where the setting `public.enabled` allows it. Only entries that are in force and sure enough answer; what
/// nothing answers is kept as a gap, personal data covered.
#[utoipa::path(post, path = "/v1/public/ask", tag = "knowledge", request_body = PublicAsked, responses((status = 200, body = Told), (status = 429, description = "Too many questions from this address: try again after `Retry-After` seconds")))]
pub(super) async fn ask(
    State(server): State<Server>,
    From(address): From,
    Sent(asked): Sent<PublicAsked>,
) -> Result<Json<Told>, Problem> {
    let terms = server.limits.public;
    if !terms.enabled {
        return Err(Problem::new(Code::NotFound, "公开查询没有开通（设置 [public] enabled = true 后开通）"));
    }
    if let Err(seconds) = server.doorman.asks(household(address)) {
        let detail = format!("提问太频繁，请 {seconds} 秒后再试");
        return Err(Problem::new(Code::TooManyQuestions, detail).again_in(seconds));
    }
    let length = asked.text.chars().count();
    if length > terms.text_chars {
        let message = format!("问题有{length}字，最多{}字，请只写要问的话", terms.text_chars);
        return Err(Problem::field("text", message));
    }
    let PublicAsked { jurisdiction, text, choices } = asked;
    let wish = AskWish { jurisdiction, text, choices, entry: String::new() };
    Ok(Json(Told::in_public(server.app.ask_in_public(wish).await?)))
}
