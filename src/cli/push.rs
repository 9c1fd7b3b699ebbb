//! Directories that push, for `add`, `reauth`, `details` and `serve`: their tokens, and the address they push to.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::SignedDuration;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::{CliError, Context, ErrorKind, values};
use crate::auth::shell_word;
use crate::model::Integration;
use crate::output::{Cell, Column, Listing};
use crate::scim::token;
use crate::store::{NewToken, Store};

/// Where directories push to unless anything else is known.
const USUAL_URL: &str = "http://127.0.0.1:8787";
/// The setting under which the address for directories is remembered.
const PUBLIC_URL: &str = "public_url";
/// The setting under which it is remembered where `serve` listened last.
const SERVED_URL: &str = "served_url";

/// How a token is issued.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Token (SCIM)")]
pub(super) struct TokenArgs {
    /// How long the token works: 90d, 1y (for ever unless told otherwise)
    #[arg(long, value_name = "DURATION", value_parser = values::lifetime)]
    token_ttl: Option<SignedDuration>,
    /// Write the token to this new file, for its owner alone, instead of showing it
    #[arg(long, value_name = "PATH")]
    token_file: Option<PathBuf>,
}

/// A token that is about to be stored and shown; once, by [`Issued::show`].
pub(super) struct Issued {
    /// What is stored of it.
    pub(super) stored: NewToken,
    token: SecretString,
    file: Option<PathBuf>,
}

impl TokenArgs {
    /// Makes a token and, if it goes to a file, writes that: what cannot be handed over is better not issued.
    pub(super) fn issue(&self, context: &Context) -> Result<Issued, CliError> {
        let now = context.clock.now();
        let expires_at = match self.token_ttl {
            Some(ttl) => Some(now.checked_add(ttl).map_err(|error| CliError::usage(format!("--token-ttl: {error}")))?),
            None => None,
        };
        let token = token::from_bits(&random()?);
        let stored = NewToken { hash: token::hash(token.expose_secret()), expires_at };
        if let Some(path) = &self.token_file {
            write_private(path, token.expose_secret()).map_err(|error| unwritten(path, &error))?;
        }
        Ok(Issued { stored, token, file: self.token_file.clone() })
    }
}

/// What a directory has to be told; field names are the keys of the JSON output.
#[derive(Serialize)]
struct Handover {
    name: String,
    api_url: String,
    token: Option<String>,
}

impl Issued {
    /// Takes the file away again, where the token could not be stored.
    pub(super) fn or_withdraw<T, E>(&self, stored: Result<T, E>) -> Result<T, E> {
        if let (Err(_), Some(path)) = (&stored, &self.file) {
            // It opens nothing, and nobody has seen it.
            let _ = std::fs::remove_file(path);
        }
        stored
    }

    /// Shows what the directory has to be told: the token this once, unless it is in a file.
    pub(super) fn show(self, context: &Context, store: &Store, integration: &Integration) -> Result<(), CliError> {
        match &self.file {
            Some(path) => context.ui.say(&format!("the token is in {}", path.display())),
            None => context.ui.say("the token is shown this once: give it to the directory together with the address"),
        }
        let handover = Handover {
            name: integration.name.clone(),
            api_url: api_url(store, integration)?,
            token: self.file.is_none().then(|| self.token.expose_secret().to_owned()),
        };
        let listing = Listing::new(vec![
            Column::new("name", |it: &Handover| (&it.name).into()),
            Column::new("api_url", |it: &Handover| (&it.api_url).into()),
            Column::new("token", |it: &Handover| it.token.as_ref().map_or(Cell::Empty, Into::into)),
        ]);
        Ok(context.ui.one(&listing, &handover)?)
    }
}

/// Unguessable numbers.
pub(super) fn random() -> Result<[u8; 32], CliError> {
    let mut bits = [0; 32];
    let filled = SystemRandom::new().fill(&mut bits);
    filled.map_err(|_| CliError::new(ErrorKind::TryAgain, "the operating system gave no random numbers"))?;
    Ok(bits)
}

/// Where this integration's directory pushes to.
pub(super) fn api_url(store: &Store, integration: &Integration) -> Result<String, CliError> {
    let base = match store.setting(PUBLIC_URL)? {
        Some(url) => url,
        None => store.setting(SERVED_URL)?.unwrap_or_else(|| USUAL_URL.to_owned()),
    };
    Ok(format!("{base}/scim/{}/v2", integration.tenant.id))
}

/// By what address directories reach us, as far as anybody has ever said.
pub(super) fn public_url(store: &Store, given: Option<&str>) -> Result<Option<String>, CliError> {
    match given {
        Some(url) => Ok(Some(url.to_owned())),
        None => Ok(store.setting(PUBLIC_URL)?),
    }
}

/// Remembers by what address directories reach us, and else where we listen.
pub(super) fn remember(store: &Store, public: Option<&str>, served: Option<&str>) -> Result<(), CliError> {
    for (key, value) in [(PUBLIC_URL, public), (SERVED_URL, served)] {
        if let Some(value) = value {
            store.set_setting(key, value)?;
        }
    }
    Ok(())
}

/// Refuses what a sync of a directory that pushes would be.
pub(super) fn cannot_be_asked(name: &str) -> CliError {
    CliError::usage("it pushes what changes by itself and cannot be asked")
        .of(name)
        .hint("start a sync in the directory's own console; 'dirsync serve' takes in what it pushes")
        .hint(format!("'dirsync details {}' says when it last pushed", shell_word(name)))
}

fn write_private(path: &Path, token: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = writeln!(file, "{token}").and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

fn unwritten(path: &Path, error: &io::Error) -> CliError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => CliError::usage(format!("{} exists already", path.display()))
            .hint("it is left alone; give --token-file another name, or remove it first"),
        _ => CliError::usage(format!("cannot write {}: {error}", path.display()))
            .hint("give --token-file a file in a folder of yours"),
    }
}
