//! Learning from what people decided: a linear text model, trained on labelled texts in seconds, with confidences that
//! mean what they say. Pure and deterministic: the same examples give the same model, byte for byte.
//!
//! Features are the pieces of [`crate::text`]; one linear separator per label is found by dual coordinate descent
//! (Hsieh et al., ICML 2008). No kept crate solves this for sparse data: the bindings of LIBLINEAR have had no release
//! since 2019 and draw from C's global `rand`, the rest want dense matrices.

mod calibration;
mod features;
mod model;
mod report;
mod solver;
mod train;

pub use model::{Likely, Model, Reason, Unreadable};
pub use report::{LabelReport, Report};
pub use train::{Example, TrainError};

#[cfg(test)]
mod tests;
