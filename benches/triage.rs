//! The whole triage of a 150-character request with everything that longhua ships.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use paidan::app::World;
use paidan::packs::Source;
use paidan::ticket::Request;
use paidan::triage::{History, Probe, triage};

const TEXT: &str = "尊敬的领导：我们小区门口的停车场从上个月开始乱收费，原来每小时三块钱，现在涨到十块，业主多次找物业和城管反映，\
    都互相推诿无人处理。昨天晚上我下班回来，道闸不抬杆，保安态度恶劣，还说爱停不停。恳请市场监管部门尽快调查处理，给业主一个说法，谢谢！";

fn bench(criterion: &mut Criterion) {
    let root = env!("CARGO_MANIFEST_DIR").into();
    let as_of = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date");
    let world = World::load(&Source::Folder(root), as_of).expect("the packs can be read");
    let now = "2026-01-05T07:00:00Z".parse().expect("an instant");
    for (name, text) in [("question", "办理营业执照需要什么材料"), ("complaint of 150 characters", TEXT)] {
        let request = Request { jurisdiction: "longhua".into(), text: text.into(), ..Request::default() };
        criterion.bench_function(&format!("triage/{name}"), |bencher| {
            bencher.iter(|| black_box(triage(&world.snapshot, &request, &History::default(), now, Probe::Off)));
        });
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
