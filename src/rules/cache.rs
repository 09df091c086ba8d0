//! Compiled files by content: a reload compiles what changed and nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use super::register::{CompiledFile, compile_file};
use crate::digest::{Digest, Hasher};
use crate::parallel;

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

    /// The compiled files, from the cache or anew, in their order. One with problems holds what could be read.
    pub fn compile(&mut self, files: &[(&str, &str)]) -> Vec<Arc<CompiledFile>> {
        let digests: Vec<Digest> = files.iter().map(|(name, source)| address(name, source)).collect();
        let known = |digest: &Digest| self.files.contains_key(digest);
        let new: Vec<(&Digest, &str, &str)> = digests
            .iter()
            .zip(files)
            .filter(|(digest, _)| !known(digest))
            .map(|(digest, &(name, source))| (digest, name, source))
            .collect();
        let compiled = parallel::map(&new, |(_, name, source)| Arc::new(compile_file(name, source)));
        for ((digest, ..), file) in new.into_iter().zip(compiled) {
            self.files.insert(digest.clone(), (file, self.round));
        }
        let round = self.round;
        let used = |digest| {
            let (file, used) = self.files.get_mut(digest)?;
            *used = round;
            Some(file.clone())
        };
        digests.iter().filter_map(used).collect()
    }
}

fn address(name: &str, source: &str) -> Digest {
    let mut hasher = Hasher::default();
    hasher.part(name.as_bytes()).part(source.as_bytes());
    hasher.finish()
}
