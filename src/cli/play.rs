//! `abrsim play`: players that only play, against any URL or a scenario's own origin.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use tokio::sync::watch;

use super::expect::{Expectation, failed};
use super::report::write_report;
use super::signals::{self, Signal};
use super::trace::from_log;
use super::{Failure, own};
use crate::fetch::{Fetcher, is_url};
use crate::media::manifest::{self, Format, Resource};
use crate::report::format::many;
use crate::scenario::real::{Board, Origin, Show, Shown, log};
use crate::scenario::{Override, Scenario, ScenarioError, parse_span};
use crate::units::{Span, Time};
use crate::world::clock::Clock;
use crate::world::real::{DoorPlan, Version, Ways};

const AFTER: &str = "\
A scenario is played against an origin of its own, on this machine, with the scenario's networks
before it, unless --trace or --url says otherwise. A URL is played as it comes; --trace puts a link
on this side.

Time-outs: 5 s for a connection, 20 s without a byte, 120 s for a request; at most 5 redirects, and
no object larger than four times its modelled size and 16 MiB. What failed is tried again by the
player's own rules. A proxy is taken from the environment (HTTPS_PROXY, NO_PROXY).

Exit codes: 3 if an expectation is not met.";

/// Play a manifest's URL, or a scenario, over real HTTP and in real time.
///
/// Players adapt, and count what comes instead of decoding it, so that one machine holds thousands.
/// One line a second says how it stands; the report at the end is that of `abrsim run`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Args {
    /// A DASH or HLS manifest at an http:// or https:// address, or a scenario, a TOML file.
    target: String,
    /// Who chooses: an algorithm or a model of a player (abrsim abr list); may be given again.
    /// Unless said, the scenario's; of a URL, dash.js for DASH and hls.js for HLS.
    #[arg(long, value_name = "NAME")]
    abr: Vec<String>,
    /// How many players; of a scenario, unless said, its viewers.
    #[arg(long, value_name = "N")]
    players: Option<u64>,
    /// Start so many a second: 50/s. Unless said, all begin at once.
    #[arg(long, value_name = "RATE", value_parser = ramp)]
    ramp: Option<f64>,
    /// Put a link of this trace before each player: a file, a folder, or a name as in a scenario.
    #[arg(long, value_name = "TRACE")]
    trace: Option<String>,
    /// The round trip of that link, where its trace states none.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "0ms",
        value_parser = parse_span,
        requires = "trace"
    )]
    rtt: Span,
    /// Let each leave after so long, from pressing play.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    duration: Option<Span>,
    /// Play the scenario against this origin, which serves it: http://HOST:PORT/NAME.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Set a key of the scenario; may be given again.
    #[arg(long, value_name = "KEY.PATH=VALUE")]
    set: Vec<Override>,
    /// Send this header with each request, as in 'X-Test: 1'; may be given again.
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Send `Authorization: Bearer TOKEN`.
    #[arg(long, value_name = "TOKEN")]
    bearer: Option<String>,
    /// Say with each request how it stands (CMCD version 1).
    #[arg(long, value_enum, value_name = "WAY")]
    cmcd: Option<CmcdWay>,
    /// Which HTTP to speak.
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = HttpVersion::Any)]
    http: HttpVersion,
    /// Take certificates on trust.
    #[arg(long)]
    insecure: bool,
    /// Take this for the address of a host, as in example.com=127.0.0.1:8443; may be given again.
    #[arg(long, value_name = "HOST=ADDRESS", value_parser = resolve)]
    resolve: Vec<(String, SocketAddr)>,
    /// Fail unless this holds of every run: zbr>=0.99, stall_ratio<=0.01, startup<=2 (seconds),
    /// bitrate>=1500 (kbit/s); may be given again.
    #[arg(long, value_name = "WHAT")]
    expect: Vec<Expectation>,
    /// Use so many threads for players; unless said, one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Write what happened to each player to this file, an event a line.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Play nothing: make the report of the sessions that --save wrote to this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save", "ramp", "duration"])]
    from: Option<PathBuf>,
    /// Write the report to this folder instead of `reports/<scenario>-played/`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print only errors.
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CmcdWay {
    /// In the query.
    Query,
    /// In headers.
    Headers,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum HttpVersion {
    /// Whatever is agreed on.
    Any,
    /// HTTP/1.1.
    #[value(name = "1")]
    One,
    /// HTTP/2, without TLS by prior knowledge.
    #[value(name = "2")]
    Two,
}

fn ramp(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).trim();
    let rate = number.parse().ok().filter(|rate: &f64| *rate >= 1e-6 && rate.is_finite());
    rate.ok_or_else(|| format!("{text:?} is no rate: write 50/s, say"))
}

fn header(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once(':').map(|(name, value)| (name.trim().into(), value.trim().into()));
    pair.ok_or_else(|| format!("{text:?} is no header: write 'NAME: VALUE'"))
}

fn resolve(text: &str) -> Result<(String, SocketAddr), String> {
    let pair = text.split_once('=').and_then(|(host, at)| Some((host.into(), at.parse().ok()?)));
    pair.ok_or_else(|| format!("{text:?}: write HOST=ADDRESS:PORT, as example.com=127.0.0.1:8443"))
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (stopper, stop) = watch::channel(false);
    let how = Arc::new(OnceLock::new());
    let (show, origin) = match is_url(&args.target) {
        true => (of_url(args)?, None),
        false => of_scenario(args)?,
    };
    for note in show.scenario.notes.iter().filter(|_| !args.quiet) {
        super::note(note);
    }
    let show = Arc::new(show);
    let board = Arc::new(Board::default());
    let mut shown = match &args.from {
        Some(file) => {
            let told = show.told(from_log::read(file)?);
            told.map_err(|why| ScenarioError::new(format!("{}: {why}", file.display())))?
        }
        None => {
            let ended = listen((stopper, &how), &board, !args.quiet)?;
            let shown = show.play(&board, &stop, args.save.is_some());
            drop(ended);
            drop(origin);
            shown.map_err(Failure::Output)?
        }
    };
    if let Some(file) = &args.save {
        fs::write(file, log::write(&shown.logs)).map_err(|error| Failure::writing(file, &error))?;
    }
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => Path::new("reports").join(&show.scenario.name),
    };
    let notes = notes(&shown);
    if shown.results.runs.is_empty() {
        return Err(Failure::Output("nobody pressed play".to_owned()));
    }
    shown.results.notes.clone_from(&notes);
    write_report(&folder, &shown.results, &shown.rows, args.quiet)?;
    for note in notes.iter().filter(|_| !args.quiet) {
        super::complain(format_args!("{note}"));
    }
    failed(&args.expect, &shown.results)?;
    if shown.results.partial && !*stop.borrow() {
        return Err(Failure::Output("some players came to no end, and are not in it".to_owned()));
    }
    how.get().map_or(Ok(()), |&signal| Err(Failure::Stopped(signal)))
}

/// What is said of the world that there was.
fn notes(shown: &Shown) -> Vec<String> {
    let at = |quantile| shown.delays.at(quantile).in_millis().to_string();
    if shown.delays.count() == 0 {
        return vec!["of sessions played in real time before, as their log tells".to_owned()];
    }
    let mut notes = vec![format!(
        "played in real time; players were told of what was due {}, {} and {} ms late (median, \
         99th percentile, most)",
        at(0.5),
        at(0.99),
        at(1.0)
    )];
    if shown.troubles.total() > 0 {
        let each = shown.troubles.iter().map(|(what, count)| format!("{count} {what}"));
        let all = each.collect::<Vec<_>>().join(", ");
        notes.push(format!("{} failed: {all}", many(shown.troubles.total(), "request")));
    }
    notes
}

/// Tells everybody to leave at the first signal, and says every second how it stands, until what it
/// returns is dropped.
pub(super) fn listen(
    (stopper, how): (watch::Sender<bool>, &Arc<OnceLock<Signal>>),
    board: &Arc<Board>,
    aloud: bool,
) -> Result<own::Background, Failure> {
    let (board, how) = (board.clone(), how.clone());
    own::Background::new(async move {
        let mut every = tokio::time::interval(Duration::from_secs(1));
        let mut told = std::pin::pin!(signals::first());
        let (mut seconds, mut before) = (0_u64, 0);
        loop {
            tokio::select! {
                signal = &mut told => {
                    how.get_or_init(|| signal);
                    stopper.send_replace(true);
                    std::future::pending::<()>().await;
                }
                _ = every.tick() => {
                    if aloud && seconds > 0 {
                        let bytes = board.bytes.load(Relaxed);
                        let line = stands(&board, seconds, bytes - before);
                        super::complain(format_args!("{line}"));
                        before = bytes;
                    }
                    seconds += 1;
                }
            }
        }
    })
}

/// One line.
fn stands(board: &Board, seconds: u64, bytes: u64) -> String {
    let (come, playing) = (board.come.load(Relaxed), board.playing.load(Relaxed));
    let spared = board.spared.load(Relaxed).max(0) as f64;
    let zbr = if come > 0 { 100.0 * spared / come as f64 } else { 100.0 };
    let mean = board.kbps.load(Relaxed) / playing.max(1);
    let clock = format!("{}:{:02}", seconds / 60, seconds % 60);
    format!(
        "{clock:>6}  {playing} playing, {} stalled, {} over of {come}  ZBR {zbr:.1} %  \
         {mean} kbit/s  {:.1} Mbit/s in  {} failed",
        board.stalled.load(Relaxed),
        board.over.load(Relaxed),
        8.0 * bytes as f64 / 1e6,
        board.failed.load(Relaxed),
    )
}

fn door(args: &Args, secure: bool, direct: bool) -> DoorPlan {
    let mut headers = args.header.clone();
    let bearer = args.bearer.as_ref().map(|token| format!("Bearer {token}"));
    headers.extend(bearer.map(|value| ("Authorization".to_owned(), value)));
    DoorPlan {
        version: match args.http {
            HttpVersion::Any => Version::Any,
            HttpVersion::One => Version::One,
            HttpVersion::Two => Version::Two,
        },
        headers,
        insecure: args.insecure,
        resolve: args.resolve.clone(),
        cmcd: args.cmcd.map(|way| match way {
            CmcdWay::Query => Ways::Query,
            CmcdWay::Headers => Ways::Headers,
        }),
        secure,
        direct,
    }
}

fn threads(args: &Args) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    args.threads.map_or_else(cores, usize::from)
}

/// What the command line says on top of the scenario.
fn overrides(args: &Args) -> Vec<Override> {
    let mut all = args.set.clone();
    if !args.abr.is_empty() {
        all.push(Override::new(&["abr"], format!("{:?}", args.abr)));
    }
    all.extend(args.players.map(|players| Override::new(&["viewers"], players)));
    if let Some(trace) = &args.trace {
        let rtt = format!("{}ms", args.rtt.in_millis());
        all.push(Override::new(&["network"], format!("{{ trace = {trace:?}, rtt = {rtt:?} }}")));
    }
    all
}

/// A scenario, played against its own origin unless another is given.
fn of_scenario(args: &Args) -> Result<(Show, Option<own::Origin>), Failure> {
    let path = Path::new(&args.target);
    let mut scenario = Scenario::load(path, &overrides(args))?;
    let name = scenario.name.clone();
    scenario.name = format!("{name}-played");
    scenario.title += " (in real time)";
    let scenario = Arc::new(scenario);
    own::playable(&scenario)?;
    if args.url.is_some() && scenario.points[0].setup.on_air.is_some() {
        let error = ScenarioError::new("what is live goes by the clock of whoever serves it");
        return Err(error.help("play the manifest's URL instead of the scenario").into());
    }
    let throttled = args.trace.is_some();
    // The network is on one side or the other.
    let (base, own) = match &args.url {
        Some(url) => (url.trim_end_matches('/').to_owned(), None),
        None => {
            let own = own::Origin::start(&scenario, &name, throttled)?;
            (own.base.clone(), Some(own))
        }
    };
    let show = Show {
        door: door(args, base.starts_with("https"), true),
        origin: Origin::Own(base),
        throttled,
        says: args.cmcd.is_some(),
        ramp: args.ramp,
        duration: args.duration,
        threads: threads(args),
        clock: own.as_ref().and_then(own::Origin::clock),
        scenario,
    };
    Ok((show, own))
}

/// A URL, played as it comes.
fn of_url(args: &Args) -> Result<Show, Failure> {
    let plan = DoorPlan { cmcd: None, ..door(args, true, is_local(&args.target)) };
    let fetcher = Fetcher::speaking(plan.clone());
    let clock = Clock::showing(Time::ZERO);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let wrong = |error: String| Failure::Wrong(ScenarioError::new(error));
    let asked = fetcher.fetch(&Resource::whole(args.target.clone()));
    let asked = asked.map_err(|error| wrong(format!("{}: {error}", args.target)))?;
    let landed = asked.from.clone().unwrap_or_else(|| args.target.clone());
    let manifest = manifest::read(&landed, &mut |resource| fetcher.fetch(resource));
    let manifest = manifest.map_err(|error| wrong(error.to_string()))?;
    let hls = manifest.format == Format::Hls;
    let mut text = format!(
        "title = {:?}\nviewers = 1\nabr = {:?}\n[content]\nmanifest = {landed:?}\n",
        format!("How does {} play?", args.target),
        if hls { "hls.js" } else { "dash.js" },
    );
    let live = manifest.live.is_some();
    if live {
        // What is played on from now has to last for as long as anybody watches.
        let lasts = args.duration.unwrap_or(Span::from_secs(3_600)) + Span::from_secs(120);
        let at = chrono::DateTime::from_timestamp_millis(now.as_millis() as i64);
        let at = at.unwrap_or_default().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        text += &format!("duration = \"{}s\"\n[live]\nat = {at:?}\n", lasts.in_secs());
    }
    text += "[network]\nbandwidth = \"1Gbps\"\nrtt = \"0ms\"\n";
    let name = args.target.split(['?', '#']).next().unwrap_or_default();
    let name = name.rsplit('/').next().and_then(|name| name.split('.').next());
    let name = name.filter(|name| !name.is_empty()).unwrap_or("url");
    let mut scenario = Scenario::fetched(name, &text, Fetcher::speaking(plan), &overrides(args))?;
    scenario.name = format!("{name}-played");
    scenario.title += " (in real time)";
    let secure = args.target.starts_with("https") || landed.starts_with("https");
    Ok(Show {
        scenario: Arc::new(scenario),
        origin: Origin::Told(args.target.clone(), landed),
        door: door(args, secure, is_local(&args.target)),
        throttled: args.trace.is_some(),
        says: args.cmcd.is_some(),
        ramp: args.ramp,
        duration: args.duration,
        threads: threads(args),
        clock: live.then_some(clock),
    })
}

/// Whether it is on this machine, which no proxy leads to.
fn is_local(url: &str) -> bool {
    ["://127.", "://localhost", "://[::1]"].iter().any(|host| url.contains(host))
}
