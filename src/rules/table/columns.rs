//! The columns of a table: their names, and the key of a registration that each stands for.

use super::super::rule::Verb;

/// One column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    /// Accepted in place of the name.
    pub(super) english: &'static str,
    /// The key in the registration or in its `then`.
    pub(super) key: &'static str,
    pub(super) part: Part,
    /// Width in a workbook, in characters.
    pub(super) width: u8,
}

/// Where a cell belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Id,
    Verb,
    Basis,
    /// A key beside `then`.
    Rule(Kind),
    /// A key inside `then`, for some of the verbs.
    Then(Kind, &'static [Verb]),
    From,
    Until,
    /// For people; the program does not read it.
    Note,
}

/// How a cell is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A list of words of the text.
    Words,
    /// A list of names.
    List,
    /// Groups of words.
    Groups,
    Flag,
    /// A flag that stands for `"sentence"`.
    Sentence,
    Number,
    Code,
    Level,
}

const ADMIT: &[Verb] = &[Verb::Admit];
const CLASSIFY: &[Verb] = &[Verb::Classify];
const ROUTE: &[Verb] = &[Verb::Route];
const WARN: &[Verb] = &[Verb::Warn];

/// All columns in the order in which tables are made.
pub(super) const COLUMNS: [Column; 39] = [
    column("编号", "id", Part::Id, 24),
    column("动词", "verb", Part::Verb, 8),
    column("任一词", "any", Part::Rule(Kind::Words), 40),
    column("全部词", "all", Part::Rule(Kind::Groups), 40),
    column("排除词", "unless", Part::Rule(Kind::Words), 24),
    column("同句", "within", Part::Rule(Kind::Sentence), 6),
    column("性质", "nature", Part::Rule(Kind::List), 10),
    column("类别", "category", Part::Rule(Kind::List), 10),
    column("主题", "topic", Part::Rule(Kind::List), 12),
    column("渠道", "channel", Part::Rule(Kind::List), 10),
    column("来件人", "requester", Part::Rule(Kind::List), 10),
    column("地点", "place", Part::Rule(Kind::List), 16),
    column("栏目", "section", Part::Rule(Kind::List), 12),
    column("标记", "mark", Part::Rule(Kind::List), 12),
    column("主责", "lead", Part::Then(Kind::Text, ROUTE), 20),
    column("分值", "weight", Part::Then(Kind::Number, &[Verb::Classify, Verb::Route]), 6),
    column("配合", "assist", Part::Then(Kind::List, ROUTE), 20),
    column("跟进", "follow", Part::Then(Kind::List, ROUTE), 20),
    column("不归", "not", Part::Then(Kind::Text, ROUTE), 20),
    column("转人工", "manual", Part::Then(Kind::Text, &[Verb::Admit, Verb::Route]), 24),
    outcome("定性质", "set_nature", "nature"),
    outcome("定类别", "set_category", "category"),
    outcome("定主题", "set_topic", "topic"),
    outcome("紧急", "urgency", "urgency"),
    outcome("影响", "impact", "impact"),
    outcome("坐席", "skill", "skill"),
    column("级别", "level", Part::Then(Kind::Level, WARN), 6),
    column("特急", "special_urgent", Part::Then(Kind::Text, ADMIT), 20),
    column("特殊", "special", Part::Then(Kind::Text, ADMIT), 20),
    column("不予受理", "refuse", Part::Then(Kind::Code, ADMIT), 10),
    column("告知", "tell", Part::Then(Kind::Text, ADMIT), 32),
    column("理由", "why", Part::Then(Kind::Text, &Verb::ALL), 24),
    column("依据", "basis", Part::Basis, 32),
    column("有效期起", "from", Part::From, 12),
    column("有效期止", "until", Part::Until, 12),
    column("自动", "auto", Part::Rule(Kind::Flag), 6),
    column("组", "group", Part::Rule(Kind::Text), 14),
    column("覆盖", "override", Part::Rule(Kind::Flag), 6),
    column("备注", "note", Part::Note, 32),
];

const fn column(name: &'static str, key: &'static str, part: Part, width: u8) -> Column {
    Column { name, english: key, key, part, width }
}

/// A candidate on an axis; the axis is a condition under its plain name.
const fn outcome(name: &'static str, english: &'static str, key: &'static str) -> Column {
    Column { name, english, key, part: Part::Then(Kind::Text, CLASSIFY), width: 12 }
}

/// The column that a header means, in whatever width and case it was typed.
pub(super) fn find(header: &str) -> Option<&'static Column> {
    let name: String = header.trim().chars().map(half_width).collect::<String>().to_ascii_lowercase();
    COLUMNS.iter().find(|column| column.name == name || column.english == name)
}

/// The one column of a part.
pub(super) fn of(part: Part) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.part == part)
}

/// Letters, digits and signs typed in full width.
pub(super) fn half_width(ch: char) -> char {
    match ch {
        '！'..='～' => char::from_u32(u32::from(ch) - 0xfee0).unwrap_or(ch),
        '\u{3000}' => ' ',
        _ => ch,
    }
}
