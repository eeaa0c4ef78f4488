//! Who the client is, and whether it may be: enhanced authentication, the authentication chain, the will's
//! authorisation (mqtt.md 2.3 steps 4-6 and 9).

use super::{Handshake, Transport};
use crate::events::{CloseReason, ConnectRefusal, Decider};
use crate::hooks::{self, AuthStep, Authenticate, DecidedBy, Identity, Password, Refusal, Register};
use crate::mailbox::Login;
use crate::registry::SubscriberId;
use crate::session::connect;
use crate::session::will::SessionWill;
use crate::trace::session::Call;
use bytes::Bytes;
use bytestring::ByteString;
use std::sync::Arc;
use std::time::Instant;
use vmq_mqtt::{Auth, Connect, Packet, ReasonCode, Version, decode, next_frame};

/// A client that has proved who it is.
pub struct Proof {
    pub identity: Identity,
    /// Method and final data of an enhanced authentication.
    pub authentication: Option<(ByteString, Option<Bytes>)>,
    /// Who has let it in, if anybody was asked.
    pub login: Option<Login>,
}

impl<T: Transport> Handshake<'_, T> {
    pub(super) async fn authenticate(
        &mut self,
        connect: &Connect,
        client_id: &str,
    ) -> Result<Proof, CloseReason> {
        let identity = Identity {
            subscriber: SubscriberId {
                mountpoint: Arc::clone(&self.listener.mountpoint),
                client_id: Arc::from(client_id),
            },
            username: connect.username.as_deref().map(Arc::from),
            peer: Arc::clone(&self.peer.address),
            m5: connect.level.version == Version::V5,
        };
        self.subscriber = Some(identity.subscriber.clone());
        let properties = connect.properties.as_deref();
        let method = properties.and_then(|properties| properties.authentication_method.as_deref());
        let authentication = match method {
            Some(method) => {
                let data = properties.and_then(|properties| properties.authentication_data.clone());
                let method = ByteString::from(method);
                let data = self.enhanced(connect, &identity, &method, data).await?;
                Some((method, data))
            }
            None => None,
        };
        let mut login = None;
        let anonymous = self.core.config().auth.allow_anonymous || self.listener.allow_anonymous_override;
        if !anonymous {
            let request = Register {
                identity: identity.clone(),
                password: connect.password.clone().map(Password),
                clean_start: connect.clean_start,
            };
            self.tracing.calling(Call::Register(&request), properties);
            let begun = Instant::now();
            let decision = self.listener.auth.auth_on_register(&request).await;
            self.tracing.returned(&decision);
            match decision {
                Err(refusal) => return Err(self.not_authenticated(connect, &refusal)),
                Ok(by) => {
                    let micros = u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX);
                    login = Some(Login { by, micros });
                }
            }
        }
        Ok(Proof {
            identity,
            authentication,
            login,
        })
    }

    fn not_authenticated(&mut self, connect: &Connect, refusal: &Refusal) -> CloseReason {
        let reason = match (connect.level.version, refusal.reason) {
            (_, Some(reason)) => reason,
            (Version::V5, None) => ReasonCode::BadUsernameOrPassword,
            (_, None) if refusal.word == "invalid_credentials" => ReasonCode::BadUsernameOrPassword,
            (_, None) => ReasonCode::NotAuthorized,
        };
        let by = Decider::of_hook(self.core, "auth_on_register", refusal.by);
        self.refuse(connect, reason, ConnectRefusal::NotAuthenticated(refusal), by)
    }

    /// The exchange of AUTH packets before CONNACK [MQTT-4.12.0-2]; each step must come in time.
    async fn enhanced(
        &mut self,
        connect: &Connect,
        identity: &Identity,
        method: &ByteString,
        mut data: Option<Bytes>,
    ) -> Result<Option<Bytes>, CloseReason> {
        loop {
            let request = Authenticate {
                identity: identity.clone(),
                method: method.clone(),
                data,
            };
            let shown = hooks::auth_properties(&request.method, request.data.clone());
            self.tracing.calling(Call::Auth(&request), Some(&shown));
            let answer = self.listener.auth.on_auth(&request).await;
            self.tracing.returned(&answer);
            let challenge = match answer {
                Some(Ok(AuthStep::Success(data))) => return Ok(data),
                Some(Ok(AuthStep::Continue(challenge))) => challenge,
                Some(Err(refusal)) => return Err(self.auth_refused(connect, &refusal)),
                None => {
                    let refusal = Refusal {
                        reason: Some(ReasonCode::BadAuthenticationMethod),
                        word: "no_matching_hook_found",
                        by: DecidedBy::default(),
                    };
                    return Err(self.auth_refused(connect, &refusal));
                }
            };
            let properties = Some(Box::new(hooks::auth_properties(method, challenge)));
            let auth = Packet::Auth(Auth {
                reason: ReasonCode::ContinueAuthentication,
                properties,
            });
            self.send(&auth, Version::V5);
            data = self.auth_answer(connect, method).await?;
        }
    }

    /// The client's next AUTH. Anything else is a protocol error, told by CONNACK: DISCONNECT may not precede it
    /// [MQTT-3.14.0-1].
    async fn auth_answer(
        &mut self,
        connect: &Connect,
        method: &ByteString,
    ) -> Result<Option<Bytes>, CloseReason> {
        let wait = self.config.connect_timeout;
        let packet = tokio::time::timeout(wait, self.next_packet())
            .await
            .map_err(|_| CloseReason::ConnectTimeout)??;
        self.tracing.received(&packet, None);
        match packet {
            Packet::Auth(auth) if auth.reason == ReasonCode::ContinueAuthentication => {
                let properties = auth.properties.unwrap_or_default();
                if properties.authentication_method.as_ref() == Some(method) {
                    return Ok(properties.authentication_data);
                }
                Err(self.broken_exchange(connect))
            }
            Packet::Disconnect(_) => Err(CloseReason::ClientDisconnect),
            _ => Err(self.broken_exchange(connect)),
        }
    }

    fn broken_exchange(&mut self, connect: &Connect) -> CloseReason {
        let refusal = ConnectRefusal::BrokenExchange;
        self.refuse(connect, ReasonCode::ProtocolError, refusal, Decider::Protocol)
    }

    async fn next_packet(&mut self) -> Result<Packet, CloseReason> {
        self.io
            .flush()
            .await
            .map_err(|error| CloseReason::of_io(&error))?;
        loop {
            let frame =
                next_frame(&mut self.io.read, super::CONNECT_BYTES_MAX).map_err(CloseReason::Malformed)?;
            if let Some(frame) = frame {
                return decode(frame, Some(Version::V5)).map_err(CloseReason::Malformed);
            }
            match self.io.fill().await {
                Ok(0) => return Err(CloseReason::PeerClosed),
                Ok(_) => {}
                Err(error) => return Err(CloseReason::of_io(&error)),
            }
        }
    }

    fn auth_refused(&mut self, connect: &Connect, refusal: &Refusal) -> CloseReason {
        let by = Decider::of_hook(self.core, "on_auth_m5", refusal.by);
        let told = ConnectRefusal::NotContinued(refusal.word);
        match refusal.reason {
            Some(code) => self.refuse(connect, code, told, by),
            None => {
                self.tell_refusal(connect, told, by);
                CloseReason::Refused(ReasonCode::NotAuthorized)
            }
        }
    }

    /// Authorises the will before anything is taken over (mqtt.md 19 #32).
    pub(super) async fn authorize_will(
        &mut self,
        connect: &Connect,
        identity: &Identity,
    ) -> Result<Option<SessionWill>, CloseReason> {
        let Some(will) = connect::will(connect, &self.config) else {
            return Ok(None);
        };
        let request = hooks::Publish {
            identity,
            topic: will.message.topic(),
            payload: will.message.payload(),
            qos: will.message.qos,
            retain: will.message.retain,
        };
        let properties = connect.will.as_ref().and_then(|will| will.properties.as_deref());
        self.tracing.calling(Call::Publish(&request), properties);
        let decision = self.listener.authz.auth_on_publish(&request).await;
        self.tracing.returned(&decision);
        match decision {
            Ok(_) => Ok(Some(will)),
            Err(refusal) => {
                let reason = refusal.reason.unwrap_or(ReasonCode::NotAuthorized);
                let by = Decider::of_hook(self.core, "auth_on_publish", refusal.by);
                let told = ConnectRefusal::Will {
                    topic: will.message.topic(),
                    refusal: &refusal,
                };
                Err(self.refuse(connect, reason, told, by))
            }
        }
    }
}
