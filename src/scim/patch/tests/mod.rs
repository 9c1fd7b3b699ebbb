//! The standard's examples, and what identity providers make of them.

mod dialects;
mod group;
mod help;
mod standard;
