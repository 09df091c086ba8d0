//! The shell around the core.

mod world;

pub use world::World;
