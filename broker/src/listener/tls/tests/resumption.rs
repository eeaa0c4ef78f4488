//! Tickets: a help without client certificates, a hole with them.

use super::super::ServerTls;
use super::client::{BOTH, meet, of_versions, presenting_by};
use super::pki::{Site, client_leaf};
use rustls::{HandshakeKind, ServerConnection};

fn kind(session: &ServerConnection) -> Option<HandshakeKind> {
    session.handshake_kind()
}

#[tokio::test(start_paused = true)]
async fn without_client_certificates_sessions_are_resumed() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    for version in BOTH {
        let client = of_versions(&site.root, &[version]);
        let first = meet(&tls, client.clone()).await.server.unwrap();
        assert_ne!(kind(first.0.get_ref().1), Some(HandshakeKind::Resumed));
        let second = meet(&tls, client.clone()).await.server.unwrap();
        assert_eq!(kind(second.0.get_ref().1), Some(HandshakeKind::Resumed));
        // Not under a key that was replaced.
        assert!(tls.refresh(true).unwrap());
        let third = meet(&tls, client).await.server.unwrap();
        assert_ne!(kind(third.0.get_ref().1), Some(HandshakeKind::Resumed));
    }
}

/// Also where they are optional.
#[tokio::test(start_paused = true)]
async fn with_client_certificates_every_handshake_is_a_full_one() {
    let mut site = Site::new();
    let leaf = client_leaf("x", 1, &site.root);
    for (require, identity) in [(true, false), (false, true)] {
        site.config.require_certificate = require;
        site.config.use_identity_as_username = identity;
        let tls = ServerTls::load(&site.config, &[]).unwrap();
        for version in BOTH {
            let client = presenting_by(&site.root, &leaf, &[], &[version]);
            for _ in 0..2 {
                let (stream, _) = meet(&tls, client.clone()).await.server.unwrap();
                assert_ne!(kind(stream.get_ref().1), Some(HandshakeKind::Resumed));
            }
        }
    }
}
