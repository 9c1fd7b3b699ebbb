//! Rules that say whose a device is: by the real binary, over syncs, and beside a naive model of them.

mod commands;
mod evidence;
mod files;
mod large;
mod model;
mod properties;
mod syncs;
mod tenant;
