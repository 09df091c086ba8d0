//! The OpenAPI document, made from the handlers, and the page that shows it.

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Router};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder, SecurityRequirement};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::Server;
use super::problem::Problem;
use super::rights::operations;

const ABOUT: &str = "政务热线与营商平台的研判派发引擎。诉求进来，给出答复、派单或转人工，每一步都有依据。\n\n\
所有错误都是 RFC 9457 problem details，`code` 不会改名，`detail` 说明怎样做。\
经办人用 `X-Paidan-Person` 头标明。\
没有令牌时只在本机提供服务，还可用 `X-Paidan-Role`、`X-Paidan-Unit`、`X-Paidan-Post`、`X-Paidan-Jurisdiction` 头说明以谁的身份办理；\
有令牌时这些由令牌决定，附上即拒绝（`actor_fixed`）。";

/// Title, tags and what all operations share.
pub(super) fn frame() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(
        info(title = "paidan", description = ABOUT),
        tags(
            (name = "triage", description = "研判，不留记录"),
            (name = "tickets", description = "工单"),
            (name = "enterprises", description = "一企一档"),
            (name = "queue", description = "人工派单队列"),
            (name = "events", description = "事件流"),
            (name = "subscriptions", description = "事件订阅（webhook）"),
            (name = "entries", description = "知识库"),
            (name = "knowledge", description = "知识条目的编写、审核、复核"),
            (name = "rules", description = "规则与承办单位"),
            (name = "audit", description = "审计日志"),
            (name = "health", description = "健康与度量")
        ),
        components(schemas(Problem))
    )]
    struct Frame;
    <Frame as utoipa::OpenApi>::openapi()
}

/// Adds what every operation may answer, and how callers identify themselves.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    if let Some(components) = &mut document.components {
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
    for (path, item) in &mut document.paths.paths {
        let guarded = path.starts_with("/v1/");
        let methods = [("get", &mut item.get), ("post", &mut item.post)].into_iter();
        let methods = methods.chain([("put", &mut item.put), ("delete", &mut item.delete)]);
        for (method, operation) in methods.filter_map(|(method, it)| Some((method, it.as_mut()?))) {
            add_problems(operation, path);
            add_rights(operation, method, path);
            if guarded {
                let anonymous = SecurityRequirement::default();
                let token = SecurityRequirement::new("token", Vec::<String>::new());
                operation.security = Some(vec![token, anonymous]);
            }
        }
    }
    document
}

/// Which of the operations of `docs/access.md` it is, so that a reader of the document knows who may.
fn add_rights(operation: &mut Operation, method: &str, path: &str) {
    let needed: Vec<&str> = operations(method, path).iter().map(|it| it.name()).collect();
    if !needed.is_empty() {
        let extension = Extensions::builder().add("x-operations", needed).build();
        operation.extensions.get_or_insert_default().merge(extension);
    }
}

fn add_problems(operation: &mut Operation, path: &str) {
    let mut answers =
        vec![("500", "Our fault; quote `instance`"), ("503", "Busy or stopping: try again with the same key")];
    if path.starts_with("/v1/") {
        answers.extend([("401", "No token, or not a valid one"), ("403", "The token may not do this")]);
        answers.push(("429", "Too often: again after `Retry-After` seconds"));
        answers.push(("400", "Cannot be parsed, or is not UTF-8"));
        answers.push(("404", "A name in the path or the query means nothing"));
        answers.push(("422", "Something in it cannot be taken: see `errors`"));
    }
    if operation.request_body.is_some() {
        answers.extend([
            ("408", "The body did not arrive in time"),
            ("413", "Too large"),
            ("415", "Not the content type asked for"),
        ]);
    }
    if path.starts_with("/v1/queue/") || path.ends_with("/commands") || path.contains("/articles/") {
        answers.push(("409", "The claim is stale, or somebody else was faster"));
    }
    for (status, description) in answers {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let problem =
            ResponseBuilder::new().description(description).content("application/problem+json", content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem.into());
    }
}

/// The document as it is sent.
#[derive(Clone)]
pub(super) struct Document(Bytes);

impl Document {
    pub(super) fn new(document: &OpenApi) -> Self {
        // The document consists of strings, lists and maps with string keys.
        Self(serde_json::to_vec(document).unwrap_or_default().into())
    }
}

/// Shows this document
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses((status = 200, body = serde_json::Value)))]
pub(super) async fn document(Extension(Document(bytes)): Extension<Document>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

/// The page that shows the document, compiled in.
pub(super) fn docs() -> Router<Server> {
    SwaggerUi::new("/docs").config(Config::from("/openapi.json")).into()
}
