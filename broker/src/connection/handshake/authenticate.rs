//! Who the client is, and whether it may be: enhanced authentication, the authentication chain, the will's
//! authorisation (mqtt.md 2.3 steps 4-6 and 9).

use super::{Handshake, Refused, Transport};
use crate::events::{CloseReason, Provoked};
use crate::hooks::refusals::Request;
use crate::hooks::{self, AuthStep, Authenticate, Identity, Password, Refusal, Register};
use crate::logging::render::Subscriber;
use crate::registry::SubscriberId;
use crate::session::connect;
use crate::session::will::SessionWill;
use crate::trace::session::Call;
use bytes::Bytes;
use bytestring::ByteString;
use std::sync::Arc;
use tracing::{error, warn};
use vmq_mqtt::{Auth, Connect, Packet, ReasonCode, Version, decode, next_frame};

/// A client that has proved who it is.
pub struct Proof {
    pub identity: Identity,
    /// Method and final data of an enhanced authentication.
    pub authentication: Option<(ByteString, Option<Bytes>)>,
}

impl<T: Transport> Handshake<'_, T> {
    pub(super) async fn authenticate(
        &mut self,
        connect: &Connect,
        client_id: &str,
    ) -> Result<Proof, Refused> {
        let identity = Identity {
            subscriber: SubscriberId {
                mountpoint: Arc::clone(&self.listener.mountpoint),
                client_id: Arc::from(client_id),
            },
            username: connect.username.as_deref().map(Arc::from),
            peer: Arc::clone(&self.peer.address),
            m5: connect.level.version == Version::V5,
        };
        let properties = connect.properties.as_deref();
        let method = properties.and_then(|properties| properties.authentication_method.as_deref());
        let authentication = match method {
            Some(method) => {
                let data = properties.and_then(|properties| properties.authentication_data.clone());
                let method = ByteString::from(method);
                let data = self.enhanced(&identity, &method, data).await?;
                Some((method, data))
            }
            None => None,
        };
        let anonymous = self.core.config().auth.allow_anonymous || self.listener.allow_anonymous_override;
        if !anonymous {
            let request = Register {
                identity: identity.clone(),
                password: connect.password.clone().map(Password),
                clean_start: connect.clean_start,
            };
            self.tracing.calling(Call::Register(&request), properties);
            let decision = self.listener.auth.auth_on_register(&request).await;
            self.tracing.returned(&decision);
            if let Err(refusal) = decision {
                return Err(self.not_authenticated(connect, &identity, &refusal));
            }
        }
        Ok(Proof {
            identity,
            authentication,
        })
    }

    fn not_authenticated(&mut self, connect: &Connect, identity: &Identity, refusal: &Refusal) -> Refused {
        let subscriber = Subscriber {
            mountpoint: &identity.subscriber.mountpoint,
            client_id: &identity.subscriber.client_id,
        };
        let (pid, client_id, peer, word) = (
            self.mailbox.connection,
            &*identity.subscriber.client_id,
            &*self.peer.address,
            refusal.word,
        );
        self.core.refusals.keep(identity, Request::Connect, refusal);
        let decided_by = refusal.by;
        let may_log = Provoked::RefusedConnect.may_log();
        if may_log && word == "no_matching_hook_found" {
            error!(
                pid,
                client_id, "can't authenticate client {subscriber} from {peer} due to {word}"
            );
        } else if may_log {
            warn!(
                pid,
                client_id,
                %decided_by,
                "can't authenticate client {subscriber} from {peer} due to {word}"
            );
        }
        let reason = match (connect.level.version, refusal.reason) {
            (_, Some(reason)) => reason,
            (Version::V5, None) => ReasonCode::BadUsernameOrPassword,
            (_, None) if word == "invalid_credentials" => ReasonCode::BadUsernameOrPassword,
            (_, None) => ReasonCode::NotAuthorized,
        };
        self.refuse(connect.level.version, reason, true)
    }

    /// The exchange of AUTH packets before CONNACK [MQTT-4.12.0-2]; each step must come in time.
    async fn enhanced(
        &mut self,
        identity: &Identity,
        method: &ByteString,
        mut data: Option<Bytes>,
    ) -> Result<Option<Bytes>, Refused> {
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
                Some(Err(refusal)) => return Err(self.auth_refused(identity, refusal.reason, refusal.word)),
                None => {
                    let code = Some(ReasonCode::BadAuthenticationMethod);
                    return Err(self.auth_refused(identity, code, "no_matching_hook_found"));
                }
            };
            let properties = Some(Box::new(hooks::auth_properties(method, challenge)));
            let auth = Packet::Auth(Auth {
                reason: ReasonCode::ContinueAuthentication,
                properties,
            });
            self.send(&auth, Version::V5);
            data = self.auth_answer(method).await?;
        }
    }

    /// The client's next AUTH. Anything else is a protocol error, told by CONNACK: DISCONNECT may not precede it
    /// [MQTT-3.14.0-1].
    async fn auth_answer(&mut self, method: &ByteString) -> Result<Option<Bytes>, Refused> {
        let wait = self.config.connect_timeout;
        let packet = tokio::time::timeout(wait, self.next_packet())
            .await
            .map_err(|_| (CloseReason::ConnectTimeout, false))?
            .map_err(|reason| (reason, false))?;
        self.tracing.received(&packet, None);
        match packet {
            Packet::Auth(auth) if auth.reason == ReasonCode::ContinueAuthentication => {
                let properties = auth.properties.unwrap_or_default();
                if properties.authentication_method.as_ref() == Some(method) {
                    return Ok(properties.authentication_data);
                }
                Err(self.refuse(Version::V5, ReasonCode::ProtocolError, false))
            }
            Packet::Disconnect(_) => Err((CloseReason::ClientDisconnect, false)),
            _ => Err(self.refuse(Version::V5, ReasonCode::ProtocolError, false)),
        }
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
                return decode(&frame, Some(Version::V5)).map_err(CloseReason::Malformed);
            }
            match self.io.fill().await {
                Ok(0) => return Err(CloseReason::PeerClosed),
                Ok(_) => {}
                Err(error) => return Err(CloseReason::of_io(&error)),
            }
        }
    }

    fn auth_refused(&mut self, identity: &Identity, code: Option<ReasonCode>, word: &str) -> Refused {
        let subscriber = Subscriber {
            mountpoint: &identity.subscriber.mountpoint,
            client_id: &identity.subscriber.client_id,
        };
        let pid = self.mailbox.connection;
        warn!(
            pid,
            peer = &*self.peer.address,
            "can't continue enhanced auth with client {subscriber} due to {word}"
        );
        match code {
            Some(code) => self.refuse(Version::V5, code, true),
            None => (CloseReason::Refused(ReasonCode::NotAuthorized), true),
        }
    }

    /// Authorises the will before anything is taken over (mqtt.md 19 #32).
    pub(super) async fn authorize_will(
        &mut self,
        connect: &Connect,
        identity: &Identity,
    ) -> Result<Option<SessionWill>, Refused> {
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
                let refused = Request::Will {
                    topic: Arc::from(will.message.topic()),
                };
                self.core.refusals.keep(identity, refused, &refusal);
                let subscriber = Subscriber {
                    mountpoint: &identity.subscriber.mountpoint,
                    client_id: &identity.subscriber.client_id,
                };
                warn!(
                    pid = self.mailbox.connection,
                    "can't authenticate last will, for client {subscriber} due to {}", refusal.word
                );
                let reason = refusal.reason.unwrap_or(ReasonCode::NotAuthorized);
                Err(self.refuse(connect.level.version, reason, true))
            }
        }
    }
}
