//! The vault with every place for its key: first use, second use, and each way to lose it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Error, mock};
use ring::rand::SystemRandom;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use super::key::MasterKey;
use super::*;
use crate::model::IntegrationId;
use crate::store::{Store, StoreError};

struct Home {
    folder: TempDir,
    store: Store,
    corp: IntegrationId,
    keyring: Arc<mock::Store>,
    surroundings: Surroundings,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dirsync.db")).unwrap();
        let corp = store.add_integration_for_tests("corp");
        let keyring = mock::Store::new().unwrap();
        let double = Arc::clone(&keyring);
        let open = move |account: &str| double.build("dirsync", account, None).map_err(|error| keyring::named(&error));
        let surroundings = Surroundings { credentials_directory: None, keyring: Keyring::with(open) };
        Self { folder, store, corp, keyring, surroundings }
    }

    fn open(&self, choice: Option<KeyStoreChoice>) -> Result<Vault, KeyStoreError> {
        Vault::open_or_create(&self.store, &self.surroundings, choice, false, SystemRandom::new())
    }

    fn look(&self, choice: Option<KeyStoreChoice>) -> Result<Vault, KeyStoreError> {
        Vault::look(&self.store, &self.surroundings, choice, false, SystemRandom::new())
    }

    fn seal(&self, vault: &Vault) {
        vault
            .seal(&self.store, self.corp, kind::REFRESH_TOKEN, &SecretString::from("1//r"), Timestamp::UNIX_EPOCH)
            .unwrap();
    }

    fn opened(&self, vault: &Vault) -> String {
        vault.open(&self.store, self.corp, kind::REFRESH_TOKEN).unwrap().unwrap().expose_secret().to_owned()
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("dirsync.key")
    }

    fn in_keyring(&self) -> keyring_core::Entry {
        self.keyring.build("dirsync", "master-key", None).unwrap()
    }
}

fn file() -> Option<KeyStoreChoice> {
    Some(KeyStoreChoice::File(None))
}

#[test]
fn the_keyring_is_the_default_and_is_remembered() {
    let home = Home::new();
    home.seal(&home.open(None).unwrap());
    let key = home.in_keyring().get_secret().unwrap();
    assert_eq!(key.len(), 44, "base64 text");
    assert_eq!(home.store.setting("key_store").unwrap().as_deref(), Some("keyring"));
    let vault = home.open(None).unwrap();
    assert_eq!(home.opened(&vault), "1//r");
    assert!(!format!("{vault:?}").contains(std::str::from_utf8(&key).unwrap()));
    // Nothing of the probe is left behind.
    assert!(matches!(home.keyring.build("dirsync", "probe", None).unwrap().get_secret(), Err(Error::NoEntry)));
}

#[test]
fn an_empty_keyring_is_a_first_use_only_while_nothing_is_sealed() {
    let home = Home::new();
    home.open(None).unwrap();
    home.in_keyring().delete_credential().unwrap();
    home.seal(&home.open(None).unwrap());
    home.in_keyring().delete_credential().unwrap();
    let error = home.open(None).unwrap_err();
    assert!(matches!(error, KeyStoreError::KeyringEmpty), "{error}");
    assert!(error.to_string().contains("another user or session?"));

    home.in_keyring().set_secret("A".repeat(43).as_bytes()).unwrap();
    assert!(matches!(home.open(None), Err(KeyStoreError::AnotherKey { .. })));
    home.in_keyring().set_secret(b"hunter2").unwrap();
    let error = home.open(None).unwrap_err();
    assert!(matches!(error, KeyStoreError::NotAKey { .. }) && !error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn each_fault_of_a_keyring_has_its_own_name() {
    type Fault = fn() -> Error;
    type Expected = fn(&KeyStoreError) -> bool;
    let cases: [(Fault, Expected); 5] = [
        (
            || Error::NoStorageAccess("SS error: prompt dismissed".into()),
            |error| matches!(error, KeyStoreError::KeyringLocked),
        ),
        (
            || Error::NoStorageAccess("SS error: result not returned from SS API".into()),
            |error| matches!(error, KeyStoreError::NoKeyring(_)),
        ),
        (
            || Error::PlatformFailure("zbus error: Failed to connect to address `unix:path=/run/user/0/bus`".into()),
            |error| matches!(error, KeyStoreError::NoKeyring(_)),
        ),
        (|| Error::PlatformFailure("disk on fire".into()), |error| matches!(error, KeyStoreError::KeyringFailed(_))),
        (|| Error::BadEncoding(b"top-secret".to_vec()), |error| matches!(error, KeyStoreError::NotAKey { .. })),
    ];
    for (fault, expected) in cases {
        let home = Home::new();
        let entry = home.in_keyring();
        entry.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(fault());
        let error = home.open(None).unwrap_err();
        assert!(expected(&error), "{error:?}");
        assert!(!error.hint().is_empty() && !format!("{error:?}").contains("top-secret"));
        assert_eq!(home.store.setting("key_store").unwrap(), None, "a failed choice is not remembered");
    }
}

#[test]
fn a_keyring_that_never_answers_is_given_up_and_holds_nothing() {
    static HANGS: AtomicBool = AtomicBool::new(false);
    let home = Home::new();
    let hanging = Keyring::with(|_| {
        HANGS.store(true, Ordering::SeqCst);
        loop {
            std::thread::park();
        }
    })
    .patience(Duration::from_millis(50), Duration::from_secs(60));
    let surroundings = Surroundings { credentials_directory: None, keyring: hanging };
    let error = Vault::open_or_create(&home.store, &surroundings, None, false, SystemRandom::new()).unwrap_err();
    assert!(matches!(error, KeyStoreError::KeyringTimedOut(_)), "{error}");
    assert!(HANGS.load(Ordering::SeqCst));
    assert!(error.hint().iter().any(|way| way.contains("--key-store file")));
}

#[test]
fn a_keyring_that_forgets_is_found_out_before_anything_is_sealed() {
    let fresh = Keyring::with(|account| {
        // A new store each time: what is set is gone at once.
        mock::Store::new().unwrap().build("dirsync", account, None).map_err(|error| keyring::named(&error))
    });
    let home = Home::new();
    let surroundings = Surroundings { credentials_directory: None, keyring: fresh };
    let error = Vault::open_or_create(&home.store, &surroundings, None, false, SystemRandom::new()).unwrap_err();
    assert!(matches!(error, KeyStoreError::KeyringFailed(_)), "{error}");
}

#[cfg(unix)]
#[test]
fn a_key_file_is_private_and_a_loose_one_is_refused_with_the_command() {
    use std::fs::{Permissions, metadata, read, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.seal(&home.open(file()).unwrap());
    assert_eq!(metadata(home.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r");
    assert_eq!(home.opened(&home.open(file()).unwrap()), "1//r");

    set_permissions(home.file(), Permissions::from_mode(0o640)).unwrap();
    let error = home.open(None).unwrap_err();
    assert!(matches!(error, KeyStoreError::FileLoose { mode: 0o640, .. }), "{error}");
    assert_eq!(error.hint(), [format!("chmod 600 {}", home.file().display())]);
    set_permissions(home.file(), Permissions::from_mode(0o600)).unwrap();

    let key = read(home.file()).unwrap();
    write(home.file(), &key[..20]).unwrap();
    assert!(matches!(home.open(None), Err(KeyStoreError::NotAKey { .. })));
    std::fs::remove_file(home.file()).unwrap();
    assert!(matches!(home.open(None), Err(KeyStoreError::FileAbsent(_))));
    assert!(!home.file().exists(), "no new key beside sealed secrets");
    // A key put back in another place, by hand.
    let moved = home.folder.path().join("else where.key");
    write(&moved, &key).unwrap();
    set_permissions(&moved, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(home.opened(&home.open(Some(KeyStoreChoice::File(Some(moved)))).unwrap()), "1//r");
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r", "the new place is remembered");
}

#[test]
fn a_key_file_is_never_replaced_and_a_missing_folder_is_said() {
    let home = Home::new();
    let random = SystemRandom::new();
    let first = key_file::put(&home.file(), MasterKey::generate(&random).unwrap()).unwrap();
    assert_eq!(key_file::put(&home.file(), MasterKey::generate(&random).unwrap()).unwrap().id(), first.id());
    let lost = Some(KeyStoreChoice::File(Some("/nonexistent/dirsync.key".into())));
    assert!(matches!(home.open(lost), Err(KeyStoreError::FileUnusable { .. })));
    let leftovers = std::fs::read_dir(home.folder.path()).unwrap().flatten();
    assert_eq!(leftovers.filter(|entry| entry.file_name().to_string_lossy().contains(".key")).count(), 1);
}

#[test]
fn another_place_is_refused_while_secrets_are_sealed() {
    let home = Home::new();
    home.open(None).unwrap();
    home.seal(&home.open(file()).unwrap());
    let error = home.open(Some(KeyStoreChoice::Keyring)).unwrap_err();
    assert!(matches!(error, KeyStoreError::OtherPlace { .. }), "{error}");
    assert_eq!(error.hint().len(), 2);
    let error = home.open(Some(KeyStoreChoice::Systemd)).unwrap_err();
    assert!(matches!(error, KeyStoreError::OtherPlace { .. }), "{error}");
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r");
}

#[test]
fn systemd_gives_the_key_or_says_how_it_would() {
    let mut home = Home::new();
    let systemd = Some(KeyStoreChoice::Systemd);
    let error = home.open(systemd.clone()).unwrap_err();
    assert!(matches!(error, KeyStoreError::CredentialAbsent { directory: None }), "{error}");
    let credentials = tempfile::tempdir().unwrap();
    home.surroundings.credentials_directory = Some(credentials.path().to_owned());
    let error = home.open(systemd.clone()).unwrap_err();
    assert!(error.to_string().contains("no systemd credential dirsync.key in"), "{error}");
    // World-readable on purpose: the mode of a credential is systemd's business.
    std::fs::write(credentials.path().join("dirsync.key"), "ab".repeat(32)).unwrap();
    home.seal(&home.open(systemd).unwrap());
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r");
}

#[cfg(unix)]
#[test]
fn a_command_gives_the_key_and_its_complaints_stay_out_of_it() {
    let home = Home::new();
    let shell = |script: &str| Some(KeyStoreChoice::Command(vec!["sh".into(), "-c".into(), script.into()]));
    let key = "ab".repeat(32);
    let error = home.open(shell("echo locked >&2; exit 3")).unwrap_err();
    assert_eq!(error.to_string(), "the key command 'sh' failed: exit code 3 (locked)");
    let error = home.open(shell("echo hunter2")).unwrap_err();
    assert!(matches!(error, KeyStoreError::NotAKey { .. }) && !error.to_string().contains("hunter2"), "{error}");
    assert!(matches!(home.open(Some(KeyStoreChoice::Command(vec![]))), Err(KeyStoreError::CommandFailed { .. })));
    let absent = Some(KeyStoreChoice::Command(vec!["/nonexistent/pass".into()]));
    assert!(matches!(home.open(absent), Err(KeyStoreError::CommandFailed { .. })));

    home.seal(&home.open(shell(&format!("echo warning >&2; echo {key}"))).unwrap());
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r");
    for silent in ["sleep 5", "echo ab; sleep 5 & exec sleep 5"] {
        let argv = ["sh", "-c", silent].map(str::to_owned);
        let error = command::load(&argv, Duration::from_millis(200)).unwrap_err();
        assert!(error.to_string().contains("no key within"), "{error}");
    }
}

#[test]
fn a_damaged_or_foreign_secret_is_not_opened() {
    let home = Home::new();
    let vault = home.open(file()).unwrap();
    home.seal(&vault);
    let good = home.store.secret(home.corp, kind::REFRESH_TOKEN).unwrap().unwrap();
    let elsewhere = home.store.add_integration_for_tests("other");
    home.store.put_secret(elsewhere, kind::REFRESH_TOKEN, &good, "2026-11-24T08:00:00Z").unwrap();
    let error = vault.open(&home.store, elsewhere, kind::REFRESH_TOKEN).unwrap_err();
    assert!(matches!(error, KeyStoreError::Damaged { .. }), "copied between integrations: {error}");
    assert_eq!(crate::model::Failure::from(error).kind, crate::model::FailureKind::SignInNeeded);

    let foreign = crate::store::SealedSecret { key_id: "0123456789abcdef".into(), ..good };
    home.store.set_setting("key_id", &foreign.key_id).unwrap();
    home.store.put_secret(home.corp, kind::REFRESH_TOKEN, &foreign, "2026-11-24T08:00:00Z").unwrap();
    let error = vault.open(&home.store, home.corp, kind::REFRESH_TOKEN).unwrap_err();
    assert!(matches!(error, KeyStoreError::AnotherKey { .. }), "{error}");
    assert!(vault.open(&home.store, home.corp, kind::CLIENT_SECRET).unwrap().is_none());
}

#[test]
#[ignore = "writes to the real keyring of this session: .ci/run starts one of its own"]
fn the_systems_keyring_keeps_a_key() {
    let keyring = Keyring::system();
    keyring.probe(false).unwrap();
    let made = keyring.put(&MasterKey::generate(&SystemRandom::new()).unwrap(), false).unwrap();
    assert_eq!(keyring.load(false).unwrap().unwrap().id(), made.id());
}

#[test]
fn probing_tries_a_keyring_by_writing() {
    let home = Home::new();
    let place = KeyStoreChoice::Keyring.place(&home.surroundings, Path::new("/x/dirsync.db"));
    place.probe(false).unwrap();
    let canary = home.keyring.build("dirsync", "probe", None).unwrap();
    canary.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(Error::NoStorageAccess("locked".into()));
    assert!(matches!(place.probe(false), Err(KeyStoreError::KeyringLocked)));
    KeyStoreChoice::File(None).place(&home.surroundings, Path::new("/x/dirsync.db")).probe(false).unwrap();
}

#[test]
fn the_key_moves_with_what_it_opens_and_leaves_nothing_behind() {
    let home = Home::new();
    home.seal(&home.open(file()).unwrap());
    let move_to =
        |to: KeyStoreChoice, keep| move_key(&home.store, &home.surroundings, &to, keep, false, SystemRandom::new());
    assert_eq!(move_to(KeyStoreChoice::Keyring, true).unwrap(), Former::Kept);
    assert!(home.file().exists());
    assert_eq!(move_to(KeyStoreChoice::File(None), false).unwrap(), Former::Removed);
    assert!(matches!(home.in_keyring().get_secret(), Err(Error::NoEntry)));
    assert_eq!(move_to(KeyStoreChoice::File(None), false).unwrap(), Former::Same);
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r");
    // Where another key is, nothing is moved; where others have to put it, it has to be there.
    home.in_keyring().set_secret("ab".repeat(32).as_bytes()).unwrap();
    assert!(matches!(move_to(KeyStoreChoice::Keyring, false), Err(KeyStoreError::AnotherKey { .. })));
    assert!(matches!(move_to(KeyStoreChoice::Systemd, false), Err(KeyStoreError::CredentialAbsent { .. })));
    let prints = KeyStoreChoice::Command(vec!["cat".into(), home.file().to_str().unwrap().into()]);
    assert_eq!(move_to(prints, true).unwrap(), Former::Kept);
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r");
}

#[test]
fn a_new_key_takes_over_even_if_the_power_goes_in_between() {
    let mut home = Home::new();
    let old = home.open(file()).unwrap();
    home.seal(&old);
    let (before, random) = (std::fs::read(home.file()).unwrap(), SystemRandom::new());
    rotate(&mut home.store, &home.surroundings, false, random.clone()).unwrap();
    let after = std::fs::read(home.file()).unwrap();
    assert_ne!(before, after);
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r");
    assert_eq!(home.store.setting("next_key").unwrap(), None);
    // Whoever still has the old key can neither read nor write.
    assert!(old.open(&home.store, home.corp, kind::REFRESH_TOKEN).is_err());
    let sealed = old.seal(&home.store, home.corp, kind::CLIENT_SECRET, &SecretString::from("x"), Timestamp::UNIX_EPOCH);
    assert!(matches!(sealed, Err(KeyStoreError::Store(StoreError::KeyReplaced))), "{sealed:?}");

    // Stored, but the key was not yet in its place: the next use puts it there.
    let next = home.open(None).unwrap();
    let carried = MasterKey::from_slice(&key_text::read(&before).unwrap().bytes()[..]).unwrap();
    let sealed = carried.seal(IntegrationId(0), "next_key", next.key().bytes(), &random).unwrap();
    home.store.set_setting("next_key", &key_text::hexadecimal(&sealed)).unwrap();
    std::fs::write(home.file(), &before).unwrap();
    // Whoever only looks can read, and leaves it so.
    assert_eq!(home.opened(&home.look(None).unwrap()), "1//r");
    assert_eq!(std::fs::read(home.file()).unwrap(), before);
    assert_eq!(home.opened(&home.open(None).unwrap()), "1//r");
    assert_eq!(std::fs::read(home.file()).unwrap(), after);
}

#[test]
fn whoever_only_looks_makes_no_key_and_remembers_no_place() {
    let home = Home::new();
    assert!(matches!(home.look(file()), Err(KeyStoreError::FileAbsent(_))));
    assert!(matches!(home.look(None), Err(KeyStoreError::KeyringEmpty)));
    assert!(!home.file().exists() && home.in_keyring().get_secret().is_err());
    assert_eq!(home.store.setting("key_store").unwrap(), None);
    home.seal(&home.open(file()).unwrap());
    // The same key by another way in is as good, and no reason to look for it there from now on.
    home.in_keyring().set_secret(std::fs::read_to_string(home.file()).unwrap().trim().as_bytes()).unwrap();
    assert_eq!(home.opened(&home.look(Some(KeyStoreChoice::Keyring)).unwrap()), "1//r");
    assert_eq!(home.store.setting("key_store").unwrap().as_deref(), Some("file"));
}

#[test]
fn a_key_travels_under_a_passphrase() {
    let (home, other) = (Home::new(), Home::new());
    let vault = home.open(file()).unwrap();
    home.seal(&vault);
    let passphrase = SecretString::from("correct horse");
    carry_key(&home.store, &vault, &passphrase, &SystemRandom::new()).unwrap();
    assert!(carries_key(&home.store).unwrap());
    let database = other.store.path();
    let unpack = |passphrase: &str| {
        let passphrase = SecretString::from(passphrase);
        unpack_key(&home.store, &other.surroundings, Some(KeyStoreChoice::Keyring), &passphrase, database, false)
    };
    assert!(matches!(unpack("wrong"), Err(KeyStoreError::WrongPassphrase)));
    unpack("correct horse").unwrap();
    assert!(!carries_key(&home.store).unwrap());
    let there = Vault::open_or_create(&home.store, &other.surroundings, None, false, SystemRandom::new()).unwrap();
    assert_eq!(home.opened(&there), "1//r");
}
