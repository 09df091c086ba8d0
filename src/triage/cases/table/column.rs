//! The columns of a table of cases: what they are called, and what their cells mean.

macro_rules! columns {
    ($($column:ident $key:literal [$($name:literal),+],)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Column { $($column),+ }

        impl Column {
            const ALL: &[Self] = &[$(Self::$column),+];

            /// The key of a case in TOML.
            pub(super) const fn key(self) -> &'static str {
                match self { $(Self::$column => $key),+ }
            }

            /// What the column may be called; the first is the one we show.
            const fn spellings(self) -> &'static [&'static str] {
                match self { $(Self::$column => &[$($name),+]),+ }
            }
        }
    };
}

columns! {
    Name "name" ["名称", "用例", "用例名称", "编号", "序号"],
    Title "title" ["标题"],
    Text "text" ["文字", "正文", "内容", "来件", "来件内容", "来件文字", "诉求内容"],
    Channel "channel" ["渠道", "来源渠道", "来源"],
    Requester "requester" ["来件人类别", "来件人", "诉求人类别"],
    Section "section" ["栏目"],
    At "at" ["来件时间", "时间"],
    Repeats "repeats" ["重复来件", "重复次数"],
    RepeatOpen "repeat_open" ["重复在办"],
    RepeatDone "repeat_done" ["重复办结"],
    SameMatter "same_matter" ["同事项人数"],
    Terminated "terminated" ["已终结", "终结"],
    BestOwner "best_owner" ["最接近条目单位", "条目单位"],
    BestConfidence "best_confidence" ["最接近条目可信度", "可信度"],
    Mark "mark" ["时点"],
    Clock "clock" ["时钟"],
    Flags "flags" ["标记"],
    Outcome "outcome" ["结果", "去向"],
    Nature "nature" ["性质"],
    Category "category" ["类别", "大类"],
    Topic "topic" ["主题", "领域", "小类"],
    Urgency "urgency" ["紧急程度"],
    Impact "impact" ["影响", "影响面"],
    Skill "skill" ["坐席"],
    Lead "lead" ["主责", "主责单位", "主办", "主办单位", "承办单位"],
    Second "second" ["第二名", "排名第二"],
    Assists "assists" ["配合", "配合单位", "协办", "协办单位"],
    Followers "followers" ["跟进", "跟进单位"],
    Warning "warning" ["预警", "预警级别"],
    Special "special" ["特殊", "特殊事项"],
    Refuse "refuse" ["不予受理", "不予受理代码"],
    Fires "fires" ["必须命中", "应当命中", "命中"],
    NotFires "not_fires" ["不得命中", "不应命中", "不命中"],
    Obstacles "obstacles" ["转人工缘由", "障碍"],
    Tell "tell" ["告知", "告知来件人"],
}

impl Column {
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim().trim_end_matches(['：', ':', '*']);
        let is = |column: &&Self| column.key().eq_ignore_ascii_case(name) || column.spellings().contains(&name);
        Self::ALL.iter().find(is).copied()
    }

    /// A column for people.
    pub(super) fn is_remark(name: &str) -> bool {
        matches!(name.trim(), "备注" | "说明" | "remark" | "note")
    }

    /// The name that we show.
    pub(super) const fn name(self) -> &'static str {
        self.spellings()[0]
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|column| column.name())
    }

    /// Whether it states what is expected.
    pub(super) fn expects(self) -> bool {
        let at = |column: Self| Self::ALL.iter().position(|it| *it == column);
        at(self) >= at(Self::Outcome)
    }
}
