//! A request in, a response out.
//!
//! The idea to hold: whoever asks is found out first, by the path, what the player says of itself,
//! a cookie or the connection; then what is asked for, and when there is any of it.
//!
//! ```text
//!   /                         what there is
//!   /NAME/manifest.mpd        sends on to a path of the player's own
//!   /NAME/as/WHO/…            everything, as that session: 17 is viewer 17
//!   /cmcd                     reports of players (CMCD version 2, event mode)
//!   /sessions /metrics /health
//! ```

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::House;
use super::body::{CutOff, Paced, Payload, status_of};
use super::connection::{Connection, Owed};
use super::session::{Session, Sessions};
use super::stock::{Item, Stock, What, is_manifest};
use super::telling;
use crate::cmcd::{self, Cmcd};
use crate::media::Segment;
use crate::media::manifest::ByteRange;
use crate::units::{Bytes as Size, Span};
use crate::world::clock::Clock;

/// What is served to whom.
pub(super) struct Site {
    pub(super) name: String,
    pub(super) stock: Stock,
    pub(super) house: Arc<dyn House>,
    pub(super) sessions: Sessions,
}

/// The most bytes of a report.
const REPORT: u64 = 64 << 10;

/// How long whoever asks too early for a part or a playlist waits at most.
const LONGEST_WAIT: Span = Span::from_secs(30);

impl Site {
    pub(super) fn new(name: String, stock: Stock, house: Arc<dyn House>, clock: Clock) -> Self {
        let sessions = Sessions::new(house.clone(), clock);
        Self { name, stock, house, sessions }
    }

    pub(super) fn clock(&self) -> Clock {
        self.sessions.clock()
    }
}

type Answer = Response<Payload>;

/// Answers a request; an error breaks the connection off, as a reset does.
pub(super) async fn answer(
    site: Arc<Site>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Answer, CutOff> {
    let mut answer = match *request.method() {
        Method::GET | Method::HEAD => get(&site, &connection, &request).await?,
        Method::OPTIONS => empty(StatusCode::NO_CONTENT),
        Method::POST => report(&site, &connection, request).await,
        _ => plain(StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, OPTIONS, and POST of /cmcd\n"),
    };
    let headers = answer.headers_mut();
    let mut say = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    say(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    say(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS, POST");
    say(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "Range, Content-Type, CMCD-Object, CMCD-Request, CMCD-Session, CMCD-Status",
    );
    say(header::ACCESS_CONTROL_EXPOSE_HEADERS, "Content-Length, Content-Range, Date, ETag");
    say(header::ACCESS_CONTROL_MAX_AGE, "600");
    say(HeaderName::from_static("timing-allow-origin"), "*");
    Ok(answer)
}

async fn get(
    site: &Arc<Site>,
    connection: &Arc<Connection>,
    request: &Request<Incoming>,
) -> Result<Answer, CutOff> {
    let path = request.uri().path();
    let told = |mime, text: String| {
        let mut answer = Response::new(Payload::text(text));
        let mime = HeaderValue::from_static(mime);
        answer.headers_mut().insert(header::CONTENT_TYPE, mime);
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(answer)
    };
    match path {
        "/" => return told("text/html; charset=utf-8", telling::front(site)),
        "/health" => return told("application/json", telling::health(site)),
        "/metrics" => return told("text/plain; version=0.0.4", telling::metrics(site)),
        "/sessions" => return told("application/json", telling::sessions(site)),
        _ => {}
    }
    let split = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    let Some((_, rest)) = split.filter(|(own, _)| cmcd::decoded(own) == site.name) else {
        return Ok(plain(StatusCode::NOT_FOUND, "nothing is called so: / says what there is\n"));
    };
    let (token, name) = match rest.strip_prefix("as/").and_then(|rest| rest.split_once('/')) {
        Some((token, name)) => (Some(token), name),
        None => (None, rest),
    };
    let raw = name;
    let name = cmcd::decoded(raw);
    let query = request.uri().query().unwrap_or_default();
    let cmcd = said(query, request.headers());
    if let (Some(token), Some(sid)) = (token, &cmcd.sid) {
        site.sessions.alias(sid, token);
    }
    let called = || cmcd.sid.as_ref().map(|sid| site.sessions.known_as(sid));
    let own = token.map(str::to_owned).or_else(called);
    let own = own.or_else(|| cookie(request.headers()));
    let own = match own {
        Some(own) => own,
        None if is_manifest(&name) => return Ok(sent_on(site, path, raw, query)),
        None => connection.name(),
    };
    serve(site, connection, request, &own, &name, cmcd).await
}

/// What a player says of itself.
fn said(query: &str, headers: &HeaderMap) -> Cmcd {
    let pairs =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let reading = cmcd::from_query(query).or_else(|| cmcd::from_headers(pairs));
    reading.map(|reading| reading.cmcd).unwrap_or_default()
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == "abrsim").map(|(_, own)| own.to_owned())
}

/// To a path of the player's own: what it asks for next will be relative to that.
fn sent_on(site: &Site, path: &str, name: &str, query: &str) -> Answer {
    let own = site.sessions.newcomer();
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    // As it was written, whatever stands for what in it.
    let before = path.strip_suffix(name).unwrap_or(path);
    let to = format!("{before}as/{own}/{name}{query}");
    let mut answer = plain(StatusCode::FOUND, &format!("{to}\n"));
    if let Ok(to) = HeaderValue::from_str(&to) {
        answer.headers_mut().insert(header::LOCATION, to);
    }
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Answers somebody of that name.
async fn serve(
    site: &Arc<Site>,
    connection: &Arc<Connection>,
    request: &Request<Incoming>,
    own: &str,
    name: &str,
    cmcd: Cmcd,
) -> Result<Answer, CutOff> {
    // Whoever asks for nothing that there is is nobody.
    if !site.stock.knows(name) {
        return Ok(plain(StatusCode::NOT_FOUND, "nothing is called so\n"));
    }
    let Some(session) = site.sessions.called(own) else {
        return Ok(plain(StatusCode::SERVICE_UNAVAILABLE, "too many sessions\n"));
    };
    if name.ends_with(".m3u8") {
        session.goes_by_lists();
    }
    let query = request.uri().query().unwrap_or_default();
    if !listed(site, name, query, session.clock()).await {
        return Ok(plain(StatusCode::BAD_REQUEST, "that is too far ahead to wait for\n"));
    }
    let Some(item) = site.stock.find(name, session.clock().now()) else {
        return Ok(plain(StatusCode::NOT_FOUND, "nothing is called so\n"));
    };
    let same = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains(&item.tag));
    let known = |value: &HeaderValue| value == "*" || same(value);
    if request.headers().get(header::IF_NONE_MATCH).is_some_and(known) {
        let mut answer = empty(StatusCode::NOT_MODIFIED);
        describe(&mut answer, &item);
        return Ok(answer);
    }
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
    // Of anything but GET it means nothing (RFC 9110, 14.2).
    let range = range.filter(|_| request.method() == Method::GET);
    let stale = request.headers().get(header::IF_RANGE).is_some_and(|tag| !same(tag));
    let range = match range.filter(|_| !stale).map(|range| ranged(range, item.size)) {
        None | Some(Ranged::All) => None,
        Some(Ranged::Part(part)) => Some(part),
        Some(Ranged::Nowhere) => {
            let mut answer = plain(StatusCode::RANGE_NOT_SATISFIABLE, "no such bytes\n");
            let whole = format!("bytes */{}", item.size);
            if let Ok(whole) = HeaderValue::from_str(&whole) {
                answer.headers_mut().insert(header::CONTENT_RANGE, whole);
            }
            return Ok(answer);
        }
    };
    let wanted = Wanted { item, range };
    deliver(site, connection, &session, wanted, request.method() == Method::HEAD, cmcd).await
}

/// Something, or a part of it.
struct Wanted {
    item: Item,
    range: Option<ByteRange>,
}

async fn deliver(
    site: &Arc<Site>,
    connection: &Arc<Connection>,
    session: &Arc<Session>,
    Wanted { item, range }: Wanted,
    head: bool,
    cmcd: Cmcd,
) -> Result<Answer, CutOff> {
    let (from, size) = range.map_or((0, item.size), |range| (range.first, range.length));
    let mut told = true;
    let part = range.is_some_and(|range| range.end() < item.size);
    // What the model knows of making segments is about all of one.
    let whole = item.object.is_some() && (range.is_none() || site.stock.content.live.is_none());
    if let What::Segment(segment) = item.what {
        let clock = session.clock();
        match ready(site, segment, range, (clock, session.waits())).await {
            Ready::No => return Ok(plain(StatusCode::NOT_FOUND, "it is not there now\n")),
            Ready::Growing => told = false,
            Ready::Whole => {}
        }
    }
    let mut answer = Response::new(Payload::Whole(Bytes::new()));
    describe(&mut answer, &item);
    let headers = answer.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if told {
        headers.insert(header::CONTENT_LENGTH, size.into());
    }
    if let Some(range) = range {
        let value = format!("bytes {range}/{}", item.size);
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header::CONTENT_RANGE, value);
        }
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    if head {
        return Ok(answer);
    }
    let (mut open, ticket) = session.ask(item.object, size, (whole, part), cmcd).await;
    if let Err(fault) = ticket.flow.begins().await {
        open.fails();
        let status = status_of(fault).and_then(|status| StatusCode::from_u16(status).ok());
        return match status {
            Some(status) => Ok(plain(status, "as scripted\n")),
            None => Err(CutOff),
        };
    }
    open.begins();
    let matter = match site.stock.matter(&item, from) {
        Ok(matter) => matter,
        Err(_gone) => return Ok(plain(StatusCode::NOT_FOUND, "it is gone\n")),
    };
    let owed = Owed::new(connection);
    let paced = Paced { matter, ticket, size, told, sent: 0, open, owed, parting: None };
    *answer.body_mut() = Payload::Paced(Box::new(paced));
    Ok(answer)
}

/// Whether there is a segment to be sent.
enum Ready {
    No,
    /// Some of it, and the rest is being made.
    Growing,
    Whole,
}

/// Waits for a part that is asked for before it is there, if that is not long.
async fn ready(
    site: &Site,
    segment: Segment,
    range: Option<ByteRange>,
    (clock, waits): (Clock, bool),
) -> Ready {
    let (stock, all) = (&site.stock, site.stock.chunks(segment));
    let (Some(first), Some(last)) = (stock.there(segment, 1), stock.there(segment, all)) else {
        return Ready::No;
    };
    // What playlists hint at is asked for before it is there (RFC 8216bis, 4.4.5.3); and a clock
    // may be wrong by a chunk.
    let early = if waits { LONGEST_WAIT } else { stock.chunk() };
    if all > 1 && first <= clock.now() + early {
        clock.sleep_until(Some(first)).await;
    }
    let now = clock.now();
    if stock.is_gone(segment, now) {
        return Ready::No;
    }
    let Some(range) = range.filter(|_| last > now) else {
        return match (first <= now, last <= now) {
            (_, true) => Ready::Whole,
            (true, false) => Ready::Growing,
            (false, false) => Ready::No,
        };
    };
    let there = stock.there(segment, stock.chunks_to(segment, range.end())).unwrap_or(last);
    if there > now + LONGEST_WAIT {
        return Ready::No;
    }
    clock.sleep_until(Some(there)).await;
    Ready::Whole
}

/// Waits for what a player asks a playlist to list (RFC 8216bis, 6.2.5.2); whether that comes.
async fn listed(site: &Site, name: &str, query: &str, clock: Clock) -> bool {
    let asked = |key: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(own, _)| *own == key).and_then(|(_, value)| value.parse::<u32>().ok())
    };
    let (Some(track), Some(index)) = (site.stock.lists(name), asked("_HLS_msn")) else {
        return true;
    };
    let parts = asked("_HLS_part").map(|part| part.saturating_add(1));
    match site.stock.listed_at(track, index, parts) {
        None => true,
        Some(at) if at > clock.now() + LONGEST_WAIT => false,
        Some(at) => {
            clock.sleep_until(Some(at)).await;
            true
        }
    }
}

fn describe(answer: &mut Answer, item: &Item) {
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(item.mime));
    if let Ok(tag) = HeaderValue::from_str(&item.tag) {
        headers.insert(header::ETAG, tag);
    }
    let kept = if item.lasts { "public, max-age=3600" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
}

/// What a range comes to.
enum Ranged {
    /// It is none that is understood, and then all is sent.
    All,
    Part(ByteRange),
    Nowhere,
}

/// One range of something so large (RFC 9110, 14.1.2).
fn ranged(text: &str, size: u64) -> Ranged {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|spec| spec.split_once('-'))
    else {
        return Ranged::All;
    };
    let (first, last) = (first.trim(), last.trim());
    let part = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), _) if last.is_empty() => (first, size.saturating_sub(1)),
        (_, Ok(end)) if first.is_empty() => (size.saturating_sub(end), size.saturating_sub(1)),
        _ => return Ranged::All,
    };
    match part {
        (first, last) if first < size && last >= first => {
            ByteRange::new(first, last - first + 1).map_or(Ranged::All, Ranged::Part)
        }
        _ => Ranged::Nowhere,
    }
}

/// Takes in what a player reports.
async fn report(site: &Site, connection: &Connection, request: Request<Incoming>) -> Answer {
    if request.uri().path() != "/cmcd" {
        return plain(StatusCode::NOT_FOUND, "reports go to /cmcd\n");
    }
    if request.body().size_hint().lower() > REPORT {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "a report of at most 64 KiB is read\n");
    }
    let Some(body) = collected(request.into_body()).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "a report of at most 64 KiB is read\n");
    };
    for record in cmcd::body(&body, Size::new(REPORT)).records {
        let own = record.cmcd.sid.as_ref().map(|sid| site.sessions.known_as(sid));
        let own = own.unwrap_or_else(|| connection.name());
        if let Some(session) = site.sessions.called(&own) {
            session.report(record.cmcd);
        }
    }
    empty(StatusCode::NO_CONTENT)
}

/// All of a body, if it is no larger than a report.
async fn collected(body: Incoming) -> Option<Vec<u8>> {
    let mut body = pin!(body);
    let mut all = Vec::new();
    let frames = async {
        loop {
            let frame = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await;
            let Some(Ok(frame)) = frame else { return frame.is_none() };
            if let Ok(data) = frame.into_data() {
                if (all.len() + data.len()) as u64 > REPORT {
                    return false;
                }
                all.extend_from_slice(&data);
            }
        }
    };
    let whole = tokio::time::timeout(std::time::Duration::from_secs(10), frames).await;
    whole.unwrap_or(false).then_some(all)
}

fn plain(status: StatusCode, text: &str) -> Answer {
    let mut answer = Response::new(Payload::text(text));
    *answer.status_mut() = status;
    let mime = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, mime);
    answer
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Payload::Whole(Bytes::new()));
    *answer.status_mut() = status;
    answer
}
