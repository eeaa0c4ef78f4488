//! `X-Forwarded-For` (config.md 7.2): whom to believe, and what.

use super::upgrading::request;
use super::*;
use crate::listener::websocket::{UpgradeRefusal, Upgraded, upgrade};
use std::net::IpAddr;
use vmq_config::ForwardedForConfig;

fn with_proxy(cn_header: Option<&str>) -> WebSocketConfig {
    WebSocketConfig {
        forwarded_for: Some(ForwardedForConfig {
            trusted: vec!["10.0.0.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
            cn_header: cn_header.map(str::to_owned),
        }),
        ..config()
    }
}

async fn ask(
    headers: &str,
    config: &WebSocketConfig,
    peer: Option<&str>,
    proxied: bool,
) -> (Result<Upgraded, UpgradeRefusal>, String) {
    let (mut client, stream) = tokio::io::duplex(4096);
    client.write_all(request(1, headers).as_bytes()).await.unwrap();
    let peer: Option<IpAddr> = peer.map(|peer| peer.parse().unwrap());
    let result = upgrade(stream, config, peer, proxied)
        .await
        .map(|(_, upgraded)| upgraded);
    let mut response = String::new();
    client.read_to_string(&mut response).await.unwrap();
    (result, response[9..12].to_owned())
}

fn client(address: &str, username: Option<&str>) -> Upgraded {
    Upgraded {
        client: Some(address.parse().unwrap()),
        username: username.map(str::to_owned),
    }
}

#[tokio::test]
async fn the_first_entry_of_a_trusted_proxy_is_the_client() {
    for (headers, peer, expected) in [
        ("X-Forwarded-For: 192.0.2.7", "10.0.0.1", "192.0.2.7"),
        (
            "x-forwarded-for:  192.0.2.7 , 10.9.9.9",
            "::ffff:10.0.0.1",
            "192.0.2.7",
        ),
        ("X-FORWARDED-FOR: 2001:db8::7,bad", "2001:db8::1", "2001:db8::7"),
        (
            "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-For: 192.0.2.8",
            "10.0.0.1",
            "192.0.2.7",
        ),
        ("X-Forwarded-For: ::ffff:192.0.2.7", "10.0.0.1", "192.0.2.7"),
    ] {
        let (result, status) = ask(headers, &with_proxy(None), Some(peer), false).await;
        assert_eq!(result, Ok(client(expected, None)));
        assert_eq!(status, "101");
    }
}

#[tokio::test]
async fn others_are_not_believed() {
    use UpgradeRefusal::*;
    let good = "X-Forwarded-For: 192.0.2.7";
    for (headers, peer, refusal, expected) in [
        (good, Some("10.0.0.2"), UntrustedProxy, "403"),
        (good, Some("192.0.2.7"), UntrustedProxy, "403"),
        (good, None, UntrustedProxy, "403"),
        ("", Some("10.0.0.1"), ForwardedForMissing, "400"),
        ("X-Forwarded-For:", Some("10.0.0.1"), ForwardedForInvalid, "400"),
        (
            "X-Forwarded-For: unknown, 192.0.2.7",
            Some("10.0.0.1"),
            ForwardedForInvalid,
            "400",
        ),
        (
            "X-Forwarded-For: 192.0.2.7:443",
            Some("10.0.0.1"),
            ForwardedForInvalid,
            "400",
        ),
        (
            "X-Forwarded-For: \u{fc}",
            Some("10.0.0.1"),
            ForwardedForInvalid,
            "400",
        ),
    ] {
        let (result, status) = ask(headers, &with_proxy(None), peer, false).await;
        assert_eq!(result, Err(refusal));
        assert_eq!(status, expected);
        assert_eq!(refusal.error_line(), Some("XFF proxy not in trusted list!"));
    }
}

#[tokio::test]
async fn the_name_of_the_certificate_becomes_the_username() {
    use UpgradeRefusal::UsernameMissing;
    let config = with_proxy(Some("x-ssl-client-cn"));
    let named = |name: &str| format!("X-Forwarded-For: 192.0.2.7{name}");
    for (header, expected) in [
        (
            "\r\nX-SSL-Client-CN: device 7",
            Ok(client("192.0.2.7", Some("device 7"))),
        ),
        ("", Err(UsernameMissing)),
        ("\r\nX-SSL-Client-CN:  ", Err(UsernameMissing)),
        (
            "\r\nX-SSL-Client-CN: a\r\nX-SSL-Client-CN: b",
            Err(UsernameMissing),
        ),
    ] {
        let status = if expected.is_ok() { "101" } else { "401" };
        let found = ask(&named(header), &config, Some("10.0.0.1"), false).await;
        assert_eq!(found, (expected, status.to_owned()));
    }
}

#[tokio::test]
async fn a_proxy_header_leaves_forwarded_for_out_of_it() {
    let config = with_proxy(Some("x-ssl-client-cn"));
    for headers in ["", "X-Forwarded-For: nonsense"] {
        let found = ask(headers, &config, Some("192.0.2.1"), true).await;
        assert_eq!(found, (Ok(Upgraded::default()), "101".to_owned()));
    }
    // Off: the header is one among others.
    let found = ask(
        "X-Forwarded-For: 192.0.2.7",
        &super::config(),
        Some("10.0.0.1"),
        false,
    )
    .await;
    assert_eq!(found, (Ok(Upgraded::default()), "101".to_owned()));
}
