//! Writing a setting into config.toml, when the user agrees.

use std::fs;
use std::io::Write;

use super::{CliError, Context, ErrorKind};
use crate::store::make_private_folder;

/// Offers to remember `value` as `setting`; a file by where it is from everywhere.
pub(super) fn offer(context: &Context, setting: &str, value: &str, file_name: bool) -> Result<(), CliError> {
    let file = &context.paths.config_file;
    let question = format!("Remember it as {setting} in {}?", file.display());
    if !context.prompt.confirm(&question, "config.toml", true)? {
        return Ok(());
    }
    let absolute = std::path::absolute(value).ok().filter(|_| file_name).map(|path| path.display().to_string());
    write(context, setting, absolute.as_deref().unwrap_or(value)).map_err(|error| {
        CliError::new(ErrorKind::Failed, format!("cannot write {}: {error}", file.display()))
            .hint("answer no, or mend the folder's permissions")
    })
}

/// A new first line: valid TOML whatever tables follow, and the rest of the file stays as the user wrote it.
fn write(context: &Context, setting: &str, value: &str) -> std::io::Result<()> {
    let file = &context.paths.config_file;
    let folder = file.parent().unwrap_or(file);
    make_private_folder(folder)?;
    let rest = match fs::read_to_string(file) {
        Ok(rest) => rest,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    write!(fresh, "{setting} = {}\n{rest}", toml::Value::from(value))?;
    fresh.as_file().sync_all()?;
    fresh.persist(file)?;
    Ok(())
}
