//! How many connections this process can hold: each one is an open file.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files that the store, the log and outgoing connections need.
const OTHERS: u64 = 512;
/// Fewer make no service.
const FEWEST: usize = 16;

/// Raises the limit of open files as far as allowed; how many connections fit then, at most `wanted`.
pub(super) fn connections(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = current != maximum && setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let fit = fit(wanted, if raised { maximum } else { current });
    if fit < wanted {
        tracing::warn!(wanted, fit, "the limit of open files allows fewer connections; raise it (LimitNOFILE)");
    }
    fit
}

/// `limit` `None`: there is none.
fn fit(wanted: usize, limit: Option<u64>) -> usize {
    let Some(limit) = limit else { return wanted };
    // Where there is little, others get half of it.
    let room = limit - OTHERS.min(limit / 2);
    wanted.min(usize::try_from(room).unwrap_or(usize::MAX)).max(FEWEST.min(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_left_for_others() {
        let cases = [
            (10_000, None, 10_000),
            (10_000, Some(20_000), 10_000),
            (10_000, Some(1_024), 512),
            (10_000, Some(64), 32),
            (100, Some(1_024), 100),
            (2, Some(8), 2),
            (10_000, Some(0), 16),
        ];
        for (wanted, limit, expected) in cases {
            assert_eq!(fit(wanted, limit), expected, "{wanted} {limit:?}");
        }
    }
}
