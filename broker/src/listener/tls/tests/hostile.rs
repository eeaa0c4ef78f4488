//! Bytes that somebody made up: nothing panics, nothing is believed.

use super::super::certificate::{common_name, parse};
use super::super::revocations::Revocations;
use super::fixture;
use super::pki::{params, revoke, root};
use rcgen::{DnType, DnValue, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};

/// A small generator with a fixed seed, so that a failure comes back.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % bound as u64).unwrap()
    }
}

/// Variations of a sound encoding: bytes changed, cut out, cut off.
fn mutations(sound: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    (0..count).map(move |_| {
        let mut bytes = sound.to_vec();
        for _ in 0..=dice.below(3) {
            let at = dice.below(bytes.len());
            bytes[at] = dice.roll().to_le_bytes()[0];
        }
        if dice.below(4) == 0 {
            let end = dice.below(bytes.len()) + 1;
            bytes.truncate(end);
        }
        bytes
    })
}

fn noise(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    (0..count).map(move |_| {
        let bytes = dice.below(200);
        let mut noise: Vec<u8> = (0..bytes).map(|_| dice.roll().to_le_bytes()[0]).collect();
        // Half of it looks like DER at first sight.
        if let Some(first) = noise.first_mut().filter(|first| **first % 2 == 0) {
            *first = 0x30;
        }
        noise
    })
}

#[test]
fn certificates() {
    let sound = root("root").der().to_vec();
    for bytes in mutations(&sound, 20_000).chain(noise(20_000)) {
        let der = CertificateDer::from(bytes);
        let name = common_name(&der);
        assert!(name.is_none() || parse(&der).is_some());
    }
    // Lengths that go on for ever, and nesting without an end.
    for bytes in [
        vec![0x30; 4096],
        [0x30, 0x84, 0xff, 0xff, 0xff, 0xff].repeat(100),
        vec![0xff; 64],
        vec![],
    ] {
        assert_eq!(common_name(&CertificateDer::from(bytes)), None);
    }
}

#[test]
fn revocation_lists() {
    let new =
        CertificateRevocationListDer::from_pem_slice(revoke(&[1, 2], &root("root")).as_bytes()).unwrap();
    let old = CertificateRevocationListDer::from_pem_slice(fixture::REVOKED_CLIENT.as_bytes()).unwrap();
    let variations = mutations(&new, 20_000)
        .chain(mutations(&old, 20_000))
        .chain(noise(20_000));
    let mut refused = 0;
    for bytes in variations {
        let mut revocations = Revocations::default();
        refused += usize::from(revocations.add(&bytes).is_err());
    }
    assert!(refused > 20_000, "{refused}");
}

fn common_name_of(name: Option<DnValue>) -> Option<String> {
    let mut params = params("x");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "fleet");
    if let Some(name) = name {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    common_name(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der())
}

#[test]
fn the_common_name_is_text_of_two_kinds() {
    let utf8 = DnValue::Utf8String("Gerät 7".to_owned());
    assert_eq!(common_name_of(Some(utf8)).as_deref(), Some("Gerät 7"));
    let printable = DnValue::PrintableString("device 7".try_into().unwrap());
    assert_eq!(common_name_of(Some(printable)).as_deref(), Some("device 7"));
    let other = DnValue::Ia5String("device 7".try_into().unwrap());
    assert_eq!(common_name_of(Some(other)), None);
    assert_eq!(common_name_of(None), None);
}
