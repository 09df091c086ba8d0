//! How alike different messages and edited copies are, and how often a split is proposed: the figures of `src/matter.rs` and
//! `src/triage/split.rs`. `cargo bench --bench matter -- FILE`, one `{"title": …, "text": …}` a line.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use paidan::app::World;
use paidan::matter::Signature;
use paidan::packs::Source;
use paidan::text::{Gazetteer, Lexicon, analyse, sentences};
use paidan::ticket::Request;
use paidan::triage::{History, Probe, triage};
use serde::Deserialize;

#[derive(Deserialize)]
struct Message {
    title: String,
    text: String,
}

/// Words that people swap and dictionaries do not.
const SWAPS: [(&str, &str); 12] = [
    ("小区", "社区"),
    ("没有", "未"),
    ("孩子", "小孩"),
    ("车辆", "车子"),
    ("严重", "厉害"),
    ("领导", "部门"),
    ("居民", "住户"),
    ("解决", "处理"),
    ("问题", "情况"),
    ("房子", "房屋"),
    ("晚上", "夜里"),
    ("学校", "校方"),
];

type Edit = fn(&Message) -> String;
const EDITS: [(&str, Edit); 5] = [
    ("without its title", |it| it.text.clone()),
    ("with words swapped", |it| SWAPS.iter().fold(whole(it), |text, (from, to)| text.replace(from, to))),
    ("with greetings", |it| format!("尊敬的领导，您好！再次反映之前的问题。{}。请重视，谢谢！", whole(it))),
    ("without a third", |it| kept(&whole(it), |n| n % 3 != 2)),
    ("without a half", |it| kept(&whole(it), |n| n % 2 == 0)),
];

fn whole(message: &Message) -> String {
    format!("{}\n{}", message.title, message.text)
}

fn kept(text: &str, keep: fn(usize) -> bool) -> String {
    let all = sentences(text).into_iter().enumerate();
    all.filter(|(n, _)| keep(*n)).map(|(_, sentence)| sentence.of(text)).collect()
}

fn signature(lexicon: &Lexicon, text: &str) -> Signature {
    Signature::of(&analyse(lexicon, &Gazetteer::default(), text))
}

fn main() -> anyhow::Result<()> {
    // Without a file there is nothing to measure: `cargo bench` runs all benches.
    let Some(path) = std::env::args().skip(1).find(|it| !it.starts_with("--")) else { return Ok(()) };
    let lines = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let messages: Vec<Message> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let source = Source::Folder(Path::new(env!("CARGO_MANIFEST_DIR")).to_owned());
    let world = World::load(&source, chrono::NaiveDate::MIN)?;
    let mut out = io::stdout().lock();
    likeness(&mut out, world.snapshot.lexicon("longhua"), &messages)?;
    splits(&mut out, &world, &messages)
}

fn likeness(out: &mut impl Write, lexicon: &Lexicon, messages: &[Message]) -> anyhow::Result<()> {
    let all: Vec<Signature> = messages.iter().map(|it| signature(lexicon, &whole(it))).collect();
    let enough = |at: &usize| !all[*at].bands().is_empty();
    let mut above = [0_u64; 5];
    const STEPS: [u16; 5] = [200, 300, 400, 450, 500];
    let places: Vec<usize> = (0..all.len()).filter(enough).collect();
    for (n, first) in places.iter().enumerate() {
        for second in &places[..n] {
            let likeness = all[*first].likeness(&all[*second]);
            for (count, step) in above.iter_mut().zip(STEPS) {
                *count += u64::from(likeness >= step);
            }
        }
    }
    let pairs = places.len() * places.len().saturating_sub(1) / 2;
    writeln!(out, "{pairs} pairs; at or above {STEPS:?}: {above:?}")?;
    for (name, edit) in EDITS {
        let of = |at: &usize| signature(lexicon, &edit(&messages[*at])).likeness(&all[*at]);
        let mut likeness: Vec<u16> = places.iter().step_by(3).map(of).collect();
        likeness.sort_unstable();
        let at = |thousandth: usize| likeness.get(likeness.len() * thousandth / 1000).copied().unwrap_or(0);
        writeln!(out, "{name}: lowest 1 % {}, lowest 5 % {}, median {}", at(10), at(50), at(500))?;
    }
    Ok(())
}

fn splits(out: &mut impl Write, world: &World, messages: &[Message]) -> anyhow::Result<()> {
    let now = "2026-01-05T07:00:00Z".parse()?;
    for jurisdiction in world.snapshot.releases.keys() {
        let mut proposed = 0;
        for message in messages {
            let request = Request {
                jurisdiction: jurisdiction.clone(),
                title: message.title.clone(),
                text: message.text.clone(),
                ..Request::default()
            };
            let (decision, ..) = triage(&world.snapshot, &request, &History::default(), now, Probe::Off);
            proposed += u32::from(!decision.proposed_split.is_empty());
            let text = request.whole_text();
            for part in &decision.proposed_split {
                let shown: String =
                    text.get(part.start as usize..part.end as usize).unwrap_or("").chars().take(80).collect();
                writeln!(out, "{jurisdiction}\t{proposed}\t{}\t{}", part.lead, shown.replace('\n', " "))?;
            }
        }
        writeln!(out, "{jurisdiction}: a split of {proposed} of {}", messages.len())?;
    }
    Ok(())
}
