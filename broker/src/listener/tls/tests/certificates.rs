//! Client certificates: who is asked, who is let in, under which name.

use super::super::{HandshakeFailure, ServerTls};
use super::client::{BOTH, Meeting, anonymous, meet, presenting, presenting_by};
use super::pki::{Authority, Leaf, Site, client_leaf, intermediate, issue, params, revoke, root};
use rcgen::date_time_ymd;
use rustls::AlertDescription;

async fn present(site: &Site, leaf: &Leaf, chain: &[&Authority]) -> Meeting {
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    meet(&tls, presenting(&site.root, leaf, chain)).await
}

fn text(meeting: &Meeting) -> String {
    meeting
        .server
        .as_ref()
        .err()
        .map(HandshakeFailure::to_string)
        .unwrap_or_default()
}

/// config.md 8.1, for each version of TLS.
#[tokio::test(start_paused = true)]
async fn the_table_of_client_certificates() {
    let mut site = Site::new();
    let good = client_leaf("device-7", 7, &site.root);
    let stranger = client_leaf("device-7", 7, &root("stranger"));
    //   require, identity, none presented,         good presented,       stranger
    let table = [
        (false, false, "ok", (false, None), "ok"),
        (
            true,
            false,
            "certificate_required",
            (true, None),
            "certificate_untrusted",
        ),
        (
            true,
            true,
            "certificate_required",
            (true, Some("device-7")),
            "certificate_untrusted",
        ),
        (
            false,
            true,
            "ok",
            (true, Some("device-7")),
            "certificate_untrusted",
        ),
    ];
    for version in BOTH {
        for (require, identity, without, (is_seen, username), with_stranger) in table {
            site.config.require_certificate = require;
            site.config.use_identity_as_username = identity;
            let tls = ServerTls::load(&site.config, &[]).unwrap();
            let mut config = anonymous(&site.root);
            assert_eq!(
                meet(&tls, config).await.outcome(),
                without,
                "{require} {identity}"
            );
            config = presenting_by(&site.root, &good, &[], &[version]);
            let meeting = meet(&tls, config).await;
            assert_eq!(meeting.outcome(), "ok", "{require} {identity}");
            assert_eq!(meeting.peer().is_some(), is_seen, "{require} {identity}");
            assert_eq!(meeting.username().as_deref(), username, "{require} {identity}");
            config = presenting_by(&site.root, &stranger, &[], &[version]);
            assert_eq!(
                meet(&tls, config).await.outcome(),
                with_stranger,
                "{require} {identity}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_without_a_common_name_leaves_the_username_alone() {
    let mut site = Site::demanding();
    site.config.use_identity_as_username = true;
    let mut nameless = params("x");
    nameless.distinguished_name = rcgen::DistinguishedName::new();
    nameless
        .distinguished_name
        .push(rcgen::DnType::OrganizationName, "fleet");
    let meeting = present(&site, &issue(nameless, &site.root), &[]).await;
    assert_eq!(meeting.outcome(), "ok");
    assert!(meeting.peer().is_some());
    assert_eq!(meeting.username(), None);
}

#[tokio::test(start_paused = true)]
async fn depth_counts_the_intermediates() {
    let mut site = Site::demanding();
    let first = intermediate("first", &site.root);
    let second = intermediate("second", &first);
    let direct = client_leaf("direct", 1, &site.root);
    let below_first = client_leaf("below first", 2, &first);
    let below_second = client_leaf("below second", 3, &second);
    for depth in 0..=2 {
        site.config.depth = depth;
        let allowed = |needed: usize| {
            if needed <= depth {
                "ok"
            } else {
                "certificate_invalid"
            }
        };
        assert_eq!(present(&site, &direct, &[]).await.outcome(), "ok");
        let meeting = present(&site, &below_first, &[&first]).await;
        assert_eq!(meeting.outcome(), allowed(1), "depth {depth}");
        let meeting = present(&site, &below_second, &[&second, &first]).await;
        assert_eq!(meeting.outcome(), allowed(2), "depth {depth}");
        // In whatever order they are sent.
        let meeting = present(&site, &below_second, &[&first, &second]).await;
        assert_eq!(meeting.outcome(), allowed(2), "depth {depth}");
        if depth < 2 {
            assert!(text(&meeting).contains("depth"), "{}", text(&meeting));
        }
    }
}

/// A false certificate with the right names would shorten a path that is followed by names only.
#[tokio::test(start_paused = true)]
async fn a_namesake_does_not_shorten_the_path() {
    let site = Site::demanding();
    let first = intermediate("first", &site.root);
    let second = intermediate("second", &first);
    let leaf = client_leaf("leaf", 3, &second);
    // Issued by somebody else who calls himself like the root.
    let namesake = intermediate("second", &root("root"));
    let meeting = present(&site, &leaf, &[&namesake, &second, &first]).await;
    assert_eq!(meeting.outcome(), "certificate_invalid");
    let mut deeper = site;
    deeper.config.depth = 2;
    let meeting = present(&deeper, &leaf, &[&namesake, &second, &first]).await;
    assert_eq!(meeting.outcome(), "ok");
}

#[tokio::test(start_paused = true)]
async fn an_intermediate_in_cafile_completes_the_chain_and_is_counted() {
    let mut site = Site::demanding();
    let first = intermediate("first", &site.root);
    let leaf = client_leaf("leaf", 2, &first);
    assert_eq!(
        present(&site, &leaf, &[]).await.outcome(),
        "certificate_untrusted"
    );
    site.write("ca.pem", &(first.pem() + &site.root.pem()));
    assert_eq!(present(&site, &leaf, &[]).await.outcome(), "ok");
    site.config.depth = 0;
    assert_eq!(present(&site, &leaf, &[]).await.outcome(), "certificate_invalid");
}

#[tokio::test(start_paused = true)]
async fn a_self_signed_certificate_is_refused_even_from_cafile() {
    let site = Site::demanding();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params("self").self_signed(&key).unwrap();
    site.write("ca.pem", &(site.root.pem() + &certificate.pem()));
    let meeting = present(&site, &Leaf { key, certificate }, &[]).await;
    assert_eq!(meeting.outcome(), "certificate_invalid");
    assert!(text(&meeting).contains("self-signed"));
}

#[tokio::test(start_paused = true)]
async fn dates_are_checked() {
    let site = Site::demanding();
    let mut over = params("over");
    over.not_after = date_time_ymd(2021, 1, 1);
    let mut early = params("early");
    early.not_before = date_time_ymd(2049, 1, 1);
    for (params, said) in [(over, "expired"), (early, "not valid yet")] {
        let meeting = present(&site, &issue(params, &site.root), &[]).await;
        assert_eq!(meeting.outcome(), "certificate_expired");
        assert!(text(&meeting).contains(said));
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_for_servers_only_is_refused() {
    let site = Site::demanding();
    let mut server_only = params("server only");
    server_only.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let meeting = present(&site, &issue(server_only, &site.root), &[]).await;
    assert_eq!(meeting.outcome(), "certificate_invalid");
}

#[tokio::test(start_paused = true)]
async fn a_false_signature_is_refused() {
    let site = Site::demanding();
    let meeting = present(&site, &client_leaf("x", 1, &root("root")), &[]).await;
    assert_eq!(meeting.outcome(), "certificate_invalid");
    assert!(text(&meeting).contains("bad signature"), "{}", text(&meeting));
}

#[tokio::test(start_paused = true)]
async fn a_revoked_certificate_is_refused_by_issuer_and_serial() {
    let mut site = Site::demanding();
    let other = root("other");
    site.write("ca.pem", &(site.root.pem() + &other.pem()));
    // Two lists in one file; each revokes for its own authority only.
    let lists = revoke(&[1, 2], &site.root) + &revoke(&[3], &other);
    site.config.crlfile = Some(site.write("crl.pem", &lists));
    for (serial, issuer, outcome) in [
        (2, &site.root, "certificate_revoked"),
        (3, &site.root, "ok"),
        (2, &other, "ok"),
        (3, &other, "certificate_revoked"),
    ] {
        let meeting = present(&site, &client_leaf("x", serial, issuer), &[]).await;
        assert_eq!(meeting.outcome(), outcome, "{serial}");
        if outcome != "ok" {
            assert_eq!(meeting.alert(), Some(AlertDescription::CertificateRevoked));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_revokes_nobody() {
    let mut site = Site::demanding();
    site.config.crlfile = Some(site.write("crl.pem", &revoke(&[], &site.root)));
    let meeting = present(&site, &client_leaf("x", 1, &site.root), &[]).await;
    assert_eq!(meeting.outcome(), "ok");
}
