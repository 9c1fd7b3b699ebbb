//! Writes one JSON object key by key into a buffer. Rendering a million users through `serde_json::Value` would cost more
//! than everything else the sandbox does, so records are written straight.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::mask::Mask;
use crate::sandbox::random::mix;

/// An object under construction. Keys the mask leaves out are not written; keys in `patch` are written as it says
/// (null: not at all), which is how a record is made odd.
pub(in crate::sandbox) struct Object<'a> {
    out: &'a mut Vec<u8>,
    mask: &'a Mask,
    patch: Option<&'a Map<String, Value>>,
    patched: Vec<&'static str>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(in crate::sandbox) fn open(
        out: &'a mut Vec<u8>,
        mask: &'a Mask,
        patch: Option<&'a Map<String, Value>>,
    ) -> Self {
        out.push(b'{');
        Self { out, mask, patch, patched: Vec::new(), empty: true }
    }

    /// The buffer, standing where the value of `key` belongs; `None` when nothing is to be written.
    pub(in crate::sandbox) fn slot(&mut self, key: &'static str) -> Option<&mut Vec<u8>> {
        if !self.mask.allows(key) {
            return None;
        }
        if let Some(patch) = self.patch
            && let Some(value) = patch.get(key)
        {
            self.patched.push(key);
            if !value.is_null() {
                self.key(key);
                json(self.out, value);
            }
            return None;
        }
        self.key(key);
        Some(self.out)
    }

    pub(in crate::sandbox) fn text(&mut self, key: &'static str, value: &str) {
        if let Some(out) = self.slot(key) {
            json(out, &value);
        }
    }

    pub(in crate::sandbox) fn flag(&mut self, key: &'static str, value: bool) {
        if let Some(out) = self.slot(key) {
            out.extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    /// A list of texts; nothing when empty, since Google omits empty collections.
    pub(in crate::sandbox) fn texts(&mut self, key: &'static str, values: &[String]) {
        if !values.is_empty()
            && let Some(out) = self.slot(key)
        {
            json(out, &values);
        }
    }

    pub(in crate::sandbox) fn close(self) {
        let Self { out, mask, patch, patched, mut empty } = self;
        for (key, value) in patch.into_iter().flatten() {
            if !patched.contains(&key.as_str()) && !value.is_null() && mask.allows(key) {
                separate(out, &mut empty);
                json(out, key);
                out.push(b':');
                json(out, value);
            }
        }
        out.push(b'}');
    }

    fn key(&mut self, key: &str) {
        separate(self.out, &mut self.empty);
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

fn separate(out: &mut Vec<u8>, empty: &mut bool) {
    if !*empty {
        out.push(b',');
    }
    *empty = false;
}

/// Writes a value as JSON; into memory, where it cannot fail.
pub(in crate::sandbox) fn json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}

/// An etag in Google's form, a quoted pair of opaque texts: one for the tenant, one for the record's present state.
pub(in crate::sandbox) fn etag(tenant: u64, record: u64) -> String {
    let part = |value: u64| URL_SAFE_NO_PAD.encode(mix(value).to_be_bytes());
    format!("\"{}/{}\"", part(tenant), part(record))
}
