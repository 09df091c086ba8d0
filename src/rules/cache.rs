//! Compiled files by content: a reload compiles what changed and nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use super::register::{CompiledFile, compile_file};
use crate::digest::{Digest, Hasher};

/// Keeps the files of the last two rounds, so that an edit taken back costs nothing either.
#[derive(Default)]
pub struct Cache {
    round: u64,
    files: HashMap<Digest, (Arc<CompiledFile>, u64)>,
}

impl Cache {
    /// Forgets what neither this round nor the one before used.
    pub fn next_round(&mut self) {
        let round = self.round;
        self.files.retain(|_, (_, used)| *used + 1 >= round);
        self.round += 1;
    }

    /// The compiled file, from the cache or anew. One with problems holds what could be read.
    pub fn compile(&mut self, name: &str, source: &str) -> Arc<CompiledFile> {
        let mut hasher = Hasher::default();
        hasher.part(name.as_bytes()).part(source.as_bytes());
        let digest = hasher.finish();
        if let Some((file, used)) = self.files.get_mut(&digest) {
            *used = self.round;
            return file.clone();
        }
        let file = Arc::new(compile_file(name, source));
        self.files.insert(digest, (file.clone(), self.round));
        file
    }
}
