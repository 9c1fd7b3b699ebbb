//! Real parts: a browser, a secret service, shells, `man`, terminals. Ignored, for they need what a bare machine has not;
//! `.ci/run` installs it and runs them.

mod browser;
mod keyring;
mod shell;
