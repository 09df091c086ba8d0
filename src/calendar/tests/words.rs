//! What clerks read.

use super::Kind::{ElapsedOnCalendar, WorkingDays};
use super::*;

#[test]
fn instants_as_clerks_read_them() {
    assert_eq!(moment(at("2022-10-08 15:00")), "2022年10月8日（周六）15:00");
    assert_eq!(moment(at("2022-10-09 00:00")), "2022年10月9日（周日）00:00");
    assert_eq!(moment(at("2022-10-08 15:00:06")), "2022年10月8日（周六）15:00:06");
    assert_eq!(deadline(at("2022-10-09 00:00")), "2022年10月8日（周六）24:00");
    assert_eq!(deadline(at("2022-10-08 15:00")), "2022年10月8日（周六）15:00");
    assert_eq!(deadline(at("2023-01-01 00:00")), "2022年12月31日（周六）24:00");
}

#[test]
fn skipped_days_as_clerks_read_them() {
    let explain = |start, kind, text| office().due(at(start), kind, length(text)).explain();
    assert_eq!(explain("2022-10-10 10:00", WorkingDays, "1d"), "");
    assert_eq!(explain("2022-09-30 15:00", ElapsedOnCalendar, "24h"), "10月1日至7日放假顺延");
    assert_eq!(explain("2022-09-29 15:00", WorkingDays, "10d"), "10月1日至7日放假、10月15日至16日周末顺延");
    assert_eq!(explain("2022-12-30 15:00", WorkingDays, "1d"), "2022年12月31日至2023年1月2日放假顺延");
    assert_eq!(explain("2023-04-04 15:00", WorkingDays, "1d"), "4月5日放假顺延");
    assert_eq!(explain("2023-09-28 15:00", WorkingDays, "1d"), "9月29日至10月6日放假顺延");
    assert_eq!(
        explain("2026-12-31 15:00", WorkingDays, "2d"),
        "1月2日至3日周末顺延；部分日期的放假安排尚未公布，暂按星期推算"
    );
    let long = explain("2022-10-10 15:00", WorkingDays, "60d");
    assert!(long.ends_with("11月19日至20日周末等顺延"), "{long}");
}
