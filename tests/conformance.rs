//! Which requirement is proven by which test: `docs/conformance.md` is written from `tests/data/requirements.toml` and
//! from the ids that tests, scenarios and rule cases name. They all run in this suite, so a row on that page is as true
//! as the suite is green.

mod ids;
mod page;
mod proofs;
mod rows;

use std::fs;
use std::path::Path;

use proofs::Proofs;
use rows::{Requirements, Row};

const PAGE: &str = "docs/conformance.md";
const BLESS: &str = "PAIDAN_BLESS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn listed<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    rows.map(|row| format!("  {} {}", row.id, row.what)).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_row_is_missing_and_every_row_says_where_it_stands() {
    let wrong = Requirements::read(root()).wrong();
    assert!(wrong.is_empty(), "tests/data/requirements.toml:\n{}", wrong.join("\n"));
}

#[test]
fn what_a_test_names_exists_and_is_run() {
    let proofs = Proofs::read(root());
    let known = Requirements::read(root());
    let unknown = proofs.by_id.iter().filter(|(id, _)| !known.has(id));
    let unknown: Vec<String> = unknown.map(|(id, tests)| format!("{id} is no requirement: {tests:?}")).collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
    assert!(proofs.wrong.is_empty(), "{}", proofs.wrong.join("\n"));
}

#[test]
fn every_claimed_row_has_a_test_that_names_it() {
    let proofs = Proofs::read(root());
    let known = Requirements::read(root());
    let bare: Vec<&Row> = known.row.iter().filter(|row| row.needs_proof() && !proofs.prove(&row.id)).collect();
    assert!(bare.is_empty(), "{} rows are claimed and no test names them:\n{}", bare.len(), listed(bare.into_iter()));
    let through_a_row = |reading: &Row| known.governed(&reading.id).any(|row| proofs.prove(&row.id));
    let bare = known.reading.iter().filter(|it| it.needs_proof() && !proofs.prove(&it.id) && !through_a_row(it));
    let bare = listed(bare);
    assert!(bare.is_empty(), "readings without a test of their own or of a row they govern:\n{bare}");
}

#[test]
fn the_page_is_up_to_date() {
    let page = page::render(&Requirements::read(root()), &Proofs::read(root()));
    let path = root().join(PAGE);
    if std::env::var_os(BLESS).is_some() {
        fs::write(path, page).expect("the page can be written");
        return;
    }
    let told = fs::read_to_string(path).unwrap_or_default();
    let at = told.lines().zip(page.lines()).take_while(|(old, new)| old == new).count();
    let new = page.lines().nth(at).unwrap_or("(the end)");
    assert!(
        told == page,
        "{PAGE} is not what the tests say, from line {} on:\n{new}\nrun {BLESS}=1 cargo test conformance to write it",
        at + 1
    );
}
