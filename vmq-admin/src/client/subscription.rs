//! A subscription: the picture as it changes (see `live` for what the daemon sends).

use super::{Canceller, Client, ClientError, Outcome};
use crate::live::View;
use crate::wire::Reply;
use std::time::{Duration, Instant};

/// Something that is being looked at. Dropping the client ends it.
#[derive(Debug)]
pub struct Subscription<'a> {
    pub(super) client: &'a mut Client,
    pub(super) id: u64,
    pub(super) view: View,
}

/// What became of waiting.
#[derive(Debug)]
pub enum Next<'a> {
    /// The picture of now.
    View(&'a View),
    /// There will be none: it was cancelled, refused, or the node stops. The client can ask other things.
    Ended(Outcome),
}

impl Subscription<'_> {
    /// Waits for the next picture.
    ///
    /// # Errors
    /// It does not come within `patience`, which may be tried again, or the connection broke.
    pub fn next(&mut self, patience: Duration) -> Result<Next<'_>, ClientError> {
        let deadline = Some(Instant::now() + patience);
        let mut outcome = Outcome::default();
        loop {
            match self.client.receive(deadline)? {
                Reply::Event { id, data } if id == self.id => {
                    self.view.merge(data);
                    if !self.view.is_partial() {
                        return Ok(Next::View(&self.view));
                    }
                }
                Reply::Element { id, element, .. } if id == self.id => outcome.add(element, false)?,
                Reply::End { id, exit } if id == self.id => {
                    outcome.exit = exit;
                    return Ok(Next::Ended(outcome));
                }
                Reply::Refused { text } => return Err(ClientError::Refused(text)),
                _ => return Err(ClientError::Unexpected),
            }
        }
    }

    /// The last picture.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// What ends it from another thread.
    ///
    /// # Errors
    /// There are no more descriptors.
    pub fn canceller(&self) -> Result<Canceller, ClientError> {
        Canceller::of(self.client, self.id)
    }

    /// Ends it; the client can ask other things then.
    ///
    /// # Errors
    /// The daemon does not say that it has ended within `patience`.
    pub fn cancel(mut self, patience: Duration) -> Result<Outcome, ClientError> {
        self.canceller()?.cancel()?;
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if let Next::Ended(outcome) = self.next(left)? {
                return Ok(outcome);
            }
        }
    }
}
