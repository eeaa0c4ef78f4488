//! What the broker itself reads in a certificate: names, serial number, dates. Bytes come from clients before
//! anything is verified, so nothing here panics and no extension is looked into.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::{X509Certificate, X509CertificateParser};
use x509_parser::der_parser::asn1_rs::Tag;
use x509_parser::nom::Parser as _;
use x509_parser::oid_registry::OID_X509_COMMON_NAME;

/// `None` = not a certificate.
pub(super) fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    let (_, certificate) = parser.parse(der.as_ref()).ok()?;
    Some(certificate)
}

/// Issuer and subject are the same: a root, or a certificate that vouches for itself.
pub(super) fn is_self_issued(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}

/// The serial number without leading zeros, which encoders add at will.
pub(super) fn serial(raw: &[u8]) -> &[u8] {
    let zeros = raw.iter().take_while(|byte| **byte == 0).count();
    raw.get(zeros..).unwrap_or_default()
}

/// The first commonName of the subject that is a UTF8String or a PrintableString (config.md 8.1).
///
/// One inside a relative name of several attributes counts too: to pass over it would let the client choose its name.
#[must_use]
pub fn common_name(der: &CertificateDer<'_>) -> Option<String> {
    let certificate = parse(der)?;
    certificate
        .subject()
        .iter_attributes()
        .filter(|attribute| *attribute.attr_type() == OID_X509_COMMON_NAME)
        .find(|attribute| {
            matches!(
                attribute.attr_value().tag(),
                Tag::Utf8String | Tag::PrintableString
            )
        })
        .and_then(|attribute| std::str::from_utf8(attribute.as_slice()).ok())
        .map(str::to_owned)
}
