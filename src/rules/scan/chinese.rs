//! Chinese written where the language wants a name or a string: what was probably meant.

/// The verb that a Chinese word stands for.
pub(super) fn verb(word: &str) -> Option<&'static str> {
    Some(match word {
        "派单" | "派发" | "分派" | "派件" | "转办" | "路由" | "交办" | "派" => "route",
        "受理" | "准入" | "收件" | "接收" | "把关" => "admit",
        "分类" | "归类" | "定性" | "研判" => "classify",
        "预警" | "警告" | "告警" | "提醒" => "warn",
        "停用" | "关闭" | "禁用" | "取消" => "off",
        _ => return None,
    })
}

/// The key that a Chinese word stands for.
pub(crate) fn key(word: &str) -> Option<&'static str> {
    Some(match word {
        "任一" | "任意" | "词语" | "关键词" | "包含" | "词" | "任何" => "any",
        "全部" | "所有" | "同时" | "都有" => "all",
        "除非" | "排除" | "例外" | "不含" | "不包含" => "unless",
        "范围" => "within",
        "性质" => "nature",
        "类别" | "大类" => "category",
        "主题" | "领域" | "小类" => "topic",
        "紧急程度" => "urgency",
        "影响" | "影响面" => "impact",
        "坐席" | "技能" => "skill",
        "渠道" | "来源" => "channel",
        "来件人" | "来件人类别" | "诉求人" => "requester",
        "地点" | "地址" | "位置" | "区域" => "place",
        "栏目" => "section",
        "时点" | "标记" => "mark",
        "条件" | "当" | "如果" => "when",
        "结果" | "则" | "那么" => "then",
        "依据" | "法律依据" | "政策依据" => "basis",
        "有效期" | "有效" | "期限" => "valid",
        "自动" | "自动派单" => "auto",
        "组" | "分组" => "group",
        "覆盖" | "替换" => "override",
        "主责" | "主办" | "单位" | "承办单位" | "主责单位" | "牵头" => "lead",
        "配合" | "协办" | "配合单位" | "协办单位" => "assist",
        "跟进" => "follow",
        "分量" | "权重" | "票数" | "分数" => "weight",
        "缘由" | "理由" | "原因" | "说明" => "why",
        "转人工" | "人工" => "manual",
        "不归" | "反对" => "not",
        "级别" | "预警级别" | "等级" => "level",
        "告知" | "提示" => "tell",
        "不予受理" | "拒收" => "refuse",
        _ => return None,
    })
}

/// The sign that a word between two values stands for.
pub(super) fn operator(word: &str) -> Option<&'static str> {
    Some(match word {
        "大于" | "超过" | "多于" => ">",
        "小于" | "少于" | "低于" => "<",
        "等于" | "是" => "==",
        "不等于" | "不是" => "!=",
        "大于等于" | "不小于" | "不少于" => ">=",
        "小于等于" | "不大于" | "不超过" => "<=",
        "并且" | "而且" | "且" | "和" => "&&",
        "或者" | "或" => "||",
        _ => return None,
    })
}

/// Letters and digits typed in full width, as they were meant; `None`: there are others among them.
pub(super) fn half_width_word(word: &str) -> Option<String> {
    let half = |ch: char| match ch {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(ch) - 0xfee0),
        _ => None,
    };
    word.chars().map(half).collect()
}

/// `10万` as digits; `None`: the word is no number.
pub(super) fn number(digits: &str, unit: &str) -> Option<String> {
    let factor = match unit.trim_end_matches(['元', '块', '钱']) {
        "" => 1.0,
        "百" => 100.0,
        "千" => 1_000.0,
        "万" => 10_000.0,
        "亿" => 100_000_000.0,
        _ => return None,
    };
    let value: f64 = digits.replace('_', "").parse().ok()?;
    Some(format!("{}", value * factor))
}
