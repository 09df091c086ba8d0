//! `docs/conformance.md`.

use std::fmt::Write as _;

use super::proofs::{Proof, Proofs};
use super::rows::{Requirements, Row, SERIES, Status};

/// More tests than these are counted, not listed.
const SHOWN: usize = 4;

const HEAD: &str = "\
<!-- Written by `PAIDAN_BLESS=1 cargo test conformance` from tests/data/requirements.toml and from the tests. Do not edit. -->

# Conformance

What the five documents require of a dispatcher, how we read it, and the test that proves it. The test suite fails when a
claimed row has no test that names it, when a test names a row that does not exist, and when this page is not what the
tests say. The tests named here are all part of `cargo test`.

Marks: **S** the document says so · **R** our reading of an unclear text · **D** a value of our own, shown as ours wherever
it is shown. Codes that begin with `A-` lead to [the readings](#readings). A scenario is run by `paidan simulate FILE`.
";

pub(super) fn render(known: &Requirements, proofs: &Proofs) -> String {
    let mut page = String::from(HEAD);
    summary(&mut page, &known.row);
    for series in &SERIES {
        let _ = write!(page, "\n## {}: {}\n\n", series.code, series.name);
        page.push_str("| Row | Source | Mark | Requirement | Reading | Proof |\n|---|---|---|---|---|---|\n");
        for row in Requirements::of(&known.row, series) {
            let cells = [&row.id, &row.source, &row.mark, &row.what, &reading(row), &standing(row, proofs)];
            line(&mut page, &cells.map(String::as_str));
        }
    }
    left(&mut page, "Left for later", Status::Later, &known.row);
    left(&mut page, "Carried in part", Status::Partly, &known.row);
    left(&mut page, "Nothing for a dispatcher to do", Status::None, &known.row);
    readings(&mut page, known, proofs);
    page
}

fn summary(page: &mut String, rows: &[Row]) {
    page.push_str("\n| Document | Rows | Proven | In part | Later | No rule |\n|---|---|---|---|---|---|\n");
    for series in &SERIES {
        let count = |status| Requirements::of(rows, series).filter(|row| row.status == status).count().to_string();
        let all = Requirements::of(rows, series).count().to_string();
        let [claimed, partly, later, none] = [Status::Claimed, Status::Partly, Status::Later, Status::None].map(count);
        line(page, &[series.code, &all, &claimed, &partly, &later, &none]);
    }
}

fn line(page: &mut String, cells: &[&str]) {
    for cell in cells {
        let _ = write!(page, "| {} ", cell.replace('|', "\\|"));
    }
    page.push_str("|\n");
}

fn reading(row: &Row) -> String {
    let codes = row.readings.join(", ");
    match (row.reading.is_empty(), codes.is_empty()) {
        (true, _) => codes,
        (false, true) => row.reading.clone(),
        (false, false) => format!("{} ({codes})", row.reading),
    }
}

fn standing(row: &Row, proofs: &Proofs) -> String {
    match row.status {
        Status::Claimed => tests(&row.id, proofs),
        Status::Partly => format!("in part: {}", tests(&row.id, proofs)),
        Status::Later => "later".to_owned(),
        Status::None => "no rule".to_owned(),
    }
}

fn tests(id: &str, proofs: &Proofs) -> String {
    let Some(found) = proofs.by_id.get(id) else { return "**no test**".to_owned() };
    let mut told: Vec<String> = found.iter().take(SHOWN).map(link).collect();
    if found.len() > SHOWN {
        told.push(format!("and {} more", found.len() - SHOWN));
    }
    told.join(", ")
}

fn link(proof: &Proof) -> String {
    let name = if proof.name.is_empty() { proof.file.trim_start_matches("tests/") } else { &proof.name };
    format!("[{name}](../{})", proof.file)
}

fn left(page: &mut String, title: &str, status: Status, rows: &[Row]) {
    let _ = write!(page, "\n## {title}\n\n| Row | Requirement | Why |\n|---|---|---|\n");
    for row in rows.iter().filter(|row| row.status == status) {
        line(page, &[&row.id, &row.what, &row.why]);
    }
}

fn readings(page: &mut String, known: &Requirements, proofs: &Proofs) {
    page.push_str("\n## Readings\n\n| Code | Reading | Governs | Proof |\n|---|---|---|---|\n");
    for reading in &known.reading {
        let governed: Vec<&str> = known.governed(&reading.id).map(|row| row.id.as_str()).collect();
        let proof = match reading.status {
            Status::Later | Status::None => reading.why.clone(),
            _ if proofs.prove(&reading.id) => tests(&reading.id, proofs),
            _ => "by the rows it governs".to_owned(),
        };
        line(page, &[&reading.id, &reading.what, &governed.join(", "), &proof]);
    }
}
