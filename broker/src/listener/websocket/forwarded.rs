//! `X-Forwarded-For`: the client as the proxy in front knows it (config.md 7.2).

use super::head::Head;
use super::refusal::UpgradeRefusal;
use super::upgrade::Upgraded;
use std::net::IpAddr;
use vmq_config::ForwardedForConfig;

/// What a trusted proxy says about the client.
///
/// # Errors
/// The peer is not a trusted proxy, or does not say what it has to.
pub(super) fn read(
    head: &Head<'_>,
    config: &ForwardedForConfig,
    peer: Option<IpAddr>,
) -> Result<Upgraded, UpgradeRefusal> {
    // A listener on :: sees IPv4 peers in their mapped form, the list has the plain one. A Unix socket has no address.
    let peer = peer.ok_or(UpgradeRefusal::UntrustedProxy)?.to_canonical();
    if !config
        .trusted
        .iter()
        .any(|trusted| trusted.to_canonical() == peer)
    {
        return Err(UpgradeRefusal::UntrustedProxy);
    }
    let forwarded = head
        .values("x-forwarded-for")
        .next()
        .ok_or(UpgradeRefusal::ForwardedForMissing)?;
    // What follows was added by proxies on the way.
    let client = forwarded.split(',').next().unwrap_or_default().trim();
    let client: IpAddr = client.parse().map_err(|_| UpgradeRefusal::ForwardedForInvalid)?;
    Ok(Upgraded {
        client: Some(client.to_canonical()),
        username: config
            .cn_header
            .as_deref()
            .map(|header| username(head, header))
            .transpose()?,
    })
}

/// The username that the proxy took from the client's certificate.
fn username(head: &Head<'_>, header: &str) -> Result<String, UpgradeRefusal> {
    let mut values = head.values(header);
    match (values.next(), values.next()) {
        (Some(name), None) if !name.is_empty() => Ok(name.to_owned()),
        // Two of them: one is not the proxy's.
        _ => Err(UpgradeRefusal::UsernameMissing),
    }
}
