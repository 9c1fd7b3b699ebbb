//! `dirsync add` for directories that push: a name, an address and a token; there is nobody to sign in.

use clap::Args;

use super::adopt::{self, AdoptArgs};
use super::push::{self, TokenArgs};
use super::{CliError, Context, ErrorKind, Exit, add, plans, values};
use crate::model::{IntegrationName, Tenant};
use crate::provider::ProviderSpec;
use crate::scim::service::Leniency;
use crate::scim::token;
use crate::store::{DeletedIntegration, NewPush, Store};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync add scim --name okta --email admin@corp.example
  dirsync add scim --name okta --token-ttl 365d --token-file okta.token
  dirsync add scim --name okta -o json | jq -r .token
  dirsync add scim --name hq --adopt-from hq     the same tenant, which was connected directly and deleted")]
pub(super) struct PushArgs {
    /// What to call it here: unique, shown as the directory a person comes from
    #[arg(long, value_name = "NAME")]
    name: Option<IntegrationName>,
    /// The e-mail address of whoever looks after the directory
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// Where directories reach 'dirsync serve' (remembered)
    #[arg(long, value_name = "URL", value_parser = values::public_url)]
    public_url: Option<String>,
    /// Take only what the standard allows, not what directories really send
    #[arg(long)]
    strict: bool,
    /// Let several groups have the same name
    #[arg(long)]
    equal_group_names: bool,
    /// Pass over attributes in a PATCH that are not known here, instead of refusing all of it
    #[arg(long)]
    ignore_unknown: bool,
    #[command(flatten)]
    adopt: AdoptArgs,
    #[command(flatten)]
    token: TokenArgs,
}

pub(super) fn run(context: &Context, spec: &ProviderSpec, args: &PushArgs) -> Result<Exit, CliError> {
    let mut store = context.writer()?;
    let name = add::name(context, &store, args.name.as_ref())?;
    let source = args.adopt.choose(context, &store, spec)?;
    let issued = args.token.issue(context)?;
    let added = connect(context, spec, &mut store, &name, args, &issued, source.as_ref());
    issued.or_withdraw(added)?;
    let integration = context.integration(&store, name.as_str())?;
    context.ui.say(&format!("{}: ready for a directory that speaks {}", integration.name, spec.label));
    adopt::tell(context, &store, &integration, source.as_ref(), "whoever is pushed is taken back")?;
    issued.show(context, &store, &integration)?;
    context.ui.remark("'dirsync serve' takes in what it pushes");
    Ok(Exit::Done)
}

fn connect(
    context: &Context,
    spec: &ProviderSpec,
    store: &mut Store,
    name: &IntegrationName,
    args: &PushArgs,
    issued: &push::Issued,
    source: Option<&DeletedIntegration>,
) -> Result<(), CliError> {
    // One that was deleted comes back under its name or as it was told, with its people and its address.
    let id = match source.filter(|source| source.kind == spec.kind) {
        Some(source) => source.tenant.clone(),
        None => match store.deleted_push_tenant(spec.kind, name)? {
            Some(id) => id,
            None => token::slug(&push::random()?),
        },
    };
    let new = NewPush {
        name: name.clone(),
        kind: spec.kind,
        tenant: Tenant { id, label: None, domain: None },
        admin_email: args.email.clone(),
        options: serde_json::to_value(Leniency {
            strict: args.strict,
            equal_group_names: args.equal_group_names,
            ignore_unknown: args.ignore_unknown,
        })
        .map_err(|error| CliError::new(ErrorKind::Failed, error.to_string()))?,
        token: issued.stored,
    };
    let who = plans::who();
    let adoption = source.map(|source| adopt::adoption(source, &who));
    store.add_push_integration_adopting(&new, adoption.as_ref(), context.clock.now())?;
    push::remember(store, args.public_url.as_deref(), None)
}
