//! How a sign-in talks to people and machines; the same for every service.

use ring::rand::SecureRandom;
use tokio::sync::mpsc;
use url::Url;

use super::Post;
use crate::clock::Clock;

/// How the sign-in talks to people and machines.
pub struct Conversation<'a> {
    /// Shows the address (and opens a browser with it), once the listener is ready.
    pub show: Box<dyn FnOnce(&Url) + Send + 'a>,
    /// Lines pasted on the terminal.
    pub pasted: Option<mpsc::Receiver<String>>,
    /// Hears why a pasted line was no use.
    pub complain: &'a (dyn Fn(&str) + Send + Sync),
    /// Sends a request to Google.
    pub post: &'a Post,
    /// What time it is.
    pub clock: &'a Clock,
    /// Where state, nonce and verifier come from.
    pub random: &'a (dyn SecureRandom + Sync),
}
