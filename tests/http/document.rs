//! The document says what is served, and nothing else is.

use std::collections::BTreeSet;

use super::site::site;

/// Everything we promise.
const SERVED: [&str; 99] = [
    "delete /v1/knowledge/questions/{id}",
    "delete /v1/rules/{jurisdiction}/models/{number}",
    "delete /v1/subscriptions/{id}",
    "get /healthz",
    "get /metrics",
    "get /openapi.json",
    "get /readyz",
    "get /v1/admin/verify",
    "get /v1/audit",
    "get /v1/audit/verify",
    "get /v1/backtests/{backtest}",
    "get /v1/backtests/{backtest}/tickets/{id}",
    "get /v1/drafts/{jurisdiction}",
    "get /v1/drafts/{jurisdiction}/{draft}",
    "get /v1/enterprises",
    "get /v1/enterprises/{id}",
    "get /v1/entries",
    "get /v1/entries/{id}",
    "get /v1/knowledge/campaigns",
    "get /v1/knowledge/gaps",
    "get /v1/knowledge/hits",
    "get /v1/knowledge/questions",
    "get /v1/knowledge/regressions",
    "get /v1/events",
    "get /v1/knowledge/articles",
    "get /v1/knowledge/articles/{id}",
    "get /v1/knowledge/articles/{id}/diff",
    "get /v1/knowledge/articles/{id}/versions",
    "get /v1/knowledge/due",
    "get /v1/knowledge/export",
    "get /v1/pre-notices",
    "get /v1/queue",
    "get /v1/queue/{id}/suggestions",
    "get /v1/releases/{jurisdiction}",
    "get /v1/releases/{jurisdiction}/files",
    "get /v1/rules",
    "get /v1/rules/{jurisdiction}",
    "get /v1/rules/{jurisdiction}/models",
    "get /v1/rules/{jurisdiction}/numbers",
    "get /v1/rules/{jurisdiction}/refs",
    "get /v1/subscriptions",
    "get /v1/subscriptions/{id}",
    "get /v1/subscriptions/{id}/dead",
    "get /v1/subscriptions/{id}/deliveries",
    "get /v1/tickets",
    "get /v1/tickets/{id}",
    "get /v1/tickets/{id}/clocks",
    "get /v1/tickets/{id}/events",
    "get /v1/tickets/{id}/receipt",
    "get /v1/tickets/{id}/timeline",
    "get /v1/trials/{jurisdiction}",
    "get /v1/units",
    "get /v1/warnings",
    "post /v1/admin/verify",
    "post /v1/drafts/{jurisdiction}",
    "post /v1/drafts/{jurisdiction}/{draft}/acts",
    "post /v1/drafts/{jurisdiction}/{draft}/check",
    "post /v1/drafts/{jurisdiction}/{draft}/publish",
    "post /v1/entries/search",
    "post /v1/knowledge/ask",
    "post /v1/knowledge/hit",
    "post /v1/knowledge/questions",
    "post /v1/knowledge/regress",
    "post /v1/knowledge/articles/{id}/acts",
    "post /v1/knowledge/check",
    "post /v1/knowledge/import",
    "post /v1/pre-notices",
    "post /v1/public/ask",
    "post /v1/queue/claim",
    "post /v1/queue/{id}/answer",
    "post /v1/queue/{id}/dispatch",
    "post /v1/queue/{id}/refuse",
    "post /v1/queue/{id}/release",
    "post /v1/queue/{id}/renew",
    "post /v1/queue/{id}/skip",
    "post /v1/releases/{jurisdiction}/force",
    "post /v1/releases/{jurisdiction}/rollback",
    "post /v1/requesters/erase",
    "post /v1/rules/{jurisdiction}/backtests",
    "post /v1/rules/{jurisdiction}/check",
    "post /v1/rules/{jurisdiction}/coverage",
    "post /v1/rules/{jurisdiction}/mine",
    "post /v1/rules/{jurisdiction}/models",
    "post /v1/rules/{jurisdiction}/models/use",
    "post /v1/rules/{jurisdiction}/overlaps",
    "post /v1/rules/{jurisdiction}/why",
    "post /v1/rules/{jurisdiction}/why-not",
    "post /v1/subscriptions",
    "post /v1/subscriptions/{id}/dead/resend",
    "post /v1/subscriptions/{id}/dead/{event}/resend",
    "post /v1/tickets",
    "post /v1/tickets/batch",
    "post /v1/tickets/{id}/commands",
    "post /v1/trials/{jurisdiction}",
    "post /v1/trials/{jurisdiction}/stop",
    "put /v1/drafts/{jurisdiction}/{draft}",
    "put /v1/enterprises/{id}",
    "put /v1/knowledge/campaigns/{name}",
    "put /v1/knowledge/articles/{id}/draft",
];

#[tokio::test]
async fn every_route_is_in_the_document_and_every_documented_one_is_served() {
    let site = site();
    let document = site.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            documented.insert(format!("{method} {path}"));
        }
    }
    let mut promised: BTreeSet<String> = SERVED.iter().map(|it| (*it).to_owned()).collect();
    promised.insert("post /v1/triage".into());
    assert_eq!(documented, promised);
    for route in promised {
        let (method, path) = route.split_once(' ').expect("two words");
        let path = path
            .replace("{id}", "DM-20220929-00001")
            .replace("{jurisdiction}", "demo")
            .replace("{event}", "1-1")
            .replace("{draft}", "d-1")
            .replace("{backtest}", "1")
            .replace("{number}", "1");
        if path == "/v1/events" {
            // It would never end.
            continue;
        }
        let reply = match method {
            "get" => site.get(&path).await,
            "delete" => site.delete(&path).await,
            "put" => site.put(&path, "{").await,
            _ => site.post(&path, "{").await,
        };
        let refused = reply.kind == "application/problem+json"
            && ["not_found", "method_not_allowed"].contains(&reply.problem().1.as_str());
        assert!(!refused, "{route}: {reply:?}");
    }
}

#[tokio::test]
async fn every_operation_says_how_it_refuses() {
    let document = site().document;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let responses = operation["responses"].as_object().expect("responses");
            assert!(operation["summary"].as_str().is_some_and(|it| !it.is_empty()), "{method} {path}");
            if path.starts_with("/v1/") {
                for status in ["400", "401", "403", "500", "503"] {
                    let content = &responses[status]["content"]["application/problem+json"];
                    assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path} {status}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere() {
    let document = site().document;
    let text = document.to_string();
    let names = text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
    for name in names.collect::<BTreeSet<_>>() {
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is not described");
    }
}

#[tokio::test]
async fn the_page_is_compiled_in() {
    let page = site().get("/docs/").await;
    assert!(page.status == 200 && page.text.contains("swagger"), "{page:?}");
}
