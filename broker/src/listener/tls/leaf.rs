//! What an operator wants to know of a listener's own certificate (`vmq-admin tls show`): dates and names.

use rustls::pki_types::CertificateDer;
use std::net::IpAddr;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::extensions::GeneralName;
use x509_parser::nom::Parser as _;
use x509_parser::x509::X509Name;

/// The facts of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// In Unix seconds.
    pub not_before_secs: i64,
    /// In Unix seconds.
    pub not_after_secs: i64,
    pub common_name: String,
    pub issuer: String,
    /// Names and addresses that the certificate is good for.
    pub alternative_names: Vec<String>,
}

impl Leaf {
    /// `None` = not a certificate.
    pub(super) fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509CertificateParser::new().parse(der.as_ref()).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        Some(Self {
            not_before_secs: certificate.validity().not_before.timestamp(),
            not_after_secs: certificate.validity().not_after.timestamp(),
            common_name: common_name(certificate.subject()),
            issuer: common_name(certificate.issuer()),
            alternative_names: names
                .map(|names| names.value.general_names.iter().filter_map(text).collect())
                .unwrap_or_default(),
        })
    }
}

/// The first one; empty = there is none.
fn common_name(name: &X509Name<'_>) -> String {
    let first = name.iter_common_name().next();
    first
        .and_then(|attribute| attribute.as_str().ok())
        .unwrap_or_default()
        .to_owned()
}

fn text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
            Some((*name).to_owned())
        }
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let ip = v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            ip.ok().map(|ip| ip.to_string())
        }
        _ => None,
    }
}
