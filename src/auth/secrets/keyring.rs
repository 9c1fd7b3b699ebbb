//! The operating system's keyring, treated as what it is: another program that may be absent, locked, or silent for ever.
//! Every call runs on a thread of its own and is given up at a deadline; a thread that hangs dies with the process.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use super::error::KeyStoreError;
use super::key::MasterKey;
use super::key_text;

const SERVICE: &str = "dirsync";
const ACCOUNT: &str = "master-key";
/// Written and deleted again by [`Keyring::probe`].
const CANARY: &str = "probe";

type Open = dyn Fn(&str) -> Result<Entry, KeyStoreError> + Send + Sync;

/// A keyring: the system's, or a double.
#[derive(Clone)]
pub struct Keyring {
    open: Arc<Open>,
    patience: Duration,
    patience_with_people: Duration,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

impl Keyring {
    /// The one of this session: Secret Service, Keychain or Credential Manager. 3 seconds a call; 60 where somebody is
    /// there to unlock it.
    pub fn system() -> Self {
        Self::with(system_entry).patience(Duration::from_secs(3), Duration::from_secs(60))
    }

    /// One that finds its entries by `open` (given the account), for tests.
    pub fn with(open: impl Fn(&str) -> Result<Entry, KeyStoreError> + Send + Sync + 'static) -> Self {
        Self { open: Arc::new(open), patience: Duration::from_secs(3), patience_with_people: Duration::from_secs(3) }
    }

    /// With other deadlines: unattended, and with somebody at the terminal.
    #[must_use]
    pub fn patience(self, unattended: Duration, with_people: Duration) -> Self {
        Self { patience: unattended, patience_with_people: with_people, ..self }
    }

    /// Whether a secret can be written, read back and deleted.
    pub(super) fn probe(&self, interactive: bool) -> Result<(), KeyStoreError> {
        let read = self.call(CANARY, interactive, |entry| {
            entry.set_secret(b"canary")?;
            let read = entry.get_secret()?;
            entry.delete_credential()?;
            Ok(read)
        })?;
        match read.as_deref() {
            Some(b"canary") => Ok(()),
            _ => Err(KeyStoreError::KeyringFailed("it does not give back what was put in".into())),
        }
    }

    /// The master key, if there is one.
    pub(super) fn load(&self, interactive: bool) -> Result<Option<MasterKey>, KeyStoreError> {
        let Some(found) = self.call(ACCOUNT, interactive, |entry| entry.get_secret().map(Zeroizing::new))? else {
            return Ok(None);
        };
        let no_key = |found| KeyStoreError::NotAKey { place: "the keyring".into(), found };
        key_text::read(&found).map(Some).map_err(no_key)
    }

    /// Puts a master key in; what the keyring gives back afterwards is the key, should another process have been quicker.
    pub(super) fn put(&self, key: &MasterKey, interactive: bool) -> Result<MasterKey, KeyStoreError> {
        let text = key_text::write(key);
        // As bytes, since Windows doubles the length of a password; as text, since KWallet keeps nothing else.
        self.call(ACCOUNT, interactive, move |entry| entry.set_secret(text.trim_end().as_bytes()))?;
        let forgot = || KeyStoreError::KeyringFailed("it does not give back what was put in".into());
        self.load(interactive)?.ok_or_else(forgot)
    }

    /// Takes the master key out; that there is none is as good.
    pub(super) fn remove(&self, interactive: bool) -> Result<(), KeyStoreError> {
        self.call(ACCOUNT, interactive, Entry::delete_credential).map(drop)
    }

    /// Does `work` with an entry; `None` if there is no such entry.
    fn call<T: Send + 'static>(
        &self,
        account: &'static str,
        interactive: bool,
        work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<Option<T>, KeyStoreError> {
        let deadline = if interactive { self.patience_with_people } else { self.patience };
        let (open, (done, answer)) = (Arc::clone(&self.open), mpsc::channel());
        // Not tokio's pool: the runtime waits for its threads at the end, and a locked keyring would hold the exit for ever.
        std::thread::Builder::new()
            .name("keyring".into())
            .spawn(move || {
                let result = open(account).and_then(|entry| match work(&entry) {
                    Ok(value) => Ok(Some(value)),
                    Err(Error::NoEntry) => Ok(None),
                    Err(error) => Err(named(&error)),
                });
                // Nobody listens any more after the deadline.
                let _ = done.send(result);
            })
            .map_err(|error| KeyStoreError::KeyringFailed(error.to_string()))?;
        match answer.recv_timeout(deadline) {
            Ok(result) => result,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(KeyStoreError::KeyringTimedOut(deadline.as_secs())),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(KeyStoreError::KeyringFailed("it broke off".into())),
        }
    }
}

fn system_entry(account: &str) -> Result<Entry, KeyStoreError> {
    // The wrapper says only "no default store" later on; the cause is here.
    match keyring::v1::Entry::store_status() {
        Ok(()) => keyring::v1::Entry::new(SERVICE, account).map(|entry| entry.inner).map_err(|error| named(&error)),
        Err(cause) => Err(KeyStoreError::NoKeyring(innermost(cause))),
    }
}

/// What an error of the keyring means. The libraries below differ by platform, so their words have to do.
pub(super) fn named(error: &Error) -> KeyStoreError {
    let words = innermost(error);
    match error {
        // Secret Service without any collection to write to: a server where nobody ever logged in.
        Error::NoStorageAccess(_) if words.contains("result not returned") => {
            KeyStoreError::NoKeyring("its service has no default keyring".into())
        }
        Error::NoStorageAccess(_) => KeyStoreError::KeyringLocked,
        Error::NoDefaultStore => KeyStoreError::NoKeyring("none could be opened".into()),
        Error::PlatformFailure(_)
            if ["ServiceUnknown", "NameHasNoOwner", "Failed to connect", "no secret service", "1312"]
                .iter()
                .any(|sign| words.contains(sign)) =>
        {
            KeyStoreError::NoKeyring(words)
        }
        // These two carry what was found, which is the secret.
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            KeyStoreError::NotAKey { place: "the keyring".into(), found: "something else".into() }
        }
        _ => KeyStoreError::KeyringFailed(words),
    }
}

fn innermost(error: &Error) -> String {
    match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "unreadable content".into(),
        other => other.to_string(),
    }
}
