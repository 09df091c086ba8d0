//! zen-engine's side: one decision table, a row for each rule, its words as `contains` on the text; loaded from JSON and
//! compiled, as its documentation advises for repeated use.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use paidan::clock::monotonic_ns;
use serde_json::{Value, json};
use zen_engine::Decision;
use zen_engine::model::GraphContent;
use zen_expression::variable::Variable;

use super::large::{self, Made};
use super::{Measured, TEXTS, resident};

pub(super) fn measure(rules: usize) -> anyhow::Result<Measured> {
    let source = serde_json::to_string(&graph((0..rules).map(|n| large::rule(n, 0))))?;
    let before = resident();
    let start = monotonic_ns();
    let mut content: GraphContent = serde_json::from_str(&source)?;
    content.compile();
    let decision = Decision::from(Arc::new(content));
    let load = monotonic_ns() - start;
    let memory = resident().saturating_sub(before);
    let texts: Vec<Value> = (0..TEXTS).map(|n| json!({ "text": large::text(n, rules) })).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let evaluate = |text: &Value| {
        let done = runtime.block_on(decision.evaluate(Variable::from(text)));
        done.map_err(|err| anyhow!("{err:?}"))
    };
    let fired = |text: &Value| {
        let result: Value = evaluate(text)?.result.into();
        let rows = result.as_array().with_context(|| format!("not a list: {result}"))?;
        let id = |row: &Value| row["id"].as_str().map(str::to_owned).with_context(|| format!("no id: {row}"));
        rows.iter().map(id).collect::<anyhow::Result<Vec<String>>>()
    };
    Measured::deciding(load, memory, &texts, fired, |text| {
        black_box(evaluate(text)?);
        Ok(())
    })
}

fn graph(rules: impl Iterator<Item = Made>) -> Value {
    let rows: Vec<Value> = rules
        .map(|rule| {
            json!({
                "_id": rule.id,
                "when": condition(&rule),
                "id": format!("\"{}\"", rule.id),
                "lead": format!("\"{}\"", rule.lead()),
                "weight": format!("{:.1}", rule.weight as f64 / 2.0),
            })
        })
        .collect();
    let output = |id: &str| json!({ "id": id, "name": id, "field": id });
    json!({
        "nodes": [
            { "id": "in", "name": "request", "type": "inputNode", "content": {} },
            { "id": "table", "name": "route", "type": "decisionTableNode", "content": {
                "hitPolicy": "collect",
                "inputs": [{ "id": "when", "name": "text", "field": "text" }],
                "outputs": [output("id"), output("lead"), output("weight")],
                "rules": rows,
            } },
            { "id": "out", "name": "response", "type": "outputNode", "content": {} },
        ],
        "edges": [
            { "id": "e1", "sourceId": "in", "targetId": "table" },
            { "id": "e2", "sourceId": "table", "targetId": "out" },
        ],
    })
}

/// One of `any`, one of each group of `all`, none of `unless`.
fn condition(rule: &Made) -> String {
    let has = |words: &[String]| {
        let each: Vec<String> = words.iter().map(|word| format!("contains($, \"{word}\")")).collect();
        format!("({})", each.join(" or "))
    };
    let any = Some(&rule.any).filter(|any| !any.is_empty());
    let mut parts: Vec<String> = any.into_iter().chain(&rule.all).map(|words| has(words)).collect();
    if !rule.unless.is_empty() {
        parts.push(format!("not {}", has(&rule.unless)));
    }
    parts.join(" and ")
}
