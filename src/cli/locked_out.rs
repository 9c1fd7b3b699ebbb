//! Syncs that fail before they begin, for what they need cannot be had: each is a run, and is told like any that failed.

use super::online::Online;
use super::sync::Ended;
use super::{CliError, Context, ErrorKind, ping};
use crate::model::{Integration, Standing};
use crate::store::{FailedRun, WriteTurn};

/// What becomes of integrations whose secrets cannot be had: each has a run that failed, and a watchdog that hears of it.
pub(super) fn locked_out(context: &Context, integrations: Vec<Integration>, error: &CliError) -> Vec<Ended> {
    integrations.iter().for_each(|it| record(context, it, error));
    let of_each = |it: Integration| (it.clone(), Err(error.clone().of(it.name)));
    let ended: Vec<Ended> = integrations.into_iter().map(of_each).collect();
    let told = Online::new(context).and_then(|online| {
        context.run_syncs(async {
            let watchdogs = ended.iter().map(async |(integration, result)| {
                if let Some(pinger) = ping::Pinger::of(&online, integration)? {
                    pinger.ended(result).await;
                }
                Ok::<_, CliError>(())
            });
            futures_util::future::try_join_all(watchdogs).await
        })
    });
    if let Err(error) = told {
        context.ui.detail(&format!("warning: no watchdog was told: {}", error.message));
    }
    ended
}

/// Records a run that failed before it began, for what it needs was not to be had: whoever looks at the runs later must
/// not believe that none was tried. Should that fail too, the first error is the one to be told.
pub(super) fn record(context: &Context, integration: &Integration, error: &CliError) {
    let now = context.clock.now();
    let standing = match error.kind {
        ErrorKind::SignInNeeded => Some(Standing::SignInNeeded),
        ErrorKind::ConsentNeeded => Some(Standing::ConsentNeeded),
        ErrorKind::Blocked => Some(Standing::Blocked),
        ErrorKind::Misconfigured => Some(Standing::Misconfigured),
        _ => None,
    };
    let failed = FailedRun {
        integration: integration.id,
        started_at: now,
        ended_at: now,
        message: error.message.clone(),
        standing: standing.map(|standing| (standing, integration.signed_in_at)),
    };
    let recorded = WriteTurn::wait(&context.paths.locks)
        .map_err(CliError::from)
        .and_then(|_turn| Ok(context.writer()?.record_failure(&failed)?));
    if let Err(error) = recorded {
        tracing::warn!(error = error.message, "the failed run could not be recorded");
    }
}
