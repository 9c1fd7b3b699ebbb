//! An embedded pretend Google Workspace on loopback.
