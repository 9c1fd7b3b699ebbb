//! cron: one line between two marks in the user's crontab, or a file in /etc/cron.d. cron mails whatever is said, and that
//! is nothing unless something is wrong.

use super::job::{ARGUMENTS, Job, MARK};

const BEGIN: &str = "# BEGIN dirsync. ";
const END: &str = "# END dirsync";

/// The line without its user.
fn command(job: &Job) -> Result<String, String> {
    // Through env, for whoever sets SHELL in a crontab may have chosen one that knows no assignments.
    let mut words = vec!["/usr/bin/env".to_owned()];
    words.extend(job.environment.iter().map(|(name, value)| format!("{name}={}", quoted(value))));
    words.push(quoted(&job.program));
    words.extend(ARGUMENTS.map(str::to_owned));
    let line = words.join(" ");
    let given = job.environment.iter().map(|(_, value)| value).chain([&job.program]);
    if given.into_iter().any(|text| text.contains('\\')) {
        return Err("a path has a backslash in it, which not every cron leaves alone".into());
    }
    // An unescaped % would end the command.
    Ok(line.replace('%', "\\%"))
}

/// For the shell, whatever it holds.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What stands in the user's crontab.
pub(super) fn block(job: &Job) -> Result<String, String> {
    Ok(format!("{BEGIN}{MARK}\n{} {}\n{END}\n", job.every.cron(), command(job)?))
}

/// `/etc/cron.d/dirsync`.
pub(super) fn file(job: &Job) -> Result<String, String> {
    let user = match &job.user {
        None => "root",
        Some((_, Some(name))) => name,
        Some((number, None)) => return Err(format!("the owner of {} (user {number}) has no name", job.data)),
    };
    Ok(format!("# {MARK}\n{} {user} {}\n", job.every.cron(), command(job)?))
}

/// `crontab` with `block` in it once, everything else byte for byte as it was.
pub(super) fn with_block(crontab: &str, block: &str) -> String {
    match ours(crontab) {
        Some((begin, end)) => format!("{}{block}{}", &crontab[..begin], &crontab[end..]),
        None if crontab.is_empty() || crontab.ends_with('\n') => format!("{crontab}{block}"),
        // cron ignores a last line without its end.
        None => format!("{crontab}\n{block}"),
    }
}

/// `crontab` without ours.
pub(super) fn without_block(crontab: &str) -> String {
    match ours(crontab) {
        Some((begin, end)) => format!("{}{}", &crontab[..begin], &crontab[end..]),
        None => crontab.to_owned(),
    }
}

/// What stands between the marks, marks included.
pub(super) fn found(crontab: &str) -> Option<&str> {
    ours(crontab).map(|(begin, end)| &crontab[begin..end])
}

fn ours(crontab: &str) -> Option<(usize, usize)> {
    let at_line = |at: &usize| *at == 0 || crontab.as_bytes()[at - 1] == b'\n';
    let begin = crontab.match_indices(BEGIN).map(|(at, _)| at).find(at_line)?;
    let line = format!("{END}\n");
    let end = crontab[begin..].match_indices(&line).map(|(at, _)| begin + at).find(at_line)?;
    Some((begin, end + line.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::job::{Scope, example};
    use super::*;

    #[test]
    fn a_line_of_absolute_paths_in_which_nothing_is_expanded() {
        insta::assert_snapshot!("crontab", block(&example(Scope::User)).unwrap());
        insta::assert_snapshot!("cron_d", file(&example(Scope::System)).unwrap());
        let odd = Job { program: "/opt/a\\b".into(), ..example(Scope::User) };
        assert!(block(&odd).is_err());
        let nameless = Job { user: Some((995, None)), ..example(Scope::System) };
        assert!(file(&nameless).is_err());
    }

    #[test]
    fn a_broken_pair_of_marks_is_not_ours() {
        let text = "# BEGIN dirsync. x\n0 * * * * other\n";
        assert_eq!((found(text), &*without_block(text)), (None, text));
        assert_eq!(found("x # BEGIN dirsync. \n# END dirsync\n"), None);
    }

    proptest! {
        #[test]
        fn everything_else_stays_byte_for_byte(before in "([ -~]{0,20}\n){0,4}", after in "([ -~]{0,20}\n){0,4}") {
            let block = block(&example(Scope::User)).unwrap();
            let other = format!("{before}{after}");
            let once = with_block(&other, &block);
            prop_assert_eq!(with_block(&once, &block), once.clone());
            prop_assert_eq!(without_block(&once), other.clone());
            // Wherever the user has put it meanwhile, it is replaced there.
            let moved = format!("{before}{}{after}", block.replace("*/15", "*/5"));
            prop_assert_eq!(with_block(&moved, &block), format!("{before}{block}{after}"));
            prop_assert_eq!(without_block(&moved), other);
        }
    }
}
