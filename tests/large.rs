//! A large rule set of one jurisdiction, made up but of the form that real ones have: some fifty files, words of two to six
//! characters, groups, exceptions, facets, functions, and cases. The same numbers always give the same rules. Shared by
//! tests and benches.

use std::fmt::Write as _;

use paidan::packs::Pack;

/// Rules in one file.
pub(crate) const PER_FILE: usize = 200;

const THINGS: [&str; 48] = [
    "停车",
    "物业",
    "电梯",
    "路灯",
    "井盖",
    "公交",
    "地铁",
    "出租车",
    "网约车",
    "共享单车",
    "自来水",
    "燃气",
    "供暖",
    "电费",
    "宽带",
    "快递",
    "外卖",
    "超市",
    "菜市场",
    "饭店",
    "烧烤",
    "工地",
    "渣土车",
    "噪音",
    "油烟",
    "垃圾",
    "污水",
    "河道",
    "公园",
    "绿化",
    "树木",
    "流浪狗",
    "学校",
    "幼儿园",
    "培训班",
    "医院",
    "药店",
    "医保",
    "社保",
    "工资",
    "劳动合同",
    "公积金",
    "房产证",
    "预售",
    "中介",
    "拆迁",
    "违建",
    "养老院",
];
const TROUBLES: [&str; 40] = [
    "收费", "涨价", "乱象", "扰民", "损坏", "不亮", "漏水", "停用", "拖欠", "欺诈", "占道", "污染", "异味", "延误",
    "拒载", "无证", "过期", "变质", "投诉", "退款", "纠纷", "推诿", "排队", "报修", "整改", "验收", "备案", "审批",
    "过户", "补贴", "罚款", "处罚", "安全", "隐患", "塌陷", "拥堵", "施工", "夜间", "乱扔", "堆放",
];
const WHERE: [&str; 80] = [
    "东门",
    "西区",
    "南苑",
    "北站",
    "新村",
    "花园",
    "大道",
    "广场",
    "中学",
    "小学",
    "市场",
    "商场",
    "码头",
    "机场",
    "车站",
    "医院",
    "社区",
    "街道",
    "开发区",
    "工业园",
    "写字楼",
    "步行街",
    "体育馆",
    "图书馆",
    "桥头",
    "路口",
    "高架",
    "隧道",
    "公寓",
    "老街",
    "金贸",
    "国贸",
    "龙昆",
    "海秀",
    "滨海",
    "南沙",
    "长堤",
    "白龙",
    "蓝天",
    "美舍",
    "府城",
    "灵山",
    "长流",
    "西秀",
    "秀英",
    "永兴",
    "石山",
    "新坡",
    "遵谭",
    "龙桥",
    "龙塘",
    "云龙",
    "红旗",
    "三江",
    "大坡",
    "甲子",
    "旧州",
    "三门坡",
    "演丰",
    "桂林洋",
    "滨江",
    "和平",
    "海甸",
    "人民",
    "新埠",
    "博爱",
    "大同",
    "中山",
    "海府",
    "凤翔",
    "椰海",
    "丘海",
    "海榆",
    "长滨",
    "秀华",
    "城西",
    "金盘",
    "坡博",
    "道客",
    "玉沙",
];
const LEADS: [&str; 3] = ["区市场监管局", "区综合执法局", "区交通运输局"];

/// A stream of numbers that is the same everywhere.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2) + 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    pub(crate) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

/// A rule as its parts; flat unless it has a guard.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) any: Vec<String>,
    pub(crate) all: Vec<Vec<String>>,
    pub(crate) unless: Vec<String>,
    pub(crate) lead: usize,
    /// In halves.
    pub(crate) weight: usize,
    guard: Option<usize>,
}

/// Rule `n` of a set; `functions`: how many in a hundred have one.
pub(crate) fn rule(n: usize, functions: usize) -> Made {
    let mut dice = Dice::new(n as u64 * 7_919 + 17);
    let id = format!("large.f{}.n{n}", n / PER_FILE);
    let phrase = |dice: &mut Dice| match dice.below(8) {
        0 => format!("{}{}", dice.pick(&WHERE), dice.pick(&THINGS)),
        1 => format!("{}{}", dice.pick(&TROUBLES), dice.pick(&THINGS)),
        2 => format!("{}{}", dice.pick(&THINGS), dice.pick(&TROUBLES)),
        _ => format!("{}{}{}", dice.pick(&WHERE), dice.pick(&THINGS), dice.pick(&TROUBLES)),
    };
    let (mut any, mut all, mut unless) = (Vec::new(), Vec::new(), Vec::new());
    let some = |dice: &mut Dice, list: &[&str]| (0..2 + dice.below(3)).map(|_| dice.pick(list).to_owned()).collect();
    if n.is_multiple_of(99) {
        // Nothing but common words, each of which a hundred other rules have as well.
        all.extend([some(&mut dice, &THINGS), some(&mut dice, &TROUBLES), some(&mut dice, &WHERE)]);
    } else if n.is_multiple_of(3) {
        all.push((0..2 + dice.below(3)).map(|_| phrase(&mut dice)).collect());
        all.push(some(&mut dice, &TROUBLES));
    } else {
        any.extend((0..3 + dice.below(5)).map(|_| phrase(&mut dice)));
    }
    if n.is_multiple_of(4) {
        unless.push(phrase(&mut dice));
    }
    let guard = (dice.below(100) < functions).then(|| dice.below(4));
    Made { id, any, all, unless, lead: dice.below(LEADS.len()), weight: 2 + dice.below(8), guard }
}

impl Made {
    pub(crate) fn lead(&self) -> &'static str {
        LEADS[self.lead]
    }

    /// As a call in a script.
    pub(crate) fn script(&self) -> String {
        let mut out = format!("route(\"{}\", #{{ ", self.id);
        for (key, words) in [("any", &self.any), ("unless", &self.unless)] {
            if !words.is_empty() {
                let _ = write!(out, "{key}: {words:?}, ");
            }
        }
        if !self.all.is_empty() {
            let _ = write!(out, "all: {:?}, ", self.all);
        }
        let guards = ["t.amount > 5000", "t.length > 40", "t.places.len() == 0 && t.hour > 8", "t.nature != \"咨询\""];
        if let Some(guard) = self.guard {
            let _ = write!(out, "when: |t| {}, ", guards[guard]);
        }
        let (lead, weight) = (self.lead(), self.weight as f64 / 2.0);
        let _ = writeln!(out, "then: #{{ lead: \"{lead}\", weight: {weight:.1} }}, basis: \"示例\" }});");
        out
    }

    /// As a row of a table; only flat rules have one.
    fn row(&self) -> String {
        let (any, unless) = (self.any.join("、"), self.unless.join("、"));
        let all: Vec<String> = self.all.iter().map(|group| group.join("、")).collect();
        let (lead, weight) = (self.lead(), self.weight as f64 / 2.0);
        format!("{},{any},{},{unless},{lead},{weight:.1},示例\n", self.id, all.join("；"))
    }
}

/// The path of a file; every third is a table.
pub(crate) fn path(file: usize, functions: usize) -> String {
    let ending = if file % 3 == 2 && functions == 0 { "csv" } else { "rhai" };
    format!("rules/longhua/route/large{file:03}.{ending}")
}

/// One file of a set of `count` rules.
pub(crate) fn file(file: usize, count: usize, functions: usize) -> String {
    let rules = (file * PER_FILE..count.min((file + 1) * PER_FILE)).map(|n| rule(n, functions));
    if path(file, functions).ends_with(".csv") {
        let rows: String = rules.map(|rule| rule.row()).collect();
        return format!("编号,任一词,全部词,排除词,主责,分值,依据\n{rows}");
    }
    rules.map(|rule| rule.script()).collect()
}

/// A text of some 150 characters in which a few of the first `count` rules find their words.
pub(crate) fn text(n: usize, count: usize) -> String {
    let filler = [
        "尊敬的领导",
        "我们小区的居民多次反映",
        "一直没有人处理",
        "从上个月开始",
        "每天晚上都是这样",
        "希望有关部门尽快调查",
        "谢谢",
        "打电话也没有人接",
        "邻居们都很生气",
        "已经影响正常生活",
        "请给一个说法",
        "昨天下班回来发现",
    ];
    let mut dice = Dice::new(n as u64 * 31 + 5);
    let mut text = String::new();
    while text.chars().count() < 140 {
        let chosen = rule(dice.below(count), 0);
        match dice.below(3) {
            0 => {
                let words = chosen.any.first().into_iter().chain(chosen.all.iter().filter_map(|group| group.first()));
                text.extend(words.map(String::as_str));
            }
            1 => text.push_str(dice.pick(&THINGS)),
            _ => text.push_str(dice.pick(&filler)),
        }
        text.push_str(["，", "。", ""][dice.below(3)]);
    }
    text.chars().take(150).collect()
}

/// What surrounds the rules: a jurisdiction that ships, without its own rules.
pub(crate) fn bare(shipped: Pack) -> Pack {
    let kept =
        |path: &String| path.starts_with("rules/longhua/") && path.ends_with(".toml") && !path.contains("/cases/");
    let files = shipped.files.into_iter().filter(|(path, _)| kept(path) || path.starts_with("dictionaries/"));
    Pack { files: files.collect(), ..Pack::default() }
}

/// A jurisdiction with `count` rules, and one case for every twentieth.
pub(crate) fn pack(shipped: Pack, count: usize, functions: usize) -> Pack {
    let mut pack = bare(shipped);
    for at in 0..count.div_ceil(PER_FILE) {
        pack.files.insert(path(at, functions), file(at, count, functions));
        pack.files.insert(format!("rules/longhua/cases/large{at:03}.toml"), cases(at, count, functions));
    }
    pack
}

/// Cases that rules without a guard fire on their own words.
fn cases(file: usize, count: usize, functions: usize) -> String {
    let rules = (file * PER_FILE..count.min((file + 1) * PER_FILE)).skip(1).step_by(20).map(|n| rule(n, functions));
    let mut out = String::new();
    for rule in rules.filter(|rule| rule.guard.is_none() && rule.unless.is_empty()) {
        let words = rule.any.first().into_iter().chain(rule.all.iter().filter_map(|group| group.first()));
        let words: Vec<&str> = words.map(String::as_str).collect();
        let (id, text) = (&rule.id, words.join("，"));
        let _ =
            writeln!(out, "[[case]]\nname = \"{id}\"\ntext = \"请处理{text}\"\nexpect = {{ fires = [\"{id}\"] }}\n");
    }
    out
}
