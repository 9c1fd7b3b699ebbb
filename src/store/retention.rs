//! The one law of removals: whoever holds a device is retained, never removed. Every statement that could remove
//! somebody asks here.

/// A condition: the person whose id is the SQL expression `user` holds a device now.
pub(super) fn holds_device(user: &str) -> String {
    format!("EXISTS (SELECT 1 FROM assignments WHERE assignments.user_id = {user} AND assignments.ended_at IS NULL)")
}
