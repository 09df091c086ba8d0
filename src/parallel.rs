//! All cores at once, for work without I/O: cases, backtests. Every thread has a stack that rules cannot exhaust, and
//! results come in the order of their inputs, so that nobody sees how many threads there were.

use std::sync::LazyLock;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Bytes of stack for every thread that evaluates rules.
pub const STACK: usize = 16 << 20;

static POOL: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let pool = ThreadPoolBuilder::new().stack_size(STACK).thread_name(|number| format!("parallel-{number}"));
    pool.build().ok()
});

/// Applies `work` to every item. Where no threads can be had, one after the other.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    match &*POOL {
        // A single item too: the caller's own stack may be a small one.
        Some(pool) if !items.is_empty() => pool.install(|| items.par_iter().map(&work).collect()),
        _ => items.iter().map(work).collect(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1_000).collect();
        assert_eq!(super::map(&items, |item| item * 2), (0..2_000).step_by(2).collect::<Vec<_>>());
    }
}
