//! What an attribute is (RFC 7643 §2.2): its type and its characteristics, as constants.

/// The type of a value (RFC 7643 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A moment, RFC 3339 in XML Schema's dress.
    DateTime,
    /// A URI.
    Reference,
    /// Base64.
    Binary,
    /// Sub-attributes.
    Complex,
}

/// Who may change it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// Only the server.
    ReadOnly,
    /// The client, always.
    ReadWrite,
    /// The client, once.
    Immutable,
    /// The client, and nobody reads it.
    WriteOnly,
}

/// When it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// Whatever is asked for.
    Always,
    /// Never.
    Never,
    /// Unless something else is asked for.
    Default,
    /// Only if asked for.
    Request,
}

/// Among whom a value is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    /// Nobody.
    None,
    /// The resources of the type, within an integration.
    Server,
}

/// One attribute or sub-attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Its name, spelt as the schema does.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it is a list.
    pub multi_valued: bool,
    /// What it is for, in a sentence.
    pub description: &'static str,
    /// Whether a resource must have it.
    pub required: bool,
    /// Whether upper and lower case differ.
    pub case_exact: bool,
    /// Suggested values; others are taken as well.
    pub canonical_values: &'static [&'static str],
    /// Who may change it.
    pub mutability: Mutability,
    /// When it is sent.
    pub returned: Returned,
    /// Among whom it is unique.
    pub uniqueness: Uniqueness,
    /// What a reference may point to: types of resources, `external`, `uri`.
    pub reference_types: &'static [&'static str],
    /// The parts of a complex value.
    pub sub_attributes: &'static [Attribute],
}

impl Attribute {
    /// An attribute with the standard's defaults.
    pub(in crate::scim) const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            kind,
            multi_valued: false,
            description,
            required: false,
            case_exact: false,
            canonical_values: &[],
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            reference_types: &[],
            sub_attributes: &[],
        }
    }

    /// Text with the standard's defaults.
    pub(super) const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::String, description)
    }

    /// A complex attribute.
    pub(super) const fn complex(name: &'static str, description: &'static str, subs: &'static [Attribute]) -> Self {
        Self { sub_attributes: subs, ..Self::new(name, Kind::Complex, description) }
    }

    /// A reference to one of these.
    pub(super) const fn reference(name: &'static str, description: &'static str, to: &'static [&'static str]) -> Self {
        Self { reference_types: to, case_exact: true, ..Self::new(name, Kind::Reference, description) }
    }

    pub(super) const fn many(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    pub(super) const fn suggested(self, values: &'static [&'static str]) -> Self {
        Self { canonical_values: values, ..self }
    }

    pub(super) const fn mutability(self, mutability: Mutability) -> Self {
        Self { mutability, ..self }
    }

    pub(super) const fn returned(self, returned: Returned) -> Self {
        Self { returned, ..self }
    }

    pub(super) const fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    /// The sub-attribute of this name, without regard to case.
    pub fn sub(&self, name: &str) -> Option<&'static Attribute> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// Of a complex attribute, the part that stands for the whole (`emails eq "x"` means `emails.value eq "x"`).
    pub fn value(&self) -> Option<&'static Attribute> {
        self.sub("value")
    }
}

/// A schema: a named set of attributes.
#[derive(Debug)]
pub struct Schema {
    /// Its URN.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of this name, without regard to case.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}
