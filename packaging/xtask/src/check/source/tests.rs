//! What the reader of lines and braces must be right about.

use super::{Function, Source};

fn functions(text: &str) -> Vec<(String, usize, usize)> {
    Source::new(text)
        .functions()
        .into_iter()
        .map(|f| (f.name, f.first, f.last))
        .collect()
}

fn test_lines(text: &str) -> Vec<usize> {
    Source::new(text)
        .lines()
        .filter(|(_, _, test)| *test)
        .map(|(number, _, _)| number)
        .collect()
}

#[test]
fn a_function_reaches_from_its_word_to_its_brace() {
    let text = "/// doc\npub(crate) fn one(\n    a: [u8; 4],\n) -> Result<(), E>\nwhere\n    T: Fn(u8),\n{\n    if a { b() }\n}\n";
    assert_eq!(functions(text), [("one".to_owned(), 1, 8)]);
    assert_eq!(
        Function {
            name: String::new(),
            first: 1,
            last: 8
        }
        .lines(),
        8
    );
}

#[test]
fn braces_in_text_do_not_count() {
    let text = "fn one() {\n    // }\n    let a = \"}\";\n    let b = '}';\n}\nfn two() {}\n";
    assert_eq!(
        functions(text),
        [("one".to_owned(), 0, 4), ("two".to_owned(), 5, 5)]
    );
}

#[test]
fn declarations_and_pointers_are_no_functions() {
    assert_eq!(
        functions("trait T {\n    fn a(&self);\n    fn b(&self) {}\n}\ntype P = fn(u8) -> u8;\n").len(),
        1
    );
    assert_eq!(
        functions("struct S { run: fn(u8) }\nfn_like!();\nlet often = 1;\n"),
        []
    );
}

#[test]
fn inner_functions_and_closures_are_seen() {
    let text = "fn outer() {\n    fn inner() {\n    }\n    call(|x| {\n        x\n    });\n}\n";
    assert_eq!(
        functions(text),
        [("outer".to_owned(), 0, 6), ("inner".to_owned(), 1, 2)]
    );
}

#[test]
fn a_test_module_is_test_code_to_its_brace() {
    let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
    assert_eq!(test_lines(text), [2, 3, 4, 5]);
}

#[test]
fn an_attribute_takes_one_item_with_it() {
    assert_eq!(test_lines("#[cfg(test)]\nuse a::{b, c};\nuse d;\n"), [0, 1]);
    assert_eq!(
        test_lines("#[cfg(test)]\n#[derive(A, B)]\nstruct S<A, B> {\n}\nstruct T;\n"),
        [0, 1, 2, 3]
    );
    assert_eq!(
        test_lines("struct S {\n    #[cfg(test)]\n    a: Vec<u8>,\n    b: u8,\n}\n"),
        [1, 2]
    );
    assert_eq!(
        test_lines("#[tokio::test(start_paused = true)]\nasync fn a() {\n}\nfn b() {}\n"),
        [0, 1, 2]
    );
    assert!(test_lines("#[cfg(not(test))]\nfn a() {}\n").is_empty());
}

#[test]
fn test_modules_in_other_files_are_named() {
    let source = Source::new("mod a;\n#[cfg(test)]\nmod tests;\n#[cfg(test)] mod model;\nmod b;\n");
    assert_eq!(source.test_modules(), ["tests", "model"]);
    assert!(!source.is_test(0) && source.is_test(2) && !source.is_test(4));
}

#[test]
fn an_unfinished_file_does_not_stop_the_reader() {
    assert_eq!(functions("fn a() {"), []);
    assert_eq!(test_lines("#[cfg(test)]"), [0]);
    assert!(test_lines("").is_empty());
}
