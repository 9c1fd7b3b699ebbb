//! Entra's numbers and what each means to an administrator, as data. Sources: learn.microsoft.com/entra/identity-platform/
//! reference-error-codes, …/v2-oauth2-device-code, …/v2-oauth2-auth-code-flow. Microsoft may change numbers: they sharpen
//! what `error` and `suberror` say and never stand against it.

use crate::model::FailureKind::{self, Blocked, ConsentNeeded, Misconfigured, SignInNeeded, Temporary};

/// What some numbers mean. In a hint `{again}` is the command that does this once more, `{consent}` the address for
/// whoever may consent, `{portal}` the admin centre, `{client}` the app's id.
#[derive(Debug)]
pub(super) struct Row {
    /// The numbers, as in `AADSTS70008`.
    pub codes: &'static [u32],
    /// What can be done about it.
    pub kind: FailureKind,
    /// One sentence.
    pub message: &'static str,
    /// The way out.
    pub hint: &'static str,
}

const fn row(codes: &'static [u32], kind: FailureKind, message: &'static str, hint: &'static str) -> Row {
    Row { codes, kind, message, hint }
}

/// The table; the first row that has a number counts.
pub(super) const ROWS: &[Row] = &[
    row(&[700_082, 70_008], SignInNeeded, "the sign-in has expired, for it was not used for too long", "{again}"),
    row(
        &[70_043],
        SignInNeeded,
        "the organisation demands a new sign-in every so often (Conditional Access, sign-in frequency)",
        "{again}; for cron, an app with a certificate (--certificate) has nobody who could be asked",
    ),
    row(
        &[50_173],
        SignInNeeded,
        "the sign-in was revoked: a password was changed or reset, or an administrator ended it",
        "{again}",
    ),
    row(&[50_132, 50_133, 50_089], SignInNeeded, "the session of this sign-in has ended", "{again}"),
    row(
        &[700_084],
        SignInNeeded,
        "the app is registered as a single-page application, whose sign-ins end after a day",
        "register http://localhost under 'Mobile and desktop applications' instead ({portal}, App registrations > \
         {client} > Authentication), then: {again}",
    ),
    row(
        &[50_076, 50_079, 50_074, 50_072, 50_078],
        SignInNeeded,
        "the organisation demands a second factor (MFA) of the account that signed in",
        "sign in with it: {again}",
    ),
    row(
        &[53_003, 53_000, 53_001, 53_002, 530_032, 50_131, 53_011],
        Blocked,
        "the organisation's Conditional Access does not let this app, this device or this account in",
        "trying again does not help: an administrator has to allow it ({portal}, Conditional Access; its Sign-in logs name \
         the policy), then: {again}",
    ),
    row(
        &[530_035, 50_097],
        Blocked,
        "the organisation's security defaults demand a sign-in or a device that this is not",
        "an administrator has to allow it ({portal}, Sign-in logs), then: {again}",
    ),
    row(
        &[65_001],
        ConsentNeeded,
        "nobody has consented yet to what dirsync reads",
        "{again} --admin-consent, or pass this on to an administrator: {consent}",
    ),
    row(
        &[90_094, 90_095, 90_008, 90_093],
        ConsentNeeded,
        "only an administrator may consent to what dirsync reads",
        "pass this on to one: {consent} and then: {again}",
    ),
    row(&[65_004], SignInNeeded, "the consent was declined with Cancel", "to try once more: {again}"),
    row(
        &[65_005, 650_056, 650_057, 650_052],
        Misconfigured,
        "a permission that dirsync needs is not on the app registration, or the organisation has no such service",
        "add User.Read.All and GroupMember.Read.All of Microsoft Graph ({portal}, App registrations > {client} > API \
         permissions), then: {again}",
    ),
    row(
        &[7_000_215, 70_002],
        Misconfigured,
        "the app's secret is wrong",
        "use the secret's Value, not its Secret ID, or make another ({portal}, App registrations > {client} > \
         Certificates & secrets), then: {again} --client-secret-file FILE",
    ),
    row(
        &[7_000_222],
        Misconfigured,
        "the app's secret has expired",
        "make another, or better a certificate ({portal}, App registrations > {client} > Certificates & secrets), then: \
         {again} --client-secret-file FILE",
    ),
    row(
        &[700_027, 50_012, 700_030, 500_133, 700_024],
        Misconfigured,
        "Microsoft does not accept the app's certificate: it is not uploaded, has ended, or this machine's clock is wrong",
        "upload it ({portal}, App registrations > {client} > Certificates & secrets), or set the clock (Linux: \
         `timedatectl set-ntp true`), then: {again}",
    ),
    row(
        &[7_000_218],
        Misconfigured,
        "the app registration is not public, so that Microsoft expects a secret of it",
        "set 'Allow public client flows' to Yes and register http://localhost under 'Mobile and desktop applications' \
         ({portal}, App registrations > {client} > Authentication), then: {again}",
    ),
    row(
        &[700_025],
        Misconfigured,
        "the app registration is public and takes no secret",
        "leave --client-secret-file and --certificate away: {again}",
    ),
    row(
        &[700_016, 700_011, 70_001, 7_000_112],
        Misconfigured,
        "the app is unknown or disabled in this organisation",
        "check --client-id (the Application ID that {portal} shows under App registrations), --tenant and --cloud, then: \
         {again}",
    ),
    row(
        &[90_002, 50_059, 50_128, 90_019],
        Misconfigured,
        "there is no such organisation in this cloud",
        "check --tenant and --cloud: {again} --tenant DOMAIN",
    ),
    row(
        &[50_194, 90_130, 90_124, 9_001_023],
        Misconfigured,
        "the app is registered for one organisation only, so that this has to be named",
        "{again} --tenant DOMAIN",
    ),
    row(
        &[50_011],
        Misconfigured,
        "the app registration does not have the redirect address that dirsync uses",
        "register exactly http://localhost under 'Mobile and desktop applications' ({portal}, App registrations > \
         {client} > Authentication), then: {again}",
    ),
    row(
        &[50_020, 16_000, 50_034, 51_004, 90_072, 50_014],
        SignInNeeded,
        "the account is not one of this organisation",
        "sign in with an administrator of the organisation: {again}",
    ),
    row(
        &[50_057, 50_053, 50_055, 50_105],
        Blocked,
        "the account is disabled or locked, its password has expired, or it is not assigned to the app",
        "an administrator has to mend that ({portal}, Users, or Enterprise applications > {client}), then: {again}",
    ),
    row(
        &[90_038, 900_382, 900_432, 90_051, 50_134],
        Misconfigured,
        "the organisation is in another of Microsoft's clouds",
        "name it: {again} --cloud usgov (or usgov-dod, china, global)",
    ),
    row(
        &[50_196],
        Temporary,
        "Microsoft sees too many sign-ins of this app in a row",
        "wait some minutes; if it comes back, report it as a fault of dirsync's",
    ),
    row(
        &[90_033, 90_006, 90_024, 90_090, 50_033, 50_087, 90_055],
        Temporary,
        "Microsoft's sign-in service has a problem of its own",
        "nothing is lost; try again later: {again}",
    ),
    row(
        &[54_005, 501_481, 70_019, 90_120],
        SignInNeeded,
        "Microsoft no longer accepts this sign-in: it took too long or was used twice",
        "to try once more: {again}",
    ),
];

/// The row that has this number.
pub(super) fn row_of(code: u32) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.codes.contains(&code))
}
