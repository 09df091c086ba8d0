//! `POST /v1/tickets/batch`: one request per line in, one result per line out, in the same order. Lines are worked on while
//! the rest still arrives; a broken line spoils only itself.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, extract};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use utoipa::ToSchema;

use super::Server;
use super::admit::Permit;
use super::extract::{Who, checked_key, media_type, parse};
use super::problem::{Code, Problem};
use super::views::Receipt;
use crate::access::{Caller, Operation};
use crate::app::Lane;
use crate::ticket::{Request, Requester};

const NDJSON: &str = "application/x-ndjson";

/// Lines of one batch worked on at once: a batch leaves room for others.
const AT_ONCE: usize = 32;

/// A request, with its own key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchLine {
    /// Like the header `Idempotency-Key` of a single post.
    idempotency_key: Option<String>,
    #[serde(default)]
    jurisdiction: String,
    #[serde(default)]
    title: String,
    text: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    matter: String,
    #[serde(default)]
    requester: Requester,
    #[serde(default)]
    reference: String,
    /// 保密: shown to its handlers only.
    #[serde(default)]
    confidential: bool,
}

/// What became of a line: a receipt or a problem.
#[derive(Serialize, ToSchema)]
pub(super) struct LineResult {
    /// 1-based.
    line: usize,
    /// As if it had been posted alone.
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// Takes many requests: one JSON object per line in, one result per line out
///
/// Each line is acknowledged for itself, when it is durable. Empty lines are skipped. A line that is too long, or one line
/// too many, ends the batch with a problem; the lines before it stand.
#[utoipa::path(post, path = "/v1/tickets/batch", tag = "tickets",
    request_body(content = BatchLine, content_type = "application/x-ndjson"),
    responses((status = 200, body = LineResult, content_type = "application/x-ndjson")))]
pub(super) async fn batch(
    State(server): State<Server>,
    who: Who,
    Extension(permit): Extension<Permit>,
    headers: HeaderMap,
    request: extract::Request,
) -> Result<Response, Problem> {
    let caller = who.may(Operation::Intake)?;
    media_type(&headers, &[NDJSON, "application/ndjson", "application/jsonl"])?;
    let (lines, results) = mpsc::channel(AT_ONCE);
    let reader = Reader { server, caller, lines, count: 0, number: 0 };
    tokio::spawn(async move {
        reader.run(request.into_body()).await;
        drop(permit);
    });
    Ok(([(header::CONTENT_TYPE, NDJSON)], Body::new(Results { lines: results, first: None })).into_response())
}

type Line = JoinHandle<LineResult>;

struct Reader {
    server: Server,
    caller: Caller,
    lines: mpsc::Sender<Line>,
    /// Requests so far.
    count: usize,
    /// Lines so far, empty ones too.
    number: usize,
}

/// The caller is gone, or a problem ended the batch.
struct Ended;

impl Reader {
    async fn run(mut self, mut body: Body) {
        let mut rest: Vec<u8> = Vec::new();
        loop {
            let frame = match tokio::time::timeout(self.server.limits.body_timeout, body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(None) => break,
                Ok(Some(Err(_))) => {
                    return self
                        .refuse(Problem::new(Code::MalformedBody, "请求体没有传完，此行起没有处理，请重传"))
                        .await;
                }
                Err(_) => {
                    return self
                        .refuse(Problem::new(Code::BodyTimeout, "请求体没有及时到达，此行起没有处理，请重传"))
                        .await;
                }
            };
            let Ok(data) = frame.into_data() else { continue };
            rest.extend_from_slice(&data);
            if self.whole_lines(&mut rest).await.is_err() {
                return;
            }
        }
        if !rest.is_empty() {
            // Whoever is gone needs no result.
            let _ = self.line(&rest).await;
        }
    }

    /// Works on the whole lines and leaves the beginning of the next.
    async fn whole_lines(&mut self, rest: &mut Vec<u8>) -> Result<(), Ended> {
        let mut start = 0;
        while let Some(end) = rest[start..].iter().position(|&byte| byte == b'\n').map(|at| start + at) {
            self.line(&rest[start..end]).await?;
            start = end + 1;
        }
        rest.drain(..start);
        if rest.len() > self.server.limits.body_bytes {
            return self.line(rest).await;
        }
        Ok(())
    }

    async fn line(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.number += 1;
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        self.count += 1;
        let (most, longest) = (self.server.limits.batch_lines, self.server.limits.body_bytes);
        if self.count > most {
            let detail = format!("一批最多{most}行，此行起没有处理，请分批提交");
            self.refuse_at(Problem::new(Code::BatchTooLong, detail)).await;
            return Err(Ended);
        }
        if bytes.len() > longest {
            let detail = format!("一行最多{longest}字节，此行起没有处理，请改正后从此行重传");
            self.refuse_at(Problem::new(Code::BodyTooLarge, detail)).await;
            return Err(Ended);
        }
        let (server, caller, number) = (self.server.clone(), self.caller.clone(), self.number);
        let parsed = parse::<BatchLine>(bytes);
        self.send(tokio::spawn(async move { LineResult::new(number, take(&server, &caller, parsed).await) })).await
    }

    async fn refuse(mut self, problem: Problem) {
        self.number += 1;
        self.refuse_at(problem).await;
    }

    async fn refuse_at(&self, problem: Problem) {
        let result = LineResult::new(self.number, Err(problem));
        let _ = self.send(tokio::spawn(async move { result })).await;
    }

    /// Waits while as many lines as allowed are under way.
    async fn send(&self, line: Line) -> Result<(), Ended> {
        self.lines.send(line).await.map_err(|_| Ended)
    }
}

async fn take(server: &Server, caller: &Caller, line: Result<BatchLine, Problem>) -> Result<(Receipt, bool), Problem> {
    let BatchLine {
        idempotency_key,
        jurisdiction,
        title,
        text,
        channel,
        section,
        category,
        topic,
        matter,
        requester,
        reference,
        confidential,
    } = line?;
    let request = Request {
        jurisdiction,
        title,
        text,
        channel,
        section,
        category,
        topic,
        matter,
        requester,
        reference,
        confidential,
    };
    let key = idempotency_key.map(|key| checked_key("idempotency_key", &key)).transpose()?;
    let taken = server.app.take(caller, request, key, Lane::Batch).await?;
    let replayed = taken.replayed;
    Ok((taken.into(), replayed))
}

impl LineResult {
    fn new(line: usize, result: Result<(Receipt, bool), Problem>) -> Self {
        match result {
            Ok((ticket, replayed)) => {
                Self { line, status: if replayed { 200 } else { 201 }, ticket: Some(ticket), problem: None }
            }
            Err(problem) => Self { line, status: problem.status(), ticket: None, problem: Some(problem) },
        }
    }

    fn bytes(&self) -> Bytes {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes.into()
    }
}

/// The results as a body, in the order of the lines.
struct Results {
    lines: mpsc::Receiver<Line>,
    first: Option<Line>,
}

impl HttpBody for Results {
    type Data = Bytes;
    type Error = tokio::task::JoinError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let mut line = match self.first.take() {
            Some(line) => line,
            None => match self.lines.poll_recv(cx) {
                Poll::Ready(Some(line)) => line,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            },
        };
        match Pin::new(&mut line).poll(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result.map(|result| Frame::data(result.bytes())))),
            Poll::Pending => {
                self.first = Some(line);
                Poll::Pending
            }
        }
    }
}
