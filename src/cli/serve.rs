//! `abrsim serve`: a scenario's content over HTTP, for real players, each on its viewer's network.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::own::{began, playable};
use super::report::write_report;
use super::{Failure, print, signals};
use crate::scenario::real::log;
use crate::scenario::{Override, Scenario, ScenarioError, Served, parse_span};
use crate::units::Span;
use crate::world::origin::{Manners, Server, Witness, tls};

const AFTER: &str = "\
Each player that opens a manifest is sent on to a path of its own, and is the next viewer of the
scenario: it has that viewer's trace, round trip, caches and origin, with their delays and faults.
/NAME/as/17/manifest.mpd is viewer 17; /NAME/as/17.dash.js/manifest.mpd is viewer 17 in a run called
dash.js of the report. Without a path a player is known by its CMCD session, a cookie (abrsim=WHO)
or its connection. CMCD is read from queries, headers, and POSTs to /cmcd.

GET /sessions tells who is there, /metrics the same as Prometheus reads it, /health that all is
well. Stopped by Ctrl-C or SIGTERM, it lets responses end and leaves a report.

Limits: 32 KiB of a request's head, 10 s to send it, 64 KiB of a report, 64 requests of one HTTP/2
connection, 8 transfers of a player at a time, 30 s for a peer to read what it was sent.";

/// Serve a scenario to real players.
///
/// Its content as DASH and HLS, on demand or live, as media that players can play, over the network
/// and the delivery chain that the scenario describes. Of a sweep, the first point.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Args {
    /// The scenario, a TOML file.
    scenario: PathBuf,
    /// Listen there.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Set a key on top of the file, as in `--set network.bandwidth=5Mbps`; may be given again.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    /// Serve the files of this folder instead of the scenario's content.
    #[arg(long, value_name = "DIR")]
    media: Option<PathBuf>,
    /// Speak TLS, with a certificate made for the occasion unless one is given.
    #[arg(long)]
    tls: bool,
    /// The certificate: a PEM file.
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its key: a PEM file.
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The most connections at a time.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    connections: u32,
    /// How long responses may take to end once it is stopped.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_span)]
    drain: Span,
    /// Leave the report in this folder instead of `reports/<scenario>-served/`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write what happened to each player to this file, an event a line, as `play --save` does.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Print nothing but the addresses.
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut scenario = Scenario::load(&args.scenario, &args.set)?;
    playable(&scenario)?;
    let name = scenario.name.clone();
    scenario.name = format!("{name}-served");
    scenario.title += " (real players)";
    let scenario = Arc::new(scenario);
    let served = Arc::new(Served::new(scenario.clone()));
    let mut stock = served.stock(began(&scenario));
    if let Some(folder) = &args.media {
        let found = folder.canonicalize().ok().filter(|found| found.is_dir());
        let found = found.ok_or_else(|| {
            ScenarioError::new(format!("there is no folder {}", folder.display()))
        })?;
        stock = stock.with_folder(found);
    }
    let entries = stock.entries();
    let manners = Manners {
        connections: args.connections as usize,
        drain: Duration::from_nanos(args.drain.as_nanos()),
        tls: certificate(args)?,
        ..Manners::of(&name)
    };
    let scheme = if manners.tls.is_some() { "https" } else { "http" };
    let runtime = tokio::runtime::Runtime::new();
    let runtime = runtime.map_err(|error| Failure::Output(format!("cannot start: {error}")))?;
    let witness = runtime.block_on(async {
        let server = Server::bind(args.listen, stock, served.clone(), manners).await;
        let server = server.map_err(|error| {
            let listen = args.listen;
            let error = ScenarioError::new(format!("cannot listen on {listen}: {error}"));
            error.help("--listen 127.0.0.1:0 takes any port that is free")
        })?;
        let address = server.address().unwrap_or(args.listen);
        let mut text = String::new();
        for entry in entries {
            text += &format!("{scheme}://{address}/{name}/{entry}\n");
        }
        print(&text)?;
        if !args.quiet {
            welcome(&scenario, address);
        }
        let witness = server.witness();
        server
            .run(async {
                let _ = signals::first().await;
            })
            .await;
        Ok::<_, Failure>(witness)
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    leave_report(args, &scenario, &served, &witness)
}

fn certificate(args: &Args) -> Result<Option<Arc<rustls::ServerConfig>>, ScenarioError> {
    let made = match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => tls::from_files(cert, key),
        _ if args.tls => {
            let ip = args.listen.ip();
            let own = if ip.is_unspecified() { IpAddr::from([127, 0, 0, 1]) } else { ip };
            tls::self_signed(vec!["localhost".to_owned(), own.to_string()])
        }
        _ => return Ok(None),
    };
    made.map(Some).map_err(ScenarioError::new)
}

/// What there is to know when it begins.
fn welcome(scenario: &Scenario, address: SocketAddr) {
    for note in &scenario.notes {
        super::note(note);
    }
    if !address.ip().is_loopback() {
        super::note(&format!("everybody who can reach {address} can watch and ask who else does"));
    }
    super::complain(format_args!("serving; Ctrl-C stops it and leaves a report"));
}

/// A report of the players there were, if there were any.
fn leave_report(
    args: &Args,
    scenario: &Scenario,
    served: &Served,
    witness: &Witness,
) -> Result<(), Failure> {
    let sessions = witness.sessions();
    if let Some(file) = &args.save {
        let text = log::write(&served.logs(&sessions));
        fs::write(file, text).map_err(|error| Failure::writing(file, &error))?;
    }
    let report = served.report(&sessions);
    let report = report.map_err(|error| Failure::Output(error.to_string()))?;
    let Some(mut report) = report else { return Ok(()) };
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => Path::new("reports").join(&scenario.name),
    };
    let how = "real players, by what they asked for and what they said (CMCD)";
    report.results.notes = vec![how.to_owned()];
    write_report(&folder, &report.results, &report.rows, args.quiet)
}
