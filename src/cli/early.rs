//! What has to be known before the command line is understood: how to show the error if it is not.

use std::ffi::OsString;

use crate::output::Format;
use crate::paths::Lookup;

/// A lenient look at arguments and environment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Early {
    pub(super) format: Option<Format>,
    pub(super) color: Option<String>,
}

impl Early {
    pub(super) fn look(arguments: &[OsString], environment: Lookup<'_>) -> Self {
        let text = |name: &str| environment(name).and_then(|value| value.into_string().ok());
        let mut output = text("DIRSYNC_OUTPUT");
        let mut color = text("DIRSYNC_COLOR");
        let mut words = arguments.iter().skip(1).map(|argument| argument.to_string_lossy());
        while let Some(word) = words.next() {
            if word == "--" {
                break;
            }
            if word == "-o" || word == "--output" {
                output = words.next().map(|value| value.into_owned());
            } else if word == "--color" {
                color = words.next().map(|value| value.into_owned());
            } else if let Some(value) = word.strip_prefix("--output=") {
                output = Some(value.to_owned());
            } else if let Some(value) = word.strip_prefix("--color=") {
                color = Some(value.to_owned());
            } else if let Some(value) = word.strip_prefix("-o") {
                output = Some(value.trim_start_matches('=').to_owned());
            }
        }
        let format = output.and_then(|word| Format::ALL.into_iter().find(|format| format.as_str() == word));
        Self { format, color }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_however_it_is_spelt() {
        let look = |words: &[&str], set: Option<&str>| {
            let arguments: Vec<OsString> =
                std::iter::once("dirsync").chain(words.iter().copied()).map(Into::into).collect();
            let set = set.map(OsString::from);
            Early::look(&arguments, &|name| set.clone().filter(|_| name == "DIRSYNC_OUTPUT")).format
        };
        for words in
            [&["users", "-o", "json"][..], &["-ojson"], &["-o=json"], &["--output=json", "x"], &["--output", "json"]]
        {
            assert_eq!(look(words, None), Some(Format::Json), "{words:?}");
        }
        assert_eq!(look(&["users"], Some("json")), Some(Format::Json));
        assert_eq!(look(&["users", "-o", "csv"], Some("json")), Some(Format::Csv));
        assert_eq!(look(&["query", "--", "-o", "json"], None), None);
    }
}
