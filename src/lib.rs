//! dirsync
pub mod clock;
pub mod sandbox;
