//! The pipeline: analyse → search → admit → classify → route → warn → one [`Decision`]. Pure.

mod decision;

pub use decision::*;
