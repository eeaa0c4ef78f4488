//! Packets as bytes, built by hand: for what an encoder refuses to build, and as a check that is independent of it.

use vmq_mqtt::Version;

/// The bytes of a text such as `"20 02 00 00"`; blanks are ignored.
#[must_use]
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    assert!(
        digits.len().is_multiple_of(2),
        "odd number of hex digits in {text:?}"
    );
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A variable byte integer in its shortest form.
#[must_use]
pub fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value % 128).unwrap();
        value /= 128;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

/// A two-byte length and the bytes: MQTT's strings and binary data.
#[must_use]
pub fn string(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    let mut field = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    field.extend_from_slice(bytes);
    field
}

/// A packet: first byte, Remaining Length, and the parts one after the other.
#[must_use]
pub fn frame(first_byte: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut bytes = vec![first_byte];
    bytes.extend_from_slice(&varint(body.len()));
    bytes.extend_from_slice(&body);
    bytes
}

/// The property field: nothing in 3.x, else length and properties.
#[must_use]
pub fn property_field(version: Version, properties: &[u8]) -> Vec<u8> {
    if version != Version::V5 {
        assert!(properties.is_empty(), "3.x has no properties");
        return Vec::new();
    }
    let mut field = varint(properties.len());
    field.extend_from_slice(properties);
    field
}

/// Protocol name and level of a version.
#[must_use]
pub fn protocol(version: Version) -> (&'static str, u8) {
    match version {
        Version::V3 => ("MQIsdp", 3),
        Version::V4 => ("MQTT", 4),
        Version::V5 => ("MQTT", 5),
    }
}

/// A CONNECT with these flags (2 = clean); `fields` follow the variable header, already length-prefixed.
#[must_use]
pub fn connect(version: Version, flags: u8, fields: &[&[u8]]) -> Vec<u8> {
    connect_with(version, flags, &[], fields)
}

/// The same with version 5 properties.
#[must_use]
pub fn connect_with(version: Version, flags: u8, properties: &[u8], fields: &[&[u8]]) -> Vec<u8> {
    let (name, level) = protocol(version);
    let header = connect_header(name, level, flags);
    let field = property_field(version, properties);
    let mut parts: Vec<&[u8]> = vec![&header, &field];
    parts.extend_from_slice(fields);
    frame(0x10, &parts)
}

/// A CONNECT of any protocol name and level, client id `x`; level 5 and above get an empty property field.
#[must_use]
pub fn connect_level(name: &str, level: u8) -> Vec<u8> {
    let header = connect_header(name, level, 2);
    let properties: &[u8] = if level & 0x7F >= 5 { &[0] } else { &[] };
    frame(0x10, &[&header, properties, &string("x")])
}

fn connect_header(name: &str, level: u8, flags: u8) -> Vec<u8> {
    let mut header = string(name);
    header.extend_from_slice(&[level, flags, 0, 60]);
    header
}

/// A PUBLISH; `first_byte` holds the flags, `id` is for QoS above 0.
#[must_use]
pub fn publish(
    version: Version,
    first_byte: u8,
    topic: impl AsRef<[u8]>,
    id: Option<u16>,
    payload: &[u8],
) -> Vec<u8> {
    publish_with(version, first_byte, topic, id, &[], payload)
}

/// The same with version 5 properties.
#[must_use]
pub fn publish_with(
    version: Version,
    first_byte: u8,
    topic: impl AsRef<[u8]>,
    id: Option<u16>,
    properties: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    let id = id.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default();
    frame(
        first_byte,
        &[&string(topic), &id, &property_field(version, properties), payload],
    )
}

/// A SUBSCRIBE (`first_byte` 0x82) of filters with their option bytes.
#[must_use]
pub fn subscribe(version: Version, first_byte: u8, id: u16, filters: &[(&[u8], u8)]) -> Vec<u8> {
    subscribe_with(version, first_byte, id, &[], filters)
}

/// The same with version 5 properties.
#[must_use]
pub fn subscribe_with(
    version: Version,
    first_byte: u8,
    id: u16,
    properties: &[u8],
    filters: &[(&[u8], u8)],
) -> Vec<u8> {
    let mut list = Vec::new();
    for (filter, options) in filters {
        list.extend_from_slice(&string(filter));
        list.push(*options);
    }
    frame(
        first_byte,
        &[&id.to_be_bytes(), &property_field(version, properties), &list],
    )
}

/// An UNSUBSCRIBE (`first_byte` 0xA2).
#[must_use]
pub fn unsubscribe(version: Version, first_byte: u8, id: u16, filters: &[&[u8]]) -> Vec<u8> {
    let list: Vec<u8> = filters.iter().flat_map(string).collect();
    frame(
        first_byte,
        &[&id.to_be_bytes(), &property_field(version, &[]), &list],
    )
}

/// A user property of version 5.
#[must_use]
pub fn user_property(key: &str, value: &str) -> Vec<u8> {
    [vec![0x26], string(key), string(value)].concat()
}
