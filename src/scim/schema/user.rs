//! The core schema of a user (RFC 7643 §4.1, §8.7.1).

use super::attribute::{Attribute, Kind, Mutability, Returned, Schema};

/// `urn:ietf:params:scim:schemas:core:2.0:User`.
pub(super) static SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "User account",
    attributes: ATTRIBUTES,
};

const DISPLAY: Attribute = Attribute::text("display", "Name shown for the value");
const PRIMARY: Attribute = Attribute::new("primary", Kind::Boolean, "Whether this is the main one; true at most once");

const fn kind(values: &'static [&'static str]) -> Attribute {
    Attribute::text("type", "What the value is for").suggested(values)
}

static ATTRIBUTES: &[Attribute] = &[
    Attribute::text("userName", "Name the person signs in with").required().unique(),
    Attribute::complex("name", "Parts of the person's name", NAME),
    Attribute::text("displayName", "Name shown for the person"),
    Attribute::text("nickName", "What the person is called casually"),
    Attribute::reference("profileUrl", "The person's page", &["external"]),
    Attribute::text("title", "Job title"),
    Attribute::text("userType", "Relation to the organisation: Employee, Contractor …"),
    Attribute::text("preferredLanguage", "Languages the person prefers, as in Accept-Language"),
    Attribute::text("locale", "Where the person is, for dates and numbers"),
    Attribute::text("timezone", "Time zone, as in the IANA database"),
    Attribute::new("active", Kind::Boolean, "Whether the account may be used"),
    Attribute::text("password", "Initial password; accepted and not kept")
        .mutability(Mutability::WriteOnly)
        .returned(Returned::Never),
    Attribute::complex("emails", "E-mail addresses", EMAILS).many(),
    Attribute::complex("phoneNumbers", "Telephone numbers", PHONES).many(),
    Attribute::complex("ims", "Instant messaging addresses", IMS).many(),
    Attribute::complex("photos", "Pictures of the person", PHOTOS).many(),
    Attribute::complex("addresses", "Postal addresses", ADDRESSES).many(),
    Attribute::complex("groups", "Groups the person is in", GROUPS).many().mutability(Mutability::ReadOnly),
    Attribute::complex("entitlements", "What the person is entitled to", VALUES).many(),
    Attribute::complex("roles", "What the person is", VALUES).many(),
    Attribute::complex("x509Certificates", "Certificates", CERTIFICATES).many(),
];

static NAME: &[Attribute] = &[
    Attribute::text("formatted", "The whole name"),
    Attribute::text("familyName", "Last name"),
    Attribute::text("givenName", "First name"),
    Attribute::text("middleName", "Middle names"),
    Attribute::text("honorificPrefix", "Title before the name"),
    Attribute::text("honorificSuffix", "Suffix after the name"),
];

static EMAILS: &[Attribute] =
    &[Attribute::text("value", "The address"), DISPLAY, kind(&["work", "home", "other"]), PRIMARY];

static PHONES: &[Attribute] = &[
    Attribute::text("value", "The number, kept as it is sent"),
    DISPLAY,
    kind(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

static IMS: &[Attribute] = &[
    Attribute::text("value", "The address"),
    DISPLAY,
    kind(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

static PHOTOS: &[Attribute] = &[
    Attribute::reference("value", "Where the picture is", &["external"]),
    DISPLAY,
    kind(&["photo", "thumbnail"]),
    PRIMARY,
];

static ADDRESSES: &[Attribute] = &[
    Attribute::text("formatted", "The whole address"),
    Attribute::text("streetAddress", "Street and number"),
    Attribute::text("locality", "City"),
    Attribute::text("region", "State or region"),
    Attribute::text("postalCode", "Postal code"),
    Attribute::text("country", "Country"),
    kind(&["work", "home", "other"]),
    PRIMARY,
];

static GROUPS: &[Attribute] = &[
    Attribute::text("value", "The group's id").exact().mutability(Mutability::ReadOnly),
    Attribute::reference("$ref", "The group", &["User", "Group"]).mutability(Mutability::ReadOnly),
    Attribute::text("display", "The group's name").mutability(Mutability::ReadOnly),
    Attribute::text("type", "How the person is in it")
        .suggested(&["direct", "indirect"])
        .mutability(Mutability::ReadOnly),
];

static VALUES: &[Attribute] = &[Attribute::text("value", "The value"), DISPLAY, kind(&[]), PRIMARY];

static CERTIFICATES: &[Attribute] =
    &[Attribute::new("value", Kind::Binary, "The certificate, DER in base64").exact(), DISPLAY, kind(&[]), PRIMARY];
