//! What was compiled before, by content: an edit costs what it touches and nothing else.

use std::sync::Arc;

use super::Files;
use crate::diagnostic::Diagnostic;
use crate::rules;
use crate::text::{Lexicon, LexiconSource};

/// Lexicons kept: those of all jurisdictions, before and after an edit. One takes some 30 MiB.
const LEXICONS: usize = 12;

/// Compiled parts that releases share.
#[derive(Default)]
pub struct Cache {
    pub(super) scripts: rules::Cache,
    /// Newest use last.
    lexicons: Vec<(Arc<Lexicon>, Vec<Diagnostic>)>,
}

impl Cache {
    /// Forgets scripts that neither this round nor the one before used.
    pub fn next_round(&mut self) {
        self.scripts.next_round();
    }

    /// The lexicon of the word lists among `files`, with these names.
    pub(super) fn lexicon(&mut self, files: &Files, names: &[String]) -> (Arc<Lexicon>, Vec<Diagnostic>) {
        let special = ["synonyms.txt", "stopwords.txt", "variants.txt", "related.txt", "smalltalk.txt"];
        let named = |wanted: &dyn Fn(&str) -> bool| -> Vec<(&str, &str)> {
            let lists = files.iter().filter_map(|(path, text)| {
                let name = path.strip_prefix("dictionaries/").filter(|name| name.ends_with(".txt"))?;
                wanted(name).then_some((path.as_str(), text.as_str()))
            });
            lists.collect()
        };
        let source = LexiconSource {
            words: &named(&|name| !special.contains(&name)),
            synonyms: &named(&|name| name == special[0]),
            stop_words: &named(&|name| name == special[1]),
            variants: &named(&|name| name == special[2]),
            related: &named(&|name| name == special[3]),
            small_talk: &named(&|name| name == special[4]),
            names,
        };
        let digest = source.digest();
        let known = self.lexicons.iter().position(|(lexicon, _)| *lexicon.digest() == digest);
        let built = match known {
            Some(at) => self.lexicons.remove(at),
            None => {
                let (lexicon, wrong) = Lexicon::build(&source);
                (Arc::new(lexicon), wrong)
            }
        };
        self.lexicons.push(built.clone());
        let surplus = self.lexicons.len().saturating_sub(LEXICONS);
        self.lexicons.drain(..surplus);
        built
    }
}
