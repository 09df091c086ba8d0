//! Requesters and matters told again in other words.

use super::*;
use crate::text::{Gazetteer, Lexicon, LexiconSource, analyse};

const NOISE: &str =
    "丽发新城小区旁边的搅拌站昼夜施工，噪音和粉尘严重影响居民休息，老人孩子天天咳嗽，要求环保部门查处搬迁。";

fn trace(phone: &str, text: &str) -> Trace {
    let (lexicon, _) = Lexicon::build(&LexiconSource::default());
    Trace::new("", phone, &analyse(&lexicon, &Gazetteer::default(), text))
}

#[test]
fn hn_07_a_requester_is_known_however_the_number_is_written() {
    let plain = requester("", "13800138000");
    for written in ["138 0013 8000", "+86-138-0013-8000", "008613800138000", "１３８００１３８０００"] {
        assert_eq!(requester("", written), plain, "{written}");
    }
    assert_ne!(requester("", "13800138001"), plain);
    assert_eq!(requester("91430100MA4L1234XX", "13800138000"), requester("91430100 ma4l1234xx", ""));
    assert!(!plain.is_some_and(|key| key.as_str().contains("13800138000")));
}

#[test]
fn a_placeholder_is_nobody() {
    for (id, phone) in [("", ""), ("无", "无"), ("匿名", "00000000"), ("00000", "110"), ("-", "+86")] {
        assert_eq!(requester(id, phone), None, "{id} {phone}");
    }
    assert!(!trace("", NOISE).same_requester(&trace("", NOISE)));
}

#[test]
fn hn_07_the_same_matter_in_other_words_is_found_and_another_is_not() {
    let again = format!("您好，我上周反映过：{NOISE}请问什么时候有结果，谢谢！");
    let shorter = "丽发新城小区旁边的搅拌站昼夜施工，噪音严重影响居民休息，老人孩子天天咳嗽";
    let first = trace("13800138000", NOISE);
    for text in [again.as_str(), shorter] {
        assert!(first.same_matter(&trace("13800138000", text)).is_some(), "{text}");
        assert!(first.same_matter(&trace("13900139000", text)).is_some(), "{text}");
    }
    for other in ["小区门口的路灯坏了半个月，晚上漆黑一片，请派人维修", "", "噪音"] {
        assert_eq!(first.same_matter(&trace("13800138000", other)), None, "{other}");
    }
}

#[test]
fn two_words_are_the_same_matter_of_one_requester_only() {
    let (mine, yours) = (trace("13800138000", "小区路灯不亮"), trace("13900139000", "小区路灯不亮"));
    assert_eq!(mine.same_matter(&mine), Some(1000));
    assert_eq!(mine.same_matter(&yours), None);
    assert!(mine.signature.bands().is_empty());
}

#[test]
fn alike_texts_meet_in_a_band_and_the_hashes_never_change() {
    let first = trace("", NOISE);
    let second = trace("", &format!("{NOISE}谢谢"));
    assert!(first.signature.bands().iter().any(|band| second.signature.bands().contains(band)));
    assert_eq!((hash("噪音"), first.signature.bands().len()), (HASH_OF_NOISE, BANDS));
}

/// Stored signatures are compared with new ones for years.
const HASH_OF_NOISE: u32 = 1_008_528_203;
