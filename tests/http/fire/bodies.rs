//! Bodies that are no request: each is refused by a problem that says what to do.

use serde_json::{Value, json};

use crate::http::site::{site, ticket};

const PATHS: [&str; 2] = ["/v1/tickets", "/v1/triage"];

#[tokio::test]
async fn what_is_no_request_is_refused_with_a_reason() {
    let site = site();
    // “超市涨价” as GB18030 and as UTF-16.
    let gb = b"{\"jurisdiction\": \"demo\", \"text\": \"\xb3\xac\xca\xd0\xd5\xc7\xbc\xdb\"}".to_vec();
    let utf_16: Vec<u8> = ticket("超市涨价").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000)).into_bytes();
    let text = |value: &str| format!("{{\"jurisdiction\": \"demo\", \"text\": {value}}}").into_bytes();
    let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("GB18030", gb, &[400]),
        ("UTF-16", utf_16, &[400]),
        ("nothing", Vec::new(), &[400]),
        ("a NUL", b"\0".to_vec(), &[400]),
        ("deep lists", deep("[", "]"), &[400, 422]),
        ("deep objects", deep("{\"a\":", "}"), &[400, 422]),
        ("deep inside", text(&format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))), &[400, 422]),
        ("a list", b"[]".to_vec(), &[422]),
        ("a list of fields", b"[\"demo\", \"a\", \"b\"]".to_vec(), &[422]),
        ("a number", b"1".to_vec(), &[422]),
        ("null", b"null".to_vec(), &[422]),
        ("1e999999", text("1e999999"), &[400, 422]),
        ("30 digits", text("123456789012345678901234567890"), &[422]),
        ("-0", text("-0"), &[422]),
        ("NaN", text("NaN"), &[400]),
        ("a key twice", b"{\"jurisdiction\": \"demo\", \"text\": \"a\", \"text\": \"b\"}".to_vec(), &[422]),
        ("half a pair", text("\"\\ud83d\""), &[400]),
        ("the other half", text("\"\\udca9\""), &[400]),
        ("two objects", [ticket("a"), ticket("b")].concat().into_bytes(), &[400]),
        ("no end", text("\"a")[..30].to_vec(), &[400]),
        ("a raw line break", text("\"a\nb\""), &[400]),
        ("an unknown field", b"{\"jurisdiction\": \"demo\", \"text\": \"a\", \"admin\": true}".to_vec(), &[422]),
    ];
    for (name, body, allowed) in cases {
        for path in PATHS {
            let reply = site.post(path, body.clone()).await;
            assert!(allowed.contains(&reply.problem().0), "{name}: {reply:?}");
        }
    }
    let gb = site.post("/v1/tickets", b"{\"text\": \"\xb3\xac\"}".to_vec()).await;
    assert!(gb.text.contains("UTF-8"), "it says which encoding is wanted: {}", gb.text);
    assert_eq!(site.get("/v1/tickets").await.json()["tickets"], json!([]));
}

#[tokio::test]
async fn null_is_no_value_for_any_field() {
    let site = site();
    for field in
        ["jurisdiction", "title", "text", "channel", "section", "category", "topic", "matter", "requester", "reference"]
    {
        for wrong in [Value::Null, json!(1), json!([null]), json!(true)] {
            let mut body = json!({ "jurisdiction": "demo", "text": "超市涨价" });
            body[field] = wrong.clone();
            let reply = site.post("/v1/triage", body.to_string()).await;
            assert_eq!(reply.problem().0, 422, "{field} = {wrong}: {reply:?}");
        }
    }
}

#[tokio::test]
async fn what_looks_odd_and_is_right_is_taken() {
    let site = site();
    let marked = format!("\u{feff}{}", ticket("超市涨价"));
    let spaced = format!("\r\n\t {} \n", ticket("超市涨价"));
    let escaped =
        "{\"jurisdiction\": \"demo\", \"\\u0074ext\": \"\\u8d85\\u5e02\\u6da8\\u4ef7 \\ud83d\\ude00 \\u0000\"}";
    for body in [marked, spaced, escaped.to_owned()] {
        assert_eq!(site.post("/v1/triage", body.clone()).await.status, 200, "{body}");
    }
}

#[tokio::test]
async fn other_types_charsets_and_codings_are_refused() {
    let site = site();
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "multipart/form-data; boundary=x"),
        ("content-type", "application/json; charset=gb18030"),
        ("content-type", "application/jsonp"),
        ("content-type", "*/*"),
        ("content-encoding", "gzip"),
        ("content-encoding", "br"),
        ("content-encoding", "gzip, identity"),
    ] {
        let reply = site.post_with("/v1/tickets", &[(name, value)], ticket("a")).await;
        assert_eq!(reply.problem(), (415, "unsupported_media_type".into()), "{name}: {value}");
    }
    let reply =
        site.post_with("/v1/triage", &[("content-type", "Application/JSON; Charset=\"UTF-8\"")], ticket("a")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
}
