//! Includes, secrets and bounds, on real files in a throw-away folder.

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn values(source: &Source) -> Vec<(String, &str)> {
    source
        .settings
        .iter()
        .map(|setting| (setting.key.to_string(), setting.text.as_str()))
        .collect()
}

#[test]
fn included_files_are_read_in_order_at_their_place() {
    let folder = folder(&[
        ("vernemq.conf", "a = 1\ninclude conf.d/*.conf\nz = 9\n"),
        ("conf.d/20.conf", "a = 20"),
        ("conf.d/10.conf", "a = 10\ninclude more/x.conf"),
        ("conf.d/more/x.conf", "b = x"),
        ("conf.d/.hidden.conf", "a = no"),
        ("conf.d/readme.txt", "not = read"),
    ]);
    let source = read(&folder.path().join("vernemq.conf")).unwrap();
    let expected = [("a", "1"), ("a", "10"), ("b", "x"), ("a", "20"), ("z", "9")]
        .map(|(key, value)| (key.to_owned(), value));
    assert_eq!(values(&source), expected);
    assert_eq!(source.files.len(), 4);
    assert!(source.settings[1].at.file.ends_with("conf.d/10.conf"));
}

#[test]
fn a_file_that_includes_itself_is_refused() {
    let folder = folder(&[("a.conf", "include b.conf"), ("b.conf", "x = 1\ninclude a.conf")]);
    let faults = read(&folder.path().join("a.conf")).unwrap_err();
    assert!(faults.to_string().contains("b.conf:2: "), "{faults}");
    assert!(faults.to_string().ends_with("a.conf includes itself"), "{faults}");
}

#[test]
fn deep_includes_are_refused() {
    let names: Vec<String> = (0..30).map(|number| format!("{number}.conf")).collect();
    let texts: Vec<String> = (1..=30).map(|number| format!("include {number}.conf")).collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(texts.iter().map(String::as_str))
        .collect();
    let folder = folder(&files);
    let faults = read(&folder.path().join("0.conf")).unwrap_err();
    assert!(
        faults.to_string().ends_with("includes are nested deeper than 10"),
        "{faults}"
    );
}

#[test]
fn two_names_of_one_file_are_no_cycle() {
    let folder = folder(&[("main.conf", "include d/*.conf"), ("d/1.conf", "a = 1")]);
    std::os::unix::fs::symlink("1.conf", folder.path().join("d/2.conf")).unwrap();
    assert_eq!(read(&folder.path().join("main.conf")).unwrap().settings.len(), 2);
}

#[test]
fn secrets_come_from_files_beside_the_one_that_names_them() {
    let folder = folder(&[
        ("main.conf", "include d/*.conf"),
        (
            "d/1.conf",
            "a = $( < secret )\nb = $(<secret) \nc = $(<none)\nd = x$(<secret)",
        ),
        ("d/secret", "s#'3\n"),
    ]);
    let source = read(&folder.path().join("main.conf")).unwrap();
    let expected = [("a", "$( < secret )"), ("b", "s#'3"), ("d", "x$(<secret)")];
    assert_eq!(
        values(&source),
        expected.map(|(key, value)| (key.to_owned(), value))
    );
    assert!(
        source.faults.to_string().ends_with("d/none) for Reason enoent"),
        "{}",
        source.faults
    );
}

#[test]
fn missing_and_broken_files_are_named() {
    let folder = folder(&[("main.conf", "include d/*.conf"), ("d/1.conf", "a = 1\nb =\n")]);
    let faults = read(&folder.path().join("none.conf")).unwrap_err().to_string();
    assert!(
        faults.starts_with("Could not open file (") && faults.ends_with("for Reason enoent"),
        "{faults}"
    );
    let faults = read(&folder.path().join("main.conf")).unwrap_err().to_string();
    assert!(faults.contains("d/1.conf:2: Syntax error in "), "{faults}");
    assert!(
        faults.ends_with("after line 2 column 4, parsing incomplete"),
        "{faults}"
    );
}

#[test]
fn bytes_that_are_no_text_are_refused_except_in_comments() {
    let folder = folder(&[]);
    let path = folder.path().join("main.conf");
    fs::write(&path, b"# gr\xfc\xdfe\na = 1\n").unwrap();
    assert_eq!(read(&path).unwrap().settings.len(), 1);
    fs::write(&path, b"a = 1\nb = \xfc\n").unwrap();
    assert!(
        read(&path)
            .unwrap_err()
            .to_string()
            .ends_with("Error converting value on line #2 to unicode")
    );
}

#[test]
fn large_files_are_refused() {
    let folder = folder(&[]);
    let path = folder.path().join("main.conf");
    fs::write(&path, vec![b'#'; FILE_BYTES_MAX as usize + 1]).unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("larger than"));
}
