//! A decision in the words of officials.

use super::{Obstacle, Outcome, Special, Warning};

impl Outcome {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Answered => "自动答复",
            Self::Dispatched => "自动派单",
            Self::Queued => "人工派单",
            Self::RefusalProposed => "建议不予受理，待人工确认",
        }
    }
}

impl Special {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Special => "特殊事项",
            Self::SpecialUrgent => "特殊紧急事项",
        }
    }
}

impl Warning {
    pub fn in_words(self) -> &'static str {
        match self {
            Self::None => "无",
            Self::Blue => "蓝色",
            Self::Yellow => "黄色",
            Self::Red => "红色",
        }
    }
}

impl Obstacle {
    /// Every code, as JSON and cases write it.
    pub const CODES: [&str; 11] = [
        "no_candidate",
        "too_weak",
        "too_close",
        "vetoed",
        "rule_asked_for_person",
        "not_automatic_yet",
        "refusal_to_confirm",
        "no_answer",
        "rule_failed",
        "empty_text",
        "no_release",
    ];

    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCandidate => "no_candidate",
            Self::TooWeak { .. } => "too_weak",
            Self::TooClose { .. } => "too_close",
            Self::Vetoed { .. } => "vetoed",
            Self::RuleAskedForPerson { .. } => "rule_asked_for_person",
            Self::NotAutomaticYet { .. } => "not_automatic_yet",
            Self::RefusalToConfirm { .. } => "refusal_to_confirm",
            Self::NoAnswer { .. } => "no_answer",
            Self::RuleFailed { .. } => "rule_failed",
            Self::EmptyText => "empty_text",
            Self::NoRelease => "no_release",
        }
    }

    /// Why a person has to look, and where.
    pub fn in_words(&self) -> String {
        let votes = |weight: &i32| f64::from(*weight) / 1_000.0;
        match self {
            Self::NoCandidate => "没有规则指向任何单位".to_owned(),
            Self::TooWeak { unit, weight, needed } => {
                format!("最像{unit}，但只有 {} 票，需要 {} 票", votes(weight), votes(needed))
            }
            Self::TooClose { first, second, margin, needed } => {
                format!("{first}只比{second}多 {} 票，需要多 {} 票", votes(margin), votes(needed))
            }
            Self::Vetoed { unit, rule } => format!("最像{unit}，但被规则 {rule} 否决"),
            Self::RuleAskedForPerson { rule, why } => format!("规则 {rule} 要求人工：{why}"),
            Self::NotAutomaticYet { rule } => format!("规则 {rule} 还不自动派单"),
            Self::RefusalToConfirm { codes } => {
                let codes: Vec<String> = codes.iter().map(u16::to_string).collect();
                format!("建议不予受理（第 {} 类），需要人工确认", codes.join("、"))
            }
            Self::NoAnswer { best: Some(best), confidence, needed } => {
                format!("最接近的知识条目 {best} 可信度 {}，需要 {}", votes(confidence), votes(needed))
            }
            Self::NoAnswer { best: None, .. } => "知识库里没有相近的条目".to_owned(),
            Self::RuleFailed { rule } => format!("受理规则 {rule} 出错，须人工看一眼"),
            Self::EmptyText => "来件没有文字".to_owned(),
            Self::NoRelease => "本辖区没有可用的规则".to_owned(),
        }
    }
}
