//! What a text is about, as against what it merely mentions: long stories name many things, their title and first lines
//! name the matter.

/// A title is at least this long, in characters; a shorter first line is a salutation.
const SHORTEST_TITLE: usize = 6;
const LONGEST_TITLE: usize = 60;
/// A text up to this length has no room for side matters: all of it counts as its title.
const SHORT_TEXT: usize = 90;
/// Characters after the title that still open the matter.
const OPENING: usize = 50;
/// A text up to this length is about what it mentions.
const BRIEF: usize = 200;
/// Where a longer one must name its matter, in characters.
const START: usize = 120;

/// 1.0: the title names one of the words; 0.4: only the opening does; 0.0: neither, or an exception is named as well.
/// The title is the first line, or the first sentence; in a short text it is everything.
pub(super) fn head(text: &str, words: &[impl AsRef<str>], except: &[impl AsRef<str>]) -> f64 {
    let end = title_end(text);
    let title = if after(text, SHORT_TEXT).is_empty() { text } else { &text[..end] };
    if names(title, except) {
        return 0.0;
    }
    if names(title, words) {
        return 1.0;
    }
    let opening = first(&text[end..], OPENING);
    if names(opening, words) && !names(opening, except) { 0.4 } else { 0.0 }
}

/// Whether the words are what the text is about: it is brief, or names one early, or names two anywhere.
pub(super) fn upfront(text: &str, words: &[impl AsRef<str>]) -> bool {
    after(text, BRIEF).is_empty()
        || names(first(text, START), words)
        || words.iter().filter(|word| text.contains(word.as_ref())).nth(1).is_some()
}

/// Byte offset where the title ends; 0 without one.
fn title_end(text: &str) -> usize {
    let Some(end) = text.find('\n').or_else(|| text.find('。')) else { return 0 };
    let title = &text[..end];
    let fits = after(title, LONGEST_TITLE).is_empty() && title.chars().nth(SHORTEST_TITLE - 1).is_some();
    if fits { end } else { 0 }
}

fn names(part: &str, words: &[impl AsRef<str>]) -> bool {
    words.iter().any(|word| part.contains(word.as_ref()))
}

fn first(text: &str, chars: usize) -> &str {
    &text[..text.len() - after(text, chars).len()]
}

/// What follows the first `chars` characters.
fn after(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or("", |(at, _)| &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    #[test]
    fn the_title_outweighs_the_story() {
        let story = format!("小区停车难的问题\n{}公交车很挤，学校也远", "好".repeat(100));
        assert_eq!(head(&story, &["停车"], &NONE), 1.0);
        assert_eq!(head(&story, &["停车"], &["小区"]), 0.0);
        assert_eq!(head(&story, &["公交"], &NONE), 0.0);
        let opening = format!("请领导看一看\n公交车很挤{}", "好".repeat(100));
        assert_eq!(head(&opening, &["公交"], &NONE), 0.4);
    }

    #[test]
    fn a_short_text_is_its_own_title() {
        assert_eq!(head("昨天公交车太挤了", &["公交"], &NONE), 1.0);
        assert_eq!(head("", &["公交"], &NONE), 0.0);
        assert!(upfront("昨天公交车太挤了", &["地铁"]));
    }

    #[test]
    fn a_long_text_names_its_matter_early_or_twice() {
        let late = format!("{}公交车很挤", "好".repeat(200));
        assert!(!upfront(&late, &["公交", "地铁"]));
        assert!(upfront(&format!("{late}地铁也挤"), &["公交", "地铁"]));
        assert!(upfront(&format!("公交{late}"), &["公交", "地铁"]));
    }
}
