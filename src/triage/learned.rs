//! What the models in use make of a text.

use std::sync::Arc;

use super::{Learned, Release};
use crate::digest::Digest;
use crate::learn::{Likely, Model};
use crate::text::Analysis;

/// The models of one jurisdiction that are in use.
#[derive(Clone, Default)]
pub struct Models {
    pub unit: Option<Arc<Model>>,
    pub nature: Option<Arc<Model>>,
}

impl Models {
    /// By which content a decision was made.
    pub fn digests(&self) -> Vec<Digest> {
        [&self.unit, &self.nature].into_iter().flatten().map(|model| model.digest().clone()).collect()
    }

    /// The units that a text may belong to, best first. Of units that the jurisdiction has no longer nothing is said.
    pub fn units(&self, release: &Release, analysis: &Analysis) -> Vec<Likely> {
        let Some(model) = &self.unit else { return Vec::new() };
        let known = |likely: Likely| {
            let unit = release.units.find(&likely.label)?;
            Some(Likely { label: unit.name.clone(), ..likely })
        };
        model.predict(analysis).into_iter().filter_map(known).collect()
    }

    /// As rules see it.
    pub fn facts(&self, release: &Release, analysis: &Analysis) -> Learned {
        let unit = self.units(release, analysis).into_iter().next();
        let nature = self.nature.as_ref().and_then(|model| model.predict(analysis).into_iter().next());
        Learned {
            confidence: unit.as_ref().map_or(0, |unit| unit.confidence),
            sure: unit.as_ref().is_some_and(|unit| unit.sure),
            unit: unit.map(|unit| unit.label).unwrap_or_default(),
            nature_confidence: nature.as_ref().map_or(0, |nature| nature.confidence),
            nature: nature.map(|nature| nature.label).unwrap_or_default(),
        }
    }
}
