//! What is held of filters: examples, and properties over random trees, texts and resources.

mod examples;
mod oracle;
mod random;
