//! Where the master key lives: the four places, chosen once and remembered.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::KeyStoreError;
use super::key::MasterKey;
use super::keyring::Keyring;
use super::{command, key_file, key_text};
use crate::auth::private_file::{self, PrivateFileError};
use crate::store::{Store, StoreError};

/// The name of the systemd credential, and of the key file beside the database.
const KEY_NAME: &str = "dirsync.key";

const SETTING: &str = "key_store";
const SETTING_PLACE: &str = "key_store_place";

/// A place for the master key, as an administrator names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStoreChoice {
    /// The operating system's keyring.
    Keyring,
    /// The systemd credential `dirsync.key`.
    Systemd,
    /// A file; `None` is the one beside the database.
    File(Option<PathBuf>),
    /// What a command prints.
    Command(Vec<String>),
}

/// What the choice depends on and only the caller can know.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// `$CREDENTIALS_DIRECTORY`, where systemd set it.
    pub credentials_directory: Option<PathBuf>,
    /// The keyring to use.
    pub keyring: Keyring,
}

/// A place for the master key, ready to use.
#[derive(Clone, Debug)]
pub enum KeyStore {
    /// The operating system's keyring.
    Keyring(Keyring),
    /// systemd's credentials directory, where there is one.
    Systemd(Option<PathBuf>),
    /// A file.
    File(PathBuf),
    /// What a command prints.
    Command(Vec<String>),
}

impl KeyStoreChoice {
    /// The place that was chosen before.
    pub(super) fn remembered(store: &Store) -> Result<Option<Self>, StoreError> {
        let place = store.setting(SETTING_PLACE)?.filter(|place| !place.is_empty());
        Ok(match store.setting(SETTING)?.as_deref() {
            Some("keyring") => Some(Self::Keyring),
            Some("systemd") => Some(Self::Systemd),
            Some("file") => Some(Self::File(place.map(PathBuf::from))),
            Some("command") => {
                Some(Self::Command(place.and_then(|argv| serde_json::from_str(&argv).ok()).unwrap_or_default()))
            }
            _ => None,
        })
    }

    /// Remembers it.
    pub(super) fn remember(&self, store: &Store) -> Result<(), StoreError> {
        let place = match self {
            Self::File(Some(path)) => path.to_string_lossy().into_owned(),
            Self::Command(argv) => serde_json::to_string(argv).unwrap_or_default(),
            Self::Keyring | Self::Systemd | Self::File(None) => String::new(),
        };
        store.set_setting(SETTING, self.word())?;
        store.set_setting(SETTING_PLACE, &place)
    }

    /// As if none had ever been chosen.
    pub(super) fn forget(store: &Store) -> Result<(), StoreError> {
        store.forget_setting(SETTING)?;
        store.forget_setting(SETTING_PLACE)
    }

    /// Its word on the command line.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Systemd => "systemd",
            Self::File(_) => "file",
            Self::Command(_) => "command",
        }
    }

    /// The place itself; the key file's default is beside `database`.
    pub fn place(&self, surroundings: &Surroundings, database: &Path) -> KeyStore {
        match self {
            Self::Keyring => KeyStore::Keyring(surroundings.keyring.clone()),
            Self::Systemd => KeyStore::Systemd(surroundings.credentials_directory.clone()),
            Self::File(Some(path)) => KeyStore::File(path.clone()),
            Self::File(None) => KeyStore::File(database.with_file_name(KEY_NAME)),
            Self::Command(argv) => KeyStore::Command(argv.clone()),
        }
    }
}

impl KeyStore {
    /// Whether it works: a keyring is tried by writing, reading and deleting something; the others by reading the key,
    /// whose absence is no fault before the first secret.
    ///
    /// # Errors
    /// Why it does not.
    pub fn probe(&self, interactive: bool) -> Result<(), KeyStoreError> {
        match self {
            Self::Keyring(keyring) => keyring.probe(interactive),
            _ => self.load(interactive).map(|_| ()),
        }
    }

    /// The key that is there, if any.
    pub(super) fn load(&self, interactive: bool) -> Result<Option<MasterKey>, KeyStoreError> {
        match self {
            Self::Keyring(keyring) => keyring.load(interactive),
            Self::Systemd(None) => Ok(None),
            Self::Systemd(Some(directory)) => credential(&directory.join(KEY_NAME)),
            Self::File(path) => key_file::load(path),
            Self::Command(argv) => {
                // Somebody at the terminal may have to touch a key or type a passphrase first.
                command::load(argv, Duration::from_secs(if interactive { 60 } else { 10 })).map(Some)
            }
        }
    }

    /// Puts a key there, where that is ours to do and none is; returns the key that is there afterwards.
    pub(super) fn put(&self, key: MasterKey, interactive: bool) -> Result<MasterKey, KeyStoreError> {
        match self {
            Self::Keyring(keyring) => {
                keyring.probe(interactive)?;
                match keyring.load(interactive)? {
                    Some(there) => Ok(there),
                    None => keyring.put(&key, interactive),
                }
            }
            Self::File(path) => key_file::put(path, key),
            Self::Systemd(_) | Self::Command(_) => Err(self.absent()),
        }
    }

    /// Puts a key there in the place of another.
    pub(super) fn replace(&self, key: &MasterKey, interactive: bool) -> Result<(), KeyStoreError> {
        match self {
            Self::Keyring(keyring) => keyring.put(key, interactive).map(drop),
            Self::File(path) => key_file::replace(path, key),
            Self::Systemd(_) | Self::Command(_) => Err(KeyStoreError::NotOurs { place: self.to_string() }),
        }
    }

    /// Takes the key away.
    pub(super) fn remove(&self, interactive: bool) -> Result<(), KeyStoreError> {
        match self {
            Self::Keyring(keyring) => keyring.remove(interactive),
            Self::File(path) => key_file::remove(path),
            Self::Systemd(_) | Self::Command(_) => Err(KeyStoreError::NotOurs { place: self.to_string() }),
        }
    }

    /// Whether dirsync itself may write the key there.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::Keyring(_) | Self::File(_))
    }

    /// That there is no key, where there has to be one.
    pub(super) fn absent(&self) -> KeyStoreError {
        match self {
            Self::Keyring(_) => KeyStoreError::KeyringEmpty,
            Self::Systemd(directory) => KeyStoreError::CredentialAbsent { directory: directory.clone() },
            Self::File(path) => KeyStoreError::FileAbsent(path.clone()),
            Self::Command(argv) => KeyStoreError::CommandFailed {
                program: argv.first().cloned().unwrap_or_default(),
                reason: "it prints no key".into(),
            },
        }
    }

    /// Whether `other` is the same place.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Keyring(_), Self::Keyring(_)) | (Self::Systemd(_), Self::Systemd(_)) => true,
            (Self::File(one), Self::File(other)) => one == other,
            (Self::Command(one), Self::Command(other)) => one == other,
            _ => false,
        }
    }
}

impl std::fmt::Display for KeyStore {
    /// What people call it; a command by its first word, since arguments can tell too much.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keyring(_) => f.write_str("the keyring"),
            Self::Systemd(_) => f.write_str("the systemd credential dirsync.key"),
            Self::File(path) => f.write_str(&key_file::place(path)),
            Self::Command(argv) => write!(f, "the key command '{}'", argv.first().map_or("", String::as_str)),
        }
    }
}

/// A systemd credential. Its mode is systemd's business: with `User=` it shows an access list as group bits.
fn credential(path: &Path) -> Result<Option<MasterKey>, KeyStoreError> {
    let content = match private_file::read(path) {
        Ok((content, _)) => content,
        Err(PrivateFileError::Absent(_)) => return Ok(None),
        Err(error) => {
            return Err(KeyStoreError::FileUnusable { path: path.to_owned(), reason: error.to_string() });
        }
    };
    let place = "the systemd credential dirsync.key".to_owned();
    key_text::read(&content).map(Some).map_err(|found| KeyStoreError::NotAKey { place, found })
}
