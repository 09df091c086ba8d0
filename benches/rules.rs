//! Rules alone: one pass of the automaton, then the candidates, at 100 / 1,000 / 10,000 rules.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use paidan::packs::{Pack, Source};
use paidan::releases::Releases;
use paidan::rules::{SoFar, Verb};
use paidan::triage::{Facts, Release};

const TEXT: &str = "尊敬的领导：我们小区门口的停车场从上个月开始乱收费，原来每小时三块钱，现在涨到十块，业主多次找物业和城管反映，\
    都互相推诿无人处理。昨天晚上我下班回来，道闸不抬杆，保安态度恶劣，还说爱停不停。恳请市场监管部门尽快调查处理，给业主一个说法，谢谢！";

/// Flat rules of one form: two groups of two words each.
fn release(count: usize) -> Arc<Release> {
    let root = env!("CARGO_MANIFEST_DIR").into();
    let shipped = Source::Folder(root).read().expect("the packs can be read");
    let kept =
        |path: &String| path.starts_with("rules/longhua/") && path.ends_with(".toml") && !path.contains("/cases/");
    let files = shipped.files.into_iter().filter(|(path, _)| kept(path) || path.starts_with("dictionaries/"));
    let mut pack = Pack { files: files.collect(), ..Pack::default() };
    for part in 0..count.div_ceil(1_000) {
        let rules: String = (part * 1_000..count.min((part + 1) * 1_000)).map(rule).collect();
        pack.files.insert(format!("rules/longhua/route/part{part:03}.rhai"), rules);
    }
    let mut round = Releases::default().round(&pack);
    round.releases.remove("longhua").flatten().expect("a sound release")
}

fn rule(n: usize) -> String {
    let first = ["停车场", "物业", "小区", "学校", "医院", "公园", "超市", "工地", "河道", "公交"][n % 10];
    let second = ["收费", "噪音", "占道", "污染", "拖欠", "涨价", "推诿", "投诉", "漏水", "破损"][n / 10 % 10];
    format!(
        "route(\"flat.n{n}\", #{{ all: [[\"{first}{n}号\", \"{first}\"], [\"{second}{n}\", \"{n}号{second}\"]], \
         then: #{{ lead: \"区市场监管局\", weight: 1 }}, basis: \"示\" }});\n"
    )
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rules");
    for count in [100, 1_000, 10_000] {
        let release = release(count);
        let facts = Arc::new(Facts { text: TEXT.to_owned(), ..Facts::default() });
        group.bench_function(BenchmarkId::new("prefiltered", count), |bencher| {
            bencher.iter(|| {
                let ask = release.rules.look(&facts, today(), &release.suspended);
                for verb in Verb::ALL {
                    black_box(release.rules.ask(verb, &ask, &SoFar::default()).voices.len());
                }
            });
        });
    }
    group.finish();
}

fn today() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date")
}

criterion_group!(benches, bench);
criterion_main!(benches);
