//! The sandbox against a real HTTP client.
