//! A manual page as roff, in the few words of man(7) that every formatter knows. Texts are plain; what stands between
//! backticks is bold.

/// A page that is being written.
#[derive(Debug)]
pub(crate) struct Page {
    /// `vmq-admin.8`
    pub(crate) file: String,
    text: String,
}

impl Page {
    /// A page with its name in one line, without a full stop: `vernemq` and `MQTT broker`.
    pub(crate) fn new(name: &str, section: u8, about: &str) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let title = name.to_uppercase();
        let text = format!(
            ".\\\" Written by cargo xtask man.\n\
             .TH \"{}\" \"{section}\" \"\" \"VerneMQ {version}\" \"VerneMQ manual\"\n\
             .nh\n.ad l\n",
            escape(&title)
        );
        let mut page = Self {
            file: format!("{name}.{section}"),
            text,
        };
        page.section("NAME");
        page.line(&format!("{} \\- {}", escape(name), escape(about)));
        page
    }

    pub(crate) fn section(&mut self, title: &str) {
        self.line(&format!(".SH {}", escape(title)));
    }

    pub(crate) fn sub_section(&mut self, title: &str) {
        self.line(&format!(".SS {}", escape(title)));
    }

    /// A paragraph. A heading begins one already.
    fn begin_paragraph(&mut self) {
        let last = self.text.lines().last().unwrap_or_default();
        if !last.starts_with(".SH") && !last.starts_with(".SS") {
            self.line(".PP");
        }
    }

    /// A paragraph of text.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.begin_paragraph();
        self.line(&inline(text));
    }

    /// A command line: `<...>` is for the reader to fill in.
    pub(crate) fn synopsis(&mut self, syntax: &str) {
        self.begin_paragraph();
        self.line(&syntax_line(syntax));
    }

    /// A term, as a command line, and what it is.
    pub(crate) fn item(&mut self, term: &str, text: &str) {
        self.line(".TP");
        self.line(&syntax_line(term));
        self.line(&inline(text));
    }

    /// A term that is typed as it stands.
    pub(crate) fn literal(&mut self, term: &str, text: &str) {
        self.line(".TP");
        self.line(&inline(&format!("`{term}`")));
        self.line(&inline(text));
    }

    /// Several terms, each on its own line, and what they all are.
    pub(crate) fn terms(&mut self, terms: &[&str], text: &str) {
        for (index, term) in terms.iter().enumerate() {
            self.line(if index == 0 { ".TP" } else { ".TQ" });
            self.line(&syntax_line(term));
        }
        self.line(&inline(text));
    }

    /// Lines as they are typed.
    pub(crate) fn example(&mut self, lines: &str) {
        self.begin_paragraph();
        self.line(".RS 4\n.nf");
        for line in lines.lines() {
            self.line(&at_line_start(&escape(line)));
        }
        self.line(".fi\n.RE");
    }

    /// The last section: names of pages with their sections.
    pub(crate) fn see_also(&mut self, pages: &[String]) {
        self.section("SEE ALSO");
        let pages: Vec<String> = pages.iter().map(|page| reference(page)).collect();
        self.line(&pages.join(",\n"));
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// `vernemq(8)` with its name in bold.
fn reference(page: &str) -> String {
    let (name, section) = page.split_once('(').unwrap_or((page, ")"));
    format!("\\fB{}\\fR({section}", escape(name))
}

/// A text with bold parts.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split('`').enumerate() {
        match index % 2 {
            0 => out.push_str(&escape(part)),
            _ => out.push_str(&format!("\\fB{}\\fR", escape(part))),
        }
    }
    at_line_start(&out)
}

/// What is typed in bold, what stands for something else in italics, brackets and bars as they are.
fn syntax_line(syntax: &str) -> String {
    let mut out = String::new();
    let mut font = "R";
    let mut depth = 0_usize;
    for letter in syntax.chars() {
        if letter == '<' {
            depth += 1;
        }
        let wanted = match letter {
            ' ' => font,
            _ if depth > 0 => "I",
            '[' | ']' | '|' => "R",
            _ => "B",
        };
        if wanted != font {
            out.push_str(&format!("\\f{wanted}"));
            font = wanted;
        }
        if letter == '>' {
            depth = depth.saturating_sub(1);
        }
        if letter != '<' && letter != '>' {
            out.push_str(&escape(letter.encode_utf8(&mut [0; 4])));
        }
    }
    if font != "R" {
        out.push_str("\\fR");
    }
    at_line_start(&out)
}

/// Characters that roff would take for something else. A list of names without blanks may be cut after its marks.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ':' | ',' if letters.peek().is_some_and(|next| next.is_alphanumeric()) => {
                out.push(letter);
                out.push_str("\\:");
            }
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '\'' => out.push_str("\\(aq"),
            '`' => out.push_str("\\(ga"),
            '^' => out.push_str("\\(ha"),
            '~' => out.push_str("\\(ti"),
            '"' => out.push_str("\\(dq"),
            other => out.push(other),
        }
    }
    out
}

/// A line of text must not look like a request.
fn at_line_start(line: &str) -> String {
    match line.starts_with('.') {
        true => format!("\\&{line}"),
        false => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(inline("a `-b` c'd"), "a \\fB\\-b\\fR c\\(aqd");
        assert_eq!(inline(".x"), "\\&.x");
        assert_eq!(escape("a\\b~"), "a\\eb\\(ti");
        assert_eq!(escape("a,b, c:"), "a,\\:b, c:");
    }

    #[test]
    fn what_is_typed_is_bold() {
        assert_eq!(
            syntax_line("show [--x=<n>] <key>"),
            "\\fBshow \\fR[\\fB\\-\\-x=\\fIn\\fR] \\fIkey\\fR"
        );
    }

    #[test]
    fn a_page_has_its_name() {
        let mut page = Page::new("vmq.acl", 5, "rules");
        page.see_also(&["vernemq(8)".to_owned()]);
        assert_eq!(page.file, "vmq.acl.5");
        let text = page.finish();
        assert!(text.contains(".SH NAME\nvmq.acl \\- rules\n"), "{text}");
        assert!(text.ends_with("\\fBvernemq\\fR(8)\n"), "{text}");
    }
}
