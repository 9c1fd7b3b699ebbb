//! Looking resources up by conditions: counting them, pages of them by number or by the last one seen, all of them.

use rusqlite::{Row, params_from_iter};

use super::super::resource_condition::ResourceCondition;
use super::super::{Store, StoreError};
use super::condition::Where;
use super::moments::fine_stamp;
use super::resource::{GROUP_COLUMNS, Resource, USER_COLUMNS, read_group, read_user};
use crate::model::IntegrationId;

/// Which resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// Users.
    User,
    /// Groups.
    Group,
}

/// What resources are put in order by; of those that are the same there, those made first come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// In the order they were made (a person who is back has kept their place).
    #[default]
    Position,
    /// The resource's id.
    Id,
    /// The client's id.
    ExternalId,
    /// The folded `userName` of users, `displayName` of groups.
    Name,
    /// The folded `displayName`, of users too.
    DisplayName,
    /// When it was made.
    Created,
    /// When it last changed.
    Modified,
}

/// An order. Who lacks the value comes last, or first if descending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub by: SortKey,
    /// The other way round.
    pub descending: bool,
}

/// Which part of what is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// From a number on, beginning with 0.
    Offset {
        /// How many to pass over.
        start: u64,
        /// At most so many.
        count: u64,
    },
    /// What comes after a resource seen last, which may be gone since.
    After {
        /// Its value of what is sorted by ([`Resource::sort_value`]).
        value: Option<String>,
        /// Its place ([`Resource::position`]).
        position: i64,
        /// At most so many.
        count: u64,
    },
}

impl Resource {
    /// The value it is put in order by.
    pub fn sort_value(&self, by: SortKey) -> Option<String> {
        let (id, external_id, name, display_name, created_at, modified_at) = match self {
            Self::User(user) => (
                &user.scim_id,
                &user.external_id,
                &user.user_name_key,
                user.display_name_key.as_ref(),
                user.created_at,
                user.modified_at,
            ),
            Self::Group(group) => (
                &group.scim_id,
                &group.external_id,
                &group.name_key,
                Some(&group.name_key),
                group.created_at,
                group.modified_at,
            ),
        };
        match by {
            SortKey::Position => None,
            SortKey::Id => Some(id.clone()),
            SortKey::ExternalId => external_id.clone(),
            SortKey::Name => Some(name.clone()),
            SortKey::DisplayName => display_name.cloned(),
            SortKey::Created => Some(fine_stamp(created_at)),
            SortKey::Modified => Some(fine_stamp(modified_at)),
        }
    }

    /// Its place where no order is asked for, and among those that are the same in the order asked for.
    pub fn position(&self) -> i64 {
        match self {
            Self::User(user) => user.user_id,
            Self::Group(group) => group.group_id,
        }
    }
}

impl Store {
    /// A part of the resources that fit `condition`, in this order.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scim_page(
        &self,
        kind: ResourceKind,
        integration: IntegrationId,
        condition: &ResourceCondition,
        order: Order,
        window: &Window,
    ) -> Result<Vec<Resource>, StoreError> {
        let mut found = Vec::new();
        self.select(kind, integration, condition, order, Some(window), |resource| {
            found.push(resource);
            Ok::<(), StoreError>(())
        })?;
        Ok(found)
    }

    /// How many resources fit `condition`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn scim_count(
        &self,
        kind: ResourceKind,
        integration: IntegrationId,
        condition: &ResourceCondition,
    ) -> Result<u64, StoreError> {
        let found = Where::new(kind, integration.0, condition);
        let sql = format!("SELECT count(*) FROM {} s WHERE {}", kind.table(), found.sql);
        let mut statement = self.db.prepare_cached(&sql)?;
        Ok(statement.query_row(params_from_iter(found.values), |row| row.get(0).map(i64::unsigned_abs))?)
    }

    /// Hands all resources that fit `condition`, in this order, to `each`, one at a time.
    ///
    /// # Errors
    /// The database or `each` refuses.
    pub fn each_scim_resource<E: From<StoreError>>(
        &self,
        kind: ResourceKind,
        integration: IntegrationId,
        condition: &ResourceCondition,
        order: Order,
        each: impl FnMut(Resource) -> Result<(), E>,
    ) -> Result<(), E> {
        self.select(kind, integration, condition, order, None, each)
    }

    fn select<E: From<StoreError>>(
        &self,
        kind: ResourceKind,
        integration: IntegrationId,
        condition: &ResourceCondition,
        order: Order,
        window: Option<&Window>,
        mut each: impl FnMut(Resource) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut found = Where::new(kind, integration.0, condition);
        let sql = statement(kind, &mut found, order, window);
        let mut statement = self.db.prepare_cached(&sql).map_err(StoreError::from)?;
        let mut rows = statement.query(params_from_iter(found.values)).map_err(StoreError::from)?;
        while let Some(row) = rows.next().map_err(StoreError::from)? {
            each(kind.read(row).map_err(StoreError::from)?)?;
        }
        Ok(())
    }
}

/// The SELECT of a part, with what is bound to it.
pub(super) fn statement(kind: ResourceKind, found: &mut Where, order: Order, window: Option<&Window>) -> String {
    let (place, key) = (kind.place(), kind.key(order.by));
    let (than, direction, nulls) = if order.descending { ("<", "DESC", "FIRST") } else { (">", "ASC", "LAST") };
    let mut limit = String::new();
    match window {
        None => {}
        Some(Window::Offset { start, count }) => {
            let (count, start) = (found.bind(whole(*count)), found.bind(whole(*start)));
            limit = format!(" LIMIT {count} OFFSET {start}");
        }
        Some(Window::After { value, position, count }) => {
            let after = match (key, value) {
                (None, _) => format!("{place} {than} {}", found.bind(*position)),
                (Some(Key { column, may_lack: false }), value) => {
                    let value = found.bind(value.clone().unwrap_or_default());
                    format!("({column}, {place}) {than} ({value}, {})", found.bind(*position))
                }
                (Some(Key { column, .. }), Some(value)) => {
                    let (value, position) = (found.bind(value.clone()), found.bind(*position));
                    let lacking = if order.descending { String::new() } else { format!(" OR {column} IS NULL") };
                    format!("({column} {than} {value} OR ({column} = {value} AND {place} {than} {position}){lacking})")
                }
                (Some(Key { column, .. }), None) => {
                    let position = found.bind(*position);
                    let having = if order.descending { format!(" OR {column} IS NOT NULL") } else { String::new() };
                    format!("(({column} IS NULL AND {place} {than} {position}){having})")
                }
            };
            found.sql.push_str(&format!(" AND {after}"));
            limit = format!(" LIMIT {}", found.bind(whole(*count)));
        }
    }
    let order = match key {
        None => format!("{place} {direction}"),
        Some(Key { column, may_lack: true }) => format!("{column} {direction} NULLS {nulls}, {place} {direction}"),
        Some(Key { column, may_lack: false }) => format!("{column} {direction}, {place} {direction}"),
    };
    format!("SELECT {} FROM {} s WHERE {} ORDER BY {order}{limit}", kind.columns(), kind.table(), found.sql)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[derive(Clone, Copy)]
struct Key {
    column: &'static str,
    may_lack: bool,
}

impl ResourceKind {
    fn table(self) -> &'static str {
        match self {
            Self::User => "scim_users",
            Self::Group => "scim_groups",
        }
    }

    fn place(self) -> &'static str {
        match self {
            Self::User => "s.user_id",
            Self::Group => "s.group_id",
        }
    }

    fn columns(self) -> &'static str {
        match self {
            Self::User => USER_COLUMNS,
            Self::Group => GROUP_COLUMNS,
        }
    }

    fn key(self, by: SortKey) -> Option<Key> {
        let (column, may_lack) = match (by, self) {
            (SortKey::Position, _) => return None,
            (SortKey::Id, _) => ("s.scim_id", false),
            (SortKey::ExternalId, _) => ("s.external_id", true),
            (SortKey::Name, Self::User) => ("s.user_name_key", false),
            (SortKey::Name | SortKey::DisplayName, Self::Group) => ("s.name_key", false),
            (SortKey::DisplayName, Self::User) => ("s.display_name_key", true),
            (SortKey::Created, _) => ("s.created_at", false),
            (SortKey::Modified, _) => ("s.modified_at", false),
        };
        Some(Key { column, may_lack })
    }

    fn read(self, row: &Row<'_>) -> rusqlite::Result<Resource> {
        match self {
            Self::User => read_user(row).map(Resource::User),
            Self::Group => read_group(row).map(Resource::Group),
        }
    }
}
