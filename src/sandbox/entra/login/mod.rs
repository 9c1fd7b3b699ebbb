//! The pretend Microsoft sign-in service: consent pages, codes and tokens, device codes, apps that act for themselves,
//! administrators' consent.

mod accounts;
mod admin_consent;
mod app;
mod assertion;
mod authorize;
mod device;
mod errors;
mod id_token;
mod issuer;
mod pages;
mod routes;
mod scopes;
mod token;

pub(super) use accounts::{Account, Home, Rights, accounts};
pub(super) use app::App;
pub(super) use authorize::{authorize, refused_page};
pub(super) use device::approve;
pub(super) use errors::Refusal;
pub(super) use issuer::{Access, Issuer};
pub(super) use routes::routes;
