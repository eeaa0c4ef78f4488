//! The text of the rule that decided. The rules in force do not keep their texts: the file is read again, and its line is
//! shown only if it decides the same question in the same way.

use crate::Broker;
use crate::hooks::Identity;
use crate::hooks::acl::{Access, AclRules, Who};
use crate::hooks::chain::explain::{Explained, Said};
use crate::hooks::rule_file::FILE_BYTES_MAX;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use vmq_admin::command::authz::{Action, Check};
use vmq_config::Plugin;

/// Longest text that is shown.
const TEXT_BYTES_MAX: usize = 1024;

/// Stands for a line that is not there any more.
const CHANGED: &str = "(the file has changed since it was read)";

/// The rule of the ACL, the one plugin that has any for publishing and subscribing.
pub(super) struct Lines(Option<String>);

impl Lines {
    /// The text of a plugin's rule.
    pub(super) fn of(&self, plugin: Plugin) -> Option<&str> {
        self.0.as_deref().filter(|_| plugin == Plugin::Acl)
    }
}

/// Reads the line that allowed it, if one did.
pub(super) async fn of(broker: &Broker, identity: &Identity, check: &Check, explained: &Explained) -> Lines {
    let line = explained.asked.iter().find_map(|asked| match &asked.said {
        Said::Allow(by) if asked.plugin == Plugin::Acl => by.line,
        _ => None,
    });
    let Some(line) = line else { return Lines(None) };
    let question = Question {
        file: broker.rule_files().acl.path(),
        identity: identity.clone(),
        access: match check.action {
            Action::Publish => Access::Write,
            Action::Subscribe => Access::Read,
        },
        topic: check.topic.clone(),
        line,
    };
    let text = tokio::task::spawn_blocking(move || question.text()).await;
    Lines(Some(text.ok().flatten().unwrap_or_else(|| CHANGED.to_owned())))
}

struct Question {
    file: PathBuf,
    identity: Identity,
    access: Access,
    topic: String,
    line: u32,
}

impl Question {
    fn text(&self) -> Option<String> {
        let bytes = read(&self.file)?;
        let (rules, _) = AclRules::parse(&bytes).ok()?;
        let who = Who {
            mountpoint: &self.identity.subscriber.mountpoint,
            client_id: &self.identity.subscriber.client_id,
            username: self.identity.username.as_deref(),
        };
        let decides = rules.check(self.access, &self.topic, &who)?;
        let index = usize::try_from(self.line).ok()?.checked_sub(1)?;
        let text = bytes.lines().nth(index)?.ok()?;
        let end = text.floor_char_boundary(TEXT_BYTES_MAX);
        (decides.0 == self.line).then(|| text[..end].trim_end().to_owned())
    }
}

fn read(file: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = BufReader::new(File::open(file).ok()?);
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
