//! The life of the process: open the admin socket, start the broker, say that it is ready, turn until somebody wants the
//! end, and then end in order. One loop hears signals, the admin socket and the clock; it alone decides, so there is one
//! order of things: say that we stop, let the clients go, close the store, remove socket and pid file. Logging ends after
//! that, in `main`'s hands.

mod systemd;

use crate::Broker;
use crate::admin::{Admin, AdminSocket, Answer, Control};
use crate::broker::reload::{self, ReloadFault, Reloader, Report, SetFault, Values};
use crate::logging::Logging;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use systemd::Systemd;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::{error, info};
use vmq_admin::Element;
use vmq_config::{Config, Loaded};

/// The loop turns at least this often.
const TURN: Duration = Duration::from_secs(10);

/// What a service manager is asked for, at every turn of a start or stop that takes long.
const MORE_TIME: Duration = Duration::from_secs(60);

/// How the daemon ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody wanted it to.
    Stopped,
    /// It could not start; the text says why.
    Failed(String),
}

/// Something to do.
enum Event {
    Stop(&'static str),
    Reload(Option<oneshot::Sender<Answer>>),
    Set(Values, oneshot::Sender<Result<Report, SetFault>>),
    StartNode(oneshot::Sender<Answer>),
    StopNode(oneshot::Sender<Answer>),
    Turn,
}

/// What the loop hears, and whom it tells.
struct Supervisor {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    controls: mpsc::Receiver<Control>,
    turn: Interval,
    systemd: Systemd,
    logging: Arc<Logging>,
}

/// Runs the daemon with the configuration that was loaded from `file`. `when_ready` is called when it serves.
pub async fn run(file: &Path, loaded: Loaded, logging: Arc<Logging>, when_ready: impl FnOnce()) -> Ended {
    let config = loaded.config.clone();
    info!(
        "vernemq {} starting, node {}",
        env!("CARGO_PKG_VERSION"),
        config.node.name
    );
    let (admin, controls) = Admin::new(&config, Arc::clone(&logging));
    let mut supervisor = match Supervisor::new(controls, logging) {
        Ok(supervisor) => supervisor,
        Err(error) => return Ended::Failed(format!("can't listen to signals due to {error}")),
    };
    let socket = match AdminSocket::open(&config.admin, Arc::clone(&admin)).await {
        Ok(socket) => socket,
        Err(fault) => return Ended::Failed(fault.to_string()),
    };
    let broker = match supervisor.start(config).await {
        Ok(Some(broker)) => Arc::new(broker),
        Ok(None) => return Ended::Stopped,
        Err(text) => return Ended::Failed(text),
    };
    let reloader = Reloader::new(file.to_owned(), loaded);
    admin.running(Arc::clone(&broker), reloader.in_force());
    supervisor.systemd.ready(&status(&broker));
    when_ready();
    let left = supervisor.serve(&admin, broker, reloader).await;
    admin.stopping();
    supervisor.systemd.stopping();
    if let Some(broker) = left {
        supervisor.stop(&broker).await;
    }
    drop(socket);
    info!("vernemq stopped");
    Ended::Stopped
}

/// What `systemctl status` shows.
fn status(broker: &Broker) -> String {
    let open = broker.listeners().all().len();
    match &broker.listeners().failed()[..] {
        [] => format!("serving, {open} listeners"),
        failed => format!(
            "serving, {open} of {} listeners; {}",
            open + failed.len(),
            failed.join("; ")
        ),
    }
}

impl Supervisor {
    fn new(controls: mpsc::Receiver<Control>, logging: Arc<Logging>) -> io::Result<Self> {
        let systemd = Systemd::from_environment();
        let mut turn = interval(systemd.heartbeat().unwrap_or(TURN).min(TURN));
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
            controls,
            turn,
            systemd,
            logging,
        })
    }

    /// The next thing to do. Cancel-safe: what is not taken stays.
    async fn next(&mut self) -> Event {
        tokio::select! {
            _ = self.terminate.recv() => Event::Stop("SIGTERM"),
            _ = self.interrupt.recv() => Event::Stop("SIGINT"),
            _ = self.hangup.recv() => Event::Reload(None),
            Some(control) = self.controls.recv() => match control {
                Control::Stop => Event::Stop("the admin socket"),
                Control::Reload(answer) => Event::Reload(Some(answer)),
                Control::Set(values, answer) => Event::Set(values, answer),
                Control::StartNode(answer) => Event::StartNode(answer),
                Control::StopNode(answer) => Event::StopNode(answer),
            },
            _ = self.turn.tick() => Event::Turn,
        }
    }

    /// Starts the broker; `None` = the end was wanted before it was ready.
    async fn start(&mut self, config: Config) -> Result<Option<Broker>, String> {
        self.systemd.status("starting");
        let mut start = pin!(Broker::start(config));
        loop {
            tokio::select! {
                started = &mut start => return started.map(Some).map_err(|error| format!("{error:#}")),
                event = self.next() => match event {
                    Event::Stop(by) => {
                        info!("stopped by {by} before the start was complete");
                        self.systemd.stopping();
                        return Ok(None);
                    }
                    Event::Reload(answer) => tell(answer, Answer::alert("node is starting")),
                    Event::StartNode(answer) | Event::StopNode(answer) => {
                        tell(Some(answer), Answer::alert("node is starting"));
                    }
                    // Whoever waits is told by the end of the channel.
                    Event::Set(..) => {}
                    Event::Turn => self.ask_for_time(),
                },
            }
        }
    }

    /// Turns until the end is wanted. Gives the broker that runs then.
    async fn serve(
        &mut self,
        admin: &Arc<Admin>,
        broker: Arc<Broker>,
        mut reloader: Reloader,
    ) -> Option<Arc<Broker>> {
        let mut running = Some(broker);
        loop {
            match (self.next().await, &running) {
                (Event::Stop(by), _) => {
                    info!("stopping, wanted by {by}");
                    return running;
                }
                (Event::Reload(answer), Some(broker)) => {
                    self.systemd.reloading();
                    let done = self.reload(broker, &mut reloader).await;
                    self.systemd.ready(&status(broker));
                    tell(answer, done);
                }
                (Event::Reload(answer), None) => {
                    self.logging.reopen();
                    tell(answer, is_stopped());
                }
                (Event::Set(values, answer), Some(broker)) => {
                    let set = self.change(broker, reloader.set(broker, values)).await;
                    // A client that has gone does not hear it.
                    drop(answer.send(set));
                }
                // Who asked is told by the end of the channel.
                (Event::Set(..), None) => {}
                (Event::StopNode(answer), Some(broker)) => {
                    self.stop_node(admin, broker).await;
                    running = None;
                    tell(Some(answer), Answer::done());
                }
                (Event::StopNode(answer), None) => tell(Some(answer), is_stopped()),
                (Event::StartNode(answer), Some(_)) => tell(Some(answer), Answer::done()),
                (Event::StartNode(answer), None) => match self.start_node(admin, &reloader).await {
                    Ok(Some(broker)) => {
                        running = Some(broker);
                        tell(Some(answer), Answer::done());
                    }
                    Ok(None) => return None,
                    Err(text) => tell(Some(answer), Answer::alert(text)),
                },
                (Event::Turn, _) => self.systemd.alive(),
            }
        }
    }

    /// `node stop`: the broker ends as with the process, which stays (admin.md 5.1).
    async fn stop_node(&mut self, admin: &Arc<Admin>, broker: &Broker) {
        info!("stopping the broker, wanted by node stop");
        admin.stopping();
        self.stop(broker).await;
        admin.stopped();
        self.systemd.ready("stopped by vmq-admin node stop");
        info!("the broker is stopped");
    }

    /// `node start`: a broker with the settings that are in force. `None` = the end of the process was wanted.
    async fn start_node(
        &mut self,
        admin: &Arc<Admin>,
        reloader: &Reloader,
    ) -> Result<Option<Arc<Broker>>, String> {
        info!("starting the broker, wanted by node start");
        admin.starting();
        let config = reloader.in_force().get().config.clone();
        let started = self.start(config).await.inspect_err(|text| {
            error!("{text}");
            admin.stopped();
            self.systemd.ready("stopped");
        })?;
        Ok(started.map(|broker| {
            let broker = Arc::new(broker);
            admin.running(Arc::clone(&broker), reloader.in_force());
            self.systemd.ready(&status(&broker));
            broker
        }))
    }

    async fn reload(&mut self, broker: &Broker, reloader: &mut Reloader) -> Answer {
        self.logging.reopen();
        info!("reloading the configuration");
        let done: Result<Report, ReloadFault> = self.change(broker, reloader.reload(broker)).await;
        match done {
            Ok(report) => answer(&report),
            Err(fault) => Answer::alert(fault.to_string()),
        }
    }

    /// Does something that puts another configuration in force; the log follows it.
    async fn change<T>(&mut self, broker: &Broker, work: impl Future<Output = T>) -> T {
        let before = broker.core().config();
        let done = beside(&mut self.turn, || self.systemd.alive(), work).await;
        self.logging.follow(&before.log, &broker.core().config().log);
        done
    }

    /// Ends in order; the manager is told that we still live.
    async fn stop(&mut self, broker: &Broker) {
        let systemd = &self.systemd;
        let tell = || {
            systemd.alive();
            systemd.extend(MORE_TIME);
        };
        beside(&mut self.turn, tell, broker.stop()).await;
    }

    fn ask_for_time(&self) {
        self.systemd.alive();
        self.systemd.extend(MORE_TIME);
    }
}

/// Does some work and something else at every turn.
async fn beside<T>(turn: &mut Interval, each: impl Fn(), work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = turn.tick() => each(),
        }
    }
}

/// Nobody may be left to hear it: a signal has no answer, and a client may have gone.
fn tell(to: Option<oneshot::Sender<Answer>>, answer: Answer) {
    if let Some(to) = to {
        drop(to.send(answer));
    }
}

fn is_stopped() -> Answer {
    Answer::alert("node is stopped")
}

fn answer(report: &Report) -> Answer {
    let changed = report.changed.iter().map(reload::describe);
    let waiting = report
        .waiting
        .iter()
        .map(|change| format!("needs a restart: {}", reload::describe(change)));
    let mut elements: Vec<Element> = changed.chain(waiting).map(Element::text).collect();
    elements.extend(report.faults.iter().map(Element::alert));
    Answer {
        elements,
        exit: u8::from(!report.faults.is_empty()),
        ..Answer::default()
    }
}
