//! What is shipped for operation fits the program: metrics that are written about, shown or watched exist, alerts say what to
//! do, the unit and the image are closed.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::http::site;

const ALERTS: &str = include_str!("../deploy/alerts.yml");
const BOARD: &str = include_str!("../deploy/grafana.json");
const UNIT: &str = include_str!("../deploy/paidan.service");
const IMAGE: &str = include_str!("../deploy/Containerfile");
const MANUAL: &str = include_str!("../docs/operations.md");

/// Names as they are scraped, those of histograms in their three forms.
fn scraped() -> BTreeSet<String> {
    let site = site::site();
    let names = site.app.metrics().names().to_vec();
    let forms = |(name, kind): (String, &'static str)| match kind {
        "histogram" => ["_bucket", "_sum", "_count"].map(|form| format!("{name}{form}")).to_vec(),
        _ => vec![name],
    };
    names.into_iter().flat_map(forms).collect()
}

/// Words of an expression that are names of metrics.
fn named(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|ch: char| !(ch.is_ascii_alphanumeric() || ch == '_'));
    words.filter(|word| word.starts_with("paidan_") || word.starts_with("process_")).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_metric_is_in_the_table_and_the_other_way_round() {
    let site = site::site();
    let page = include_str!("../docs/metrics.md");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?.to_owned();
        Some((name, cells.get(2)?.to_string()))
    };
    let written: BTreeSet<(String, String)> = page.lines().filter_map(row).collect();
    let told: BTreeSet<(String, String)> =
        site.app.metrics().names().iter().map(|(name, kind)| (name.clone(), (*kind).to_owned())).collect();
    assert_eq!(written, told);
    // The names that are listed are the names that are scraped.
    site.post("/v1/tickets", r#"{"jurisdiction":"demo","text":"超市涨价"}"#.to_owned()).await;
    let text = site.get("/metrics").await.text;
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a kind");
        let name = match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.to_owned(),
        };
        assert!(told.contains(&(name.clone(), kind.to_owned())), "{name} {kind}");
    }
    let demo = ["paidan_queue_oldest_seconds{jurisdiction=\"demo\"}", "paidan_commit_requests_count 1"];
    for line in demo.into_iter().chain(["paidan_store_state{state=\"writable\"} 1", "paidan_rules_out_of_service"]) {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1);
}

#[tokio::test]
async fn every_alert_has_an_expression_that_exists_and_says_what_to_do() {
    let known = scraped();
    let alerts: Vec<&str> = ALERTS.split("\n      - alert: ").skip(1).collect();
    assert!(alerts.len() >= 15, "{}", alerts.len());
    for alert in alerts {
        let name = alert.lines().next().unwrap_or_default();
        let field = |key: &str| {
            let line = alert.lines().find_map(|line| line.trim().strip_prefix(key));
            line.unwrap_or_else(|| panic!("{name} has no {key}")).trim().to_owned()
        };
        let expression = field("expr:");
        let names = named(&expression);
        assert!(names.is_subset(&known), "{name}: {names:?}");
        assert!(!names.is_empty() || expression.starts_with("up{"), "{name}: {expression}");
        assert!(["{severity: critical}", "{severity: warning}"].contains(&field("labels:").as_str()), "{name}");
        assert!(field("summary:").chars().count() > 5 && field("do:").chars().count() > 10, "{name}");
        assert!(!field("for:").is_empty());
        assert!(MANUAL.lines().any(|line| line == format!("### {name}")), "{name} is not in the manual");
    }
}

#[tokio::test]
async fn the_dashboard_shows_what_exists() {
    let known = scraped();
    let board: Value = serde_json::from_str(BOARD).expect("JSON");
    let panels = board["panels"].as_array().expect("panels");
    let rows = panels.iter().filter(|panel| panel["type"] == "row").count();
    let mut ids = BTreeSet::new();
    let mut shown = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64()), "{}", panel["title"]);
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"].as_str().expect("an expression");
            let names = named(expression);
            assert!(!names.is_empty() && names.is_subset(&known), "{}: {names:?}", panel["title"]);
            shown.extend(names);
        }
    }
    assert!(rows == 3 && shown.len() >= 30, "{rows} rows, {} metrics", shown.len());
}

#[test]
fn the_unit_is_closed_and_waits_for_the_drain() {
    let set = |key: &str| UNIT.lines().find_map(|line| line.strip_prefix(&format!("{key}="))).unwrap_or_default();
    for (key, value) in [
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("DynamicUser", "yes"),
        ("Restart", "on-failure"),
        ("CapabilityBoundingSet", ""),
        ("PrivateTmp", "yes"),
    ] {
        assert_eq!(set(key), value, "{key}");
    }
    assert!(
        UNIT.contains("\nCapabilityBoundingSet=\n")
            && !set("MemoryMax").is_empty()
            && !set("ReadWritePaths").is_empty()
    );
    let drain = paidan::config::Settings::default().drain_s;
    assert!(set("TimeoutStopSec").parse::<u64>().is_ok_and(|stop| stop > drain + 10), "{drain}");
    let connections = paidan::config::Settings::default().connections;
    assert!(set("LimitNOFILE").parse::<usize>().is_ok_and(|files| files > 2 * connections));
}

#[test]
fn the_image_runs_as_nobody_and_names_no_registry() {
    assert!(IMAGE.lines().any(|line| line.starts_with("USER ") && !line.contains("root") && line != "USER 0"));
    let images = IMAGE.lines().filter_map(|line| line.strip_prefix("FROM "));
    assert!(
        images.clone().count() == 2 && images.clone().all(|image| image.starts_with("${")),
        "{:?}",
        images.collect::<Vec<_>>()
    );
    let named =
        IMAGE.lines().filter_map(|line| line.strip_prefix("ARG ")).all(|it| !it.contains('.') && !it.contains('/'));
    assert!(named, "an image by its plain name");
}
