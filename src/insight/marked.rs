//! Words of rules, marked in the text as it was sent.

use crate::triage::Hit;

/// The text with every hit in 【】; hits that overlap are marked as one. Hits that do not lie on characters of this text are
/// left out.
pub fn marked<'a>(text: &str, hits: impl IntoIterator<Item = &'a Hit>) -> String {
    let mut spans: Vec<(usize, usize)> = hits
        .into_iter()
        .map(|hit| (hit.start as usize, hit.end as usize))
        .filter(|&(start, end)| start < end && text.get(start..end).is_some())
        .collect();
    spans.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut spans = spans.into_iter().peekable();
    while let Some((start, mut end)) = spans.next() {
        while let Some(&(_, further)) = spans.peek().filter(|(next, _)| *next < end) {
            end = end.max(further);
            spans.next();
        }
        out.push_str(text.get(at..start).unwrap_or(""));
        out.push('【');
        out.push_str(text.get(start..end).unwrap_or(""));
        out.push('】');
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_marked_where_they_stand() {
        let hit = |start, end| Hit { word: String::new(), start, end };
        for (hits, wanted) in [
            (vec![], "小区停车费"),
            (vec![hit(6, 12)], "小区【停车】费"),
            (vec![hit(9, 15), hit(6, 12)], "小区【停车费】"),
            (vec![hit(0, 6), hit(6, 12)], "【小区】【停车】费"),
            (vec![hit(1, 4), hit(6, 99), hit(3, 3)], "小区停车费"),
        ] {
            assert_eq!(marked("小区停车费", &hits), wanted);
        }
    }
}
