//! Packed and plain read the same, and whatever is wrong is seen.

use proptest::prelude::*;

use super::*;

const OF: segment::Header = segment::Header { epoch: 3, first: 17 };

fn packed(plain: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.sealed");
    let mut out = Vec::new();
    pack(plain, OF, &mut out, &|| true).unwrap();
    fs::write(&path, out).unwrap();
    (dir, path)
}

/// Words that compress and bytes that do not, longer than a few blocks.
fn plain() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        (1..30_000_usize).prop_map(|n| "承办单位".bytes().cycle().take(n).collect::<Vec<u8>>()),
        (any::<u64>(), 1..30_000_usize).prop_map(|(seed, n)| noise(seed, n)),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn noise(mut seed: u64, n: usize) -> Vec<u8> {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    (0..n).map(|_| next()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_place_reads_as_in_the_plain_file(plain in plain(), places in prop::collection::vec((any::<u32>(), any::<u32>()), 20)) {
        let (_dir, path) = packed(&plain);
        let whole = unpack_file(&path).unwrap();
        prop_assert!(whole.faults.is_empty() && whole.plain == plain);
        let sealed = Sealed::open(&path).unwrap();
        for (from, length) in places {
            let from = from as usize % (plain.len() + 1);
            let length = length as usize % (plain.len() - from + 1);
            let mut found = vec![0; length];
            sealed.read_exact_at(&mut found, from as u64).unwrap();
            prop_assert!(found == plain[from..from + length]);
            let mut beyond = vec![0; plain.len() - from + 1];
            let error = sealed.read_exact_at(&mut beyond, from as u64).unwrap_err();
            prop_assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    /// Wherever a bit flips it is seen, and what is read nevertheless is right.
    #[test]
    fn a_flipped_bit_is_seen(seed in any::<u64>(), place in any::<u32>(), bit in 0..8_u32) {
        let plain = [noise(seed, 70_000), "甲乙".repeat(20_000).into_bytes()].concat();
        let (_dir, path) = packed(&plain);
        let mut bytes = fs::read(&path).unwrap();
        let at = place as usize % bytes.len();
        bytes[at] ^= 1 << bit;
        fs::write(&path, &bytes).unwrap();
        let found = unpack_file(&path).unwrap();
        prop_assert!(!found.faults.is_empty());
        let sealed = Sealed::open(&path).unwrap();
        for from in (0..plain.len() - 100).step_by(9_973) {
            let mut part = [0; 100];
            if sealed.read_exact_at(&mut part, from as u64).is_ok() {
                prop_assert!(part == plain[from..from + 100]);
            }
        }
    }
}

#[test]
fn a_file_that_ends_early_is_seen() {
    let plain = noise(1, 200_000);
    let (_dir, path) = packed(&plain);
    let bytes = fs::read(&path).unwrap();
    for length in [0, 1, 47, 48, 59, 60, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        assert!(!unpack_file(&path).unwrap().faults.is_empty(), "{length}");
        assert!(Sealed::open(&path).is_ok(), "{length}");
    }
}
