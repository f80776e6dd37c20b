//! Who is who on the wire: the test certificate authority, the certificates of
//! every machine, and the mutual TLS that checks them (contract §4).

mod authority;
mod credential_set;
mod credentials;
mod listener;
mod peer;
mod provider;
mod refusal;
mod specification;
mod waiting_room;

pub use authority::{Authority, AuthorityError, IssuedCertificate};
pub use credential_set::write_credentials;
pub use credentials::{CredentialError, Credentials, LoadedCredentials};
pub use listener::MutualTlsListener;
pub use peer::{Peer, role_of};
pub use provider::install_crypto;
pub use refusal::{Refusal, RefusalReason};
pub use specification::{CertificateSpec, Validity};
pub use waiting_room::{Seat, WaitingRoom};
