//! What a command works with. Nothing is opened before it is asked for.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ffi::OsString;
use std::future::Future;
use std::time::Duration;

use super::log_file::LogFile;
use super::{Cli, CliError, EndpointArgs, GlobalArgs, Prompt, Stop};
use crate::clock::{Clock, Pulse};
use crate::model::IntegrationId;
use crate::output::Ui;
use crate::paths::Paths;
use crate::store::Store;

/// How often it is said that work goes on.
const BEAT: Duration = Duration::from_secs(1);

/// A command's toolbox.
#[derive(Debug)]
pub struct Context {
    /// The way to the user.
    pub ui: Ui,
    /// Where files are.
    pub paths: Paths,
    /// The time.
    pub clock: Clock,
    /// Flags every command has.
    pub global: GlobalArgs,
    /// Where directories and sign-in services are.
    pub endpoints: EndpointArgs,
    /// Questions to the user.
    pub prompt: Prompt,
    /// Whether the user wants us to stop.
    pub stop: Stop,
    /// Whether work goes on; of a server, whose service manager may want to know.
    pub(super) alive: Pulse,
    /// The command line as it was typed.
    pub(super) arguments: Vec<OsString>,
    /// Where log lines go, if not to stderr.
    pub(super) log_file: Option<LogFile>,
    /// Flags that were typed, by their id, rather than taken from the environment or the file.
    pub typed: BTreeSet<String>,
}

impl Context {
    pub(super) fn new(
        ui: Ui,
        paths: Paths,
        clock: Clock,
        cli: &Cli,
        stop: Stop,
        typed: BTreeSet<String>,
        arguments: &[OsString],
    ) -> Self {
        let (global, endpoints, arguments) = (cli.global.clone(), cli.endpoints.clone(), arguments.to_vec());
        let prompt = Prompt::new(global.no_input, ui.options().color_talk);
        let alive = Pulse::new("what syncs", &clock);
        Self { ui, paths, clock, global, endpoints, prompt, stop, alive, arguments, log_file: None, typed }
    }

    /// The directory for reading, of one moment whatever is written meanwhile; an empty one if there is none yet. Ctrl-C
    /// interrupts a command's statements; a server opens it again and again, and asks for little.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn reader(&self) -> Result<Store, CliError> {
        let store = match Store::open_read_only(&self.paths.database)? {
            Some(store) => store,
            None => Store::nothing_yet()?,
        };
        store.hold_still()?;
        if !self.stop.is_serving() {
            self.stop.on_stop(store.interrupter());
        }
        Ok(store)
    }

    /// The directory for reading and writing, made if there is none yet.
    ///
    /// # Errors
    /// It cannot be opened or made.
    pub fn writer(&self) -> Result<Store, CliError> {
        Ok(Store::open(&self.paths.database)?)
    }

    /// What `--integration NAME` narrows a listing to: the live integration of that name and deleted ones that had it.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn narrowed(&self, store: &Store, name: Option<&str>) -> Result<Option<Vec<IntegrationId>>, CliError> {
        let Some(name) = name else { return Ok(None) };
        let found = store.integrations_named(name)?;
        if found.is_empty() { Err(no_integration(store, name)) } else { Ok(Some(found)) }
    }

    /// Runs what needs the network, on a runtime of its own, until it ends or the user stops it; then it is dropped.
    ///
    /// # Errors
    /// Its own, or the user's wish to stop.
    pub fn block_on<T>(&self, work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
        let runtime = runtime(tokio::runtime::Builder::new_multi_thread().worker_threads(2))?;
        let ended = runtime.block_on(async {
            tokio::select! {
                ended = work => ended,
                () = self.stop.requested() => Err(CliError::stopped()),
            }
        });
        // A thread that hangs in a keyring or a resolver must not keep the program alive.
        runtime.shutdown_background();
        ended
    }

    /// Runs syncs: of a command as [`Context::block_on`] does; those of a server end by themselves when they are stopped,
    /// for it may not go on before they have.
    ///
    /// # Errors
    /// Its own, or the user's wish to stop.
    pub(super) fn run_syncs<T>(&self, work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
        if !self.stop.is_serving() {
            return self.block_on(work);
        }
        self.run_to_the_end(async {
            tokio::select! {
                ended = work => ended,
                never = self.beat() => match never {},
            }
        })
    }

    async fn beat(&self) -> Infallible {
        loop {
            self.alive.beat();
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Runs a server, on as many threads as there are processors; that the user wants to stop is for `work` to heed.
    ///
    /// # Errors
    /// Its own.
    pub fn run_to_the_end<T>(&self, work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
        let runtime = runtime(&mut tokio::runtime::Builder::new_multi_thread())?;
        let ended = runtime.block_on(work);
        runtime.shutdown_background();
        ended
    }
}

fn runtime(builder: &mut tokio::runtime::Builder) -> Result<tokio::runtime::Runtime, CliError> {
    let built = builder.enable_all().build();
    built.map_err(|error| CliError::new(super::ErrorKind::Failed, format!("cannot start: {error}")))
}

/// There is no integration of that name; says which there are.
pub fn no_integration(store: &Store, name: &str) -> CliError {
    let error = CliError::not_found(format!("there is no integration '{name}'"));
    match store.integration_names() {
        Ok(names) if names.is_empty() => error.hint("'dirsync add' connects a directory"),
        Ok(names) => {
            let names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
            error.hint(format!("there is {}", names.join(", ")))
        }
        Err(_) => error,
    }
}
