//! The command line, as types. Options stand before the file name and nowhere else, as in the original tool: a user
//! may be called `-D`.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use vmq_passwd::{ITERATIONS_DEFAULT, ITERATIONS_MAX, Scheme};

/// Printed for `--help`, and for a command line that makes no sense.
pub(crate) const HELP: &str = "\
vmq-passwd manages the password file of the broker.

Usage: vmq-passwd [-c | -cf | -D] passwordfile username
       vmq-passwd -b [-c | -cf] passwordfile username password
       vmq-passwd -U [--force] passwordfile
       vmq-passwd --list passwordfile
       vmq-passwd --verify passwordfile username

Without an option the user is added, or gets a new password. The password is asked for twice; two lines on
standard input do as well. The broker reads a changed file by itself (vmq_passwd.password_reload_interval).

 -c        create a new password file; refuses an existing one
 -cf       create a new password file, overwriting an existing one
 -D        delete the user
 -U        hash every plain line user:password of the file in place
 -b        take the password from the command line, where other users of the machine may see it
 --stdin   read the password once from standard input, without a prompt
 -H HASH   sha512 (default, readable by VerneMQ) or sha512-pbkdf2 (readable by mosquitto)
 -I N      iterations of sha512-pbkdf2, 1 to 1000000 (default 101); a login costs about a microsecond each
 --force   with -U: hash again what looks hashed already
 --list    print the user names
 --verify  read a password and exit 0 when it is the user's, else 1
 -h, --help, --version

Options stand before the file name. Exit status: 0 done, 1 anything else.
Example: vmq-passwd -c /etc/vernemq/vmq.passwd alice
";

/// What to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Request {
    Help,
    Version,
    Run(Job),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Job {
    pub(crate) file: PathBuf,
    pub(crate) action: Action,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    Set {
        user: Vec<u8>,
        target: Target,
        source: Source,
        scheme: Scheme,
    },
    Delete {
        user: Vec<u8>,
    },
    HashPlain {
        scheme: Scheme,
        force: bool,
    },
    List,
    Verify {
        user: Vec<u8>,
        quiet: bool,
    },
}

/// Which file a user is written to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// It exists.
    Existing,
    /// It must not exist (`-c`).
    New,
    /// It is overwritten if it exists (`-cf`).
    Overwrite,
}

/// Where the password comes from.
#[derive(Debug, PartialEq)]
pub(crate) enum Source {
    /// Asked for twice.
    Prompt,
    /// One line of standard input.
    Stdin,
    /// The command line.
    Argument(Vec<u8>),
}

/// Why a command line is refused.
#[derive(Debug, PartialEq)]
pub(crate) enum Wrong {
    /// It has no meaning: show the help.
    Usage,
    /// It has one, but a value is out of bounds.
    Value(String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Verb {
    #[default]
    Set,
    Delete,
    HashPlain,
    List,
    Verify,
}

#[derive(Default)]
struct Options {
    verb: Verb,
    target: Option<Target>,
    batch: bool,
    stdin: bool,
    force: bool,
    hash: Option<OsString>,
    iterations: Option<OsString>,
}

/// Reads the arguments, without the program's name.
pub(crate) fn parse(args: Vec<OsString>) -> Result<Request, Wrong> {
    let mut args = VecDeque::from(args);
    let mut options = Options::default();
    while args
        .front()
        .is_some_and(|arg| arg.as_encoded_bytes().starts_with(b"-"))
    {
        let option = args.pop_front().unwrap_or_default();
        match option.to_str().unwrap_or_default() {
            "-h" | "--help" => return Ok(Request::Help),
            "--version" => return Ok(Request::Version),
            "--" => break,
            "-c" => options.create(Target::New)?,
            "-cf" => options.create(Target::Overwrite)?,
            "-D" => options.verb(Verb::Delete)?,
            "-U" => options.verb(Verb::HashPlain)?,
            "--list" => options.verb(Verb::List)?,
            "--verify" => options.verb(Verb::Verify)?,
            "-b" => options.batch = true,
            "--stdin" => options.stdin = true,
            "--force" => options.force = true,
            "-H" => options.hash = Some(args.pop_front().ok_or(Wrong::Usage)?),
            "-I" => options.iterations = Some(args.pop_front().ok_or(Wrong::Usage)?),
            _ => return Err(Wrong::Usage),
        }
    }
    options.job(args).map(Request::Run)
}

impl Options {
    fn create(&mut self, target: Target) -> Result<(), Wrong> {
        if self.target.replace(target).is_some() {
            Err(Wrong::Usage)
        } else {
            Ok(())
        }
    }

    fn verb(&mut self, verb: Verb) -> Result<(), Wrong> {
        if self.verb != Verb::Set {
            return Err(Wrong::Usage);
        }
        self.verb = verb;
        Ok(())
    }

    fn job(self, mut rest: VecDeque<OsString>) -> Result<Job, Wrong> {
        self.check_combination()?;
        let scheme = self.scheme()?;
        let mut next = || rest.pop_front().ok_or(Wrong::Usage);
        let file = next()?.into();
        let action = match self.verb {
            Verb::Set => {
                let user = next()?.into_vec();
                let source = match (self.batch, self.stdin) {
                    (true, _) => Source::Argument(next()?.into_vec()),
                    (_, true) => Source::Stdin,
                    _ => Source::Prompt,
                };
                Action::Set {
                    user,
                    target: self.target.unwrap_or(Target::Existing),
                    source,
                    scheme,
                }
            }
            Verb::Delete => Action::Delete {
                user: next()?.into_vec(),
            },
            Verb::HashPlain => Action::HashPlain {
                scheme,
                force: self.force,
            },
            Verb::List => Action::List,
            Verb::Verify => Action::Verify {
                user: next()?.into_vec(),
                quiet: self.stdin,
            },
        };
        if rest.is_empty() {
            Ok(Job { file, action })
        } else {
            Err(Wrong::Usage)
        }
    }

    /// Refuses options that the verb would ignore.
    fn check_combination(&self) -> Result<(), Wrong> {
        let sets = self.verb == Verb::Set;
        let hashes = sets || self.verb == Verb::HashPlain;
        let reads = sets || self.verb == Verb::Verify;
        let fits = (sets || (self.target.is_none() && !self.batch))
            && (hashes || (self.hash.is_none() && self.iterations.is_none()))
            && (reads || !self.stdin)
            && !(self.batch && self.stdin)
            && (self.verb == Verb::HashPlain || !self.force);
        if fits { Ok(()) } else { Err(Wrong::Usage) }
    }

    fn scheme(&self) -> Result<Scheme, Wrong> {
        let name = self.hash.as_ref().map(|name| name.to_string_lossy());
        match (name.as_deref(), &self.iterations) {
            (None | Some("sha512"), None) => Ok(Scheme::Sha512),
            (None | Some("sha512"), Some(_)) => Err(Wrong::Value("-I needs -H sha512-pbkdf2.".into())),
            (Some("sha512-pbkdf2"), None) => Ok(Scheme::Pbkdf2 {
                iterations: ITERATIONS_DEFAULT,
            }),
            (Some("sha512-pbkdf2"), Some(text)) => match text.to_str().and_then(|text| text.parse().ok()) {
                Some(iterations @ 1..=ITERATIONS_MAX) => Ok(Scheme::Pbkdf2 { iterations }),
                _ => Err(Wrong::Value(format!(
                    "Iterations must be a number from 1 to {ITERATIONS_MAX}."
                ))),
            },
            (Some(_), _) => Err(Wrong::Value("Hash must be sha512 or sha512-pbkdf2.".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Request, Wrong> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    fn action(line: &str) -> Action {
        match of(line) {
            Ok(Request::Run(job)) if job.file == *"f" => job.action,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn set(target: Target, source: Source, scheme: Scheme) -> Action {
        Action::Set {
            user: b"u".to_vec(),
            target,
            source,
            scheme,
        }
    }

    #[test]
    fn every_form() {
        let argument = || Source::Argument(b"p".to_vec());
        let pbkdf2 = |iterations| Scheme::Pbkdf2 { iterations };
        assert_eq!(
            action("f u"),
            set(Target::Existing, Source::Prompt, Scheme::Sha512)
        );
        assert_eq!(action("-c f u"), set(Target::New, Source::Prompt, Scheme::Sha512));
        assert_eq!(
            action("-cf f u"),
            set(Target::Overwrite, Source::Prompt, Scheme::Sha512)
        );
        assert_eq!(
            action("-b f u p"),
            set(Target::Existing, argument(), Scheme::Sha512)
        );
        assert_eq!(
            action("-b -c f u p"),
            set(Target::New, argument(), Scheme::Sha512)
        );
        assert_eq!(
            action("-cf --stdin f u"),
            set(Target::Overwrite, Source::Stdin, Scheme::Sha512)
        );
        assert_eq!(
            action("-H sha512 f u"),
            set(Target::Existing, Source::Prompt, Scheme::Sha512)
        );
        assert_eq!(
            action("-H sha512-pbkdf2 f u"),
            set(Target::Existing, Source::Prompt, pbkdf2(101))
        );
        assert_eq!(
            action("-I 7 -H sha512-pbkdf2 f u"),
            set(Target::Existing, Source::Prompt, pbkdf2(7))
        );
        assert_eq!(action("-D f u"), Action::Delete { user: b"u".to_vec() });
        assert_eq!(
            action("-U f"),
            Action::HashPlain {
                scheme: Scheme::Sha512,
                force: false
            }
        );
        assert_eq!(
            action("-U --force f"),
            Action::HashPlain {
                scheme: Scheme::Sha512,
                force: true
            }
        );
        assert_eq!(action("--list f"), Action::List);
        assert_eq!(
            action("--verify f u"),
            Action::Verify {
                user: b"u".to_vec(),
                quiet: false
            }
        );
        assert_eq!(
            action("--verify --stdin f u"),
            Action::Verify {
                user: b"u".to_vec(),
                quiet: true
            }
        );
        assert_eq!(action("-D -- f -x"), Action::Delete { user: b"-x".to_vec() });
        assert_eq!(action("-D f -U"), Action::Delete { user: b"-U".to_vec() });
        assert_eq!(of("-h"), Ok(Request::Help));
        assert_eq!(of("--help f u"), Ok(Request::Help));
        assert_eq!(of("--version"), Ok(Request::Version));
    }

    #[test]
    fn nonsense_shows_the_help() {
        for line in [
            "",
            "f",
            "f u p",
            "-c",
            "-c f",
            "-c f u p",
            "-b f u",
            "-b f u p q",
            "-x f u",
            "-D f",
            "-D f u v",
            "-U",
            "-U f u",
            "-D -U f u",
            "-c -cf f u",
            "-c -D f u",
            "-b -D f u",
            "-b --stdin f u p",
            "--force f u",
            "-H",
            "-I",
            "--list f u",
            "--list",
            "--verify f",
            "-H sha512 --list f",
            "--stdin -U f",
            "-cD f u",
            "-",
        ] {
            assert_eq!(of(line), Err(Wrong::Usage), "{line}");
        }
    }

    #[test]
    fn values_are_checked() {
        for line in [
            "-H md5 f u",
            "-I 5 f u",
            "-H sha512 -I 5 f u",
            "-H sha512-pbkdf2 -I 0 f u",
            "-H sha512-pbkdf2 -I 1000001 f u",
            "-H sha512-pbkdf2 -I x f u",
        ] {
            assert!(matches!(of(line), Err(Wrong::Value(_))), "{line}");
        }
    }
}
