//! What one analysis costs, and how it grows. `cargo bench --bench text`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use paidan::text::{Gazetteer, Lexicon, LexiconSource, analyse, normalise};

/// 150 characters as they come in.
const REQUEST: &str = "您好，我是龙华区金贸街道的居民，2024年5月1日在国贸路的超市买了三千块钱的东西，老板哄抬物价，一斤白菜卖到15块，\
    还不给开发票。我打了电话0898-66778899反映，到现在都没有人处理。请问营业执照是哪个部门管的？根据海龙府〔2019〕17号文件，\
    应当在五个工作日内答复，请尽快联系我13812345678，谢谢！停车费也收得太贵了。";
const TRADITIONAL: &str =
    "請問臺灣居民在龍華區辦理營業執照需要帶哪些證件？聽說要先預約，電話總是打不通，希望有關部門儘快處理。";

const PLACES: &str = r#"
[[place]]
name = "龙华区"
kind = "区"
[[place]]
name = "金贸街道"
kind = "街道"
aliases = ["金贸"]
in = "龙华区"
[[place]]
name = "国贸路"
kind = "道路"
in = "金贸街道"
"#;

fn lexicon() -> Lexicon {
    let names = ["区市场监管局", "海口市龙华区市场监督管理局", "金贸街道", "国贸路"].map(String::from);
    let stop_words = [("stop.txt", "您好\n谢谢\n请问\n的\n了\n是\n在\n我\n请尽快联系我")];
    let synonyms = [("synonyms.txt", "营业执照 = 执照\n商店 = 超市")];
    let source = LexiconSource { names: &names, stop_words: &stop_words, synonyms: &synonyms, ..Default::default() };
    Lexicon::build(&source).0
}

fn analysis(c: &mut Criterion) {
    let lexicon = lexicon();
    let gazetteer = Gazetteer::parse("places.toml", PLACES).unwrap_or_default();
    let mut group = c.benchmark_group("analyse");
    for (name, text) in [("request_150", REQUEST), ("traditional_50", TRADITIONAL)] {
        group.throughput(Throughput::Elements(text.chars().count() as u64));
        group.bench_function(name, |b| b.iter(|| analyse(&lexicon, &gazetteer, black_box(text))));
    }
    group.finish();
    c.bench_function("normalise/request_150", |b| b.iter(|| normalise(black_box(REQUEST))));
    let found = analyse(&lexicon, &gazetteer, REQUEST);
    c.bench_function("masked/request_150", |b| b.iter(|| black_box(&found).masked()));
}

/// Doubling the text must double the time.
fn growth(c: &mut Criterion) {
    let lexicon = lexicon();
    let mut group = c.benchmark_group("growth");
    group.sample_size(10);
    for unit in ["1", "13", "一万", "〔", " ", "a.", "请问", "🙂", "1 "] {
        for kib in [16, 64] {
            let text = unit.repeat(kib * 1024 / unit.len());
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_with_input(BenchmarkId::new(unit, kib), &text, |b, text| {
                b.iter(|| analyse(&lexicon, &Gazetteer::empty(), black_box(text)));
            });
        }
    }
    group.finish();
}

fn building(c: &mut Criterion) {
    lexicon();
    c.bench_function("lexicon/rebuild", |b| b.iter(lexicon));
}

criterion_group!(benches, analysis, growth, building);
criterion_main!(benches);
