//! Where dirsync keeps its files. `DIRSYNC_HOME` puts everything in one folder; otherwise XDG on Linux and macOS and the
//! known folders on Windows.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Serialize;

/// An environment, as a look-up: tests bring their own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paths {
    /// Settings, written by hand.
    pub config_file: PathBuf,
    /// The folder of everything below.
    pub data_dir: PathBuf,
    /// The directory itself.
    pub database: PathBuf,
    /// Locks that keep two runs apart.
    pub locks: PathBuf,
    /// Where `--key-store file` keeps the master key unless told otherwise.
    pub key_file: PathBuf,
}

/// There is neither `DIRSYNC_HOME` nor a home directory.
#[derive(Debug, thiserror::Error)]
#[error("this account has no home directory")]
pub struct NoHome;

impl Paths {
    /// The places that `environment` leads to.
    ///
    /// # Errors
    /// Nothing says where home is.
    pub fn locate(environment: Lookup<'_>) -> Result<Self, NoHome> {
        if let Some(home) = folder(environment, "DIRSYNC_HOME") {
            // A relative path would mean another place in every folder; the file system knows which one is meant now.
            let home = std::path::absolute(&home).unwrap_or(home);
            return Ok(Self::in_folders(&home, &home));
        }
        let config = base(environment, "XDG_CONFIG_HOME", ".config", BaseStrategy::config_dir)?;
        let data = base(environment, "XDG_DATA_HOME", ".local/share", BaseStrategy::data_dir)?;
        Ok(Self::in_folders(&config.join("dirsync"), &data.join("dirsync")))
    }

    fn in_folders(config: &Path, data: &Path) -> Self {
        Self {
            config_file: config.join("config.toml"),
            data_dir: data.to_owned(),
            database: data.join("dirsync.db"),
            locks: data.join("locks"),
            key_file: data.join("dirsync.key"),
        }
    }
}

/// XDG says that a relative path in its variables is to be ignored.
fn base(
    environment: Lookup<'_>,
    variable: &str,
    below_home: &str,
    platform: impl Fn(&Platform) -> PathBuf,
) -> Result<PathBuf, NoHome> {
    if let Some(folder) = folder(environment, variable).filter(|folder| cfg!(unix) && folder.is_absolute()) {
        return Ok(folder);
    }
    if let Some(home) = folder(environment, "HOME").filter(|_| cfg!(unix)) {
        return Ok(home.join(below_home));
    }
    Ok(platform(&etcetera::choose_base_strategy().map_err(|_| NoHome)?))
}

#[cfg(windows)]
type Platform = etcetera::base_strategy::Windows;
#[cfg(not(windows))]
type Platform = etcetera::base_strategy::Xdg;

fn folder(environment: Lookup<'_>, variable: &str) -> Option<PathBuf> {
    environment(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use super::*;

    #[cfg(unix)]
    fn located(variables: &[(&str, &str)]) -> Paths {
        let found = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Paths::locate(&found).unwrap()
    }

    #[test]
    #[cfg(unix)]
    fn one_folder_or_the_platforms() {
        let paths = located(&[("DIRSYNC_HOME", "/srv/dirsync"), ("HOME", "/root")]);
        assert_eq!(paths.config_file, Path::new("/srv/dirsync/config.toml"));
        assert_eq!(paths.database, Path::new("/srv/dirsync/dirsync.db"));
        let paths = located(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "/etc/ada"), ("XDG_DATA_HOME", "relative")]);
        assert_eq!(paths.config_file, Path::new("/etc/ada/dirsync/config.toml"));
        assert_eq!(paths.database, Path::new("/home/ada/.local/share/dirsync/dirsync.db"));
    }
}
