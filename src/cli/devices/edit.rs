//! `dirsync devices add`, `set` and `remove`: one device at a time.

use clap::Args;

use super::assign::let_go;
use super::command::{answer, change, no_device, not_ahead, serial};
use crate::cli::users_show::prefer_live;
use crate::cli::{CliError, Context, ErrorKind, Exit, values};
use crate::model::{DeviceField, DeviceFields, EvidenceKind, UserStatus};
use crate::people::{self, Assign, Serial, canonical};
use crate::store::devices::NewEvidence;
use crate::store::{Store, UserMatch};

/// Add a device
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices add C02XL0GS --name 'MacBook 7' --platform mac --tag sales --tag loan
  dirsync devices add C02XL0GS --expected-user new.starter@example.com    hers as soon as she is here")]
pub(super) struct AddArgs {
    /// Its serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
    #[command(flatten)]
    fields: FieldArgs,
    /// Nobody's in particular: only assigned by command
    #[arg(long)]
    shared: bool,
    /// Whose it is to be; if they are not here yet, on the sync that brings them
    #[arg(long, value_name = "USER")]
    expected_user: Option<String>,
    /// The integration the expected user is from
    #[arg(long, value_name = "NAME", add = values::integration_names(), requires = "expected_user")]
    integration: Option<String>,
}

/// Change what is known of a device
///
/// What is not named stays; 'null' clears.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dirsync devices set C02XL0GS --name 'Reception' --shared on
  dirsync devices set C02XL0GS --asset-tag null")]
pub(super) struct SetArgs {
    /// Its serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
    #[command(flatten)]
    fields: FieldArgs,
    /// Whether it is nobody's in particular: on, off
    #[arg(long, value_name = "ON|OFF")]
    shared: Option<String>,
}

/// Take a device out
///
/// If somebody holds it, that ends. Its history stays.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dirsync devices remove C02XL0GS --reason sold")]
pub(super) struct RemoveArgs {
    /// Its serial number
    #[arg(value_name = "SERIAL")]
    serial: Option<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Args)]
struct FieldArgs {
    /// Name people see
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Operating system or sort of device: mac, windows, ios …
    #[arg(long, value_name = "TEXT")]
    platform: Option<String>,
    /// Model
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,
    /// Inventory number
    #[arg(long, value_name = "TEXT")]
    asset_tag: Option<String>,
    /// What the device manager sets it up by
    #[arg(long, value_name = "TEXT")]
    blueprint: Option<String>,
    /// A label; may be given several times
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Apple's hardware id
    #[arg(long, value_name = "ID")]
    udid: Option<String>,
    /// A telephone's number
    #[arg(long, value_name = "NUMBER")]
    imei: Option<String>,
    /// Its id in the device manager
    #[arg(long, value_name = "ID")]
    mdm_id: Option<String>,
    /// When it came under management
    #[arg(long, value_name = "TIME")]
    enrolled_at: Option<String>,
    /// When the device manager last heard of it
    #[arg(long, value_name = "TIME")]
    last_seen_at: Option<String>,
}

impl FieldArgs {
    /// The fields that were named, in canonical spelling.
    fn named(&self, context: &Context) -> Result<Vec<(DeviceField, Option<String>)>, CliError> {
        let tags = (!self.tag.is_empty()).then(|| self.tag.join(";"));
        let all = [
            (DeviceField::Name, &self.name),
            (DeviceField::Platform, &self.platform),
            (DeviceField::Model, &self.model),
            (DeviceField::AssetTag, &self.asset_tag),
            (DeviceField::Blueprint, &self.blueprint),
            (DeviceField::Tags, &tags),
            (DeviceField::Udid, &self.udid),
            (DeviceField::Imei, &self.imei),
            (DeviceField::MdmId, &self.mdm_id),
            (DeviceField::EnrolledAt, &self.enrolled_at),
            (DeviceField::LastSeenAt, &self.last_seen_at),
        ];
        let given = all.into_iter().filter_map(|(field, text)| Some((field, text.as_deref()?)));
        let value = |field: DeviceField, text: &str| match canonical(field, text).map_err(CliError::usage)? {
            Some(at) if matches!(field, DeviceField::EnrolledAt | DeviceField::LastSeenAt) => {
                not_ahead(context, field.as_str(), at).map(Some)
            }
            value => Ok(value),
        };
        given.map(|(field, text)| Ok((field, value(field, text)?))).collect()
    }
}

pub(super) fn add(context: &Context, args: &AddArgs) -> Result<Exit, CliError> {
    let serial = serial(context, args.serial.as_deref())?;
    let mut fields = DeviceFields::default();
    for (field, value) in args.fields.named(context)? {
        fields.set(field, value);
    }
    fields.set(DeviceField::Shared, args.shared.then(|| "true".to_owned()));
    if args.shared && args.expected_user.is_some() {
        return Err(CliError::usage("a shared device is nobody's to expect; leave out --shared or --expected-user"));
    }
    let mut store = context.writer()?;
    let expected =
        args.expected_user.as_deref().map(|asked| Ok::<_, CliError>((asked, here(context, &store, args, asked)?)));
    let expected = expected.transpose()?;
    let integration = context.narrowed(&store, args.integration.as_deref())?.and_then(|all| all.first().copied());
    let line = change(context, &mut store, false, |writer| {
        if let Some(known) = writer.device(&serial.key)? {
            return Err(CliError::usage(format!("there is a device '{}' already", known.serial))
                .hint("'dirsync devices set' changes it"));
        }
        let device = writer.add(&serial.given, fields)?;
        Ok(match expected {
            None => format!("{}: added", device.serial),
            Some((_, Some(user))) => {
                let given = people::assign(writer, &serial, user, &Assign::default())?;
                let who = given.holder.map(|holder| holder.label).unwrap_or_default();
                format!("{}: added, and given to {who}", device.serial)
            }
            Some((asked, None)) => {
                let evidence = NewEvidence {
                    kind: EvidenceKind::ExpectedUser,
                    value: asked.trim().to_owned(),
                    is_external_id: false,
                    integration,
                    observed_at: writer.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                    source: "manual",
                    waiting: true,
                    pinned: false,
                    reason: None,
                };
                writer.set_evidence(&device, &evidence)?;
                format!("{}: added; it waits for {asked}", device.serial)
            }
        })
    })?;
    context.ui.say(&line);
    answer(context, &store, &serial)
}

/// The expected user's id, if they are here; whoever had the address before is not meant.
fn here(context: &Context, store: &Store, args: &AddArgs, asked: &str) -> Result<Option<i64>, CliError> {
    let integrations = context.narrowed(store, args.integration.as_deref())?;
    let mut found = store.find_users(asked, integrations.as_deref())?;
    found.retain(|(rank, user)| *rank != UserMatch::Former && user.status != UserStatus::Removed);
    let best = found.iter().map(|(rank, _)| *rank).min();
    found.retain(|(rank, _)| Some(*rank) == best);
    if integrations.is_some() {
        prefer_live(store, &mut found)?;
    }
    if found.len() > 1 {
        let each = found.iter().map(|(_, user)| format!("user {} of {}", user.id, user.integration));
        let message = format!("'{asked}' may mean {}", each.collect::<Vec<_>>().join(" or "));
        return Err(CliError::new(ErrorKind::Ambiguous, message).hint("use the id, or --integration NAME"));
    }
    Ok(found.pop().map(|(_, user)| user.id))
}

pub(super) fn set(context: &Context, args: &SetArgs) -> Result<Exit, CliError> {
    let serial = serial(context, args.serial.as_deref())?;
    let mut named = args.fields.named(context)?;
    if let Some(text) = &args.shared {
        let value = canonical(DeviceField::Shared, text).map_err(CliError::usage)?;
        named.push((DeviceField::Shared, value.filter(|value| value == "true")));
    }
    if named.is_empty() {
        return Err(
            CliError::usage("nothing to change was named").hint("'dirsync devices set --help' lists the fields")
        );
    }
    let mut store = context.writer()?;
    let (known, changed) = change(context, &mut store, false, |writer| {
        let device = writer.device(&serial.key)?.ok_or_else(|| no_device(&serial))?;
        let mut after = device.fields.clone();
        for (field, value) in named {
            after.set(field, value);
        }
        let changed = writer.change(&device, &after)?;
        Ok((device.serial, changed))
    })?;
    context.ui.say(&match changed {
        0 => format!("{known}: it is so already"),
        1 => format!("{known}: changed"),
        many => format!("{known}: {many} fields changed"),
    });
    answer(context, &store, &serial)
}

pub(super) fn remove(context: &Context, args: &RemoveArgs) -> Result<Exit, CliError> {
    let serial: Serial = serial(context, args.serial.as_deref())?;
    let mut store = context.writer()?;
    let device = change(context, &mut store, false, |writer| {
        let device = writer.device(&serial.key)?.ok_or_else(|| no_device(&serial))?;
        writer.remove(&device, "manual", args.reason.as_deref())?;
        Ok(device)
    })?;
    let before = device.holding.as_ref().map(|holding| &holding.person);
    context.ui.say(&match before {
        Some(person) => format!("{}: taken out, and from {}", device.serial, person.label),
        None => format!("{}: taken out", device.serial),
    });
    let_go(context, &store, before)?;
    answer(context, &store, &serial)
}
