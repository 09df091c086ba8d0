//! Names in the files beside the rules: quoted texts of TOML, lines of word lists.

use super::{Finder, Likeness, Place, Use};

/// A quoted text of a TOML file with what surrounds it.
struct Quoted<'a> {
    key: &'a str,
    /// The last `id` or `name` before it.
    owner: &'a str,
    line: u32,
    text: &'a str,
}

impl Finder {
    pub(super) fn in_file(&self, path: &str, text: &str) -> Vec<Use> {
        let of = |place, id: &str, key: &str, line, text: &str, likeness| Use {
            place,
            id: id.to_owned(),
            key: key.to_owned(),
            file: path.to_owned(),
            line,
            text: text.to_owned(),
            likeness,
        };
        if path.starts_with("dictionaries/") && path.ends_with(".txt") {
            let words = lines(text).flat_map(|(line, terms)| terms.into_iter().map(move |term| (line, term)));
            let found = words.filter_map(|(line, word)| {
                let likeness = self.like(word)?;
                Some(of(Place::Dictionary, "", "", line, word, likeness))
            });
            return found.collect();
        }
        let Some(place) = place(path) else { return Vec::new() };
        let found = quoted(text).into_iter().filter_map(|it| {
            // Duties and words of matters are words; everything else is a name.
            let likeness = match it.key {
                "duties" | "words" => self.like(it.text)?,
                _ => Some(Likeness::Same).filter(|_| self.is(it.text))?,
            };
            Some(of(place, it.owner, it.key, it.line, it.text, likeness))
        });
        found.collect()
    }
}

/// `None`: no file of names. Cases are looked through as cases.
fn place(path: &str) -> Option<Place> {
    let name = path.rsplit('/').next()?;
    if path.starts_with("dictionaries/places/") {
        return Some(Place::Places);
    }
    match name {
        "units.toml" => Some(Place::Unit),
        "regulation.toml" | "matters.toml" => Some(Place::Regulation),
        _ => None,
    }
}

/// The terms of each line of a word list.
fn lines(text: &str) -> impl Iterator<Item = (u32, Vec<&str>)> {
    text.lines().zip(1..).map(|(line, number)| {
        let line = line.split('#').next().unwrap_or("");
        let terms = match line.contains('=') {
            true => line.split('=').map(str::trim).collect(),
            false => line.split_whitespace().take(1).collect::<Vec<_>>(),
        };
        (number, terms.into_iter().filter(|term| !term.is_empty()).collect())
    })
}

fn quoted(text: &str) -> Vec<Quoted<'_>> {
    let mut found = Vec::new();
    let (mut key, mut owner) = ("", "");
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') && !line.contains('"') && line.ends_with(']') {
            (key, owner) = (line.trim_matches(['[', ']']), "");
            continue;
        }
        let assigned = line.split_once('=').map(|(left, _)| left.trim()).filter(|left| is_key(left));
        key = assigned.unwrap_or(key);
        for text in strings(line) {
            if key == "name" || (key == "id" && owner.is_empty()) {
                owner = text;
            }
            found.push(Quoted { key, owner, line: number, text });
        }
    }
    found
}

fn is_key(left: &str) -> bool {
    let bare = left.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    !left.is_empty() && (bare || (left.len() > 2 && left.starts_with('"') && strings(left).count() == 1))
}

/// The quoted texts of a line, up to a comment.
fn strings(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let start = rest.find(['"', '#']).filter(|&at| rest.as_bytes()[at] == b'"')? + 1;
        let len = rest.get(start..)?.find('"')?;
        let text = &rest[start..start + len];
        rest = &rest[start + len + 1..];
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_texts_know_their_key_line_and_owner() {
        let toml = "center = \"甲局\" # \"乙\"\n[[unit]]\nid = \"x\"\nname = \"甲局\"\nduties = [\n  \"路灯\",\n]\n\
                    [category_of]\n\"投诉\" = \"诉求\"\n";
        let found: Vec<_> = quoted(toml).into_iter().map(|it| (it.key, it.owner, it.line, it.text)).collect();
        let wanted = [
            ("center", "", 1, "甲局"),
            ("id", "x", 3, "x"),
            ("name", "甲局", 4, "甲局"),
            ("duties", "甲局", 6, "路灯"),
            ("\"投诉\"", "", 9, "投诉"),
            ("\"投诉\"", "", 9, "诉求"),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_word_list_is_read_line_by_line() {
        let found: Vec<_> = lines("# 注\n营业执照 = 执照 = 工商执照\n路灯 10 n\n").collect();
        assert_eq!(found, [(1, vec![]), (2, vec!["营业执照", "执照", "工商执照"]), (3, vec!["路灯"])]);
    }
}
