//! The HTTP side over a pipe in memory: bytes in, bytes out, and a clock that only moves when nothing else does.

mod http1;
mod time;
mod http2;

use super::Site;
use super::api::Asked;
use super::deadline::Deadline;
use super::health::NodeState;
use super::respond::Answer;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use vmq_config::{HttpAuth, HttpConfig, HttpModule};

/// Longer than anything that a connection may wait for.
const PATIENCE: Duration = Duration::from_secs(300);

/// Bytes that the pipe takes in each direction before a writer waits.
const PIPE_BYTES: usize = 4096;

/// A connection and the task that serves it.
struct Link {
    client: DuplexStream,
    server: JoinHandle<()>,
    stopping: watch::Sender<bool>,
    opened: Instant,
}

fn all_modules(auth: HttpAuth) -> HttpConfig {
    use HttpModule::{Health, Management, Metrics, Publish, Status, V2, WebUi};
    HttpConfig {
        modules: [Metrics, Status, Health, Management, V2, Publish, WebUi]
            .map(|module| (module, auth))
            .to_vec(),
        request_line_max: 200,
        header_value_max: 100,
    }
}

/// What reached the management interface.
fn echo(asked: &Asked) -> Answer {
    let form = String::from_utf8_lossy(&asked.form);
    Answer::text("text/plain", format!("{} {form}", asked.head.uri))
}

impl Link {
    /// To a site with everything, open to everybody, on a node that is well.
    fn open() -> Self {
        Self::to(all_modules(HttpAuth::Open), NodeState::default())
    }

    fn to(config: HttpConfig, node: NodeState) -> Self {
        let (client, pipe) = duplex(PIPE_BYTES);
        let stopping = watch::Sender::new(false);
        let site = Arc::new(Site {
            config,
            peer: Arc::from("test"),
            keys: Arc::default(),
            node: Box::new(move || node.clone()),
            metrics: Box::new(|| Box::pin(async { Answer::text("text/plain", "up 1\n") })),
            api: Box::new(|asked| Box::pin(async move { echo(&asked) })),
            status: Box::new(|| Box::pin(async { Answer::json(http::StatusCode::OK, &["well"]) })),
            deadline: Arc::new(Deadline::new()),
        });
        Self {
            client,
            server: tokio::spawn(site.serve(Box::new(pipe), stopping.subscribe())),
            stopping,
            opened: Instant::now(),
        }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.client.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything until the broker closes its side.
    async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        timeout(PATIENCE, self.client.read_to_end(&mut bytes))
            .await
            .expect("the broker closes")
            .unwrap();
        bytes
    }

    /// The broker's side has ended. Gives the seconds since it began.
    async fn ended(self) -> u64 {
        timeout(PATIENCE, self.server)
            .await
            .expect("the task ends")
            .unwrap();
        self.opened.elapsed().as_secs()
    }
}
