//! Asking for the argument that a command cannot do without; where nobody can be asked, the error names it.

use super::{CliError, Context};
use crate::model::Integration;
use crate::store::Store;

impl Context {
    /// The live integration that is named, or else chosen.
    pub(super) fn which_integration(&self, store: &Store, given: Option<&str>) -> Result<Integration, CliError> {
        if let Some(name) = given {
            return self.integration(store, name);
        }
        let mut all = store.integrations()?;
        if all.is_empty() {
            return Err(CliError::not_found("no directory is connected yet").hint("'dirsync add' connects one"));
        }
        let names: Vec<String> = all.iter().map(|it| it.name.clone()).collect();
        let chosen =
            self.prompt.select("Which integration?", "NAME: one of those that 'dirsync list' shows", &names)?;
        Ok(all.swap_remove(chosen))
    }

    /// What was given, or else typed.
    pub(super) fn given_or_typed(
        &self,
        given: Option<&str>,
        question: &str,
        argument: &str,
    ) -> Result<String, CliError> {
        match given {
            Some(given) => Ok(given.to_owned()),
            None => {
                let filled = |answer: &str| if answer.is_empty() { Err("an answer is needed".into()) } else { Ok(()) };
                self.prompt.text(question, argument, None, filled)
            }
        }
    }

    /// The number that was given, or else typed.
    pub(super) fn number_given_or_typed(
        &self,
        given: Option<i64>,
        question: &str,
        argument: &str,
    ) -> Result<i64, CliError> {
        match given {
            Some(given) => Ok(given),
            None => {
                let number =
                    |answer: &str| answer.parse::<i64>().map(drop).map_err(|_| "a number is needed".to_owned());
                let answer = self.prompt.text(question, argument, None, number)?;
                answer.parse().map_err(|_| CliError::usage("a number is needed"))
            }
        }
    }
}
