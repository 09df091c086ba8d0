//! What one search costs among 1,000, 10,000 and 100,000 entries, and one publication.
//! `cargo bench --bench knowledge`. Entries and texts are made up from a fixed seed.

use std::hint::black_box;

use chrono::NaiveDate;
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use hdrhistogram::Histogram;
use paidan::clock;
use paidan::knowledge::{Change, Entry, Knowledge, Published};
use paidan::text::{Analysis, Gazetteer, Lexicon, LexiconSource, analyse};

const SUBJECTS: &str = "营业执照 个体工商户 公积金 养老保险 医疗保险 失业保险 不动产 居住证 驾驶证 身份证 户口 学籍 \
    食品经营许可证 卫生许可证 施工许可 商标 专利 发票 个税 增值税 残疾证 低保 廉租房 公租房 物业费 停车费 \
    暖气 自来水 燃气 电费 路灯 噪音 油烟 垃圾 井盖 公交车 出租车 网约车 快递 预付卡 健身房 培训班 幼儿园 小学";
const ACTIONS: &str =
    "办理 变更 注销 年报 补办 提取 贷款 转移 缴费 查询 退费 投诉 报销 备案 登记 续期 预约 停用 恢复 核验";
const DETAILS: &str = "线上 窗口 代办 异地 加急 证明 材料 期限 费用 流程 条件 地点 电话 补贴 罚款 合同 签字 盖章 原件 \
    复印件 夫妻 子女 老人 学生 员工 法人 股东 房东 租客 业主 军人 残疾人 外地人 农民工 退休 离职 入职 怀孕";
const TALK: &str = "您好 我想问一下 前几天 因为 家里 一直 没有 时间 昨天 打了电话 说是 需要 排队 结果 现在 还是 不清楚 \
    到底 应该 怎么 希望 尽快 回复 谢谢";

/// xorshift64*: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let index = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        of[usize::try_from(index).unwrap_or(0) % of.len()]
    }
}

struct Words {
    dice: Dice,
    subjects: Vec<&'static str>,
    actions: Vec<&'static str>,
    details: Vec<&'static str>,
    talk: Vec<&'static str>,
}

impl Words {
    fn new() -> Self {
        let cut = |words: &'static str| words.split_whitespace().collect();
        let (subjects, actions, details, talk) = (cut(SUBJECTS), cut(ACTIONS), cut(DETAILS), cut(TALK));
        Self { dice: Dice(2019), subjects, actions, details, talk }
    }

    fn matter(&mut self) -> (&'static str, &'static str) {
        (self.dice.pick(&self.subjects), self.dice.pick(&self.actions))
    }

    fn question(&mut self, (subject, action): (&str, &str)) -> String {
        let dice = &mut self.dice;
        format!("{}{subject}怎么{action}，要什么{}", dice.pick(&self.details), dice.pick(&self.details))
    }

    fn published(&mut self, number: usize) -> Published {
        let matter = self.matter();
        let entry = Entry {
            id: format!("bench-{number:06}"),
            question: self.question(matter),
            similar: (0..4).map(|_| self.question(matter)).collect(),
            answer: (0..6).map(|_| self.question(matter)).collect(),
            owner: "区行政审批服务局".to_owned(),
            ..Entry::default()
        };
        Published { jurisdiction: "longhua".into(), entry, as_of: today() }
    }

    /// A story of 150 characters with a question in it.
    fn story(&mut self) -> String {
        let mut story = String::new();
        while story.chars().count() < 130 {
            for _ in 0..4 {
                story.push_str(self.dice.pick(&self.talk));
            }
            story.push_str(self.dice.pick(&self.details));
            story.push('，');
        }
        let matter = self.matter();
        format!("{story}{}", self.question(matter))
    }
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

fn knowledge(words: &mut Words, entries: usize, lexicon: &Lexicon) -> Knowledge {
    let entries = (0..entries).map(|number| words.published(number)).collect();
    Knowledge::build("bench", entries, lexicon).expect("an index in memory")
}

fn search(c: &mut Criterion) {
    let lexicon = Lexicon::build(&LexiconSource::default()).0;
    let mut group = c.benchmark_group("knowledge");
    for size in [1_000, 10_000, 100_000] {
        let mut words = Words::new();
        let knowledge = knowledge(&mut words, size, &lexicon);
        let texts: Vec<Analysis> = (0..200).map(|_| analyse(&lexicon, &Gazetteer::empty(), &words.story())).collect();
        report(size, &knowledge, &texts);
        let mut next = texts.iter().cycle();
        group.bench_function(BenchmarkId::new("search", size), |b| {
            b.iter(|| next.next().map(|text| black_box(knowledge.search(text, "longhua", today(), 5))));
        });
        let mut number = size;
        group.sample_size(20).bench_function(BenchmarkId::new("publish", size), |b| {
            let one = || {
                number += 1;
                vec![Change::Publish(Box::new(words.published(number)))]
            };
            b.iter_batched(one, |one| knowledge.with_changes("next", one, &lexicon), BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// Criterion shows means; what people feel are the slow ones.
fn report(size: usize, knowledge: &Knowledge, texts: &[Analysis]) {
    let mut times = Histogram::<u64>::new(3).expect("three digits");
    for text in texts.iter().cycle().take(20 * texts.len()) {
        let start = clock::monotonic_ns();
        black_box(knowledge.search(text, "longhua", today(), 5));
        times.record(clock::monotonic_ns() - start).expect("a growing histogram");
    }
    let micros = |quantile| times.value_at_quantile(quantile) / 1_000;
    let (p50, p90, p99) = (micros(0.5), micros(0.9), micros(0.99));
    criterion_report(&format!("search among {size}: p50 {p50} µs, p90 {p90} µs, p99 {p99} µs\n"));
}

fn criterion_report(line: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(line.as_bytes());
}

criterion_group!(benches, search);
criterion_main!(benches);
