//! The life of a knowledge entry: drafts, review by a second person, versions, the next review (先审核后发布，谁提供谁负责).
//! Pure: who may do what next, and what becomes of it. Storing it and showing it to requests is for others.
//!
//! draft → in review → published → due (复核到期) → expired or withdrawn. Every save is a version; none is ever lost.

mod article;
mod decide;
mod difference;
mod due;
pub mod exchange;
mod fields;
mod likeness;
mod version;

pub use article::{Article, Draft, Live, Stage, State, Withdrawn};
pub use decide::{Command, Refusal, decide};
use difference::same_value;
pub use difference::{FieldChange, difference};
pub use due::{Due, due};
pub use fields::field_title;
pub use likeness::findings;
pub use version::{Act, Finding, FindingKind, Step, Version};
