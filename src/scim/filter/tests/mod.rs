//! What is held of filters: examples, and properties over random trees, texts and resources.

mod examples;
mod meaning;
mod narrowing;
mod oracle;
mod random;
