//! Ids of requirements (two digits, `HN` `-` `07`) and of readings (with `A-` before) in prose and in names of functions.

use super::rows::SERIES;

/// As in a doc comment, a name of a case or what a check proves.
pub(super) fn in_prose(text: &str) -> Vec<String> {
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '-');
    words.filter(|word| is_id(word.trim_matches('-'))).map(|word| word.trim_matches('-').to_owned()).collect()
}

/// As in `fn hn_07_…` and `fn a_hn_7_…`.
pub(super) fn in_name(name: &str) -> Vec<String> {
    let parts: Vec<&str> = name.split('_').collect();
    let mut found = Vec::new();
    for (at, pair) in parts.windows(2).enumerate() {
        let series = pair[0].to_ascii_uppercase();
        let reading = at.checked_sub(1).is_some_and(|before| parts[before] == "a");
        let prefix = if reading { "A-" } else { "" };
        let id = format!("{prefix}{series}-{}", pair[1]);
        if is_id(&id) {
            found.push(id);
        }
    }
    found
}

/// A ticket's id begins like one and goes on with a date: eight digits.
fn is_id(word: &str) -> bool {
    let row = word.strip_prefix("A-").unwrap_or(word);
    row.split_once('-').is_some_and(|(series, number)| {
        let digits = number.bytes().all(|it| it.is_ascii_digit());
        SERIES.iter().any(|it| it.code == series) && digits && (1..=3).contains(&number.len())
    })
}

#[test]
fn ids_are_found_where_people_write_them() {
    let told = "LH-22 and A-LH-2; HN-07（四）, RC-19/RC-20. LH-20260401-00001 is a ticket, GB-18 a standard.";
    assert_eq!(in_prose(told), ["LH-22", "A-LH-2", "HN-07", "RC-19", "RC-20"]);
    assert_eq!(in_name("national_day_2022_rc_17_hn_13_and_a_hn_7_too"), ["RC-17", "HN-13", "A-HN-7"]);
    assert_eq!(in_name("a_stale_claim_decides_nothing"), [""; 0]);
}
