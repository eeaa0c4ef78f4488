//! Lua scripts, the databases they ask, bcrypt.

use std::borrow::Cow;

use super::row::*;

const LATER: Status = Status::Later(Feature::Lua);
const HASH_MYSQL: &[Type] = &[Type::Enum(&["password", "md5", "sha1", "sha256"])];
const HASH_CRDB: &[Type] = &[Type::Enum(&["sha256", "bcrypt"])];
const HASH_PG: &[Type] = &[Type::Enum(&["crypt", "bcrypt"])];
const INTEGER_OR_AUTO: &[Type] = &[Type::Integer, Type::Word("auto")];
const POSITIVE: Check = Check::RangeText(1, COUNT_MAX, "0 or negative values not allowed");

/// A database, by what differs.
struct Database {
    name: &'static str,
    title: &'static str,
    port: &'static str,
    /// Default of `ssl`; `None` = the keys of TLS do not exist.
    ssl: Option<&'static str>,
    hash: Option<(&'static [Type], &'static str)>,
    script: &'static str,
}

const fn database(
    name: &'static str,
    title: &'static str,
    port: &'static str,
    script: &'static str,
) -> Database {
    Database {
        name,
        title,
        port,
        ssl: None,
        hash: None,
        script,
    }
}

static DATABASES: &[Database] = &[
    Database {
        ssl: Some("off"),
        hash: Some((HASH_PG, "crypt")),
        ..database(
            "postgres",
            "PostgreSQL",
            "5432",
            "/usr/share/vernemq/lua/auth/postgres.lua",
        )
    },
    Database {
        ssl: Some("on"),
        hash: Some((HASH_CRDB, "bcrypt")),
        ..database(
            "cockroachdb",
            "CockroachDB",
            "5432",
            "/usr/share/vernemq/lua/auth/cockroachdb.lua",
        )
    },
    Database {
        hash: Some((HASH_MYSQL, "password")),
        ..database("mysql", "MySQL", "3306", "/usr/share/vernemq/lua/auth/mysql.lua")
    },
    Database {
        ssl: Some("off"),
        hash: Some((HASH_MYSQL, "sha256")),
        ..database(
            "mysql2",
            "MySQL 8 or MariaDB",
            "3306",
            "/usr/share/vernemq/lua/auth/mysql2.lua",
        )
    },
    Database {
        ssl: Some("off"),
        ..database(
            "mongodb",
            "MongoDB",
            "27017",
            "/usr/share/vernemq/lua/auth/mongodb.lua",
        )
    },
    database("redis", "Redis", "6379", "/usr/share/vernemq/lua/auth/redis.lua"),
];

/// Of every database.
static COMMON: &[Row] = &[
    row("host", TEXT, "Host of the server.").default("localhost"),
    row("pool_size", INTEGER, "Connections kept to it.")
        .default("5")
        .hidden()
        .range(1, 1024),
];

static SQL: &[Row] = &[
    row("user", TEXT, "User to log in with.").default("root"),
    row("password", TEXT, "Password to log in with.")
        .default("password")
        .secret(),
    row("database", TEXT, "Database to use.").default("vernemq_db"),
];

static MONGODB: &[Row] = &[
    row("srv", TEXT, "DNS name whose SRV record lists the hosts.")
        .default("")
        .hidden(),
    row("login", TEXT, "User to log in with."),
    row("password", TEXT, "Password to log in with.").secret(),
    row("auth_source", TEXT, "Database that knows the user.").default("admin"),
    row("database", TEXT, "Database to use."),
    row(
        "w_mode",
        &[Type::Enum(&["safe", "unsafe"])],
        "Whether writes are confirmed.",
    )
    .default("safe")
    .hidden(),
    row(
        "read_preference",
        &[Type::Enum(&[
            "primary",
            "primaryPreferred",
            "secondary",
            "secondaryPreferred",
            "nearest",
        ])],
        "Which member of a set is read.",
    )
    .default("primaryPreferred")
    .hidden(),
    row("ssl.sni", TEXT, "Server name sent in the handshake.").hidden(),
];

static REDIS: &[Row] = &[
    row("password", TEXT, "Password to log in with.")
        .default("")
        .secret(),
    row("user", TEXT, "User to log in with.").default(""),
    row("database", INTEGER, "Number of the database.")
        .default("0")
        .range(0, 65_535),
];

static TLS: &[Row] = &[
    row(
        "cafile",
        FILE,
        "PEM file with the authorities the server's certificate must come from.",
    )
    .default("")
    .check(Check::PemFile),
    row("certfile", FILE, "PEM file with the broker's certificate.")
        .default("")
        .check(Check::PemFile),
    row("keyfile", FILE, "PEM file with the broker's private key.")
        .default("")
        .check(Check::PemFile),
    row("ssl.depth", INTEGER, "Intermediate certificates allowed.")
        .default("3")
        .hidden()
        .range(0, 255),
    row(
        "ssl.customize_hostname_check",
        &[Type::Enum(&["https"])],
        "Accept wildcard certificates as browsers do.",
    )
    .default("https"),
    row(
        "ssl.verify",
        &[Type::Enum(&["verify_none", "verify_peer"])],
        "Whether the server's certificate is verified.",
    )
    .default("verify_peer"),
    row("ssl.use_system_cas", FLAG, "Trust the authorities of the system.").default("on"),
];

static FIRST: &[Row] = &[
    row(
        "vmq_diversity.keep_state",
        FLAG,
        "Global variables of a script live on from call to call.",
    )
    .default("off")
    .live()
    .hidden()
    .status(LATER),
    row(
        "vmq_diversity.nr_lua_states",
        INTEGER,
        "Lua states of one script that work side by side.",
    )
    .default("1")
    .hidden()
    .range(1, 1024)
    .status(LATER),
    row(
        "vmq_diversity.script_dir",
        DIRECTORY,
        "Folder whose *.lua files are loaded at start.",
    )
    .default("/usr/share/vernemq/lua")
    .status(LATER),
];

static LAST: &[Row] = &[
    row(
        "vmq_diversity.memcache.host",
        TEXT,
        "Host of the memcached server.",
    )
    .default("localhost")
    .status(LATER),
    row("vmq_diversity.memcache.port", INTEGER, "Its port.")
        .default("11211")
        .range(1, 65_535)
        .status(LATER),
    row(
        "vmq_diversity.$script.file",
        FILE,
        "One more Lua script; these are loaded by name after the folder.",
    )
    .status(LATER),
    row(
        "vmq_diversity.clique_lead_line",
        TEXT,
        "Help line; no meaning here.",
    )
    .default(" script Manage lua scripts\\n")
    .hidden()
    .status(Status::Silent),
    row(
        "vmq_bcrypt.pool_size",
        INTEGER_OR_AUTO,
        "bcrypt computations at the same time; auto = one less than cores.",
    )
    .default("1")
    .check(POSITIVE)
    .status(LATER),
    row(
        "vmq_bcrypt.nif_pool_size",
        INTEGER_OR_AUTO,
        "Of the VM; no meaning here.",
    )
    .default("4")
    .check(POSITIVE)
    .status(Status::Silent),
    row(
        "vmq_bcrypt.nif_pool_max_overflow",
        INTEGER,
        "Of the VM; no meaning here.",
    )
    .default("10")
    .check(POSITIVE)
    .status(Status::Silent),
    row(
        "vmq_bcrypt.default_log_rounds",
        INTEGER,
        "Cost of new bcrypt hashes.",
    )
    .default("12")
    .check(Check::RangeText(4, 31, "must be between 4 and 31"))
    .status(LATER),
    row(
        "vmq_bcrypt.mechanism",
        &[Type::Enum(&["nif", "port"])],
        "Of the VM; no meaning here.",
    )
    .default("port")
    .status(Status::Silent),
];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = FIRST.to_vec();
    for database in DATABASES {
        rows.extend(database.rows());
    }
    rows.extend(LAST.iter().cloned());
    rows
}

impl Database {
    fn rows(&self) -> Vec<Row> {
        let switch = row(
            "enabled",
            FLAG,
            "Authenticate and authorise clients by this database.",
        )
        .default("off");
        let script = row("script", FILE, "The Lua script that does it.")
            .default(self.script)
            .hidden();
        let port = row("port", INTEGER, "Port of the server.")
            .default(self.port)
            .range(1, 65_535);
        let auth = format!("vmq_diversity.auth_{}", self.name);
        let prefix = format!("vmq_diversity.{}", self.name);
        let mut rows = vec![
            self.under(&auth, &switch),
            self.under(&auth, &script),
            self.under(&prefix, &port),
        ];
        let own: &[Row] = match self.name {
            "mongodb" => MONGODB,
            "redis" => REDIS,
            _ => SQL,
        };
        rows.extend(COMMON.iter().chain(own).map(|row| self.under(&prefix, row)));
        if let Some(default) = self.ssl {
            let ssl = row("ssl", FLAG, "Use TLS.").default(default);
            rows.push(self.under(&prefix, &ssl));
            rows.extend(TLS.iter().map(|row| self.under(&prefix, row)));
        }
        if let Some((types, default)) = self.hash {
            let hash = row(
                "password_hash_method",
                types,
                "How passwords are hashed in the query.",
            )
            .default(default);
            rows.push(self.under(&prefix, &hash));
        }
        rows
    }

    fn under(&self, prefix: &str, row: &Row) -> Row {
        let key = Cow::Owned(format!("{prefix}.{}", row.key));
        let prose = Cow::Owned(format!("{}: {}", self.title, row.prose));
        Row {
            key,
            prose,
            status: LATER,
            ..row.clone()
        }
    }
}
