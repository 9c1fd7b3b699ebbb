//! A filter as a condition that the store can answer, as far as it can.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use super::compare::{boolean, moment, text};
use super::evaluate::leaf_of_element;
use super::fold::folded;
use super::tree::{Filter, Literal, Operator};
use crate::scim::schema::{Attribute, AttributePath, Found, ResourceType, Returned};
use crate::store::{Comparison, ResourceCondition};

/// What the store can say about a filter. A text in it is folded with [`fold`](fn@super::fold), as the store's have to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Narrowed {
    /// Every resource that matches the filter meets it.
    pub condition: ResourceCondition,
    /// And only those do; else each that meets it has to be asked ([`matches`](super::matches)).
    pub exact: bool,
}

/// Narrows `filter`, over resources of one type, to a condition of the store. What the type lacks has no value, as in
/// [`matches`](super::matches).
pub fn condition(filter: &Filter, resource_type: &ResourceType) -> Narrowed {
    match filter {
        Filter::And(filters) => Narrowed::all(filters.iter().map(|filter| condition(filter, resource_type))),
        Filter::Or(filters) => Narrowed::any(filters.iter().map(|filter| condition(filter, resource_type))),
        Filter::Not(inner) => condition(inner, resource_type).not(),
        Filter::Present(path) | Filter::Compare(path, Operator::Ne, Literal::Null) => present(path, resource_type),
        Filter::Compare(path, Operator::Eq, Literal::Null) => present(path, resource_type).not(),
        Filter::Compare(_, _, Literal::Null) => Narrowed::NOTHING,
        Filter::Compare(path, operator, literal) => match find(resource_type, path) {
            None if *operator == Operator::Ne => Narrowed::EVERYTHING,
            None => Narrowed::NOTHING,
            Some(found) => match Column::of(found, resource_type) {
                Some(column) => column.compared(*operator, literal, resource_type),
                None => Narrowed::UNKNOWN,
            },
        },
        Filter::Value(path, inner) => match find(resource_type, path) {
            None | Some(Found { sub: Some(_), .. }) => Narrowed::NOTHING,
            Some(found) => match Column::of(found, resource_type) {
                Some(column) if column.is_list() => column.of_one(inner, found.attribute),
                _ => Narrowed::UNKNOWN,
            },
        },
    }
}

fn find(resource_type: &ResourceType, path: &AttributePath) -> Option<Found> {
    resource_type.find(path).filter(|found| found.leaf().returned != Returned::Never)
}

fn present(path: &AttributePath, resource_type: &ResourceType) -> Narrowed {
    if resource_type.whole_schema(path).is_some() {
        return Narrowed::UNKNOWN;
    }
    let Some(found) = find(resource_type, path) else { return Narrowed::NOTHING };
    // A list may have values without a `value`, which are present as well.
    let is_column = found.sub.is_some() || found.attribute.value().is_none();
    match Column::of(found, resource_type).filter(|_| is_column) {
        Some(column) => column.present(),
        None => Narrowed::UNKNOWN,
    }
}

/// What the store keeps apart from the resource's document.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Id,
    ExternalId,
    Name,
    DisplayName,
    Email,
    Active,
    Created,
    Modified,
    Member,
    InGroup,
    ResourceType,
}

impl Column {
    fn of(found: Found, resource_type: &ResourceType) -> Option<Self> {
        if found.extension.is_some() {
            return None;
        }
        // A complex value is compared as its `value`.
        let sub = found.sub.or_else(|| found.attribute.value()).map(|sub| sub.name);
        match (resource_type.name, found.attribute.name, sub) {
            (_, "id", None) => Some(Self::Id),
            (_, "externalId", None) => Some(Self::ExternalId),
            (_, "meta", Some("created")) => Some(Self::Created),
            (_, "meta", Some("lastModified")) => Some(Self::Modified),
            (_, "meta", Some("resourceType")) => Some(Self::ResourceType),
            ("User", "userName", None) | ("Group", "displayName", None) => Some(Self::Name),
            ("User", "displayName", None) => Some(Self::DisplayName),
            ("User", "active", None) => Some(Self::Active),
            ("User", "emails", Some("value")) => Some(Self::Email),
            ("User", "groups", Some("value")) => Some(Self::InGroup),
            ("Group", "members", Some("value")) => Some(Self::Member),
            _ => None,
        }
    }

    /// Whether a resource may have several of it.
    fn is_list(self) -> bool {
        matches!(self, Self::Email | Self::InGroup | Self::Member)
    }

    /// Whether there is a value that is not empty.
    fn present(self) -> Narrowed {
        match self {
            Self::Id | Self::ResourceType => Narrowed::EVERYTHING,
            // Greater than the empty text is every other, and nothing is less.
            Self::ExternalId | Self::Name | Self::DisplayName | Self::Email => {
                self.text(Comparison::Greater, String::new())
            }
            Self::Active => Narrowed::any([true, false].map(|it| Narrowed::exactly(ResourceCondition::Active(it)))),
            Self::Created | Self::Modified | Self::Member | Self::InGroup => Narrowed::UNKNOWN,
        }
    }

    fn compared(self, operator: Operator, literal: &Literal, resource_type: &ResourceType) -> Narrowed {
        let operator = match operator {
            // Of a list it asks for a value that differs, which is not that none is the same.
            Operator::Ne if self.is_list() => return Narrowed::UNKNOWN,
            Operator::Ne => return self.compared(Operator::Eq, literal, resource_type).not(),
            other => other,
        };
        let comparison = comparison(operator);
        match self {
            Self::Active => match (operator, boolean(literal)) {
                (Operator::Eq, Some(active)) => Narrowed::exactly(ResourceCondition::Active(active)),
                _ => Narrowed::NOTHING,
            },
            Self::Created | Self::Modified => self.moment(comparison, literal),
            // A boolean has lost the case it was written in, and case may matter.
            _ if matches!(literal, Literal::Boolean(_)) => Narrowed::UNKNOWN,
            _ => {
                let exact = !matches!(self, Self::Name | Self::DisplayName | Self::Email);
                let Some(text) = text(literal) else { return Narrowed::NOTHING };
                let text = folded(&text, exact).into_owned();
                match self {
                    Self::ResourceType if comparison == Comparison::Equal => {
                        if text == resource_type.name {
                            Narrowed::EVERYTHING
                        } else {
                            Narrowed::NOTHING
                        }
                    }
                    _ => self.text(comparison, text),
                }
            }
        }
    }

    fn text(self, comparison: Comparison, text: String) -> Narrowed {
        use ResourceCondition::{DisplayName, Email, ExternalId, Id, InGroup, Member, Name};
        let is_equal = comparison == Comparison::Equal;
        match self {
            Self::ExternalId => Narrowed::exactly(ExternalId(comparison, text)),
            Self::Name => Narrowed::exactly(Name(comparison, text)),
            Self::DisplayName => Narrowed::exactly(DisplayName(comparison, text)),
            Self::Email => Narrowed::exactly(Email(comparison, text)),
            Self::Id if is_equal => Narrowed::exactly(Id(text)),
            Self::Member if is_equal => Narrowed::exactly(Member(text)),
            Self::InGroup if is_equal => Narrowed::exactly(InGroup(text)),
            _ => Narrowed::UNKNOWN,
        }
    }

    /// Stored moments have milliseconds: one in between equals none of them, and is as good as the one before it where
    /// it is asked what is later or earlier.
    fn moment(self, comparison: Comparison, literal: &Literal) -> Narrowed {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
        if !matches!(comparison, Equal | Greater | GreaterOrEqual | Less | LessOrEqual) {
            return Narrowed::UNKNOWN;
        }
        let Some(at) = moment(literal) else { return Narrowed::NOTHING };
        let Some(whole) = whole_milliseconds(at) else { return Narrowed::UNKNOWN };
        let comparison = match comparison {
            _ if whole == at => comparison,
            Greater | GreaterOrEqual => Greater,
            Less | LessOrEqual => LessOrEqual,
            _ => return Narrowed::NOTHING,
        };
        Narrowed::exactly(match self {
            Self::Created => ResourceCondition::Created(comparison, whole),
            _ => ResourceCondition::Modified(comparison, whole),
        })
    }

    /// That there is a value of this list which meets `filter`.
    fn of_one(self, filter: &Filter, attribute: &'static Attribute) -> Narrowed {
        let is_value = |path| leaf_of_element(attribute, path).is_some_and(|leaf| leaf.name == "value");
        match filter {
            Filter::Or(filters) => Narrowed::any(filters.iter().map(|filter| self.of_one(filter, attribute))),
            // That one value meets each part does not say that one meets all of them.
            Filter::And(filters) => {
                Narrowed::all(filters.iter().map(|filter| self.of_one(filter, attribute))).not_exact()
            }
            Filter::Compare(path, operator, literal) if is_value(path) => match (operator, literal) {
                (Operator::Ne, Literal::Null) => self.present(),
                (Operator::Ne, _) | (_, Literal::Null) => Narrowed::UNKNOWN,
                // None of the lists depends on the type of resource.
                _ => self.compared(*operator, literal, &crate::scim::schema::USER),
            },
            Filter::Present(path) if is_value(path) => self.present(),
            Filter::Compare(..) | Filter::Present(_) | Filter::Not(_) => Narrowed::UNKNOWN,
            Filter::Value(..) => Narrowed::NOTHING,
        }
    }
}

fn comparison(operator: Operator) -> Comparison {
    match operator {
        // 'ne' is the negation of 'eq'.
        Operator::Eq | Operator::Ne => Comparison::Equal,
        Operator::Co => Comparison::Contains,
        Operator::Sw => Comparison::StartsWith,
        Operator::Ew => Comparison::EndsWith,
        Operator::Gt => Comparison::Greater,
        Operator::Ge => Comparison::GreaterOrEqual,
        Operator::Lt => Comparison::Less,
        Operator::Le => Comparison::LessOrEqual,
    }
}

fn whole_milliseconds(at: Timestamp) -> Option<Timestamp> {
    at.round(TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Floor)).ok()
}

impl Narrowed {
    /// All resources match.
    const EVERYTHING: Self = Self { condition: ResourceCondition::All(Vec::new()), exact: true };
    /// No resource matches.
    const NOTHING: Self = Self { condition: ResourceCondition::Any(Vec::new()), exact: true };
    /// The store cannot say.
    const UNKNOWN: Self = Self { condition: ResourceCondition::All(Vec::new()), exact: false };

    fn exactly(condition: ResourceCondition) -> Self {
        Self { condition, exact: true }
    }

    /// Nothing is exact in any case: of no resources none has to be asked.
    fn not_exact(self) -> Self {
        let exact = self.condition == Self::NOTHING.condition;
        Self { exact, ..self }
    }

    /// Only of what is exact the opposite is known.
    fn not(self) -> Self {
        match (self.exact, self.condition) {
            (false, _) => Self::UNKNOWN,
            (true, ResourceCondition::All(all)) if all.is_empty() => Self::NOTHING,
            (true, ResourceCondition::Any(any)) if any.is_empty() => Self::EVERYTHING,
            (true, ResourceCondition::Not(inner)) => Self::exactly(*inner),
            (true, condition) => Self::exactly(ResourceCondition::Not(Box::new(condition))),
        }
    }

    fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut exact = true;
        let mut conditions = Vec::new();
        for part in parts {
            exact &= part.exact;
            match part.condition {
                ResourceCondition::Any(any) if any.is_empty() => return Self::NOTHING,
                ResourceCondition::All(all) => conditions.extend(all),
                other => conditions.push(other),
            }
        }
        let condition = only(&mut conditions).unwrap_or(ResourceCondition::All(conditions));
        Self { condition, exact }
    }

    fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut exact = true;
        let mut everything = None;
        let mut conditions = Vec::new();
        for part in parts {
            exact &= part.exact;
            match part.condition {
                ResourceCondition::All(all) if all.is_empty() => {
                    everything = Some(everything.unwrap_or(false) || part.exact);
                }
                ResourceCondition::Any(any) => conditions.extend(any),
                other => conditions.push(other),
            }
        }
        match everything {
            Some(exact) => Self { exact, ..Self::EVERYTHING },
            None => Self { condition: only(&mut conditions).unwrap_or(ResourceCondition::Any(conditions)), exact },
        }
    }
}

/// The one there is, if it is the only one.
fn only(conditions: &mut Vec<ResourceCondition>) -> Option<ResourceCondition> {
    if conditions.len() == 1 { conditions.pop() } else { None }
}
