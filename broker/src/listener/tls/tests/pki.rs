//! Certificates made for one test, and the files of a listener.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use std::path::PathBuf;
use vmq_config::{Secret, TlsConfig, TlsVersion};

pub(super) type Authority = CertifiedIssuer<'static, KeyPair>;

/// A leaf with its key.
pub(super) struct Leaf {
    pub(super) key: KeyPair,
    pub(super) certificate: rcgen::Certificate,
}

pub(super) fn params(name: impl Into<DnValue>) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2050, 1, 1);
    params
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub(super) fn root(name: &str) -> Authority {
    CertifiedIssuer::self_signed(authority_params(name), KeyPair::generate().unwrap()).unwrap()
}

pub(super) fn intermediate(name: &str, issuer: &Authority) -> Authority {
    CertifiedIssuer::signed_by(authority_params(name), KeyPair::generate().unwrap(), issuer).unwrap()
}

pub(super) fn issue(params: CertificateParams, issuer: &Authority) -> Leaf {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    Leaf { key, certificate }
}

pub(super) fn client_leaf(name: &str, serial: u64, issuer: &Authority) -> Leaf {
    let mut params = params(name);
    params.serial_number = Some(SerialNumber::from(serial));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    issue(params, issuer)
}

/// A list of version 2.
pub(super) fn revoke(serials: &[u64], issuer: &Authority) -> String {
    let revoked = serials.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: date_time_ymd(2021, 1, 1),
        reason_code: None,
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2021, 1, 1),
        // Long over, and of no importance.
        next_update: date_time_ymd(2021, 2, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap().pem().unwrap()
}

/// A listener's files in a directory of their own, and the settings that name them.
pub(super) struct Site {
    directory: tempfile::TempDir,
    pub(super) root: Authority,
    pub(super) config: TlsConfig,
}

impl Site {
    /// A server certificate of a fresh root, which is also in cafile.
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = root("root");
        let path = |name: &str| directory.path().join(name);
        let config = TlsConfig {
            certfile: path("cert.pem"),
            keyfile: path("key.pem"),
            keypasswd: Secret::default(),
            cafile: Some(path("ca.pem")),
            depth: 1,
            versions: vec![TlsVersion::V1_2, TlsVersion::V1_3],
            ciphers: Vec::new(),
            eccs: Vec::new(),
            require_certificate: false,
            use_identity_as_username: false,
            crlfile: None,
            handshake_timeout: None,
        };
        let site = Self {
            directory,
            root,
            config,
        };
        site.write("ca.pem", &site.root.pem());
        site.serve_leaf("server");
        site
    }

    /// The same, with client certificates demanded.
    pub(super) fn demanding() -> Self {
        let mut site = Self::new();
        site.config.require_certificate = true;
        site
    }

    /// Writes a new server certificate.
    pub(super) fn serve_leaf(&self, name: &str) {
        let leaf = issue(params(name), &self.root);
        self.write("cert.pem", &leaf.certificate.pem());
        self.write("key.pem", &leaf.key.serialize_pem());
    }

    /// Writes a file by renaming, so that its stamp always changes.
    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        let fresh = self.directory.path().join("fresh");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(&fresh, &path).unwrap();
        path
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}
