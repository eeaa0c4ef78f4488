//! `/status` and `/status.json`: how the node is, for people and for their scripts (monitoring.md 5). The page is one file
//! that needs nothing else and asks for `status.json` beside it; it holds no figure itself, so that it may be public.

mod feed;

use super::respond::Answer;
use base64::prelude::{BASE64_STANDARD, Engine as _};
pub(super) use feed::feed;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

const STYLE: &str = include_str!("status/page.css");
const SCRIPT: &str = include_str!("status/page.js");

const PAGE: &str = concat!(
    include_str!("status/head.html"),
    "<style>",
    include_str!("status/page.css"),
    "</style>",
    include_str!("status/body.html"),
    "<script>",
    include_str!("status/page.js"),
    "</script>\n",
);

/// Nothing but this style, this script and what the node itself answers: whatever a client has called itself, the
/// browser runs none of it.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
});

/// What is below `/status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Page,
    /// `/status/`, which the page's own addresses would be wrong at.
    Elsewhere,
    Feed,
}

impl Part {
    /// The part of a path.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        match path {
            "/status" => Some(Self::Page),
            "/status/" => Some(Self::Elsewhere),
            "/status.json" => Some(Self::Feed),
            _ => None,
        }
    }
}

/// The page.
pub(super) fn page() -> Answer {
    Answer::text("text/html; charset=utf-8", PAGE)
        .with_text(CONTENT_SECURITY_POLICY, &POLICY)
        .with_text(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with_text(REFERRER_POLICY, "no-referrer")
        // A new version of the broker has a new page.
        .with_text(CACHE_CONTROL, "no-cache")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// monitoring.md 5.4: one file; nothing of it is asked for elsewhere.
    #[test]
    fn the_page_needs_nothing_else() {
        for foreign in [
            "src=",
            "@import",
            "url(",
            "innerHTML",
            "eval(",
            "style=\"",
            " onclick=",
        ] {
            assert!(!PAGE.contains(foreign), "{foreign}");
        }
        // Links that people follow, and names of XML.
        for address in PAGE
            .split("https://")
            .skip(1)
            .chain(PAGE.split("http://").skip(1))
        {
            let known = ["github.com/", "www.w3.org/2000/svg", "docs.vernemq.com"];
            assert!(
                known.iter().any(|known| address.starts_with(known)),
                "{}",
                &address[..30]
            );
        }
        assert_eq!(PAGE.matches("<script").count(), 1);
        assert!(!SCRIPT.contains("</script"));
    }
}
