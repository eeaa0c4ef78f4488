//! Settings that this version accepts and does not act on: each is named once at start, so that none does nothing in
//! silence.

use std::path::Path;
use vmq_config::{Config, RetainMode};

/// One text for each such setting that differs from its default.
#[must_use]
pub fn texts(config: &Config) -> Vec<String> {
    let default = Config::default_for(Path::new(""));
    let mut texts: Vec<String> = config
        .not_available_yet
        .iter()
        .map(|feature| format!("{feature}: not available yet"))
        .collect();
    let mut say = |differs: bool, text: &str| {
        if differs {
            texts.push(text.to_owned());
        }
    };
    say(
        config.store_tuning != default.store_tuning,
        "leveldb.* keys other than maximum_memory have no effect: the store tunes itself within its memory",
    );
    say(
        config.session.retain_mode == RetainMode::Syncwait,
        "subscriber_retain_mode = syncwait has no effect on one node: there is nobody to wait for",
    );
    say(
        !config.session.coordinate_registrations,
        "coordinate_registrations = off has no effect on one node: a client id always has one owner",
    );
    for listener in &config.listeners {
        let name = &listener.name;
        say(
            listener.forward_connection_opts,
            &format!(
                "forward_connection_opts of listener {name} has no effect: no hook that takes it is available yet"
            ),
        );
        say(
            listener.acceptors != 10,
            &format!("nr_of_acceptors of listener {name} has no effect: one accept loop serves it"),
        );
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::texts;
    use std::path::Path;
    use vmq_config::{Config, load_str};

    #[test]
    fn defaults_have_nothing_to_say() {
        assert_eq!(texts(&Config::default_for(Path::new(""))), Vec::<String>::new());
        let shipped = load_str(&vmq_config::shipped_conf(), &|_| None).unwrap();
        assert_eq!(texts(&shipped.config), Vec::<String>::new());
    }

    #[test]
    fn every_setting_without_effect_is_named() {
        let conf = "listener.tcp.a = 127.0.0.1:0\nlistener.tcp.a.nr_of_acceptors = 3\n\
            listener.tcp.a.forward_connection_opts = on\nsubscriber_retain_mode = syncwait\n\
            coordinate_registrations = off\n\
            overload.shedding = on\nleveldb.bloomfilter = off\n";
        let texts = texts(&load_str(conf, &|_| None).unwrap().config);
        for word in [
            "nr_of_acceptors",
            "forward_connection_opts",
            "syncwait",
            "coordinate_registrations",
            "load shedding",
            "leveldb",
        ] {
            assert!(
                texts.iter().any(|text| text.contains(word)),
                "{word} in {texts:?}"
            );
        }
    }
}
