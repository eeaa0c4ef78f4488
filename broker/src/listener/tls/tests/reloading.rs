//! New files and settings: for new handshakes, whole or not at all.

use super::super::ServerTls;
use super::client::{Meeting, anonymous, meet, presenting};
use super::pki::{Site, client_leaf, revoke, root};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn served_name(meeting: &Meeting) -> Option<String> {
    let (_, session) = meeting.client.as_ref().ok()?.get_ref();
    super::super::common_name(session.peer_certificates()?.first()?)
}

#[tokio::test(start_paused = true)]
async fn changed_files_serve_new_handshakes_and_leave_sessions_alone() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    assert!(!tls.refresh(false).unwrap(), "nothing changed");
    let before = meet(&tls, anonymous(&site.root)).await;
    assert_eq!(served_name(&before).as_deref(), Some("server"));
    site.serve_leaf("renewed");
    assert!(tls.refresh(false).unwrap());
    let after = meet(&tls, anonymous(&site.root)).await;
    assert_eq!(served_name(&after).as_deref(), Some("renewed"));
    let (mut server, _) = before.server.unwrap();
    let mut client = before.client.unwrap();
    client.write_all(b"still here").await.unwrap();
    client.flush().await.unwrap();
    let mut heard = [0; 17];
    server.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"CONNECTstill here");
}

#[tokio::test(start_paused = true)]
async fn broken_files_change_nothing_and_are_told_once() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let before = tls.current();
    site.write("cert.pem", "nonsense");
    let fault = tls.refresh(false).err().unwrap();
    assert_eq!(fault.key, "certfile");
    assert!(!tls.refresh(false).unwrap(), "the same files are not told twice");
    assert!(tls.refresh(true).is_err(), "unless somebody asks");
    assert!(Arc::ptr_eq(&before, &tls.current()));
    assert_eq!(meet(&tls, anonymous(&site.root)).await.outcome(), "ok");
    // The key alone does not fit; with its certificate the pair does.
    site.serve_leaf("mended");
    assert!(tls.refresh(false).unwrap());
    let meeting = meet(&tls, anonymous(&site.root)).await;
    assert_eq!(served_name(&meeting).as_deref(), Some("mended"));
    std::fs::remove_file(site.path("key.pem")).unwrap();
    assert_eq!(tls.refresh(false).err().unwrap().key, "keyfile");
}

#[test]
fn an_unchanged_file_is_read_again_when_forced() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let before = tls.current();
    assert!(tls.refresh(true).unwrap());
    assert!(!Arc::ptr_eq(&before, &tls.current()));
}

#[tokio::test(start_paused = true)]
async fn revocations_are_refreshed_and_survive_a_broken_list() {
    let mut site = Site::demanding();
    site.config.crlfile = Some(site.write("crl.pem", &revoke(&[1], &site.root)));
    let leaf = client_leaf("x", 2, &site.root);
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    assert_eq!(
        meet(&tls, presenting(&site.root, &leaf, &[])).await.outcome(),
        "ok"
    );
    assert!(!tls.refresh_revocations(false).unwrap());
    site.write("crl.pem", &revoke(&[1, 2], &site.root));
    assert!(tls.refresh_revocations(false).unwrap());
    let revoked = "certificate_revoked";
    assert_eq!(
        meet(&tls, presenting(&site.root, &leaf, &[])).await.outcome(),
        revoked
    );
    site.write("crl.pem", "");
    assert_eq!(tls.refresh_revocations(false).err().unwrap().key, "crlfile");
    assert!(!tls.refresh_revocations(false).unwrap());
    assert_eq!(
        meet(&tls, presenting(&site.root, &leaf, &[])).await.outcome(),
        revoked
    );
    // New certificates do not forget who is revoked.
    site.serve_leaf("renewed");
    assert!(tls.refresh(false).unwrap());
    assert_eq!(
        meet(&tls, presenting(&site.root, &leaf, &[])).await.outcome(),
        revoked
    );
    site.write("crl.pem", &revoke(&[], &site.root));
    assert!(tls.refresh_revocations(false).unwrap());
    assert_eq!(
        meet(&tls, presenting(&site.root, &leaf, &[])).await.outcome(),
        "ok"
    );
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_was_removed_lets_nobody_in() {
    let site = Site::demanding();
    let leaf = client_leaf("x", 1, &site.root);
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let client = presenting(&site.root, &leaf, &[]);
    assert_eq!(meet(&tls, client.clone()).await.outcome(), "ok");
    site.write("ca.pem", &root("another").pem());
    assert!(tls.refresh(false).unwrap());
    // The same client, with whatever it remembers of its session.
    assert_eq!(meet(&tls, client).await.outcome(), "certificate_untrusted");
}

#[tokio::test(start_paused = true)]
async fn settings_are_replaced_whole() {
    let site = Site::new();
    let tls = ServerTls::load(&site.config, &[]).unwrap();
    let mut changed = site.config.clone();
    changed.require_certificate = true;
    tls.replace(&changed).unwrap();
    assert_eq!(
        meet(&tls, anonymous(&site.root)).await.outcome(),
        "certificate_required"
    );
    let mut impossible = site.config.clone();
    impossible.cafile = Some(site.path("nowhere.pem"));
    assert!(tls.replace(&impossible).is_err());
    assert_eq!(
        meet(&tls, anonymous(&site.root)).await.outcome(),
        "certificate_required"
    );
    assert!(
        !tls.refresh(false).unwrap(),
        "the files of the settings in use are watched"
    );
}
