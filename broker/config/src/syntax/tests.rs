//! The grammar of config.md 1, rule by rule.

use super::*;
use proptest::prelude::*;

fn value_of(text: &str) -> Result<String, SyntaxError> {
    match parse(text)?.first() {
        Some(Statement::Assign { value, .. }) => Ok(value.clone()),
        other => panic!("no assignment: {other:?}"),
    }
}

#[test]
fn bare_values_end_at_a_comment_and_lose_blanks() {
    assert_eq!(value_of("a = x#y").unwrap(), "x");
    assert_eq!(value_of("a=b = c  \t # d").unwrap(), "b = c");
    assert_eq!(value_of("  a\t=\tb c\r\n").unwrap(), "b c");
    assert_eq!(value_of("a = \"x y\"").unwrap(), "\"x y\"");
}

#[test]
fn quoted_values_keep_everything() {
    assert_eq!(value_of("a = 'x#y'").unwrap(), "x#y");
    assert_eq!(value_of("a = ''").unwrap(), "");
    assert_eq!(value_of("a = ' x ' # why").unwrap(), " x ");
    assert_eq!(value_of("a = '''\nx 'y'\nz\n'''").unwrap(), "x 'y'\nz");
}

#[test]
fn refuses_with_line_and_column() {
    for (text, line, column) in [
        ("a =", 1, 4),
        ("a = # b", 1, 5),
        ("a = 'x' y", 1, 9),
        ("a = 'x", 1, 5),
        ("ok = 1\n a b = 1", 2, 4),
        ("x = 'a\nb' c", 2, 4),
        ("= 1", 1, 1),
        ("include", 1, 8),
        ("include a b", 1, 11),
        ("a..b = 1", 1, 1),
        ("[section]", 1, 1),
    ] {
        assert_eq!(parse(text), Err(SyntaxError { line, column }), "{text:?}");
    }
}

#[test]
fn bom_crlf_comments_and_includes() {
    let text = "\u{feff}# top\r\n\r\na = 1\r\n  include conf.d/*.conf # last\r\n# end";
    let statements = parse(text).unwrap();
    assert_eq!(statements.len(), 2);
    assert_eq!(
        statements[1],
        Statement::Include {
            path: "conf.d/*.conf".into(),
            line: 4
        }
    );
}

#[test]
fn a_key_may_be_called_include() {
    assert_eq!(value_of("include = x").unwrap(), "x");
}

#[test]
fn lines_after_a_multi_line_value_keep_their_numbers() {
    let statements = parse("a = '''\n1\n2'''\nb = 3").unwrap();
    assert!(
        matches!(&statements[1], Statement::Assign { line: 4, .. }),
        "{statements:?}"
    );
}

#[test]
fn too_many_lines_are_refused() {
    assert!(parse(&"\n".repeat(LINES_MAX as usize + 1)).is_err());
}

proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,80}|[a-z=#'\\\\.\\r\\n \\t*]{0,80}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }
}
