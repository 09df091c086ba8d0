//! What people say to a robot when they want nothing: greetings, thanks, jokes. Whoever says so gets no entry as an answer.

use std::collections::HashMap;

/// Phrases, to be compared by their characters and pairs of characters.
#[derive(Default)]
pub(in crate::text) struct SmallTalk {
    /// Which phrases have the character or pair.
    phrases_of: HashMap<[char; 2], Vec<u16>>,
    /// How many each phrase has.
    sizes: Vec<u16>,
}

/// A text of more characters is no small talk, whatever it begins with.
const LONGEST: usize = 24;
/// Stands for the second character of a pair where there is none.
const ALONE: char = '\0';
/// They soften a sentence and say nothing.
const PARTICLES: [char; 10] = ['呀', '啊', '吗', '呢', '吧', '嘛', '么', '啦', '哦', '了'];

impl SmallTalk {
    pub(super) fn new(phrases: &[String]) -> Self {
        let mut talk = Self::default();
        for (phrase, number) in phrases.iter().zip(0_u16..) {
            let grams = grams(phrase);
            talk.sizes.push(u16::try_from(grams.len()).unwrap_or(u16::MAX));
            grams.into_iter().for_each(|gram| talk.phrases_of.entry(gram).or_default().push(number));
        }
        talk
    }

    /// Thousandths: the share of what text and the most similar phrase have in common (Dice, 1945).
    pub(in crate::text) fn likeness(&self, text: &str) -> u16 {
        if self.sizes.is_empty() || text.chars().take(LONGEST + 1).count() > LONGEST {
            return 0;
        }
        let grams = grams(text);
        let mut shared: HashMap<u16, u16> = HashMap::new();
        for phrase in grams.iter().filter_map(|gram| self.phrases_of.get(gram)).flatten() {
            *shared.entry(*phrase).or_default() += 1;
        }
        let alike = |(phrase, shared): (u16, u16)| {
            2_000 * u32::from(shared) / (u32::from(self.sizes[usize::from(phrase)]) + grams.len() as u32)
        };
        shared.into_iter().map(alike).max().and_then(|most| u16::try_from(most).ok()).unwrap_or(0)
    }
}

/// Distinct characters and pairs, signs and particles left out; all of it where nothing else is there.
fn grams(text: &str) -> Vec<[char; 2]> {
    let said: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let telling: Vec<char> = said.iter().copied().filter(|c| !PARTICLES.contains(c)).collect();
    let chars = if telling.is_empty() { said } else { telling };
    let mut grams: Vec<[char; 2]> = chars.iter().map(|c| [*c, ALONE]).collect();
    grams.extend(chars.windows(2).map(|pair| [pair[0], pair[1]]));
    grams.sort_unstable();
    grams.dedup();
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_talk_is_told_by_its_characters_whatever_particle_ends_it() {
        let talk = SmallTalk::new(&["你好".to_owned(), "你叫什么名字".to_owned(), "嗯嗯".to_owned()]);
        for (text, least, most) in [
            ("你好", 1_000, 1_000),
            ("你好呀！", 1_000, 1_000),
            ("你的名字叫什么", 700, 999),
            ("居住证怎么办理", 0, 300),
            ("你好，我想问一下居住证怎么办理，要带什么材料", 0, 300),
            ("你好你好你好你好你好你好你好你好你好你好你好你好你好", 0, 0),
            ("", 0, 0),
        ] {
            let likeness = talk.likeness(text);
            assert!((least..=most).contains(&likeness), "{text}: {likeness}");
        }
        assert_eq!(SmallTalk::default().likeness("你好"), 0);
    }
}
