//! What can go wrong, at any vendor's. A fault that has no meaning at a vendor's does nothing there. To add one: an arm
//! here, and what it does: in `effect` if that is the same everywhere, else in the vendor's own `faults`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// Any error of the directory's API; `text` or `json` in place of the vendor's usual body.
    Status {
        /// The HTTP status.
        code: u16,
        /// The vendor's word (Google: `errors[0].reason`, Graph: `error.code`); chosen by the status when absent.
        #[serde(default)]
        reason: Option<String>,
        /// The message.
        #[serde(default)]
        message: Option<String>,
        /// A whole body that is not JSON.
        #[serde(default)]
        text: Option<String>,
        /// A whole body that is.
        #[serde(default)]
        json: Option<Value>,
        /// The `Retry-After` header.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// Too many requests. Google: 403 with a reason in domain `usageLimits` (`userRateLimitExceeded`,
    /// `rateLimitExceeded`, `quotaExceeded` …); Graph: 429.
    Throttle {
        /// The reason.
        #[serde(default = "user_rate")]
        reason: String,
        /// The `Retry-After` header.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// 429 with a line of text.
    TooManyText {
        /// The `Retry-After` header.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// 503 with a page of HTML.
    UnavailableHtml,
    /// The connection breaks in the middle of the body.
    ResetMidBody,
    /// The body ends in the middle, inside intact HTTP (and gzip).
    TruncatedJson,
    /// The packed body ends in the middle, inside intact HTTP.
    TruncatedGzip,
    /// 200 with a page of HTML, as captive portals and proxies send it.
    HtmlOk,
    /// The listing's items are a text (`whole: true`), or its second item's `id` is a number.
    WrongType {
        /// Whether the whole page is wrong.
        #[serde(default)]
        whole: bool,
    },
    /// Never answers.
    Hang,
    /// Answers late.
    Slow {
        /// By so many milliseconds.
        ms: u64,
    },
    /// The next page's token is this page's own.
    RepeatToken,
    /// 400 for every request that carries a page token (Graph: `Directory_ExpiredPageToken`).
    ExpiredPageToken,
    /// The listing's key is missing; a next page's token stays.
    MissingKey,
    /// The listing is an empty list, and the last page.
    EmptyListing,
    /// An empty page that says go on; what it should have held comes with the next.
    EmptyPageWithToken,
    /// A next page's token full of what does not belong in an URL; at Graph, a link to another host.
    EvilNextPage,
    /// The first user once more on the last page.
    DuplicatePerson,
    /// 401: the token is not good.
    Unauthorized,
    /// 404, although the group is listed.
    DeletedGroupWhileListed,
    /// 302 to somewhere else.
    Redirect {
        /// Where to.
        to: String,
    },
    /// Every resource claims to belong to this customer; at Graph, `/organization` is this tenant.
    OtherCustomer {
        /// The other customer's id.
        customer_id: String,
    },
    /// The token answer lacks a scope.
    DropScope {
        /// Scopes that contain this text go.
        scope: String,
    },
    /// The token answer has no refresh token.
    NoRefreshToken,
    /// The token answer has no id token.
    NoIdToken,
    /// The id token has no `hd`, as for consumer accounts.
    NoHd,
    /// The id token's nonce is another.
    WrongNonce,
    /// The id token is for another client.
    WrongAudience,
    /// The id token is another issuer's.
    WrongIssuer,
    /// The id token has expired.
    ExpiredIdToken,
    /// Refreshing fails for good. `subtype`: `invalid_rapt`, `rapt_required` or `deleted` (Microsoft: the `suberror`);
    /// revoked when absent.
    InvalidGrant {
        /// Why.
        #[serde(default)]
        subtype: Option<String>,
    },
    /// The sign-in page refuses, with a page and no way back to the app: `admin_policy_enforced`, `org_internal`,
    /// `deleted_client` … (Microsoft: the number of an AADSTS error).
    SignInRefused {
        /// The vendor's word for it.
        error: String,
    },
    /// A claim of the id token is another: `tid`, `oid` …
    Claim {
        /// Which.
        name: String,
        /// What it says.
        value: Value,
    },
    /// The redirect back to the app has another `state` than the app sent.
    WrongState,
    /// Microsoft's sign-in service refuses in its own words: as JSON at the token and device code endpoints, on the
    /// redirect where a browser is on its way.
    TokenError {
        /// `invalid_grant`, `interaction_required` …
        error: String,
        /// The number after `AADSTS`.
        code: u32,
        /// `basic_action`, `consent_required` …
        #[serde(default)]
        suberror: Option<String>,
        /// What an interactive sign-in would have to satisfy.
        #[serde(default)]
        claims: Option<String>,
        /// The HTTP status, where the error is not on a redirect; 400 when absent.
        #[serde(default)]
        status: Option<u16>,
    },
    /// Graph's 401 that demands a token with other claims (continuous access evaluation).
    ClaimsChallenge,
    /// Graph knows a delta link no more: 400 with this code, in `innerError` only if `nested`.
    ExpiredCursor {
        /// `syncStateNotFound` in any spelling, `resyncRequired` …
        #[serde(default = "sync_state")]
        code: String,
        /// Whether only the inner error has the code.
        #[serde(default)]
        nested: bool,
    },
    /// Graph's 410 for delta requests: start over, at the address in `Location` if there is one.
    Gone {
        /// Whether there is one.
        #[serde(default)]
        location: bool,
    },
    /// Graph has no delta for this kind of tenant (B2C, External ID).
    DeltaRefused {
        /// 400 or 501.
        code: u16,
    },
    /// The link to the next page leads to this address.
    ForeignNextLink {
        /// Another host's address.
        to: String,
    },
    /// Every page leads back to the listing's first.
    LoopToken,
    /// A page that should have a link to go on with has none.
    MissingLink,
}

impl Fault {
    /// An error of the API with the vendor's usual body, and the vendor's word for it if that is not the usual one.
    pub fn status(code: u16, reason: Option<&str>) -> Self {
        Self::Status {
            code,
            reason: reason.map(str::to_owned),
            message: None,
            text: None,
            json: None,
            retry_after: None,
        }
    }
}

fn user_rate() -> String {
    "userRateLimitExceeded".to_owned()
}

fn sync_state() -> String {
    "syncStateNotFound".to_owned()
}
