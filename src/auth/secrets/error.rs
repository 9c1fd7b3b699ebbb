//! Why secrets cannot be used, each cause with a sentence and the ways out of its own.

use std::path::PathBuf;

use crate::auth::private_file::tighten;
use crate::model::{Failure, FailureKind, IntegrationId};
use crate::store::StoreError;

/// The two ways to live without a keyring.
const WITHOUT_KEYRING: [&str; 2] = [
    "`--key-store file` keeps the master key in a file (mode 0600) beside the database; it works under cron and SSH",
    "`--key-store systemd` takes it from a systemd credential named dirsync.key (systemd-creds encrypt, LoadCredentialEncrypted=)",
];

/// What is left when the key is gone.
const LOST: &str =
    "if the key is lost for good: `dirsync secrets reset` forgets what it sealed, then `dirsync reauth NAME`";

/// A failure of the secret store.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// There is no keyring service here.
    #[error("this session has no keyring service ({0})")]
    NoKeyring(String),
    /// There is one, but it is locked and nobody unlocked it.
    #[error("the keyring is locked")]
    KeyringLocked,
    /// It did not answer: usually a dialog that nobody sees.
    #[error("the keyring did not answer within {0} seconds (it is probably locked, and asks where nobody looks)")]
    KeyringTimedOut(u64),
    /// Anything else that it said.
    #[error("the keyring failed: {0}")]
    KeyringFailed(String),
    /// Secrets are stored, but their key is not where it was put.
    #[error("the keyring holds no key of dirsync, though secrets are stored: another user or session?")]
    KeyringEmpty,
    /// A key is there, but it is not the one that sealed the secrets.
    #[error("{place} holds another key than the one that the stored secrets are sealed with")]
    AnotherKey {
        /// Where it was found.
        place: String,
    },
    /// The key file is not there.
    #[error("the key file {} does not exist", .0.display())]
    FileAbsent(PathBuf),
    /// Others may read it.
    #[error("the key file {} can be read by other users of this machine (mode {mode:04o})", path.display())]
    FileLoose {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It cannot be read or written.
    #[error("the key file {} cannot be used: {reason}", path.display())]
    FileUnusable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// What is there is no key.
    #[error("{place} holds no 32-byte key (found {found})")]
    NotAKey {
        /// Where it was found.
        place: String,
        /// What was found, by length.
        found: String,
    },
    /// systemd gave this process no credential.
    #[error("{}", match directory {
        Some(directory) => format!("there is no systemd credential dirsync.key in {}", directory.display()),
        None => "this process was given no systemd credentials (it was not started by a unit that has them)".to_owned(),
    })]
    CredentialAbsent {
        /// `$CREDENTIALS_DIRECTORY`, where it is set.
        directory: Option<PathBuf>,
    },
    /// The command gave no key.
    #[error("the key command '{program}' failed: {reason}")]
    CommandFailed {
        /// Its first word.
        program: String,
        /// What happened.
        reason: String,
    },
    /// Another place was asked for than where the key of the stored secrets is.
    #[error("the key of the stored secrets is in {remembered}, and {asked} does not hold the same key")]
    OtherPlace {
        /// Where it is.
        remembered: String,
        /// Where it was looked for.
        asked: String,
    },
    /// A place that others fill: systemd's or a command's.
    #[error("{place} is not for dirsync to write")]
    NotOurs {
        /// Which.
        place: String,
    },
    /// The file that should hold a passphrase cannot be used.
    #[error("no passphrase: {reason}")]
    NoPassphrase {
        /// Why.
        reason: String,
        /// The command that mends it, where there is one.
        remedy: Option<String>,
    },
    /// The passphrase does not open the key of a backup.
    #[error("that is not the passphrase of this backup")]
    WrongPassphrase,
    /// What should be a sealed key is none.
    #[error("the sealed key in this backup is damaged")]
    DamagedKey,
    /// A sealed secret does not open.
    #[error("the stored {kind} of integration {integration} is damaged")]
    Damaged {
        /// Whose.
        integration: IntegrationId,
        /// Which.
        kind: String,
    },
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    NoRandomness,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyStoreError {
    /// The ways out, one a line.
    pub fn hint(&self) -> Vec<String> {
        let lines = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        match self {
            Self::NoKeyring(_) | Self::KeyringFailed(_) => lines(&WITHOUT_KEYRING),
            Self::KeyringLocked | Self::KeyringTimedOut(_) => {
                let mut ways =
                    lines(&["unlock it (log in to the desktop, or run this in its terminal); or do without it:"]);
                ways.extend(lines(&WITHOUT_KEYRING));
                ways
            }
            Self::KeyringEmpty => lines(&[
                "run dirsync as the user who added the integrations, in that user's session (cron and sudo have another)",
                LOST,
            ]),
            Self::AnotherKey { .. } => {
                lines(&["put the former key back, or restore the database that belongs to this key", LOST])
            }
            Self::FileAbsent(path) => vec![
                format!("put the key back at {}, from where it was copied to", path.display()),
                "if it moved: `--key-store file --key-file PATH`".to_owned(),
                LOST.to_owned(),
            ],
            Self::FileLoose { path, .. } => vec![tighten(path)],
            Self::FileUnusable { .. } => lines(&["`--key-file PATH` keeps it in another place"]),
            Self::NotAKey { .. } => {
                lines(&["a key is 32 random bytes, raw, base64 or hexadecimal: `openssl rand -base64 32` makes one"])
            }
            Self::CredentialAbsent { .. } => lines(&[
                "make it: `openssl rand -base64 32 | systemd-creds encrypt --name=dirsync.key - /etc/credstore.encrypted/dirsync.key`",
                "give it to the unit: `LoadCredentialEncrypted=dirsync.key` (cron has no credentials: use a timer, or `--key-store file`)",
            ]),
            Self::CommandFailed { .. } => lines(&[
                "it must print the 32-byte key (raw, base64 or hexadecimal) within 10 seconds and exit with 0; run it by hand",
            ]),
            Self::OtherPlace { remembered, asked } => vec![
                format!("go on with {remembered}: leave --key-store (DIRSYNC_KEY_STORE) away"),
                format!("or copy the key itself to {asked} first; once it holds the same key, it is used from then on"),
            ],
            Self::NotOurs { .. } => {
                lines(&["`dirsync secrets move --to file` brings the key to a place that is, and back afterwards"])
            }
            Self::NoPassphrase { remedy, .. } => remedy.iter().cloned().collect(),
            Self::WrongPassphrase => {
                lines(&["without it, `dirsync restore --without-secrets` restores all but the sign-ins"])
            }
            Self::DamagedKey => lines(&["`dirsync restore --without-secrets` restores all but the sign-ins"]),
            Self::Damaged { .. } => lines(&["`dirsync reauth NAME` stores it anew"]),
            Self::NoRandomness | Self::Store(_) => Vec::new(),
        }
    }
}

impl From<KeyStoreError> for Failure {
    fn from(error: KeyStoreError) -> Self {
        let kind = match &error {
            KeyStoreError::Damaged { .. } => FailureKind::SignInNeeded,
            KeyStoreError::Store(StoreError::Locked) => FailureKind::Temporary,
            _ => FailureKind::Misconfigured,
        };
        let failure = Self::new(kind, error.to_string());
        match error.hint() {
            hints if hints.is_empty() => failure,
            hints => failure.hint(hints.join("\n")),
        }
    }
}
