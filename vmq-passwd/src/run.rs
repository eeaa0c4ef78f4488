//! One function for each thing the tool does: read, ask, change, write. The texts are those of the original tool,
//! which scripts know.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use vmq_passwd::edit::{self, HashFault, NameFault};
use vmq_passwd::replace::{self, WriteFault};
use vmq_passwd::{Check, FileFault, Hashed, PasswordFile, Scheme};

use crate::args::{Action, Job, Source, Target};
use crate::prompt::{self, Prompt, PromptFault};

/// Why nothing was done. Displays as the lines for standard error.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("Error: {0}")]
    Name(#[from] NameFault),
    #[error(transparent)]
    Prompt(#[from] PromptFault),
    #[error("Error: {0}")]
    Hash(#[from] HashFault),
    #[error("Error: No random numbers available. {0}")]
    Random(#[from] getrandom::Error),
    #[error("Error: Unable to open password file {}. {}", .0.display(), errno_text(.1))]
    Open(PathBuf, io::Error),
    #[error("Error: Unable to open file {} for writing. {}", .0.display(), errno_text(.1))]
    OpenNew(PathBuf, io::Error),
    #[error(
        "Error: File {} already exists. Please use -cf in case you want to overwrite the file",
        .0.display()
    )]
    Exists(PathBuf),
    #[error("Error creating backup password file \"{}.tmp\", not continuing.\n{}", .0.display(), errno_text(.1))]
    Backup(PathBuf, io::Error),
    #[error("Error occurred updating password file.\nThe old password file is unchanged, {0}")]
    Update(WriteFault),
    #[error("Error: Password file {}, {}", .0.display(), .1)]
    Fault(PathBuf, FileFault),
    #[error("Error: User {0} not found in password file.")]
    Unknown(String),
    #[error("Error: Password does not match.")]
    Mismatch,
    #[error("Error: Unable to write to standard output. {0}")]
    Output(io::Error),
}

/// Does the job.
pub(crate) fn run(job: Job) -> Result<(), Failure> {
    let file = &job.file;
    match job.action {
        Action::Set {
            user,
            target,
            source,
            scheme,
        } => set(file, &user, target, source, scheme),
        Action::Delete { user } => delete(file, &user),
        Action::HashPlain { scheme, force } => hash_plain(file, scheme, force),
        Action::List => list(file),
        Action::Verify { user, quiet } => verify(file, &user, quiet),
    }
}

fn set(file: &Path, user: &[u8], target: Target, source: Source, scheme: Scheme) -> Result<(), Failure> {
    edit::check_name(user)?;
    let exists = std::fs::symlink_metadata(file).is_ok();
    match target {
        Target::Existing => drop(open(file)?),
        Target::New if exists => return Err(Failure::Exists(file.to_owned())),
        Target::Overwrite if exists => {
            replace::read_for_update(file).map_err(|error| Failure::OpenNew(file.to_owned(), error))?;
            say(
                b"File already exists. PLEASE ABORT OPERATION IF YOU DO NOT INTENT TO OVERWRITE THE ALREADY \
                EXISTING FILE!\n",
            )?;
        }
        Target::New | Target::Overwrite => {}
    }
    let prompt = Prompt::new().map_err(PromptFault::Io)?;
    let password = match source {
        Source::Prompt => prompt.new_password()?,
        Source::Stdin => prompt::read_line()?,
        Source::Argument(password) if password.is_empty() => return Err(PromptFault::Empty.into()),
        Source::Argument(password) => password,
    };
    let hashed = Hashed::new(scheme, &password)?;
    let _others_wait = replace::lock_directory(file);
    let _signals_wait = prompt.hold_signals();
    let (new, written) = match target {
        Target::Existing => {
            let new = edit::set_user(&open(file)?, user, &hashed);
            let written = replace::replace(file, &new);
            (new, written)
        }
        Target::New => (
            Vec::new(),
            replace::create(file, &edit::set_user(b"", user, &hashed)),
        ),
        Target::Overwrite => (
            Vec::new(),
            replace::replace(file, &edit::set_user(b"", user, &hashed)),
        ),
    };
    written.map_err(|fault| explain(file, target, fault))?;
    warn_of_bad_lines(&new);
    Ok(())
}

fn delete(file: &Path, user: &[u8]) -> Result<(), Failure> {
    let prompt = Prompt::new().map_err(PromptFault::Io)?;
    let _others_wait = replace::lock_directory(file);
    let _signals_wait = prompt.hold_signals();
    match edit::delete_user(&open(file)?, user) {
        Some(new) => replace::replace(file, &new).map_err(|fault| explain(file, Target::Existing, fault)),
        None => {
            warn(&format!(
                "User {} not found in password file.",
                String::from_utf8_lossy(user)
            ));
            Ok(())
        }
    }
}

fn hash_plain(file: &Path, scheme: Scheme, force: bool) -> Result<(), Failure> {
    let prompt = Prompt::new().map_err(PromptFault::Io)?;
    let _others_wait = replace::lock_directory(file);
    let _signals_wait = prompt.hold_signals();
    let result = edit::hash_plain(&open(file)?, scheme, force)?;
    replace::replace(file, &result.bytes).map_err(|fault| explain(file, Target::Existing, fault))?;
    for line in result.skipped {
        warn(&format!("line {line} looks already hashed, skipped."));
    }
    warn_of_bad_lines(&result.bytes);
    Ok(())
}

fn list(file: &Path) -> Result<(), Failure> {
    let users = parse(file)?;
    let mut names = Vec::new();
    for name in users.usernames() {
        names.extend_from_slice(name);
        names.push(b'\n');
    }
    say(&names)
}

fn verify(file: &Path, user: &[u8], quiet: bool) -> Result<(), Failure> {
    let users = parse(file)?;
    let password = if quiet || !prompt::has_terminal() {
        prompt::read_line()?
    } else {
        Prompt::new().map_err(PromptFault::Io)?.ask("Password: ")?
    };
    match users.check(user, &password) {
        Check::Match => Ok(()),
        Check::Mismatch => Err(Failure::Mismatch),
        Check::Unknown => Err(Failure::Unknown(String::from_utf8_lossy(user).into_owned())),
    }
}

fn open(file: &Path) -> Result<Vec<u8>, Failure> {
    replace::read_for_update(file).map_err(|error| Failure::Open(file.to_owned(), error))
}

fn parse(file: &Path) -> Result<PasswordFile, Failure> {
    let bytes = replace::read(file).map_err(|error| Failure::Open(file.to_owned(), error))?;
    PasswordFile::parse(&bytes).map_err(|fault| Failure::Fault(file.to_owned(), fault))
}

fn explain(file: &Path, target: Target, fault: WriteFault) -> Failure {
    let file = file.to_owned();
    match (fault, target) {
        (WriteFault::Exists, _) => Failure::Exists(file),
        (WriteFault::Create(error), Target::Existing) => Failure::Backup(file, error),
        (WriteFault::Create(error), _) => Failure::OpenNew(file, error),
        (fault, _) => Failure::Update(fault),
    }
}

/// The edit is done, but the broker would refuse the file for some other line.
fn warn_of_bad_lines(bytes: &[u8]) {
    if let Err(fault) = PasswordFile::parse(bytes) {
        warn(&format!(
            "{fault}. The broker does not accept the file with this line."
        ));
    }
}

fn warn(text: &str) {
    writeln!(io::stderr().lock(), "Warning: {text}").ok();
}

/// A reader who has seen enough is no failure.
fn say(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// The text of the C library, without Rust's number behind it.
fn errno_text(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_owned()
}
