//! Numerals as people write them: 3, 3,000, 1.2亿, 两千五, 五万多, 十几万, mixed in any way.

use super::super::glyphs::Glyphs;

/// Ten-thousandths, so that 1.2345万 stays exact.
const SCALE: i128 = 10_000;
/// Longer numerals are no amounts; the bound keeps every scan linear.
const LONGEST: usize = 32;

pub(super) struct Numeral {
    /// The first character after it.
    pub(super) end: usize,
    /// In ten-thousandths.
    value: i128,
    /// Begins with an Arabic digit.
    pub(super) arabic: bool,
    /// The largest of 十百千万亿 in it, 1 without.
    pub(super) unit: i128,
    /// Ends in a digit whose unit is left out: 两千五.
    pub(super) clipped: bool,
    /// Begins with 十, 百, 千 or 万: 百万, 千八.
    pub(super) bare: bool,
}

impl Numeral {
    /// Whole part after multiplying with `factor`.
    pub(super) fn times(&self, factor: i128) -> i64 {
        i64::try_from(self.value * factor / SCALE).unwrap_or(i64::MAX)
    }
}

/// 零 … 九 in every spelling; 两, 几 and 数 only count in numerals.
pub(super) fn han_digit(c: char) -> Option<u8> {
    Some(match c {
        '零' | '〇' | '○' => 0,
        '一' | '壹' | '幺' => 1,
        '二' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

pub(super) fn is_han_numeral(c: char) -> bool {
    han_digit(c).is_some() || matches!(c, '两' | '几' | '数') || unit(c).is_some_and(|_| !c.is_ascii())
}

fn unit(c: char) -> Option<i128> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' | 'k' => 1_000,
        '万' | 'w' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

/// What is read so far: `total` whole sections of 万 and 亿, `section` below, `digit` waiting for its unit.
#[derive(Default)]
struct Reading {
    total: i128,
    section: i128,
    digit: Option<i128>,
    /// 零 stands before the waiting digit, so no unit is left out: 一百零五.
    spaced: bool,
    last_unit: i128,
    largest: i128,
}

/// The numeral that begins at `start`.
pub(super) fn read(glyphs: &Glyphs, start: usize) -> Option<Numeral> {
    let arabic = glyphs.at(start).is_ascii_digit();
    let mut reading = Reading { last_unit: 0, largest: 1, ..Reading::default() };
    let mut at = start;
    while at < start + LONGEST {
        let c = glyphs.at(at);
        if c.is_ascii_digit() {
            if reading.digit.is_some() {
                break;
            }
            let (value, end) = arabic_number(glyphs, at)?;
            reading.digit = Some(value);
            at = end;
        } else if let Some(digit) = digit_at(glyphs, at, start) {
            reading.take_digit(digit);
            at += 1;
        } else if reading.unit_at(glyphs, at) || (at > start && is_vague(glyphs, at)) {
            at += 1;
        } else {
            break;
        }
    }
    reading.finish(at > start, |value, unit, clipped| Numeral {
        end: at,
        value,
        arabic,
        unit,
        clipped,
        bare: self::unit(glyphs.at(start)).is_some(),
    })
}

/// 几 and 数 lead a numeral as "at least two"; inside one they add nothing.
fn digit_at(glyphs: &Glyphs, at: usize, start: usize) -> Option<i128> {
    match glyphs.at(at) {
        '两' => Some(2),
        '几' | '数' if at == start && unit(glyphs.at(at + 1)).is_some() => Some(2),
        c => han_digit(c).map(i128::from),
    }
}

/// w and k stand for 万 and 千 only at the end of a number: 20w, not 20wifi.
fn is_unit_here(glyphs: &Glyphs, at: usize) -> bool {
    let c = glyphs.at(at);
    !c.is_ascii() || (glyphs.before(at).is_ascii_digit() && !glyphs.at(at + 1).is_ascii_alphanumeric())
}

/// 五万多元, 十几万, 一百来块: vague words add nothing, where money or a unit follows.
fn is_vague(glyphs: &Glyphs, at: usize) -> bool {
    let next = glyphs.at(at + 1);
    matches!(glyphs.at(at), '多' | '余' | '来' | '几' | '数')
        && (unit(next).is_some() || matches!(next, '元' | '块' | '圆' | '人'))
}

/// Digits with thousands and decimals, in ten-thousandths, and where it ends.
pub(super) fn arabic_number(glyphs: &Glyphs, start: usize) -> Option<(i128, usize)> {
    let digits = |from: usize| (from..from + LONGEST).take_while(|&i| glyphs.at(i).is_ascii_digit()).count();
    let number = |from: usize, count: usize| {
        (from..from + count).fold(0_i128, |sum, i| sum * 10 + i128::from(glyphs.at(i) as u32 - '0' as u32))
    };
    let lead = digits(start);
    if lead > 15 {
        return None;
    }
    let (mut value, mut end) = (number(start, lead), start + lead);
    while lead <= 3 && value < 1_000_000_000_000 && glyphs.at(end) == ',' && digits(end + 1) == 3 {
        value = value * 1000 + number(end + 1, 3);
        end += 4;
    }
    value *= SCALE;
    if glyphs.at(end) == '.' && (1..=8).contains(&digits(end + 1)) {
        let places = digits(end + 1);
        value += number(end + 1, places) * SCALE / 10_i128.pow(places as u32);
        end += 1 + places;
    }
    Some((value, end))
}

impl Reading {
    /// Of 五六万 the five is kept: an amount never means more than was said.
    fn take_digit(&mut self, digit: i128) {
        if digit == 0 {
            self.spaced = true;
        } else if self.digit.is_none() {
            self.digit = Some(digit * SCALE);
        }
    }

    fn unit_at(&mut self, glyphs: &Glyphs, at: usize) -> bool {
        unit(glyphs.at(at)).is_some_and(|unit| is_unit_here(glyphs, at) && self.take_unit(unit))
    }

    /// False when the unit cannot follow what was read: 三百 ends before a second 百.
    fn take_unit(&mut self, unit: i128) -> bool {
        let open = self.section + self.digit.unwrap_or(0);
        if unit < 10_000 {
            let first = self.digit.is_none() && self.section == 0;
            let factor = self.digit.or((first || unit == 10).then_some(SCALE));
            let Some(factor) = factor else { return false };
            self.section += factor * unit;
        } else if unit == 10_000 {
            self.total += if open == 0 && self.total == 0 { SCALE } else { open } * unit;
            self.section = 0;
        } else {
            self.total = if open + self.total == 0 { SCALE } else { open + self.total } * unit;
            self.section = 0;
        }
        self.digit = None;
        self.spaced = false;
        self.last_unit = unit;
        self.largest = self.largest.max(unit);
        true
    }

    fn finish<T>(self, any: bool, make: impl FnOnce(i128, i128, bool) -> T) -> Option<T> {
        let digit = self.digit.unwrap_or(0);
        let clipped = self.last_unit >= 100 && !self.spaced && (SCALE..10 * SCALE).contains(&digit);
        let tail = if clipped { digit * (self.last_unit / 10) } else { digit };
        let value = self.total + self.section + tail;
        (any && value > 0).then(|| make(value, self.largest, clipped))
    }
}
