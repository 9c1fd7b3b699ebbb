//! Evidence told one piece at a time: by hand, by a device manager's scripts and hooks.

use super::{Refusal, Serial, latest};
use crate::model::{EvidenceKind, IntegrationId, RANK_OF_HAND};
use crate::store::DeviceWriter;
use crate::store::devices::{DeviceFacts, NewEvidence};

/// What is told. The user need not be known.
#[derive(Clone, Debug)]
pub struct Telling {
    /// What sort.
    pub kind: EvidenceKind,
    /// Whom it names.
    pub user: String,
    /// The directory they are said to be of.
    pub integration: Option<IntegrationId>,
    /// When it was so, as stored.
    pub at: String,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    New,
    /// What is known of that kind is younger; nothing has changed.
    Older,
    /// It is kept, but the device was given to its holder by hand, and nobody is waited for.
    Settled,
}

/// Keeps a piece of evidence. Of every sort but sign-ins there is one, the youngest. Whoever is expected gets the device by
/// the rule for lists as soon as they are here, unless somebody gave it to its holder by hand.
///
/// # Errors
/// There is no such device, or the database refuses.
pub fn tell(writer: &DeviceWriter<'_>, serial: &Serial, telling: &Telling) -> Result<Kept, Refusal> {
    let device = writer.device(&serial.key)?.ok_or_else(|| Refusal::NoDevice(serial.given.clone()))?;
    let by_hand = device.holding.as_ref().is_some_and(|it| it.pinned || it.rank <= RANK_OF_HAND);
    let expected = telling.kind == EvidenceKind::ExpectedUser;
    let evidence = NewEvidence {
        kind: telling.kind,
        value: telling.user.clone(),
        is_external_id: false,
        integration: telling.integration,
        observed_at: telling.at.clone(),
        source: "manual",
        waiting: expected && !by_hand,
        pinned: false,
        reason: None,
    };
    if telling.kind == EvidenceKind::Login {
        writer.add_login(device.id, &evidence)?;
        let last = NewEvidence { kind: EvidenceKind::LastUser, ..evidence };
        if is_news(writer, &device, &last) {
            writer.set_evidence(&device, &last)?;
        }
        return Ok(Kept::New);
    }
    if !is_news(writer, &device, &evidence) {
        return Ok(Kept::Older);
    }
    writer.set_evidence(&device, &evidence)?;
    Ok(if expected && by_hand { Kept::Settled } else { Kept::New })
}

/// Whether nothing as young is known; what is dated in the future is no measure.
fn is_news(writer: &DeviceWriter<'_>, device: &DeviceFacts, evidence: &NewEvidence) -> bool {
    let latest = latest(writer.now());
    let known = device.evidence_of(evidence.kind).filter(|known| known.observed_at <= latest);
    known.is_none_or(|known| known.observed_at <= evidence.observed_at)
}
