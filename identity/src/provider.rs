//! The one crypto provider of all programs.

/// Makes `ring` the provider of every TLS connection of this process. May be
/// called any number of times.
pub fn install_crypto() {
    // An error only says that a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
