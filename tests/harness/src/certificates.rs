//! Authorities and certificates of the tests: made in the process, ECDSA P-256, valid from 1975 to 4096 unless a test
//! wants one that is not.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType,
    SerialNumber, date_time_ymd,
};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// One that signs: a root, or an intermediate below another.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
    /// What a peer must be shown beside a certificate of this authority: intermediates, lowest first.
    chain: Vec<Certified>,
}

/// A certificate with its key and the intermediates above it.
#[derive(Clone, Debug)]
pub struct Identity {
    chain: Vec<Certified>,
    key_der: Vec<u8>,
    key_pem: String,
    serial: u64,
}

#[derive(Clone, Debug)]
struct Certified {
    der: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    /// A root of this name. Two of the same name are still two.
    #[must_use]
    pub fn root(name: &str) -> Self {
        let (key, params) = (key(), authority_params(name));
        let certificate = params.self_signed(&key).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
            chain: Vec::new(),
        }
    }

    /// An authority whose certificate this one signs.
    #[must_use]
    pub fn intermediate(&self, name: &str) -> Self {
        let (key, params) = (key(), authority_params(name));
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let mut chain = vec![Certified::new(&certificate)];
        chain.extend_from_slice(&self.chain);
        Self {
            issuer: Issuer::new(params, key),
            certificate,
            chain,
        }
    }

    /// For a server on loopback.
    #[must_use]
    pub fn server(&self) -> Identity {
        let mut params = leaf_params("localhost", ExtendedKeyUsagePurpose::ServerAuth);
        params.subject_alt_names = vec![
            SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            SanType::DnsName("localhost".try_into().unwrap()),
        ];
        self.sign(params)
    }

    /// For a client of this common name.
    #[must_use]
    pub fn client(&self, common_name: &str) -> Identity {
        self.sign(leaf_params(common_name, ExtendedKeyUsagePurpose::ClientAuth))
    }

    /// For a client whose subject has an organisation and no common name.
    #[must_use]
    pub fn client_without_name(&self) -> Identity {
        let mut params = leaf_params("", ExtendedKeyUsagePurpose::ClientAuth);
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::OrganizationName, "nameless");
        self.sign(params)
    }

    /// For a client whose common name is a PrintableString, as old authorities write it.
    #[must_use]
    pub fn client_of_printable_name(&self, common_name: &str) -> Identity {
        let mut params = leaf_params("", ExtendedKeyUsagePurpose::ClientAuth);
        let name = DnValue::PrintableString(common_name.try_into().unwrap());
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        self.sign(params)
    }

    /// For a client with two common names, of which the first is a TeletexString.
    #[must_use]
    pub fn client_of_other_name_and(&self, other: &str, common_name: &str) -> Identity {
        let mut params = leaf_params("", ExtendedKeyUsagePurpose::ClientAuth);
        let other = DnValue::TeletexString(other.try_into().unwrap());
        params.distinguished_name = DistinguishedName::new();
        // By its number: a name takes the place of another of the same type.
        params
            .distinguished_name
            .push(DnType::CustomDnType(vec![2, 5, 4, 3]), other);
        params.distinguished_name.push(DnType::CommonName, common_name);
        self.sign(params)
    }

    /// For a client, out of date since 2001.
    #[must_use]
    pub fn expired_client(&self, common_name: &str) -> Identity {
        let mut params = leaf_params(common_name, ExtendedKeyUsagePurpose::ClientAuth);
        params.not_after = date_time_ymd(2001, 1, 1);
        self.sign(params)
    }

    /// For a client, in force from 4000 on.
    #[must_use]
    pub fn future_client(&self, common_name: &str) -> Identity {
        let mut params = leaf_params(common_name, ExtendedKeyUsagePurpose::ClientAuth);
        params.not_before = date_time_ymd(4000, 1, 1);
        self.sign(params)
    }

    /// A revocation list, PEM.
    #[must_use]
    pub fn revocation_list(&self, revoked: &[&Identity]) -> String {
        let revoked = revoked.iter().map(|identity| RevokedCertParams {
            serial_number: SerialNumber::from(identity.serial),
            revocation_time: date_time_ymd(2001, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2001, 1, 1),
            next_update: date_time_ymd(4096, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// Its certificate, PEM: a line of a `cafile`.
    #[must_use]
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Its certificate.
    #[must_use]
    pub fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    fn sign(&self, mut params: CertificateParams) -> Identity {
        let serial = next_serial();
        params.serial_number = Some(SerialNumber::from(serial));
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let mut identity = Identity::new(&certificate, &key, serial);
        identity.chain.extend_from_slice(&self.chain);
        identity
    }
}

impl Identity {
    /// A client's certificate that nobody but itself vouches for.
    #[must_use]
    pub fn self_signed(common_name: &str) -> Self {
        let serial = next_serial();
        let mut params = leaf_params(common_name, ExtendedKeyUsagePurpose::ClientAuth);
        params.serial_number = Some(SerialNumber::from(serial));
        let key = key();
        Self::new(&params.self_signed(&key).unwrap(), &key, serial)
    }

    fn new(certificate: &rcgen::Certificate, key: &KeyPair, serial: u64) -> Self {
        Self {
            chain: vec![Certified::new(certificate)],
            key_der: key.serialize_der(),
            key_pem: key.serialize_pem(),
            serial,
        }
    }

    /// The same without its intermediates.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.chain.truncate(1);
        self
    }

    /// Certificate and intermediates, PEM: a `certfile`.
    #[must_use]
    pub fn pem(&self) -> String {
        self.chain.iter().map(|certified| &*certified.pem).collect()
    }

    /// The key, PEM: a `keyfile`.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The certificate.
    #[must_use]
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.chain[0].der
    }

    /// Certificate and intermediates.
    #[must_use]
    pub fn chain_der(&self) -> Vec<CertificateDer<'static>> {
        self.chain.iter().map(|certified| certified.der.clone()).collect()
    }

    /// The key.
    #[must_use]
    pub fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key_der.clone()).unwrap()
    }
}

impl Certified {
    fn new(certificate: &rcgen::Certificate) -> Self {
        Self {
            der: certificate.der().clone(),
            pem: certificate.pem(),
        }
    }
}

/// The authority that brokers and clients of the tests trust unless told otherwise; one for each process.
pub fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::root("authority of the tests"))
}

/// The certificate of the brokers of the tests.
pub fn server() -> &'static Identity {
    static SERVER: OnceLock<Identity> = OnceLock::new();
    SERVER.get_or_init(|| authority().server())
}

fn key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()
}

fn next_serial() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(1000);
    LAST.fetch_add(1, Ordering::Relaxed)
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(SerialNumber::from(next_serial()));
    params
}

fn leaf_params(common_name: &str, purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    params.use_authority_key_identifier_extension = true;
    params
}
