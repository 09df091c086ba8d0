//! Amounts of money in yuan, and other numbers that have to stay whole.

use super::super::glyphs::Glyphs;
use super::numeral::{self, Numeral};
use super::{Found, MarkKind};

const CURRENCY: [&str; 7] = ["元人民币", "元", "圆", "块钱", "块", "人民币", "rmb"];
const CURRENCY_BEFORE: [&str; 4] = ["¥", "人民币", "rmb", "cny"];
/// What makes a bare 三千 or 20w money.
const MONEY: [&str; 36] = [
    "钱", "费", "款", "金", "资", "价", "欠", "罚", "赔", "付", "交", "收", "花", "退", "扣", "薪", "骗", "卖", "买",
    "贷", "借", "租", "补贴", "损失", "转账", "充值", "消费", "只要", "报销", "涨到", "预算", "投入", "贪", "给了",
    "存了", "余额",
];
/// 三块地 is no money, nor is the 元 of 元旦.
const NOT_AFTER_KUAI: &str = "地石板牌砖玻木土田屏空绿铁肉表区域门糖布儿去";
const NOT_AFTER_YUAN: &str = "旦素宵件老首气桥";
/// What a bare number may count instead of money.
const COUNTED: &str = "人名位户家个平亩吨公米里辆台套斤克千升棵只头条件次份张册本字步天年月日号小分秒倍度瓦瓩转层楼栋间株盏盒箱瓶\
                       美港欧英日韩澳余多伏安立粉点播%";

/// The amount that begins at `at`.
pub(super) fn find(glyphs: &Glyphs, at: usize) -> Option<Found> {
    if glyphs.before(at).is_ascii_alphanumeric() {
        return None;
    }
    let prefix = glyphs.any_of(at, &CURRENCY_BEFORE).unwrap_or(0);
    let from = at + prefix + usize::from(prefix > 0 && matches!(glyphs.at(at + prefix), ' ' | ':'));
    let numeral = numeral::read(glyphs, from)?;
    let end = match currency(glyphs, &numeral) {
        Some(end) => small_change(glyphs, end),
        None if prefix > 0 && is_closed(glyphs, numeral.end) => numeral.end,
        None if is_bare_amount(glyphs, &numeral, at) => numeral.end,
        None => return None,
    };
    let yuan = numeral.times(1);
    Some(Found { kind: MarkKind::Amount { yuan }, start: at, end, value: yuan.to_string() })
}

/// The end of 元, 块 and so on behind the numeral, with 多 and one space between.
fn currency(glyphs: &Glyphs, numeral: &Numeral) -> Option<usize> {
    let mut at = numeral.end;
    while at < numeral.end + 3 && matches!(glyphs.at(at), ' ' | '多' | '余' | '来' | '几') {
        at += 1;
    }
    let end = at + glyphs.any_of(at, &CURRENCY)?;
    let next = glyphs.at(end);
    let refused = match glyphs.at(end - 1) {
        '块' => NOT_AFTER_KUAI.contains(next) || is_lone_one(glyphs, numeral),
        '元' => NOT_AFTER_YUAN.contains(next),
        'b' => next.is_ascii_alphanumeric(),
        _ => false,
    };
    (!refused).then_some(end)
}

/// 一块 also means together; it is money when 钱 follows (taken above) or money is spoken of before.
fn is_lone_one(glyphs: &Glyphs, numeral: &Numeral) -> bool {
    let at = numeral.end.saturating_sub(1);
    !numeral.arabic && numeral.unit == 1 && glyphs.at(at) == '一' && !glyphs.shortly_before(at, 4, &MONEY)
}

/// 5角, 五毛, the 5 of 15块5: kept with the amount; whole yuan are all that rules compare.
fn small_change(glyphs: &Glyphs, end: usize) -> usize {
    let c = glyphs.at(end);
    if !(c.is_ascii_digit() || numeral::han_digit(c).is_some()) {
        return end;
    }
    match glyphs.at(end + 1) {
        '角' | '毛' => {
            let cents = glyphs.at(end + 2);
            let cents = cents.is_ascii_digit() || numeral::han_digit(cents).is_some();
            if cents && glyphs.at(end + 3) == '分' { end + 4 } else { end + 2 }
        }
        '分' => end + 2,
        next if glyphs.before(end) == '块' && !is_counting(next) => end + 1,
        _ => end,
    }
}

fn is_counting(c: char) -> bool {
    c.is_ascii_alphanumeric() || numeral::is_han_numeral(c) || COUNTED.contains(c) || c == '.'
}

/// No currency is said. 1.2亿 and 20w are money unless they count something; 两千五 and 三千 need money nearby.
fn is_bare_amount(glyphs: &Glyphs, numeral: &Numeral, at: usize) -> bool {
    if numeral.bare || is_counting(glyphs.at(numeral.end)) || !is_closed(glyphs, numeral.end) {
        return false;
    }
    let money = || glyphs.shortly_before(at, 6, &MONEY);
    match numeral.unit {
        10_000.. if numeral.arabic => {
            !glyphs.at(numeral.end).is_alphabetic() || glyphs.before(numeral.end) != 'w' || money()
        }
        10_000.. => numeral.clipped || money(),
        1_000 => (numeral.clipped && !numeral.arabic) || money(),
        100 => money(),
        _ => false,
    }
}

/// Nothing behind that would make it part of a code.
fn is_closed(glyphs: &Glyphs, end: usize) -> bool {
    let next = glyphs.at(end);
    !(next.is_ascii_alphanumeric() || (next == '.' && glyphs.at(end + 1).is_ascii_digit()))
}

/// 3.5, 3,000, 20%, 3.5%: whole, but no amount.
pub(super) fn number(glyphs: &Glyphs, at: usize) -> Option<Found> {
    if glyphs.before(at).is_ascii_alphanumeric() || !glyphs.at(at).is_ascii_digit() {
        return None;
    }
    let (_, end) = numeral::arabic_number(glyphs, at)?;
    let end = end + usize::from(glyphs.at(end) == '%');
    let whole = glyphs.slice(at, end).iter().all(char::is_ascii_digit);
    (!whole).then(|| Found { kind: MarkKind::Number, start: at, end, value: glyphs.string(at, end).replace(',', "") })
}
