//! Whether stderr goes to journald, which wants to know how grave a line is and stamps it by itself.

/// Whether stderr is the stream of journald that `stream` (the variable `JOURNAL_STREAM`, see systemd.exec(5)) names by
/// device and inode: whoever inherited the variable may write elsewhere.
#[cfg(unix)]
pub fn under_journald(stream: &str) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    let Some((device, inode)) = stream.split_once(':') else { return false };
    let stderr = std::io::stderr().as_fd().try_clone_to_owned().map(std::fs::File::from);
    stderr
        .and_then(|stderr| stderr.metadata())
        .is_ok_and(|stderr| device.parse() == Ok(stderr.dev()) && inode.parse() == Ok(stderr.ino()))
}

/// There is no journald.
#[cfg(not(unix))]
pub fn under_journald(_: &str) -> bool {
    false
}
