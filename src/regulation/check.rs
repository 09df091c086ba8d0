//! Whether lifecycle data hangs together: every name it speaks of exists, every length fits its kind.

use super::words::{Recipient, When};
use super::{Amount, At, Lifecycle, Regulation, Start};
use crate::calendar::{Kind, Length};
use crate::diagnostic::nearest;
use crate::ticket::COMMANDS;

/// Message and help.
pub(super) type Problem = (String, String);

/// Recipients that need no office.
const POSTS: [&str; 9] =
    ["requester", "liaison", "handler", "deputy", "head", "center", "assists", "followers", "officers"];

/// A place in the file: the section and the id that stand in it, to find the line by.
pub(super) struct Found {
    pub(super) id: String,
    pub(super) problem: Problem,
}

pub(super) fn lifecycle(regulation: &Regulation) -> Vec<Found> {
    let life = &regulation.life;
    let mut check = Check { regulation, life, found: Vec::new() };
    check.clocks();
    check.commands();
    check.others();
    check.found
}

struct Check<'a> {
    regulation: &'a Regulation,
    life: &'a Lifecycle,
    found: Vec<Found>,
}

impl Check<'_> {
    fn say(&mut self, id: &str, message: String, help: impl Into<String>) {
        self.found.push(Found { id: id.to_owned(), problem: (message, help.into()) });
    }

    fn clocks(&mut self) {
        let life = self.life;
        for rule in &life.clock {
            let (id, name) = (rule.id.as_str(), &rule.name);
            for amount in rule.length.all() {
                let length = match amount {
                    Amount::Fixed(length) | Amount::Promise(length) => *length,
                };
                self.length(id, &format!("时限“{name}”"), rule.kind, length);
            }
            if rule.from.is_empty() {
                self.say(id, format!("时限“{name}”没有起点"), "写明 from，例如 from = [\"dispatched\"]");
            }
            for start in &rule.from {
                if let Start::Due(other) = start {
                    self.clock(id, other);
                }
            }
            for mark in &rule.marks {
                if let At::Before(Length::Until(_)) | At::After(Length::Until(_)) = mark.at {
                    self.say(id, format!("时点“{}”不能是钟点", mark.id), "写成 -120m、+15m");
                }
                self.recipients(id, &mark.to);
            }
            self.recipients(id, &rule.to);
            self.when(id, &rule.when);
            for reading in rule.readings.iter().filter(|it| !life.reading.iter().any(|known| known.id == **it)) {
                let help = nearest(reading, life.reading.iter().map(|it| it.id.as_str()));
                self.say(id, format!("时限“{name}”提到的读法“{reading}”没有登记"), help);
            }
        }
        let mains = life.clock.iter().filter(|rule| rule.role == super::ClockRole::Main);
        let mut ids: Vec<&str> = mains.map(|rule| rule.id.as_str()).collect();
        ids.dedup();
        if ids.len() > 1 {
            let message = format!("role = \"main\"（办结时限）只能有一项，现有{}项", ids.len());
            self.say(ids.last().copied().unwrap_or("main"), message, "几条规则同为主时限时用同一个 id");
        }
    }

    fn length(&mut self, id: &str, what: &str, kind: Kind, length: Length) {
        if let Err(err) = kind.check(length) {
            self.say(id, format!("{what}：{err}"), "改正 length 或 kind");
        }
    }

    fn clock(&mut self, id: &str, name: &str) {
        if self.life.clocks_of(name).next().is_none() {
            let help = nearest(name, self.life.clock.iter().map(|it| it.id.as_str()));
            self.say(id, format!("没有时限“{name}”"), help);
        }
    }

    fn commands(&mut self) {
        let life = self.life;
        for guard in &life.guard {
            if !COMMANDS.contains(&guard.command.as_str()) {
                let help = nearest(&guard.command, COMMANDS);
                self.say(&guard.id, format!("没有操作“{}”", guard.command), help);
            }
            if !guard.within.is_empty() {
                self.clock(&guard.id, &guard.within);
            }
            self.when(&guard.id, &guard.when);
        }
        for rule in &life.extension {
            self.clock(&rule.id, &rule.clock);
            self.when(&rule.id, &rule.when);
        }
        for count in &life.count {
            self.recipients(&count.id, &count.to);
            self.when(&count.id, &count.when);
            if count.cap.is_some() && count.code.is_empty() {
                self.say(&count.id, format!("计数“{}”有上限但没有 code", count.id), "写明拒绝时的代码");
            }
            if count.at == 0 {
                self.say(&count.id, format!("计数“{}”的 at 是 0", count.id), "从 1 起");
            }
        }
    }

    fn others(&mut self) {
        let life = self.life;
        for notice in &life.notify {
            self.recipients(&notice.id, &notice.to);
            self.when(&notice.id, &notice.when);
        }
        for strategy in &life.strategy {
            self.recipients(&strategy.id, &strategy.to);
        }
        for floor in &life.floor {
            self.when(&floor.id, &floor.when);
        }
        let terms = life.knowledge;
        if terms.review_days == 0 || terms.policy_review_days == 0 {
            self.say("knowledge", "knowledge 的复核周期应至少是 1 天".into(), "例如 review_days = 180");
        }
        let quiet = &life.contact.quiet;
        let times = quiet.iter().all(|time| time.parse::<crate::calendar::TimeOfDay>().is_ok());
        if !(quiet.is_empty() || quiet.len() == 2 && times) {
            self.say("contact", "contact.quiet 应是起止两个时刻".into(), "例如 [\"21:00\", \"08:00\"]");
        }
    }

    fn recipients(&mut self, id: &str, list: &[Recipient]) {
        for recipient in list {
            if let Recipient::Office(name) = recipient
                && !self.life.offices.contains_key(name)
            {
                let known = self.life.offices.keys().map(String::as_str).chain(POSTS);
                let help = format!("{}；新的对象先写进 [offices]", nearest(name, known));
                self.say(id, format!("没有通知对象“{name}”"), help);
            }
        }
    }

    fn when(&mut self, id: &str, when: &When) {
        let regulation = self.regulation;
        for (what, listed, known) in [
            ("类别", &when.category, &regulation.categories),
            ("渠道", &when.channel, &regulation.channels),
            ("来件人类别", &when.requester, &regulation.requesters),
            ("主题", &when.topic, &regulation.topics),
            ("紧急程度", &when.urgency, &regulation.urgencies),
            ("影响", &when.impact, &regulation.impacts),
        ] {
            for name in listed.iter().filter(|name| !known.contains(name)) {
                let help = nearest(name, known.iter().map(String::as_str));
                self.say(id, format!("没有{what}“{name}”"), help);
            }
        }
        for name in when.nature.iter().filter(|name| !super::NATURES.contains(&name.as_str())) {
            self.say(id, format!("没有性质“{name}”"), nearest(name, super::NATURES));
        }
    }
}
