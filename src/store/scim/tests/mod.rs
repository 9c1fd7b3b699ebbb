//! The rules of resources, each as a story: people, mass deletions, groups and members, batches, look-ups.

mod batches;
mod emptied;
mod groups;
mod holding;
mod lookups;
mod matching;
mod people;
mod world;
