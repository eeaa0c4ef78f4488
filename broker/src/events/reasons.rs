//! The closed lists of reasons, beside `CloseReason`: a reason is the word in history and tools, and the label of its
//! counter. What decided stands beside it (`decider`).

use crate::metrics::Counter;

/// One list: every reason with its word and its counter, so that neither can be forgotten.
macro_rules! reasons {
    ($(#[$about:meta])* $name:ident { $($variant:ident $word:literal $counter:ident;)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant,)* }

        impl $name {
            /// The whole list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used as metric label and column of the tools.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The counter of the reason.
            #[must_use]
            pub const fn counter(self) -> Counter {
                match self { $(Self::$variant => Counter::$counter,)* }
            }
        }
    };
}

reasons! {
    /// Why a CONNECT was refused.
    ConnectReason {
        ProtocolVersion "unsupported_protocol_version" ConnectProtocolVersion;
        ClientId "client_identifier_not_valid" ConnectClientId;
        ReservedTopic "reserved_topic" ConnectReservedTopic;
        Overload "overload" ConnectOverload;
        InvalidCredentials "invalid_credentials" ConnectInvalidCredentials;
        NotAuthorized "not_authorized" ConnectNotAuthorized;
        ChainExhausted "plugin_chain_exhausted" ConnectChainExhausted;
        NoHook "no_matching_hook_found" ConnectNoHook;
        HookTimeout "hook_timeout" ConnectHookTimeout;
        ProtocolError "protocol_error" ConnectProtocolError;
        NotRegistered "register_subscriber_retry_exhausted" ConnectNotRegistered;
        Other "other" ConnectOther;
    }
}

reasons! {
    /// Why a PUBLISH was refused.
    PublishReason {
        ReservedTopic "reserved_topic" PublishReservedTopic;
        NotAuthorized "not_authorized" PublishNotAuthorized;
        ChainExhausted "plugin_chain_exhausted" PublishChainExhausted;
        NoHook "no_matching_hook_found" PublishNoHook;
        HookTimeout "hook_timeout" PublishHookTimeout;
        Other "other" PublishOther;
    }
}

reasons! {
    /// Why a SUBSCRIBE, or one filter of it, was refused.
    SubscribeReason {
        TooMany "max_subscriptions_per_client" SubscribeTooMany;
        NotAuthorized "not_authorized" SubscribeNotAuthorized;
        ChainExhausted "plugin_chain_exhausted" SubscribeChainExhausted;
        NoHook "no_matching_hook_found" SubscribeNoHook;
        HookTimeout "hook_timeout" SubscribeHookTimeout;
        Other "other" SubscribeOther;
    }
}

reasons! {
    /// Why a message did not reach a client that was to get it.
    DropReason {
        QueueFull "queue_full" DroppedQueueFull;
        Expired "expired" DroppedExpired;
        TooLarge "max_packet_size_exceeded" DroppedTooLarge;
        Revoked "not_authorized" DroppedRevoked;
    }
}

reasons! {
    /// Why a session, and all that waited for it, came to its end without a connection that ended it.
    SessionReason {
        Expired "session_expired" SessionExpired;
        Administrative "administrative_action" SessionAdministrative;
    }
}

impl ConnectReason {
    /// The reason that a hook's word stands for; a word of a plugin's own is `other`.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        let known = Self::ALL.iter().find(|reason| reason.word() == word);
        known.copied().unwrap_or(Self::Other)
    }
}

impl PublishReason {
    /// As of `ConnectReason`.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        let known = Self::ALL.iter().find(|reason| reason.word() == word);
        known.copied().unwrap_or(Self::Other)
    }
}

impl SubscribeReason {
    /// As of `ConnectReason`.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        let known = Self::ALL.iter().find(|reason| reason.word() == word);
        known.copied().unwrap_or(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The word is the label, in every list.
    #[test]
    fn words_are_labels() {
        let lists = [
            ConnectReason::ALL
                .iter()
                .map(|r| (r.word(), r.counter()))
                .collect::<Vec<_>>(),
            PublishReason::ALL
                .iter()
                .map(|r| (r.word(), r.counter()))
                .collect(),
            SubscribeReason::ALL
                .iter()
                .map(|r| (r.word(), r.counter()))
                .collect(),
            DropReason::ALL.iter().map(|r| (r.word(), r.counter())).collect(),
            SessionReason::ALL
                .iter()
                .map(|r| (r.word(), r.counter()))
                .collect(),
        ];
        for list in lists {
            let family = list[0].1.family();
            for (word, counter) in &list {
                assert_eq!(counter.label(), format!("reason={word}"));
                assert_eq!(counter.family(), family);
            }
            let labels = Counter::ALL.iter().filter(|counter| counter.family() == family);
            assert_eq!(labels.count(), list.len(), "{}", family.name);
        }
    }

    #[test]
    fn words_of_plugins_are_no_labels() {
        assert_eq!(ConnectReason::of_word("hook_timeout"), ConnectReason::HookTimeout);
        assert_eq!(ConnectReason::of_word("banned"), ConnectReason::Other);
        assert_eq!(PublishReason::of_word("banned"), PublishReason::Other);
        assert_eq!(SubscribeReason::of_word(""), SubscribeReason::Other);
    }
}
