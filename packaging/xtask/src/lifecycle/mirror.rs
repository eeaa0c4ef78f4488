//! Where Debian comes from: whatever the machine's own apt says. Nothing is named here.

use std::process::Command;

/// The address apt fetches this release from; none on a machine of another release, where debootstrap knows one.
pub(super) fn of_apt(release: &str) -> Option<String> {
    let format = "$(CODENAME) $(COMPONENT) $(REPO_URI)";
    let said = said(
        "apt-get",
        &["indextargets", "--format", format, "Created-By: Packages"],
    )?;
    address(&said, release)
}

/// The variables by which wget finds the proxy that apt uses; none without one.
pub(super) fn proxy() -> Vec<(&'static str, String)> {
    let Some(text) = said("apt-config", &["shell", "PROXY", "Acquire::http::Proxy"]) else {
        return Vec::new();
    };
    let proxy = text
        .trim()
        .strip_prefix("PROXY='")
        .and_then(|rest| rest.strip_suffix('\''))
        .filter(|proxy| !proxy.is_empty());
    proxy.map_or_else(Vec::new, |proxy| {
        ["http_proxy", "https_proxy"]
            .map(|name| (name, proxy.to_owned()))
            .to_vec()
    })
}

fn said(program: &str, words: &[&str]) -> Option<String> {
    let output = Command::new(program).args(words).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Of lines of code name, component and address.
fn address(targets: &str, release: &str) -> Option<String> {
    targets.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let is_it = words.next()? == release && words.next()? == "main";
        words.next().filter(|_| is_it).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_itself_is_taken_not_its_updates() {
        let targets = "bookworm-updates main http://a.example/debian/\nbookworm contrib http://b.example/\n\
            bookworm main http://c.example/debian/\n";
        assert_eq!(
            address(targets, "bookworm").as_deref(),
            Some("http://c.example/debian/")
        );
        assert_eq!(address(targets, "trixie"), None);
    }
}
