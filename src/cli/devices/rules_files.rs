//! `dirsync devices rules add`, `edit`, `export` and `import`: rules as TOML, in and out.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::rules::{asked, change, mark, named};
use crate::cli::{CliError, Context, ErrorKind, Exit, environment, no_integration};
use crate::model::{IntegrationId, Rule};
use crate::people::rules::{InvalidRules, check, read, write};
use crate::store::{RuleWriter, Store};

/// Add rules from a file of TOML
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The file; - reads standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Change a rule, in $EDITOR or by a file
///
/// The rules that came with dirsync can be narrowed too; their evidence stays.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices rules edit enrolment
  dirsync devices rules edit sales-macs --file sales-macs.toml")]
pub(super) struct EditArgs {
    /// The rule
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// What it is to be, as TOML; - reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Write the rules as TOML
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Where to; standard output unless named
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Bring in rules from a file of TOML; those of a name that there is are changed
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file; - reads standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Take out your own rules that are not in the file
    #[arg(long)]
    replace: bool,
}

pub(super) fn add(context: &Context, args: &AddArgs) -> Result<Exit, CliError> {
    let rules = from_file(context, args.file.as_deref(), "FILE: rules as TOML, or - for standard input")?;
    change(context, |store, writer| {
        let there = writer.rules()?;
        for rule in &rules {
            if named(&there, &rule.name).is_ok() {
                return Err(CliError::usage(format!("there is a rule '{}' already", rule.name))
                    .hint(format!("'dirsync devices rules edit {}' changes it", rule.name)));
            }
            writer.put(rule, integration(store, writer, rule)?)?;
        }
        Ok(())
    })?;
    told(context, &rules)
}

pub(super) fn edit(context: &Context, args: &EditArgs) -> Result<Exit, CliError> {
    let name = asked(context, args.name.as_deref())?;
    let before = named(&context.reader()?.rules()?, &name)?;
    let edited = match args.file.as_deref() {
        Some(file) => one(from_file(context, Some(file), "--file FILE")?, &before)?,
        None if context.prompt.allowed() => in_editor(context, &before)?,
        None => return Err(CliError::usage("cannot open an editor without a terminal").hint("give --file FILE")),
    };
    change(context, |store, writer| {
        named(&writer.rules()?, &before.name)?;
        Ok(writer.put(&edited, integration(store, writer, &edited)?)?)
    })?;
    told(context, std::slice::from_ref(&edited))
}

pub(super) fn export(context: &Context, args: &ExportArgs) -> Result<Exit, CliError> {
    let text = write(&context.reader()?.rules()?);
    match &args.file {
        None => context.ui.verbatim(text.as_bytes())?,
        Some(path) => std::fs::write(path, text)
            .map_err(|error| CliError::new(ErrorKind::Failed, format!("cannot write {}: {error}", path.display())))?,
    }
    Ok(Exit::Done)
}

pub(super) fn import(context: &Context, args: &ImportArgs) -> Result<Exit, CliError> {
    let rules = from_file(context, args.file.as_deref(), "FILE: rules as TOML, or - for standard input")?;
    change(context, |store, writer| {
        let there = writer.rules()?;
        for rule in &rules {
            if let Ok(before) = named(&there, &rule.name) {
                keeps_its_nature(rule, &before)?;
            }
            writer.put(rule, integration(store, writer, rule)?)?;
        }
        for rule in there.iter().filter(|_| args.replace) {
            if !rule.built_in && named(&rules, &rule.name).is_err() {
                writer.remove(&rule.name)?;
            }
        }
        Ok(())
    })?;
    told(context, &rules)
}

fn told(context: &Context, rules: &[Rule]) -> Result<Exit, CliError> {
    let kept = context.reader()?.rules()?;
    for rule in rules {
        mark(context, &named(&kept, &rule.name)?);
    }
    let what = if rules.len() == 1 { "1 rule".to_owned() } else { format!("{} rules", rules.len()) };
    context.ui.remark(&format!("{what}; 'dirsync devices assign --auto --dry-run' shows what comes of it"));
    Ok(Exit::Done)
}

/// The integration a rule names; there has to be or to have been one: what is exported can be imported again.
fn integration(store: &Store, writer: &RuleWriter<'_>, rule: &Rule) -> Result<Option<IntegrationId>, CliError> {
    let Some(name) = &rule.user.integration else { return Ok(None) };
    let known = writer.integration_named(name, &rule.name)?;
    known.map(Some).ok_or_else(|| no_integration(store, name))
}

/// What a rule may not say is wrong usage, wherever it comes from.
pub(super) fn sound(rule: &Rule) -> Result<(), CliError> {
    check(rule).map_err(|message| {
        CliError::usage(format!("rule '{}': {message}", rule.name))
            .hint(format!("'dirsync devices rules edit {}' changes it", rule.name))
    })
}

fn from_file(context: &Context, file: Option<&Path>, flag: &str) -> Result<Vec<Rule>, CliError> {
    let file = match file {
        Some(file) => file.to_owned(),
        None => context.prompt.file("Which file?", flag)?,
    };
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(&file)
    };
    let name = if file.as_os_str() == "-" { "standard input".to_owned() } else { file.display().to_string() };
    let text = text.map_err(|error| CliError::new(ErrorKind::Failed, format!("cannot read {name}: {error}")))?;
    read(&text).map_err(|error| unreadable(&name, &error))
}

fn unreadable(name: &str, error: &InvalidRules) -> CliError {
    CliError::usage(format!("{name}: {error}")).hint("'dirsync devices rules --help' shows what a rule looks like")
}

/// The one rule that is to take the place of `before`.
fn one(rules: Vec<Rule>, before: &Rule) -> Result<Rule, CliError> {
    let Ok([rule]) = <[Rule; 1]>::try_from(rules) else {
        return Err(CliError::usage("one rule is needed, and the file has several"));
    };
    if rule.name.to_lowercase() != before.name.to_lowercase() {
        let message = format!("the file names the rule '{}', and a rule keeps its name", rule.name);
        return Err(CliError::usage(message).hint("'dirsync devices rules add' adds one of another name"));
    }
    keeps_its_nature(&rule, before)?;
    // By this name assignments know by which rule they came about.
    Ok(Rule { name: before.name.clone(), ..rule })
}

fn keeps_its_nature(rule: &Rule, before: &Rule) -> Result<(), CliError> {
    if before.built_in && rule.evidence != before.evidence {
        return Err(CliError::usage(format!(
            "'{}' came with dirsync and is about {}",
            before.name,
            before.evidence.as_str()
        ))
        .hint("give your rule another name, and disable this one"));
    }
    Ok(())
}

/// Has the rule changed in the user's editor, until it can be read or the user gives up.
fn in_editor(context: &Context, before: &Rule) -> Result<Rule, CliError> {
    let failed =
        |what: &str, error: std::io::Error| CliError::new(ErrorKind::Failed, format!("cannot {what}: {error}"));
    let file = tempfile::Builder::new().prefix("dirsync-rule-").suffix(".toml").tempfile();
    let file = file.map_err(|error| failed("make a file to edit", error))?;
    std::fs::write(file.path(), write(std::slice::from_ref(before)))
        .map_err(|error| failed("write the rule", error))?;
    loop {
        let ended = editor(file.path()).status().map_err(|error| failed("start the editor ($EDITOR)", error))?;
        if !ended.success() {
            return Err(CliError::new(ErrorKind::Failed, "the editor failed; nothing was changed"));
        }
        let text = std::fs::read_to_string(file.path()).map_err(|error| failed("read the rule", error))?;
        let edited = read(&text).map_err(|error| unreadable("the rule", &error)).and_then(|rules| one(rules, before));
        match edited {
            Ok(rule) => return Ok(rule),
            Err(error) => {
                error.report().iter().for_each(|report| context.ui.report(report));
                if !context.prompt.confirm("Edit it again?", "--file FILE", true)? {
                    return Err(CliError::stopped());
                }
            }
        }
    }
}

fn editor(path: &Path) -> Command {
    let chosen = environment::variable("VISUAL").or_else(|| environment::variable("EDITOR"));
    if cfg!(unix) {
        // People write `code --wait`, which is for a shell to take apart.
        let mut line = chosen.unwrap_or_else(|| "vi".into());
        line.push(" \"$1\"");
        let mut command = Command::new("sh");
        command.args([OsString::from("-c"), line, "sh".into()]).arg(path);
        command
    } else {
        let mut command = Command::new(chosen.unwrap_or_else(|| "notepad".into()));
        command.arg(path);
        command
    }
}
