//! An origin over HTTP that real players can use, with the network of the scenario before it.
//!
//! The idea to hold: a request is answered by the simulation's own model of links, caches and
//! origin, only that its clock is the wall's: the first byte leaves when the model has it, the rest
//! as its link carries it, and what fails in the model fails here.
//!
//! ```text
//!   mod.rs         listening, and going on until told to stop
//!   connection.rs  how many connections, and for how long
//!   router.rs      a request in, a response out
//!   stock.rs       what is held
//!   session.rs     who asks
//!   cohort.rs      their network, in real time
//!   flow.rs        what may be sent by now
//!   body.rs        and is
//!   telling.rs     what is told of all this: sessions, counts
//!   tls.rs         certificates
//! ```

mod body;
mod cohort;
mod connection;
mod flow;
mod router;
mod session;
mod stock;
mod telling;
pub mod tls;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::network::Network;
use crate::units::Time;
use crate::world::clock::Clock;

use connection::Connection;
use router::Site;
pub use session::{QUIET, Session};
pub use stock::Stock;

/// Who the viewers are, so far as an origin has to know.
pub trait House: Send + Sync {
    /// How many there are, one at least.
    fn viewers(&self) -> u64;

    /// Which group of those who can affect each other a viewer is in, and which of it they are.
    fn place(&self, viewer: u64) -> (u64, usize);

    /// When a viewer presses play.
    fn arrival(&self, viewer: u64) -> Time;

    /// What is between the viewers of a group and the bytes, for players of so many lanes.
    fn network(&self, group: u64, lanes: usize) -> Network;

    /// Whether all are in one world, whose time begins with the server's: what is live is, and what
    /// is behind caches. Else the time of each group begins with its first viewer.
    fn is_one_world(&self) -> bool;

    /// What is to be said of a viewer's link.
    fn link(&self, viewer: u64) -> String;
}

/// How an origin behaves as a server.
#[derive(Clone, Debug)]
pub struct Manners {
    /// The path that everything is under.
    pub name: String,
    /// The most connections at a time.
    pub connections: usize,
    /// How long a connection may take to say what it wants.
    pub patience: Duration,
    /// How long responses under way may go on once it is told to stop.
    pub drain: Duration,
    /// TLS, if it is spoken.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Manners {
    /// The usual: 10,000 connections, 10 s, 10 s.
    pub fn of(name: &str) -> Self {
        let secs = Duration::from_secs;
        let name = name.to_owned();
        Self { name, connections: 10_000, patience: secs(10), drain: secs(10), tls: None }
    }
}

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    site: Arc<Site>,
    manners: Manners,
}

/// The most bytes of a request's head.
const HEAD: usize = 32 << 10;

/// The most requests at a time on one connection of HTTP/2.
const STREAMS: u32 = 64;

impl Server {
    /// Begins to listen; its world begins now.
    ///
    /// # Errors
    /// Where nobody can listen there.
    pub async fn bind(
        address: SocketAddr,
        stock: Stock,
        house: Arc<dyn House>,
        manners: Manners,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let clock = Clock::showing(Time::ZERO);
        let site = Arc::new(Site::new(manners.name.clone(), stock, house, clock));
        Ok(Self { listener, site, manners })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Where the machine does not know.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The clock of its world, where all are in one.
    pub fn clock(&self) -> Clock {
        self.site.clock()
    }

    /// What is known of sessions, also once it has stopped.
    pub fn witness(&self) -> Witness {
        Witness { site: self.site.clone() }
    }

    /// Serves until `stop`, then lets what is under way end.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, site, manners } = self;
        let permits = Arc::new(Semaphore::new(manners.connections));
        let graceful = GracefulShutdown::new();
        let numbers = AtomicU64::new(0);
        let acceptor = manners.tls.clone().map(TlsAcceptor::from);
        let mut stop = pin!(stop);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut stop => break,
                accepted = accept(&listener, &permits) => accepted,
            };
            let Some((stream, permit)) = accepted else { continue };
            let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let connection = Connection::new(number, site.clock());
            let (site, watcher) = (site.clone(), graceful.watcher());
            let (acceptor, patience) = (acceptor.clone(), manners.patience);
            tokio::spawn(async move {
                let _permit = permit;
                match acceptor {
                    None => converse(stream, site, connection, patience, watcher).await,
                    Some(acceptor) => {
                        let shaken = tokio::time::timeout(patience, acceptor.accept(stream)).await;
                        if let Ok(Ok(stream)) = shaken {
                            converse(stream, site, connection, patience, watcher).await;
                        }
                    }
                }
            });
        }
        drop(listener);
        // Whoever is still there then is cut off with the runtime.
        let _ = tokio::time::timeout(manners.drain, graceful.shutdown()).await;
    }
}

/// The next connection, once there may be one more.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = permits.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Small pieces are to leave as they are let go.
            let _ = stream.set_nodelay(true);
            Some((stream, permit))
        }
        Err(_out_of_files) => {
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

/// Answers what comes over a connection until it ends.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    site: Arc<Site>,
    connection: Arc<Connection>,
    patience: Duration,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD as u32)
        .keep_alive_interval(Some(Duration::from_secs(20)));
    let own = connection.clone();
    let service = service_fn(move |request| {
        own.asks();
        router::answer(site.clone(), own.clone(), request)
    });
    let conversation = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    tokio::select! {
        _over = watcher.watch(conversation) => {}
        () = connection.is_stuck() => {}
        () = connection.is_silent(patience) => {}
    }
}

/// What an origin knows of the players that ask it.
#[derive(Clone)]
pub struct Witness {
    site: Arc<Site>,
}

impl Witness {
    /// Every session, in the order of their names.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.site.sessions.all()
    }
}
