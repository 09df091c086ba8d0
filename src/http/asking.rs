//! `/v1/knowledge/…` and `/v1/public/ask`: what is asked of the knowledge base beside tickets.

mod ask;
mod campaigns;
mod gaps;
mod hit;
mod public;
mod regress;

use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::public::PublicTerms;
pub(super) use self::public::{From, Peer};

use super::Server;
use super::problem::{Code, Problem};

/// Everything here that needs to know the caller.
pub(super) fn guarded() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(hit::test))
        .routes(routes!(hit::list))
        .routes(routes!(regress::questions, regress::keep))
        .routes(routes!(regress::remove))
        .routes(routes!(regress::regress))
        .routes(routes!(regress::runs))
        .routes(routes!(gaps::list))
        .routes(routes!(campaigns::list))
        .routes(routes!(campaigns::switch))
        .routes(routes!(ask::ask))
}

/// What is open to everybody, where it is switched on.
pub(super) fn open() -> OpenApiRouter<Server> {
    OpenApiRouter::new().routes(routes!(public::ask))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

impl ListParams {
    fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(50);
        let wrong = || Problem::new(Code::BadParameter, "limit 应在1至200之间");
        (1..=200).contains(&limit).then_some(limit).ok_or_else(wrong)
    }
}
