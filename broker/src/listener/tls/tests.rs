//! Tests of the TLS side of listeners: rustls clients in memory, certificates made on the spot.

mod pki;
mod client;
mod fixture;
mod certificates;
mod old_certificates;
mod loading;
mod policy;
mod reloading;
mod failures;
mod resumption;
mod hostile;
