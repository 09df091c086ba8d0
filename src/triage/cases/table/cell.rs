//! One cell of a table of cases. `无` says that nothing is expected there; an empty cell says nothing.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::column::Column;
use crate::diagnostic::nearest;
use crate::triage::cases::Case;
use crate::triage::{Obstacle, Outcome};

pub(super) struct Cell<'a>(pub(super) &'a str);

/// Message and help.
type Wrong = (String, String);

impl Cell<'_> {
    pub(super) fn fill(&self, column: Column, case: &mut Case) -> Result<(), Wrong> {
        let expect = &mut case.expect;
        match column {
            Column::Name => case.name = self.0.to_owned(),
            Column::Title => case.title = self.0.to_owned(),
            Column::Text => case.text = self.0.to_owned(),
            Column::Channel => case.channel = self.0.to_owned(),
            Column::Requester => case.requester = self.0.to_owned(),
            Column::Section => case.section = self.0.to_owned(),
            Column::At => case.at = Some(self.instant()?),
            Column::Repeats => case.repeats = self.number()?,
            Column::RepeatOpen => case.repeat_open = self.number()?,
            Column::RepeatDone => case.repeat_done = self.number()?,
            Column::SameMatter => case.same_matter = self.number()?,
            Column::Terminated => case.terminated = self.flag()?,
            Column::BestOwner => case.best_owner = self.0.to_owned(),
            Column::BestConfidence => case.best_confidence = self.share()?,
            Column::Mark => case.mark = self.0.to_owned(),
            Column::Clock => case.clock = self.0.to_owned(),
            Column::Flags => case.flags = self.list(),
            Column::Outcome => expect.outcome = Some(self.outcome()?),
            Column::Nature => expect.nature = Some(self.value()),
            Column::Category => expect.category = Some(self.value()),
            Column::Topic => expect.topic = Some(self.value()),
            Column::Urgency => expect.urgency = Some(self.value()),
            Column::Impact => expect.impact = Some(self.value()),
            Column::Skill => expect.skill = Some(self.value()),
            Column::Lead => expect.lead = Some(self.value()),
            Column::Second => expect.second = Some(self.value()),
            Column::Assists => expect.assists = self.list(),
            Column::Followers => expect.followers = self.list(),
            Column::Warning => expect.warning = Some(self.warning()?),
            Column::Special => expect.special = Some(self.special()?),
            Column::Refuse => expect.refuse = Some(self.codes()?),
            Column::Fires => expect.fires = self.list(),
            Column::NotFires => expect.not_fires = self.list(),
            Column::Obstacles => expect.obstacles = self.obstacles()?,
            Column::Tell => expect.tell = self.texts(),
        }
        Ok(())
    }

    fn is_none(&self) -> bool {
        matches!(self.0, "无" | "空" | "未定" | "没有" | "-" | "—")
    }

    fn value(&self) -> String {
        if self.is_none() { String::new() } else { self.0.to_owned() }
    }

    fn list(&self) -> Vec<String> {
        if self.is_none() {
            return Vec::new();
        }
        let items = self.0.split(['、', ';', '；', ',', '，', '\n']).map(str::trim);
        items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// Sentences: commas belong to them.
    fn texts(&self) -> Vec<String> {
        let items = self.0.split([';', '；', '\n']).map(str::trim);
        items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    fn wrong<T>(&self, message: &str, help: &str) -> Result<T, Wrong> {
        Err((format!("“{}”{message}", self.0.chars().take(20).collect::<String>()), help.to_owned()))
    }

    fn one_of<T: Copy>(&self, known: &[(&str, T)], help: &str) -> Result<T, Wrong> {
        match known.iter().find(|(name, _)| name.eq_ignore_ascii_case(self.0)) {
            Some((_, value)) => Ok(*value),
            None => self.wrong("不在可选的值里", help),
        }
    }

    fn number(&self) -> Result<u32, Wrong> {
        self.0.parse().or_else(|_| self.wrong("应当是整数", "只写阿拉伯数字，例如 2"))
    }

    /// `0.85` or `85%`.
    fn share(&self) -> Result<f64, Wrong> {
        let (text, scale) = match self.0.strip_suffix(['%', '％']) {
            Some(text) => (text, 100.0),
            None => (self.0, 1.0),
        };
        let value = text.trim().parse::<f64>().map(|value| value / scale);
        match value {
            Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
            _ => self.wrong("应当在 0 到 1 之间", "例如 0.85 或 85%"),
        }
    }

    fn flag(&self) -> Result<bool, Wrong> {
        let known =
            [("是", true), ("true", true), ("1", true), ("否", false), ("无", false), ("false", false), ("0", false)];
        self.one_of(&known, "写 是 或 否")
    }

    fn outcome(&self) -> Result<Outcome, Wrong> {
        let known = [
            ("答复", Outcome::Answered),
            ("直接答复", Outcome::Answered),
            ("自动答复", Outcome::Answered),
            ("answered", Outcome::Answered),
            ("派发", Outcome::Dispatched),
            ("派单", Outcome::Dispatched),
            ("自动派发", Outcome::Dispatched),
            ("自动派单", Outcome::Dispatched),
            ("dispatched", Outcome::Dispatched),
            ("人工", Outcome::Queued),
            ("转人工", Outcome::Queued),
            ("人工派单", Outcome::Queued),
            ("queued", Outcome::Queued),
            ("不予受理", Outcome::RefusalProposed),
            ("建议不予受理", Outcome::RefusalProposed),
            ("refusal_proposed", Outcome::RefusalProposed),
        ];
        self.one_of(&known, "写 派发、人工、不予受理 或 答复")
    }

    fn warning(&self) -> Result<String, Wrong> {
        let known = [
            ("无", "none"),
            ("没有", "none"),
            ("none", "none"),
            ("蓝", "blue"),
            ("蓝色", "blue"),
            ("blue", "blue"),
            ("黄", "yellow"),
            ("黄色", "yellow"),
            ("yellow", "yellow"),
            ("红", "red"),
            ("红色", "red"),
            ("red", "red"),
        ];
        self.one_of(&known, "写 蓝、黄、红 或 无").map(str::to_owned)
    }

    fn special(&self) -> Result<String, Wrong> {
        let known = [
            ("无", ""),
            ("否", ""),
            ("没有", ""),
            ("特殊", "special"),
            ("特殊事项", "special"),
            ("special", "special"),
            ("特殊紧急", "special_urgent"),
            ("特殊紧急事项", "special_urgent"),
            ("紧急", "special_urgent"),
            ("special_urgent", "special_urgent"),
        ];
        self.one_of(&known, "写 特殊、特殊紧急 或 无").map(str::to_owned)
    }

    fn codes(&self) -> Result<Vec<u16>, Wrong> {
        let codes = self.list().iter().map(|code| code.parse()).collect::<Result<Vec<u16>, _>>();
        codes.or_else(|_| {
            self.wrong("应当是不予受理的代码", "写 regulation.toml 里 [[refusal]] 的 code，例如 5；没有写 无")
        })
    }

    fn obstacles(&self) -> Result<Vec<String>, Wrong> {
        let codes = self.list();
        match codes.iter().find(|code| !Obstacle::CODES.contains(&code.as_str())) {
            None => Ok(codes),
            Some(code) => Err((format!("没有代码“{code}”"), nearest(code, Obstacle::CODES))),
        }
    }

    /// Beijing time unless an offset is given; a day alone means 15:00.
    fn instant(&self) -> Result<DateTime<Utc>, Wrong> {
        if let Ok(instant) = DateTime::parse_from_rfc3339(self.0) {
            return Ok(instant.to_utc());
        }
        let text = self.0.replace('/', "-").replace('T', " ");
        let with_time = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
        let local = with_time.iter().find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok());
        let afternoon = NaiveTime::from_hms_opt(15, 0, 0).unwrap_or_default();
        let local = local.or_else(|| Some(NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?.and_time(afternoon)));
        let zone = FixedOffset::east_opt(8 * 3_600);
        let instant = local.zip(zone).and_then(|(local, zone)| local.and_local_timezone(zone).single());
        match instant {
            Some(instant) => Ok(instant.to_utc()),
            None => self.wrong("不是时间", "写成 2022-09-29 15:00（北京时间）"),
        }
    }
}
