//! Sign-in, tokens and secrets.
