//! What commands that talk to a directory need: the HTTP client, the sign-in service's way in, the open vault, and a
//! directory put together from them.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use clap::{Args, ValueEnum};
use ring::rand::SystemRandom;
use url::Url;

use super::{CliError, Context, environment};
use crate::auth::secrets::{KeyStoreChoice, Keyring, Surroundings, Vault};
use crate::auth::{self, Access, Post, Stored};
use crate::http::{Client, ClientOptions, RetryPolicy, TokenSource};
use crate::model::{Integration, Tenant};
use crate::provider::{self, Connect, Directory, ProviderSpec};
use crate::store::Store;

/// Where the master key of all secrets lives.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Secret store")]
pub struct KeyStoreArgs {
    /// Where the key that seals all secrets lives (remembered; the OS keyring unless told otherwise)
    #[arg(long, value_name = "PLACE")]
    key_store: Option<KeyStoreKind>,
    /// With --key-store file: the key file, made at first use (default: beside the database)
    #[arg(long, value_name = "PATH")]
    key_file: Option<PathBuf>,
    /// With --key-store command: a shell command that prints the key
    #[arg(long, value_name = "COMMAND")]
    key_command: Option<String>,
}

/// A sort of place for the master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum KeyStoreKind {
    Keyring,
    Systemd,
    File,
    Command,
}

impl KeyStoreArgs {
    /// The place that was named, if any.
    pub(super) fn choice(&self) -> Result<Option<KeyStoreChoice>, CliError> {
        match self.key_store {
            None => Ok(self.key_file.clone().map(|path| KeyStoreChoice::File(Some(path)))),
            Some(kind) => kind.at(self.key_file.as_ref(), self.key_command.as_deref()).map(Some),
        }
    }
}

impl KeyStoreKind {
    /// The place of this kind.
    pub(super) fn at(self, file: Option<&PathBuf>, command: Option<&str>) -> Result<KeyStoreChoice, CliError> {
        Ok(match (self, command) {
            (Self::Keyring, _) => KeyStoreChoice::Keyring,
            (Self::Systemd, _) => KeyStoreChoice::Systemd,
            (Self::File, _) => KeyStoreChoice::File(file.cloned()),
            (Self::Command, Some(command)) => KeyStoreChoice::Command(shell(command)),
            (Self::Command, None) => {
                return Err(CliError::usage("the key store 'command' needs a command")
                    .hint("--key-command 'pass show dirsync', for instance"));
            }
        })
    }
}

/// The user's own shell splits and expands the command as the user expects.
pub(super) fn shell(command: &str) -> Vec<String> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    [shell, flag, command].map(str::to_owned).to_vec()
}

/// A connection to the outside.
pub(super) struct Online<'a> {
    pub(super) context: &'a Context,
    pub(super) client: Client,
    pub(super) access: Access,
    retry: RetryPolicy,
}

impl<'a> Online<'a> {
    pub(super) fn new(context: &'a Context) -> Result<Self, CliError> {
        Self::patient(context, context.endpoints.retry_policy())
    }

    /// One whose requests are as patient as `retry`.
    pub(super) fn patient(context: &'a Context, retry: RetryPolicy) -> Result<Self, CliError> {
        let extra_roots = match &context.global.ca_file {
            None => None,
            Some(path) => Some(std::fs::read(path).map_err(|error| {
                CliError::usage(format!("cannot read {}: {error}", path.display())).hint("--ca-file takes a PEM file")
            })?),
        };
        let mut options = ClientOptions { extra_roots, ..ClientOptions::default() };
        let patience = retry.give_up_after;
        options.silence = options.silence.min(patience);
        options.attempt = options.attempt.min(patience * 2);
        let client = Client::new(&options)?;
        let post: Post = {
            let (client, retry, clock) = (client.clone(), retry, context.clock.clone());
            Arc::new(move |request| {
                let (client, clock) = (client.clone(), clock.clone());
                Box::pin(async move { client.oauth(request, retry, &clock).await })
            })
        };
        let access = Access {
            post,
            clock: context.clock.clone(),
            random: Arc::new(SystemRandom::new()),
            google: context.endpoints.google_sign_in(),
            entra: context.endpoints.entra_sign_in(),
        };
        Ok(Self { context, client, access, retry })
    }

    /// A directory of this kind, asked with these tokens; where it is may depend on the (clear half of the) credentials.
    pub(super) fn directory(
        &self,
        spec: &ProviderSpec,
        tokens: Arc<dyn TokenSource>,
        tenant: Option<Tenant>,
        credentials: &serde_json::Value,
    ) -> Result<Box<dyn Directory>, CliError> {
        let (endpoints, api) = (&self.context.endpoints, self.api(spec, credentials)?);
        let pull = spec.pull().ok_or_else(|| CliError::usage(format!("{} cannot be asked", spec.label)))?;
        Ok((pull.connect)(Connect {
            client: self.client.clone(),
            tokens,
            api,
            requests_per_minute: NonZeroU32::new(endpoints.requests_per_minute(spec, pull)).unwrap_or(NonZeroU32::MIN),
            retry: self.retry,
            tenant,
            clock: self.context.clock.clone(),
        }))
    }

    /// Root of the API of a directory of this kind, which may depend on its credentials.
    pub(super) fn api(&self, spec: &ProviderSpec, credentials: &serde_json::Value) -> Result<Url, CliError> {
        let pull = spec.pull().ok_or_else(|| CliError::usage(format!("{} cannot be asked", spec.label)))?;
        let root = (auth::service(spec.kind)?.api)(credentials).unwrap_or(pull.api);
        self.context.endpoints.api(spec, root)
    }

    /// The directory behind a stored integration.
    pub(super) fn stored_directory(&self, stored: &Stored) -> Result<Box<dyn Directory>, CliError> {
        let integration = &stored.integration;
        let tokens = (auth::service(&integration.kind)?.tokens)(stored, &self.access)?;
        self.directory(spec(&integration.kind)?, tokens, Some(integration.tenant.clone()), &integration.credentials)
    }
}

/// What the place of the master key depends on.
pub(super) fn surroundings() -> Surroundings {
    Surroundings {
        credentials_directory: environment::variable("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        keyring: Keyring::system(),
    }
}

/// The provider of a stored integration.
pub(super) fn spec(kind: &str) -> Result<&'static ProviderSpec, CliError> {
    provider::find(kind).ok_or_else(|| {
        CliError::usage(format!("this dirsync knows no directories of kind '{kind}'")).hint("update dirsync")
    })
}

impl Context {
    /// Opens the vault, making its key at first use. Fails before anything else is tried.
    pub(super) fn vault(&self, store: &Store, args: &KeyStoreArgs) -> Result<Arc<Vault>, CliError> {
        let (surroundings, choice) = (surroundings(), args.choice()?);
        let vault = Vault::open_or_create(store, &surroundings, choice, self.prompt.allowed(), SystemRandom::new())?;
        Ok(Arc::new(vault))
    }

    /// Opens the vault as it is: no key is made or put right, no place remembered.
    pub(super) fn vault_as_it_is(&self, store: &Store, args: &KeyStoreArgs) -> Result<Arc<Vault>, CliError> {
        let (surroundings, choice) = (surroundings(), args.choice()?);
        let vault = Vault::look(store, &surroundings, choice, self.prompt.allowed(), SystemRandom::new())?;
        Ok(Arc::new(vault))
    }

    /// An integration with its secrets at hand.
    pub(super) fn stored(&self, integration: Integration, vault: &Arc<Vault>) -> Result<Stored, CliError> {
        let store = Arc::new(Mutex::new(self.writer()?));
        Ok(Stored { integration, vault: Arc::clone(vault), store, locks: self.paths.locks.clone() })
    }

    /// The live integration of this name.
    pub(super) fn integration(&self, store: &Store, name: &str) -> Result<Integration, CliError> {
        store.integration(name)?.ok_or_else(|| super::no_integration(store, name))
    }
}
