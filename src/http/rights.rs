//! Which operation each route is. A caller who may do none of those of a route is refused before anything of the request is read;
//! a route that is not named here is nobody's.

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::extract::Who;
use crate::access::{Caller, Operation as O};

/// Method, path, and the operations of which one is needed; where there are two, the handler asks for the one that is meant.
const ROUTES: [(&str, &str, &[O]); 95] = [
    ("get", "/v1/admin/verify", &[O::Maintain]),
    ("post", "/v1/admin/verify", &[O::Maintain]),
    ("get", "/v1/audit", &[O::ReadAudit]),
    ("get", "/v1/audit/verify", &[O::ReadAudit]),
    ("get", "/v1/backtests/{backtest}", &[O::StudyRules]),
    ("get", "/v1/backtests/{backtest}/tickets/{id}", &[O::ReadPersonal]),
    ("get", "/v1/drafts/{jurisdiction}", &[O::StudyRules]),
    ("post", "/v1/drafts/{jurisdiction}", &[O::EditRules]),
    ("get", "/v1/drafts/{jurisdiction}/{draft}", &[O::StudyRules]),
    ("put", "/v1/drafts/{jurisdiction}/{draft}", &[O::EditRules]),
    ("post", "/v1/drafts/{jurisdiction}/{draft}/acts", &[O::EditRules, O::ApproveRules]),
    ("post", "/v1/drafts/{jurisdiction}/{draft}/check", &[O::StudyRules]),
    ("post", "/v1/drafts/{jurisdiction}/{draft}/publish", &[O::EditRules]),
    ("get", "/v1/enterprises", &[O::ReadTickets]),
    ("get", "/v1/enterprises/{id}", &[O::ReadTickets]),
    ("put", "/v1/enterprises/{id}", &[O::ManageEnterprises]),
    ("get", "/v1/entries", &[O::ReadEntries]),
    ("post", "/v1/entries/search", &[O::ReadEntries]),
    ("get", "/v1/entries/{id}", &[O::ReadEntries]),
    ("get", "/v1/events", &[O::ReadTickets]),
    ("get", "/v1/knowledge/articles", &[O::ReadEntries]),
    ("get", "/v1/knowledge/articles/{id}", &[O::ReadEntries]),
    ("post", "/v1/knowledge/articles/{id}/acts", &[O::EditEntries, O::ReviewEntries]),
    ("get", "/v1/knowledge/articles/{id}/diff", &[O::ReadEntries]),
    ("put", "/v1/knowledge/articles/{id}/draft", &[O::EditEntries]),
    ("get", "/v1/knowledge/articles/{id}/versions", &[O::ReadEntries]),
    ("post", "/v1/knowledge/ask", &[O::ReadEntries]),
    ("get", "/v1/knowledge/campaigns", &[O::ReadEntries]),
    ("put", "/v1/knowledge/campaigns/{name}", &[O::TendKnowledge]),
    ("post", "/v1/knowledge/check", &[O::ReadEntries]),
    ("get", "/v1/knowledge/due", &[O::ReadEntries]),
    ("get", "/v1/knowledge/export", &[O::ReadEntries]),
    ("get", "/v1/knowledge/gaps", &[O::TendKnowledge, O::EditEntries]),
    ("post", "/v1/knowledge/hit", &[O::ReadEntries, O::TendKnowledge]),
    ("get", "/v1/knowledge/hits", &[O::TendKnowledge]),
    ("post", "/v1/knowledge/import", &[O::EditEntries]),
    ("get", "/v1/knowledge/questions", &[O::ReadEntries]),
    ("post", "/v1/knowledge/questions", &[O::TendKnowledge]),
    ("delete", "/v1/knowledge/questions/{id}", &[O::TendKnowledge]),
    ("post", "/v1/knowledge/regress", &[O::ReadEntries]),
    ("get", "/v1/knowledge/regressions", &[O::ReadEntries]),
    ("get", "/v1/pre-notices", &[O::ReadEntries]),
    ("post", "/v1/pre-notices", &[O::FileNotice]),
    ("get", "/v1/queue", &[O::ReadTickets]),
    ("post", "/v1/queue/claim", &[O::WorkQueue]),
    ("post", "/v1/queue/{id}/answer", &[O::WorkQueue]),
    ("post", "/v1/queue/{id}/dispatch", &[O::WorkQueue]),
    ("post", "/v1/queue/{id}/refuse", &[O::WorkQueue]),
    ("post", "/v1/queue/{id}/release", &[O::WorkQueue]),
    ("post", "/v1/queue/{id}/renew", &[O::WorkQueue]),
    ("post", "/v1/queue/{id}/skip", &[O::WorkQueue]),
    ("get", "/v1/queue/{id}/suggestions", &[O::ReadTickets]),
    ("get", "/v1/releases/{jurisdiction}", &[O::ReadRules]),
    ("get", "/v1/releases/{jurisdiction}/files", &[O::StudyRules]),
    ("post", "/v1/releases/{jurisdiction}/force", &[O::ForceRules]),
    ("post", "/v1/releases/{jurisdiction}/rollback", &[O::EditRules]),
    ("post", "/v1/requesters/erase", &[O::ErasePersonal]),
    ("get", "/v1/rules", &[O::ReadRules]),
    ("get", "/v1/rules/{jurisdiction}", &[O::ReadRules]),
    ("post", "/v1/rules/{jurisdiction}/backtests", &[O::EditRules]),
    ("post", "/v1/rules/{jurisdiction}/check", &[O::StudyRules]),
    ("post", "/v1/rules/{jurisdiction}/coverage", &[O::StudyRules]),
    ("post", "/v1/rules/{jurisdiction}/mine", &[O::EditRules]),
    ("get", "/v1/rules/{jurisdiction}/models", &[O::StudyRules]),
    ("post", "/v1/rules/{jurisdiction}/models", &[O::EditRules]),
    ("post", "/v1/rules/{jurisdiction}/models/use", &[O::ApproveRules]),
    ("delete", "/v1/rules/{jurisdiction}/models/{number}", &[O::EditRules]),
    ("get", "/v1/rules/{jurisdiction}/numbers", &[O::ReadRules]),
    ("post", "/v1/rules/{jurisdiction}/overlaps", &[O::StudyRules]),
    ("get", "/v1/rules/{jurisdiction}/refs", &[O::StudyRules]),
    ("post", "/v1/rules/{jurisdiction}/why", &[O::StudyRules]),
    ("post", "/v1/rules/{jurisdiction}/why-not", &[O::StudyRules]),
    ("get", "/v1/subscriptions", &[O::ManageSubscriptions]),
    ("post", "/v1/subscriptions", &[O::ManageSubscriptions]),
    ("get", "/v1/subscriptions/{id}", &[O::ManageSubscriptions]),
    ("delete", "/v1/subscriptions/{id}", &[O::ManageSubscriptions]),
    ("get", "/v1/subscriptions/{id}/dead", &[O::ManageSubscriptions]),
    ("post", "/v1/subscriptions/{id}/dead/resend", &[O::ManageSubscriptions]),
    ("post", "/v1/subscriptions/{id}/dead/{event}/resend", &[O::ManageSubscriptions]),
    ("get", "/v1/subscriptions/{id}/deliveries", &[O::ManageSubscriptions]),
    ("get", "/v1/tickets", &[O::ReadTickets]),
    ("post", "/v1/tickets", &[O::Intake]),
    ("post", "/v1/tickets/batch", &[O::Intake]),
    ("get", "/v1/tickets/{id}", &[O::ReadTickets]),
    ("get", "/v1/tickets/{id}/clocks", &[O::ReadTickets]),
    ("post", "/v1/tickets/{id}/commands", &[O::ActOnTickets]),
    ("get", "/v1/tickets/{id}/events", &[O::ReadTickets]),
    ("get", "/v1/tickets/{id}/receipt", &[O::ReadTickets]),
    ("get", "/v1/tickets/{id}/timeline", &[O::ReadTickets]),
    ("post", "/v1/triage", &[O::Triage]),
    ("get", "/v1/trials/{jurisdiction}", &[O::StudyRules]),
    ("post", "/v1/trials/{jurisdiction}", &[O::EditRules]),
    ("post", "/v1/trials/{jurisdiction}/stop", &[O::EditRules]),
    ("get", "/v1/units", &[O::ReadRules]),
    ("get", "/v1/warnings", &[O::ReadTickets]),
];

/// The operations of a route; none: it is nobody's.
pub(super) fn operations(method: &str, path: &str) -> &'static [O] {
    let found = ROUTES.iter().find(|(known, route, _)| *known == method && *route == path);
    found.map_or(&[], |(_, _, operations)| operations)
}

/// Behind `guard::identify`.
pub(super) async fn allow(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let method = match *request.method() {
        Method::GET | Method::HEAD => "get",
        Method::POST => "post",
        Method::PUT => "put",
        Method::DELETE => "delete",
        _ => "",
    };
    let needed = operations(method, path);
    let Some(caller) = request.extensions().get::<Caller>() else { return next.run(request).await };
    if needed.iter().any(|operation| caller.may(*operation)) || method.is_empty() {
        return next.run(request).await;
    }
    Who(caller.clone()).refused().into_response()
}
