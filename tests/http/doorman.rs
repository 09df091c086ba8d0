//! Who comes too often, who comes with wrong tokens, and that no secret is said.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use paidan::access::Token;
use paidan::config::Settings;
use paidan::http::RateTerms;
use paidan::ticket::{Actor, Role};
use serde_json::json;

use super::site::{RULES, Site, ticket, with};

const TOKEN: &str = "5ecre7-5ecre7-5ecre7";

fn token(name: &str, secret: &str, role: Role) -> Token {
    Token::new(name, secret, Actor { role, jurisdiction: "demo".into(), ..Actor::default() })
}

async fn triage(site: &Site, bearer: &str) -> (u16, String) {
    let header = format!("Bearer {bearer}");
    let reply = site.post_with("/v1/triage", &[("authorization", &header)], ticket("路灯不亮")).await;
    let code = if reply.status == 200 { String::new() } else { reply.problem().1 };
    (reply.status, code)
}

#[tokio::test]
async fn ten_wrong_tokens_lock_an_address_out_and_a_good_one_still_works() {
    let site = with(RULES, vec![token("seat", TOKEN, Role::Dispatcher)], &Settings::default());
    for n in 1..=9 {
        assert_eq!(triage(&site, &format!("guess{n}")).await, (401, "unauthorized".into()), "{n}");
    }
    for bearer in ["guess10", "guess11"] {
        assert_eq!(triage(&site, bearer).await, (429, "locked_out".into()));
    }
    assert_eq!(triage(&site, TOKEN).await.0, 200, "behind the same address a whole hall may sit");
    assert_eq!(site.get("/v1/tickets").await.problem().1, "unauthorized", "no token is no guess");
    let metrics = site.get("/metrics").await.text;
    assert!(metrics.contains("lockouts_total 1") && metrics.contains("wrong_tokens_total 11"), "{metrics}");
}

#[tokio::test]
async fn a_client_that_comes_too_often_waits_and_others_do_not() {
    let tokens = vec![token("seat", TOKEN, Role::Dispatcher), token("other", "other", Role::Dispatcher)];
    let rate = RateTerms { per_second: 1, burst: 2 };
    let site = with(RULES, tokens, &Settings { rate, ..Settings::default() });
    // More than a burst at once: whatever the machine is busy with, it does not take a second for each.
    let mut told = Vec::new();
    for _ in 0..20 {
        told.push(triage(&site, TOKEN).await);
    }
    assert_eq!(told[..2], [(200, String::new()), (200, String::new())]);
    assert!(told.contains(&(429, "too_often".into())), "{told:?}");
    assert_eq!(triage(&site, "other").await.0, 200);
    let open = with(RULES, Vec::new(), &Settings { rate, ..Settings::default() });
    for _ in 0..5 {
        assert_eq!(open.post("/v1/triage", ticket("路灯不亮")).await.status, 200, "without tokens nobody is counted");
    }
}

/// Everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_logged_or_answered() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let tokens = vec![token("hotline", TOKEN, Role::Platform)];
    let site = with(RULES, tokens, &Settings::default());
    let login = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1LTE3In0.c2lnbmF0dXJl";
    let webhook = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
    let good = format!("Bearer {TOKEN}");
    let mut answers = String::new();
    for bearer in [TOKEN, "wrong-0123456789abcdef", login] {
        let header = format!("Bearer {bearer}");
        for body in [ticket("路灯不亮"), "{".to_owned(), format!("{{\"{bearer}x\": 1}}")] {
            let reply = site.post_with("/v1/triage", &[("authorization", &header)], body.clone()).await;
            if !body.contains(bearer) {
                answers.push_str(&reply.text);
            }
        }
    }
    for _ in 0..12 {
        answers
            .push_str(&site.post_with("/v1/triage", &[("authorization", &format!("Bearer {login}"))], "{").await.text);
    }
    let wish = json!({"url": "http://127.0.0.1:1/", "secret": webhook}).to_string();
    let made = site.post_with("/v1/subscriptions", &[("authorization", &good)], wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let log = String::from_utf8(log.0.lock().expect("a lock").clone()).expect("UTF-8");
    assert!(log.contains("locked out"), "{log}");
    for secret in [TOKEN, "wrong-0123456789abcdef", "c2lnbmF0dXJl", webhook] {
        assert!(!log.contains(secret) && !answers.contains(secret), "{secret}");
    }
}
