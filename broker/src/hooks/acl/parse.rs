//! The ACL file's grammar (hooks.md 19.2): lines, and one piece of state, the user that `topic` lines are for.

use std::str;

use vmq_mqtt::topic::{TopicFault, check_filter};
use vmq_passwd::{FileFault, FileWarning};

use super::filter::{Filter, Substitution};
use super::{Access, AclRules, RuleLine, Rules, Side};

const BLANKS: [char; 2] = [' ', '\t'];

pub(super) fn parse(bytes: &[u8]) -> Result<(AclRules, Vec<FileWarning>), FileFault> {
    let mut reader = Reader::default();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        reader.number = index + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let read = match str::from_utf8(line) {
            Ok(line) => reader.line(line),
            Err(_) => Err("not UTF-8".to_owned()),
        };
        read.map_err(|why| FileFault {
            line: reader.number,
            why,
        })?;
    }
    Ok((reader.rules, reader.warnings))
}

#[derive(Default)]
struct Reader<'a> {
    rules: AclRules,
    warnings: Vec<FileWarning>,
    /// The line being read, from 1.
    number: usize,
    /// `None` = everybody. There is no way back to it.
    user: Option<&'a str>,
}

/// A rule's words.
struct Rule<'a> {
    /// `None` = both.
    access: Option<Access>,
    filter: &'a str,
    substitution: Substitution,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &'a str) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if let Some(name) = line.strip_prefix("user ") {
            let name = name.trim_matches(BLANKS);
            self.user = Some(name);
            return if name.is_empty() {
                Err("user without a name".to_owned())
            } else {
                Ok(())
            };
        }
        let (substitution, words) = if let Some(words) = line.strip_prefix("topic ") {
            (Substitution::Off, words)
        } else if let Some(words) = line.strip_prefix("pattern ") {
            (Substitution::On, words)
        } else {
            return Err(unknown(line));
        };
        let (access, filter) = access(words);
        let rule = Rule {
            access,
            filter: filter.trim_matches(BLANKS),
            substitution,
        };
        self.check(&rule, words)?;
        self.add(&rule);
        Ok(())
    }

    fn check(&mut self, rule: &Rule<'_>, words: &str) -> Result<(), String> {
        if rule.filter.is_empty() {
            return Err("rule without a topic".to_owned());
        }
        check_rule_filter(rule.filter).map_err(|fault| {
            let access = if rule.access == Some(Access::Write) {
                "write"
            } else {
                "read"
            };
            let user = match rule.substitution {
                Substitution::Off => self.user.unwrap_or("all"),
                Substitution::On => "all",
            };
            format!(
                "can't validate {access} acl topic {} for user {user} due to {fault}",
                rule.filter
            )
        })?;
        if rule.access.is_none() && words.starts_with(BLANKS) && self::access(rule.filter).0.is_some() {
            let filter = rule.filter;
            self.warn(format!(
                "more than one blank before read or write: a rule for both, with the topic {filter}"
            ));
        }
        if rule.access == Some(Access::Write) && rule.filter.starts_with("$share/") {
            self.warn("nobody can publish to a shared subscription: this rule allows nothing".to_owned());
        }
        Ok(())
    }

    fn add(&mut self, rule: &Rule<'_>) {
        // Lines of a file that fits in memory are far fewer; the number is for people.
        let line = RuleLine(u32::try_from(self.number).unwrap_or(u32::MAX));
        if rule.access != Some(Access::Write) {
            rules_of(&mut self.rules.read, rule.substitution, self.user).add(rule, line);
        }
        if rule.access != Some(Access::Read) && !rule.filter.starts_with("$share/") {
            rules_of(&mut self.rules.write, rule.substitution, self.user).add(rule, line);
        }
    }

    fn warn(&mut self, why: String) {
        self.warnings.push(FileWarning {
            line: self.number,
            why,
        });
    }
}

impl Rules {
    fn add(&mut self, rule: &Rule<'_>, line: RuleLine) {
        let filter = Filter::new(rule.filter, rule.substitution);
        if rule.filter.starts_with("$share/") {
            self.shared.push((filter, line));
        } else if filter.is_everything() {
            self.everything.get_or_insert(line);
        } else if filter.is_exact() {
            self.exact.entry(rule.filter.into()).or_insert(line);
        } else {
            self.filters.push((filter, line));
        }
    }
}

/// Patterns are for everybody, whatever the current user.
fn rules_of<'a>(side: &'a mut Side, substitution: Substitution, user: Option<&str>) -> &'a mut Rules {
    match (substitution, user) {
        (Substitution::On, _) => &mut side.patterns,
        (Substitution::Off, None) => &mut side.all,
        (Substitution::Off, Some(user)) => side.users.entry(user.into()).or_default(),
    }
}

/// The optional word after the keyword.
fn access(words: &str) -> (Option<Access>, &str) {
    if let Some(filter) = words.strip_prefix("read ") {
        (Some(Access::Read), filter)
    } else if let Some(filter) = words.strip_prefix("write ") {
        (Some(Access::Write), filter)
    } else {
        (None, words)
    }
}

/// A rule may say `$share/+/...` for any group, which no subscription may.
fn check_rule_filter(filter: &str) -> Result<(), TopicFault> {
    match filter.strip_prefix("$share/+/") {
        Some(inner) => check_filter(&format!("$share/g/{inner}"), usize::MAX),
        None => check_filter(filter, usize::MAX),
    }
}

fn unknown(line: &str) -> String {
    let why = if line.trim_matches(BLANKS).is_empty() {
        "only blanks; leave an empty line really empty"
    } else if line.starts_with(BLANKS) {
        "starts with a blank; keywords start in the first column"
    } else {
        "expected topic, pattern, user or #, each keyword followed by a blank"
    };
    why.to_owned()
}
