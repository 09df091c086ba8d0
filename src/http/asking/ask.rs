//! `/v1/knowledge/ask`: a question in steps (情形导办).

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Operation;
use crate::app::{AskWish, Replied, Reply};
use crate::http::Server;
use crate::http::extract::{Sent, Who};
use crate::http::problem::Problem;
use crate::text::cover_private;
use crate::triage::Linked;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// A question, as people ask it; sent again with each choice.
    #[serde(default)]
    text: String,
    /// What was chosen so far: texts of options, or their numbers from 1.
    #[serde(default)]
    choices: Vec<String>,
    /// Begins with this entry, whatever the text.
    #[serde(default)]
    entry: String,
}

/// A question back, an answer, or why there is neither.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<Back>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Said>,
    /// Why nothing is answered, Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    none: Option<String>,
}

/// Choose one, and send the text again with the choices so far and this one.
#[derive(Serialize, ToSchema)]
struct Back {
    ask: String,
    options: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Said {
    entry: String,
    question: String,
    text: String,
    basis: String,
    source: String,
    /// The unit that vouches for it.
    owner: String,
    /// Day of its last change.
    as_of: String,
    /// To be read with it.
    related: Vec<Linked>,
}

impl Told {
    /// Without what is not for everybody.
    pub(super) fn in_public(reply: Reply) -> Self {
        let mut told = Self::from(reply);
        if let Some(said) = &mut told.answer {
            said.text = cover_private(&said.text);
        }
        told.none = told
            .none
            .map(|_| "没有查到可以直接答复的内容，请换一种说法，或拨打热线、提交诉求，由工作人员答复".to_owned());
        told
    }
}

impl From<Reply> for Told {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Ask { ask, options, .. } => Self { question: Some(Back { ask, options }), ..Self::default() },
            Reply::Answer(replied) => {
                let Replied { entry, question, text, basis, source, owner, as_of, related } = *replied;
                let answer = Said { entry, question, text, basis, source, owner, as_of, related };
                Self { answer: Some(answer), ..Self::default() }
            }
            Reply::None(none) => Self { none: Some(none.why), ..Self::default() },
        }
    }
}

/// Asks the knowledge base in steps
///
/// Where the entry that fits has a guide (情形导办), the answer is its next question; the service remembers nothing.
#[utoipa::path(post, path = "/v1/knowledge/ask", tag = "knowledge", request_body = Asked, responses((status = 200, body = Told)))]
pub(super) async fn ask(
    State(server): State<Server>,
    who: Who,
    Sent(asked): Sent<Asked>,
) -> Result<Json<Told>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let Asked { jurisdiction, text, choices, entry } = asked;
    Ok(Json(server.app.ask(&caller, AskWish { jurisdiction, text, choices, entry }).await?.into()))
}
