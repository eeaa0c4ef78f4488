//! The first two providers: `vmq_passwd` and `vmq_acl`, which answer from files.

use super::acl::{Access, AclRules, Who};
use super::plugins::Switch;
use super::rule_file::{Kind, Parse, RuleFile};
use super::{Answer, DecidedBy, Identity, Provider, Publish, Refusal, Register, Subscribe, Verdict};
use arc_swap::Guard;
use std::path::Path;
use std::sync::Arc;
use vmq_config::Plugin;
use vmq_passwd::{Check, FileFault, FileWarning, PasswordFile};

/// More hash iterations than this are not computed on a thread that serves clients.
const ITERATIONS_INLINE: u32 = 1_000;

/// `vmq_acl`: who may publish and subscribe what.
pub struct AclProvider {
    pub rules: Arc<RuleFile<AclRules>>,
    pub switch: Switch,
}

/// `vmq_passwd`: who may log in.
pub struct PasswdProvider {
    pub users: Arc<RuleFile<PasswordFile>>,
    pub switch: Switch,
}

/// The ACL file, not read yet.
#[must_use]
pub fn acl_file(path: &Path) -> RuleFile<AclRules> {
    RuleFile::new(Kind::Acl, path, PARSE_ACL)
}

/// The password file, not read yet.
#[must_use]
pub fn password_file(path: &Path) -> RuleFile<PasswordFile> {
    RuleFile::new(Kind::Password, path, PARSE_PASSWORDS)
}

/// How an ACL file is read.
pub const PARSE_ACL: Parse<AclRules> = |bytes| AclRules::parse(bytes);

/// How a password file is read.
pub const PARSE_PASSWORDS: Parse<PasswordFile> = parse_passwords;

fn parse_passwords(bytes: &[u8]) -> Result<(PasswordFile, Vec<FileWarning>), FileFault> {
    let file = PasswordFile::parse(bytes)?;
    let warnings = file.warnings().to_vec();
    Ok((file, warnings))
}

fn who(identity: &Identity) -> Who<'_> {
    Who {
        mountpoint: &identity.subscriber.mountpoint,
        client_id: &identity.subscriber.client_id,
        username: identity.username.as_deref(),
    }
}

impl Provider for AclProvider {
    fn plugin(&self) -> Plugin {
        Plugin::Acl
    }

    fn auth_on_publish(&self, request: &Publish<'_>) -> Option<Answer<DecidedBy>> {
        if !self.switch.is_on() {
            return None;
        }
        let rule = self
            .rules
            .current()
            .check(Access::Write, request.topic, &who(request.identity));
        Some(Answer::Now(rule.map_or(Verdict::Next, |rule| {
            Verdict::Allow(by(Plugin::Acl, Some(rule.0)))
        })))
    }

    /// Every topic must be allowed, else the whole list is left to the next plugin.
    fn auth_on_subscribe(&self, request: &Subscribe) -> Option<Answer<DecidedBy>> {
        if !self.switch.is_on() {
            return None;
        }
        let (rules, who) = (self.rules.current(), who(&request.identity));
        let mut line = None;
        for (filter, _) in &request.topics {
            match rules.check(Access::Read, filter, &who) {
                Some(rule) => line = Some(rule.0),
                None => return Some(Answer::Now(Verdict::Next)),
            }
        }
        Some(Answer::Now(Verdict::Allow(by(Plugin::Acl, line))))
    }
}

impl Provider for PasswdProvider {
    fn plugin(&self) -> Plugin {
        Plugin::Passwd
    }

    fn auth_on_register(&self, request: &Register) -> Option<Answer<DecidedBy>> {
        if !self.switch.is_on() {
            return None;
        }
        let (Some(username), Some(password)) = (request.identity.username.clone(), request.password.clone())
        else {
            return Some(Answer::Now(Verdict::Next));
        };
        let users = self.users.current();
        if users.iterations(&*username) <= ITERATIONS_INLINE {
            return Some(Answer::Now(verdict(
                users.check(&*username, &password.0),
                users.line(&*username),
            )));
        }
        let users = Guard::into_inner(users);
        Some(Answer::Later(Box::pin(async move {
            let line = users.line(&*username);
            let checked = tokio::task::spawn_blocking(move || users.check(&*username, &password.0)).await;
            verdict(checked.unwrap_or(Check::Mismatch), line)
        })))
    }
}

fn verdict(check: Check, line: Option<usize>) -> Verdict<DecidedBy> {
    let by = by(Plugin::Passwd, line.and_then(|line| u32::try_from(line).ok()));
    match check {
        Check::Unknown => Verdict::Next,
        Check::Match => Verdict::Allow(by),
        Check::Mismatch => Verdict::Refuse(Refusal {
            reason: None,
            word: "invalid_credentials",
            by,
        }),
    }
}

const fn by(plugin: Plugin, line: Option<u32>) -> DecidedBy {
    DecidedBy {
        plugin: Some(plugin),
        line,
    }
}
