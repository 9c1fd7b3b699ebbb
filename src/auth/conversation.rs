//! How a sign-in talks to people and machines; the same for every service.

use std::time::Duration;

use ring::rand::SecureRandom;
use tokio::sync::mpsc;
use url::Url;

use super::Post;
use crate::clock::Clock;

/// What somebody has to see to go on.
#[derive(Clone, Copy, Debug)]
pub enum Show<'a> {
    /// The page to sign in at; the listener is ready for its redirect.
    SignIn(&'a Url),
    /// The page on which an administrator consents for the organisation; its redirect comes here, too.
    Consent(&'a Url),
    /// The page to go on at; a browser that is at it has been sent there.
    GoOn(&'a Url),
    /// A page to open on any device, and the code to type there.
    Device {
        /// The page.
        url: &'a str,
        /// The code.
        code: &'a str,
    },
}

/// How the sign-in talks to people and machines.
pub struct Conversation<'a> {
    /// Shows an address (and opens a browser with it), or a code.
    pub show: &'a (dyn Fn(Show<'_>) + Send + Sync),
    /// Lines pasted on the terminal.
    pub pasted: Option<mpsc::Receiver<String>>,
    /// Hears why a pasted line was no use.
    pub complain: &'a (dyn Fn(&str) + Send + Sync),
    /// How long somebody has for each page.
    pub deadline: Duration,
    /// Sends a request to the sign-in service.
    pub post: &'a Post,
    /// What time it is.
    pub clock: &'a Clock,
    /// Where state, nonce and verifier come from.
    pub random: &'a (dyn SecureRandom + Sync),
}
