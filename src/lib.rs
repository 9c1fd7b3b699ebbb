//! dirsync connects the user directories an organisation runs to one local SQLite directory and keeps it true.
//!
//! # Bird's eye
//!
//! ```text
//! fetch (streamed) → stage in SQLite → plan → guard → apply in one transaction → record the run
//! ```
//!
//! A [`provider::Directory`] sends people, groups and members as they come. The staging area ([`store::Stage`]) keeps
//! what differs from what is stored, the plan is a set of SELECTs over both, the [`sync::guard`] decides what has to
//! wait, and the apply writes the new state, the history and the run's record together. A dry run reads the same
//! SELECTs. A source that fails changes nothing; being absent once is not being gone.
//!
//! Some directories can tell what has changed: they send tellings ([`model::ObjectChange`]) along two streams, each with a
//! place ([`model::Place`]) where it is taken up. The staging area adds every telling to what was said before, outlives a
//! run that breaks off, and its places are committed with the data. Once a week everything is told again.
//!
//! Other directories push: [`scim`] takes requests, checks them by one table of schemas, and one writer thread turns them
//! into the same people, groups and history, several requests to a commit. A server may do both: a thread beside it syncs
//! what is due, by the rules of `sync --due`, and keeps the house.
//!
//! # Rooms and arrows
//!
//! ```text
//! main ─► cli ─┬─► sync ─────► provider ─► http ─► (network)
//!              ├─► auth ──────────────────► http     auth implements http's TokenSource,
//!              ├─► people ─► store                   so http and provider see no secret store
//!              ├─► scim ─► store
//!              ├─► store ◄── sync, auth, scim, people
//!              ├─► sandbox
//!              └─► output
//!    everything ─► model (plain data) · everything that needs the time ─► clock
//! ```
//!
//! - [`model`]: plain data. No I/O, no vendor's words, no other room.
//! - [`clock`]: the one place that asks what time it is. [`paths`]: where files are.
//! - [`http`]: client, quota, retries, pages. What an answer means is a provider's own pure function.
//! - [`provider`]: one folder per kind of directory, each with its calls, its wire format and its verdicts.
//! - [`auth`]: sign-in, tokens, secrets; one [`auth::Service`] per kind, next to machinery that knows no vendor.
//! - [`store`]: the only room that knows SQL.
//! - [`people`]: decisions about people and their devices: serial numbers, who may hold one, what a list of devices means,
//!   rules as people write them. What rules come to is worked out in [`store`], for all devices at once.
//! - [`sync`]: the engine: run, guard, locks; when a sync is due, how well a directory is (pure).
//! - [`scim`]: the SCIM 2.0 service: schemas, filters, resources and patches (pure), the service, the listening.
//! - [`output`]: the only room that prints. [`cli`]: the only one that knows clap, prompts and exit codes.
//! - [`sandbox`]: pretend directories on loopback, one per vendor, for the demo, the tests and the benchmarks.
//!
//! # Invariants
//!
//! Checked by the tests (`tidy`) where a machine can:
//! - `model` imports no other room; `provider` never sees `store`, `output` or secrets.
//! - Only `store` knows SQL; only `output` writes to stdout and stderr; only `http` opens outgoing connections; only
//!   `auth`'s loopback, `scim` and `sandbox` listen.
//! - Users and groups are written by `sync`, a run in one transaction ([`store::Stage::apply`]), and by `scim`, requests
//!   in batches ([`store::scim::Batch`]), one at a time ([`store::WriteTurn`]); held plans, deletions, letting go, linking
//!   and forgetting are transactions of the store as well.
//!   Devices have [`store::DeviceWriter`], and the rules' pass within the transactions of both.
//! - No `now()` outside `clock`; no environment outside `cli` and `paths`; randomness is a parameter.
//! - Nothing secret has a telling `Debug`, `Display` or `Serialize`.
//! - No provider's name in a `match` outside `provider` and `auth`.
//! - What becomes of a person is in one table, [`people::TRANSITIONS`], which the store is handed and renders as SQL; no
//!   path in it takes a person who holds a device to `removed`.
//! - Whom a scope leaves out has not left: directories are read whole, and who is in scope is told by what is stored, or is
//!   about to be ([`model::Scope`]).
//! - Nobody is merged by address: a person is known by the directory's immutable id, and else only [`people::link()`]
//!   makes one of two.
//!
//! # Where do I add …
//!
//! - a kind of directory: a folder in [`provider`] and its line in [`provider::PROVIDERS`], a service in [`auth`] and its
//!   line in [`auth::SERVICES`], an arm in `add`, a pretender in the conformance suite;
//! - a subcommand: a file in [`cli`] and an arm in [`cli::Command`];
//! - a setting: a long flag; its environment variable and its key in config.toml come by themselves;
//! - a stored column: the next migration, a field in [`model`], its row mapping, a [`output::Column`];
//! - an attribute of SCIM: a line in [`scim::schema`]'s table, and its place in the model if it has one;
//! - a condition of rules: a field in [`model::Rule`], its SQL in `store/rules/conditions.rs`, its reading in the naive model
//!   of the tests;
//! - an output format: a file in [`output`] and its arm; a hint or an exit code: [`cli::CliError`] alone.

pub mod auth;
pub mod cli;
pub mod clock;
pub mod http;
pub mod model;
pub mod output;
pub mod paths;
pub mod people;
pub mod provider;
pub mod sandbox;
pub mod scim;
pub mod store;
pub mod sync;
