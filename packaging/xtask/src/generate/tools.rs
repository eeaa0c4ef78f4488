//! The command lines of `vernemq` and `vmq-passwd`, for their manual pages and completion. Those programs read their
//! arguments themselves; the suite holds this list against what they print. Those of `vmq-console` come from its own
//! table of arguments.

/// An option.
#[derive(Debug)]
pub(crate) struct Opt<'a> {
    /// All its names.
    pub(crate) names: &'a [&'a str],
    pub(crate) value: Value<'a>,
    pub(crate) about: &'a str,
}

/// What follows an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    None,
    File,
    /// One of these.
    Words(&'a [&'a str]),
    /// Something else, by this name.
    Named(&'a str),
}

/// A verb of `vernemq`.
#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) word: &'static str,
    /// What may follow, for the manual.
    pub(crate) syntax: &'static str,
    pub(crate) options: &'static [Opt<'static>],
    /// Words that may follow.
    pub(crate) words: &'static [&'static str],
    pub(crate) about: &'static str,
}

const fn opt<'a>(names: &'a [&'a str], value: Value<'a>, about: &'a str) -> Opt<'a> {
    Opt { names, value, about }
}

const fn verb(word: &'static str, about: &'static str) -> Verb {
    Verb {
        word,
        syntax: "",
        options: &[],
        words: &[],
        about,
    }
}

/// Options of `vernemq` that stand with every verb.
pub(crate) const VERNEMQ_OPTIONS: &[Opt<'_>] = &[
    opt(
        &["-c", "--config"],
        Value::File,
        "Read this configuration file instead of `/etc/vernemq/vernemq.conf`.",
    ),
    opt(&["-h", "--help"], Value::None, "Print help."),
    opt(&["-V", "--version"], Value::None, "Print the version."),
];

/// The verbs of `vernemq`.
pub(crate) const VERBS: &[Verb] = &[
    verb(
        "start",
        "Start in the background and wait until the broker is ready, 15 seconds at most unless `VERNEMQ_START_TIMEOUT` \
         says otherwise. Prints nothing when it is.",
    ),
    Verb {
        syntax: "[--timeout=<seconds>]",
        options: &[opt(
            &["--timeout"],
            Value::Named("seconds"),
            "How long to wait for the end of the process.",
        )],
        ..verb(
            "stop",
            "Stop gracefully, wait until the process is gone and print `ok`.",
        )
    },
    verb(
        "restart",
        "Stop, then start. A broker that does not run is not started.",
    ),
    verb(
        "reload",
        "Read the configuration, password, ACL, key and certificate files again, apply what may change while the broker \
         runs, name what needs a restart, and open the log files again. SIGHUP does the same.",
    ),
    Verb {
        syntax: "[--tui]",
        options: &[opt(
            &["--tui"],
            Value::None,
            "Show the terminal console instead of the log.",
        )],
        ..verb("console", "Run in the foreground until SIGINT or SIGTERM.")
    },
    Verb {
        syntax: "[--tui]",
        options: &[opt(
            &["--tui"],
            Value::None,
            "Show the terminal console instead of the log.",
        )],
        ..verb(
            "run",
            "The same, for service managers: readiness and watchdog are told by sd_notify.",
        )
    },
    verb("ping", "Print `pong` if the node is alive."),
    verb(
        "attach",
        "Open the terminal console on the running node. `tui` is another name of it.",
    ),
    Verb {
        syntax: "[-f]",
        options: &[opt(&["-f"], Value::None, "Do not ask for a ping first.")],
        ..verb("attach-direct", "The same as `attach`.")
    },
    Verb {
        syntax: "[--strict]",
        options: &[opt(&["--strict"], Value::None, "Warnings are errors.")],
        ..verb(
            "chkconfig",
            "Check the configuration and the rule files without starting. All faults are printed at once, each with its \
             file and line.",
        )
    },
    Verb {
        syntax: "effective | describe <variable> | generate [-l debug]",
        options: &[opt(
            &["-l"],
            Value::Words(&["debug"]),
            "Tell more: where each value is from.",
        )],
        words: &["effective", "describe", "generate"],
        ..verb(
            "config",
            "`effective` prints every setting with its value, `describe` explains one, `generate` only checks.",
        )
    },
    verb("version", "Print the version."),
    verb("getpid", "Print the process id of the running node."),
    verb("help", "Print help."),
];

/// The options of `vmq-passwd`. They stand before the file name.
pub(crate) const PASSWD_OPTIONS: &[Opt<'_>] = &[
    opt(
        &["-c"],
        Value::None,
        "Create a new password file; an existing one is refused.",
    ),
    opt(
        &["-cf"],
        Value::None,
        "Create a new password file, overwriting an existing one.",
    ),
    opt(
        &["-D"],
        Value::None,
        "Delete the user. A user who is not there is no error.",
    ),
    opt(
        &["-U"],
        Value::None,
        "Hash every plain line `user:password` of the file in place. Lines that look hashed are left alone.",
    ),
    opt(
        &["-b"],
        Value::None,
        "Take the password from the command line, where other users of the machine may see it.",
    ),
    opt(
        &["--stdin"],
        Value::None,
        "Read the password once from standard input, without a prompt.",
    ),
    opt(
        &["-H"],
        Value::Words(&["sha512", "sha512-pbkdf2"]),
        "How to hash: `sha512` (default, readable by VerneMQ) or `sha512-pbkdf2` (readable by mosquitto).",
    ),
    opt(
        &["-I"],
        Value::Named("n"),
        "Iterations of `sha512-pbkdf2`, 1 to 1000000, default 101. A login costs about a microsecond each.",
    ),
    opt(
        &["--force"],
        Value::None,
        "With `-U`: hash again what looks hashed already.",
    ),
    opt(&["--list"], Value::None, "Print the user names."),
    opt(
        &["--verify"],
        Value::None,
        "Read a password and exit with 0 when it is the user's, else with 1.",
    ),
    opt(&["-h", "--help"], Value::None, "Print help."),
    opt(&["--version"], Value::None, "Print the version."),
];

impl Opt<'_> {
    /// The option for a manual page.
    pub(crate) fn term(&self) -> String {
        let mark = match self.value {
            Value::None => String::new(),
            Value::File => " <file>".to_owned(),
            Value::Words(words) => format!(" {}", words.join("|")),
            Value::Named(name) => format!(" <{name}>"),
        };
        format!("{}{mark}", self.names.join(", "))
    }
}
