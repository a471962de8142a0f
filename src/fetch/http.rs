//! Documents and sizes over HTTP, under limits.
//!
//! The idea to hold: an origin is a stranger. It may be slow, endless or wrong, so every request
//! has a time, every body a size, and every refusal is said in the words of whoever has to mend it.

use std::error::Error;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use reqwest::{Client, Method, Response, StatusCode};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::media::manifest::{ByteRange, Fetched, MAX_DOCUMENT, MAX_SIZE, Resource};
use crate::units::{Bytes, Span};
use crate::world::real::{CONNECT, DoorPlan, REDIRECTS};

/// How long a request may take, from the connection to the last byte.
pub const WHOLE: Span = Span::from_secs(30);

/// How many sizes are asked for at a time: as many connections as browsers open to a host.
const AT_ONCE: usize = 6;

/// How often it is looked whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// Fetches over HTTP.
pub struct Http {
    runtime: Runtime,
    asker: Asker,
}

/// What asks, and how long it waits.
#[derive(Clone)]
struct Asker {
    client: Client,
    connect: Span,
    whole: Span,
}

/// Why nothing came: what the server said, or that nothing was heard of it.
enum Trouble {
    Said(String),
    Transport(String),
}

impl Http {
    /// One that keeps to [`CONNECT`] and [`WHOLE`].
    ///
    /// # Errors
    /// Where the machine has no means for it, in its own words.
    pub fn new(plan: &DoorPlan) -> Result<Self, String> {
        Self::within(plan, WHOLE)
    }

    fn within(plan: &DoorPlan, whole: Span) -> Result<Self, String> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("cannot start HTTP: {error}"))?;
        let client = plan.client(|builder| builder.timeout(duration(whole)));
        let client = client.map_err(|error| error.to_string())?;
        Ok(Self { runtime, asker: Asker { client, connect: CONNECT, whole } })
    }

    /// What a document holds, or the part of it that is wanted.
    ///
    /// # Errors
    /// Why it is not to be had, as one would say it.
    pub fn fetch(&self, resource: &Resource) -> Result<Fetched, String> {
        let fetched = self.runtime.block_on(self.asker.document(resource));
        fetched.map_err(Trouble::said)
    }

    /// How large things are, without fetching them: the headers of a HEAD say it, or else those of
    /// a GET whose body is not read. Where a range tells it, nobody is asked.
    ///
    /// `each` is told of every answer as it comes. The answers are in the order of the resources;
    /// where it was stopped before there was one, there is none.
    pub fn sizes(
        &self,
        resources: &[Resource],
        stop: &AtomicBool,
        each: &mut dyn FnMut(usize, &Result<Bytes, String>),
    ) -> Vec<Option<Result<Bytes, String>>> {
        let mut answers = vec![None; resources.len()];
        self.runtime.block_on(async {
            let mut asked = JoinSet::new();
            let mut waiting = resources.iter().cloned().enumerate();
            while !stop.load(Ordering::Relaxed) {
                for (index, resource) in waiting.by_ref().take(AT_ONCE - asked.len()) {
                    let asker = self.asker.clone();
                    asked.spawn(async move { (index, asker.size_or_again(&resource).await) });
                }
                match tokio::time::timeout(GLANCE, asked.join_next()).await {
                    Err(_still_waiting) => {}
                    Ok(None) => break,
                    Ok(Some(Ok((index, answer)))) => {
                        each(index, &answer);
                        answers[index] = Some(answer);
                    }
                    Ok(Some(Err(error))) => match error.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        Err(_cancelled) => {}
                    },
                }
            }
            // What is still under way ends with the set.
        });
        answers
    }
}

impl Asker {
    async fn ask(
        &self,
        method: Method,
        url: &str,
        range: Option<ByteRange>,
    ) -> Result<Response, Trouble> {
        self.asked(method, url, range, false).await
    }

    /// The same, for what may come packed.
    async fn asked(
        &self,
        method: Method,
        url: &str,
        range: Option<ByteRange>,
        packed: bool,
    ) -> Result<Response, Trouble> {
        let mut request = self.client.request(method, url);
        if packed {
            request = request.header(ACCEPT_ENCODING, "gzip");
        }
        if let Some(range) = range {
            request = request.header(RANGE, format!("bytes={range}"));
        }
        request.send().await.map_err(|error| self.trouble(&error))
    }

    async fn document(&self, resource: &Resource) -> Result<Fetched, Trouble> {
        let said = |text: String| Err(Trouble::Said(text));
        let Resource { url, range } = resource;
        if let Some(size) = resource.size().filter(|&size| size > MAX_DOCUMENT) {
            return said(format!("a range of {size} is above the limit of {MAX_DOCUMENT}"));
        }
        // What is packed has no ranges that mean anything.
        let packed = range.is_none();
        let mut response = self.asked(Method::GET, url, *range, packed).await?;
        let status = response.status();
        let first = match (status, range) {
            (StatusCode::OK, None) => 0,
            // Everything came, of which some was asked for.
            (StatusCode::OK, Some(range)) => range.first,
            (StatusCode::PARTIAL_CONTENT, Some(range)) => {
                let told = content_range(&response).and_then(|told| told.first);
                if told.is_some_and(|told| told != range.first) {
                    return said(format!("bytes {range} were asked for, and others came"));
                }
                0
            }
            _ => return said(spoken(status)),
        };
        let end = range.map(|range| first.saturating_add(range.length));
        let most = end.unwrap_or(MAX_DOCUMENT.get()).min(MAX_DOCUMENT.get());
        if end.is_some_and(|end| end > most) {
            let what = "the server sends all for a range, which begins beyond the limit of";
            return said(format!("{what} {MAX_DOCUMENT}"));
        }
        let coding = response.headers().get(CONTENT_ENCODING);
        let coding = coding.map(|coding| coding.to_str().unwrap_or("unknown").to_owned());
        let gzip = match coding.as_deref() {
            None | Some("identity") => false,
            Some("gzip" | "x-gzip") if packed => true,
            Some(coding) => {
                return said(format!("the server sends it compressed ({coding}), unasked"));
            }
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.trouble(&error))? {
            bytes.extend_from_slice(&chunk);
            let whole = status == StatusCode::OK && range.is_some();
            match bytes.len() as u64 > most {
                true if whole => break,
                true if range.is_none() => {
                    return said(format!("it holds more than the limit of {MAX_DOCUMENT}"));
                }
                true => return said(format!("more came than the {most} bytes asked for")),
                false => {}
            }
        }
        bytes.truncate(most as usize);
        if gzip {
            bytes = unpacked(&bytes).map_err(Trouble::Said)?;
        }
        if let Some(range) = range {
            bytes.drain(..bytes.len().min(first as usize));
            if bytes.is_empty() {
                return said(format!("nothing came of bytes {range}"));
            }
        }
        // As it would have been written had it been asked for directly.
        let asked = reqwest::Url::parse(url).ok();
        let from = (asked.as_ref() != Some(response.url())).then(|| response.url().to_string());
        Ok(Fetched { bytes, from })
    }

    /// A connection that breaks once may just have been old.
    async fn size_or_again(&self, resource: &Resource) -> Result<Bytes, String> {
        let answer = match self.size(resource).await {
            Err(Trouble::Transport(_)) => self.size(resource).await,
            answer => answer,
        };
        answer.map_err(Trouble::said)
    }

    async fn size(&self, resource: &Resource) -> Result<Bytes, Trouble> {
        if let Some(size) = resource.size() {
            return Ok(size);
        }
        let head = self.ask(Method::HEAD, &resource.url, None).await?;
        match (head.status(), length(&head)) {
            // A length of nothing is what some servers write who do not know it.
            (StatusCode::OK, Some(size)) if !size.is_zero() => return Ok(size),
            (status @ (StatusCode::NOT_FOUND | StatusCode::GONE), _) => {
                return Err(Trouble::Said(spoken(status)));
            }
            // Whatever else is wrong may be wrong with HEAD alone: addresses are signed for GET.
            _ => {}
        }
        let least = ByteRange { first: 0, length: 1 };
        let response = self.ask(Method::GET, &resource.url, Some(least)).await?;
        let size = match response.status() {
            StatusCode::OK => length(&response),
            // Of nothing there is no first byte.
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                content_range(&response).and_then(|told| told.total)
            }
            status => return Err(Trouble::Said(spoken(status))),
        };
        size.ok_or_else(|| Trouble::Said("the server does not tell its length".into()))
    }

    /// The client's error in people's words.
    fn trouble(&self, error: &reqwest::Error) -> Trouble {
        let host = error.url().and_then(|url| url.host_str()).unwrap_or("the host").to_owned();
        if error.is_builder() {
            return Trouble::Said(format!("no address to fetch from: {}", deepest(error)));
        }
        if error.is_redirect() {
            return Trouble::Said(format!("sent on more than {REDIRECTS} times"));
        }
        if error.is_timeout() {
            let (what, limit) = match error.is_connect() {
                true => ("no connection to", self.connect.min(self.whole)),
                false => ("no whole answer from", self.whole),
            };
            let limit = limit.in_secs();
            return Trouble::Transport(format!("timed out: {what} {host} within {limit} s"));
        }
        let why = deepest(error);
        Trouble::Transport(match cause(error) {
            Cause::Refused => format!("{host} refuses the connection"),
            Cause::Name => format!("cannot resolve the host {host}: {why}"),
            Cause::Tls => format!("no secure connection to {host} (TLS): {why}"),
            Cause::Other if error.is_connect() => format!("no connection to {host}: {why}"),
            Cause::Other => format!("the connection to {host} broke: {why}"),
        })
    }
}

impl Trouble {
    fn said(self) -> String {
        match self {
            Self::Said(text) | Self::Transport(text) => text,
        }
    }
}

/// What was packed by gzip, if that is no more than a document may be.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut whole = Vec::new();
    let most = MAX_DOCUMENT.get();
    let read = flate2::read::MultiGzDecoder::new(bytes).take(most + 1).read_to_end(&mut whole);
    read.map_err(|error| format!("it is said to be packed by gzip, and is not: {error}"))?;
    match whole.len() as u64 > most {
        true => Err(format!("unpacked it holds more than the limit of {MAX_DOCUMENT}")),
        false => Ok(whole),
    }
}

fn duration(span: Span) -> Duration {
    Duration::from_nanos(span.as_nanos())
}

/// A status with its reason: `404 Not Found`.
fn spoken(status: StatusCode) -> String {
    format!("the server answers {} {}", status.as_u16(), status.canonical_reason().unwrap_or("?"))
}

/// What `Content-Length` says, which of an answer to HEAD is not the length of its body.
fn length(response: &Response) -> Option<Bytes> {
    let told = response.headers().get(CONTENT_LENGTH)?.to_str().ok()?;
    told.trim().parse().ok().and_then(possible)
}

/// A size that a segment can have.
fn possible(size: u64) -> Option<Bytes> {
    Some(Bytes::new(size)).filter(|&size| size <= MAX_SIZE)
}

/// What `Content-Range` tells: the first byte, and how many there are of all.
struct ContentRange {
    first: Option<u64>,
    total: Option<Bytes>,
}

fn content_range(response: &Response) -> Option<ContentRange> {
    let told = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = told.trim().strip_prefix("bytes ")?.split_once('/')?;
    let first = range.split_once('-').and_then(|(first, _)| first.trim().parse().ok());
    Some(ContentRange { first, total: total.trim().parse().ok().and_then(possible) })
}

/// What kept a connection from coming about.
enum Cause {
    Refused,
    Name,
    Tls,
    Other,
}

fn cause(error: &reqwest::Error) -> Cause {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = next {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused) {
            return Cause::Refused;
        }
        if error.is::<rustls::Error>() {
            return Cause::Tls;
        }
        // The client has no other way to tell it.
        if error.to_string().contains("dns error") {
            return Cause::Name;
        }
        // What such an error holds is not its source: that would be one further down.
        next = match io.and_then(io::Error::get_ref) {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    Cause::Other
}

/// The reason at the bottom of an error.
fn deepest(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = error.to_string();
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// Serves at most 40 requests, each on a connection of its own; the address.
    fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = std::sync::Arc::new(answer);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().take(40).flatten() {
                let answer = answer.clone();
                std::thread::spawn(move || {
                    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    let lines = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
                    let request: Vec<String> = lines.take(100).collect();
                    answer(&request.join("\n").to_ascii_lowercase(), &mut stream);
                });
            }
        });
        format!("http://{address}")
    }

    fn say(stream: &mut TcpStream, head: &str, body: &str) {
        let text = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}");
        let _ = stream.write_all(text.as_bytes());
    }

    fn all(stream: &mut TcpStream, body: &str) {
        say(stream, &format!("200 OK\r\nContent-Length: {}", body.len()), body);
    }

    fn quick() -> Http {
        Http::within(&DoorPlan::default(), Span::from_secs(2)).unwrap()
    }

    fn part(url: String, first: u64, length: u64) -> Resource {
        Resource { url, range: Some(ByteRange { first, length }) }
    }

    #[test]
    fn what_is_fetched_is_what_was_sent_and_says_where_it_was_found() {
        let host = serve(|request, stream| match request.split(' ').nth(1) {
            Some("/old.mpd") => say(stream, "302 Found\r\nLocation: /new/x.mpd", ""),
            Some("/new/x.mpd") => all(stream, "<MPD/>"),
            Some("/loop") => say(stream, "302 Found\r\nLocation: /loop", ""),
            _ => say(stream, "404 Not Found\r\nContent-Length: 0", ""),
        });
        let http = quick();
        let get = |path: &str| http.fetch(&Resource::whole(format!("{host}{path}")));
        let direct = get("/new/x.mpd").unwrap();
        assert_eq!(direct, Fetched { bytes: b"<MPD/>".to_vec(), from: None });
        let moved = get("/old.mpd").unwrap();
        assert_eq!(moved.from, Some(format!("{host}/new/x.mpd")));
        assert_eq!(get("/gone").unwrap_err(), "the server answers 404 Not Found");
        assert_eq!(get("/loop").unwrap_err(), "sent on more than 5 times");
    }

    #[test]
    fn a_range_is_had_from_servers_that_know_ranges_and_from_those_that_do_not() {
        let host = serve(|request, stream| {
            assert!(request.contains("range: bytes=2-4"), "{request}");
            match request.split(' ').nth(1) {
                Some("/some") => {
                    let head = "206 Partial Content\r\nContent-Range: bytes 2-4/9";
                    say(stream, &format!("{head}\r\nContent-Length: 3"), "234");
                }
                Some("/other") => {
                    let head = "206 Partial Content\r\nContent-Range: bytes 0-2/9";
                    say(stream, &format!("{head}\r\nContent-Length: 3"), "012");
                }
                Some("/short") => all(stream, "012"),
                _ => all(stream, "012345678"),
            }
        });
        let http = quick();
        let get = |path: &str| http.fetch(&part(format!("{host}{path}"), 2, 3));
        assert_eq!(get("/some").unwrap().bytes, b"234");
        assert_eq!(get("/all").unwrap().bytes, b"234");
        assert_eq!(get("/other").unwrap_err(), "bytes 2-4 were asked for, and others came");
        assert_eq!(get("/short").unwrap().bytes, b"2", "what there is of it");
        let far = part(format!("{host}/all"), 0, MAX_DOCUMENT.get() + 1);
        assert!(http.fetch(&far).unwrap_err().contains("above the limit"));
    }

    #[test]
    fn what_never_ends_is_refused_and_what_never_answers_times_out() {
        let host = serve(|request, stream| match request.split(' ').nth(1) {
            Some("/endless") => {
                say(stream, "200 OK", "");
                while stream.write_all(&[b' '; 1 << 16]).is_ok() {}
            }
            _ => std::thread::sleep(Duration::from_secs(5)),
        });
        let endless = Http::new(&DoorPlan::default())
            .unwrap()
            .fetch(&Resource::whole(format!("{host}/endless")));
        assert_eq!(endless.unwrap_err(), "it holds more than the limit of 16777216 B");
        let http = Http::within(&DoorPlan::default(), Span::from_millis(300)).unwrap();
        let silent = http.fetch(&Resource::whole(format!("{host}/silent"))).unwrap_err();
        assert_eq!(silent, "timed out: no whole answer from 127.0.0.1 within 0.3 s");
    }

    #[test]
    fn why_there_is_no_connection_is_said_plainly() {
        // Bound and let go: nobody listens there.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let said = |url: &str| quick().fetch(&Resource::whole(url)).unwrap_err();
        assert_eq!(said(&format!("http://{address}/")), "127.0.0.1 refuses the connection");
        assert!(said("http://").starts_with("no address to fetch from: "));
        let plain = serve(|_, stream| all(stream, "no TLS here"));
        let secure = said(&plain.replace("http:", "https:"));
        assert!(secure.starts_with("no secure connection to 127.0.0.1 (TLS): "), "{secure}");
    }

    #[test]
    fn sizes_are_asked_of_headers_in_every_way_servers_know() {
        let host = serve(|request, stream| {
            let head = request.starts_with("head");
            match (request.split(' ').nth(1), head) {
                (Some("/head"), true) => say(stream, "200 OK\r\nContent-Length: 1234", ""),
                (Some("/ranges"), true) => say(stream, "405 Method Not Allowed", ""),
                (Some("/ranges"), false) => {
                    assert!(request.contains("range: bytes=0-0"), "{request}");
                    let head = "206 Partial Content\r\nContent-Range: bytes 0-0/777";
                    say(stream, &format!("{head}\r\nContent-Length: 1"), "x");
                }
                (Some("/whole"), true) => say(stream, "403 Forbidden", ""),
                (Some("/whole"), false) => say(stream, "200 OK\r\nContent-Length: 5000000", ""),
                (Some("/untold"), _) => say(stream, "200 OK", ""),
                _ => say(stream, "404 Not Found\r\nContent-Length: 0", ""),
            }
        });
        let paths = ["/head", "/ranges", "/whole", "/untold", "/gone"];
        let mut resources: Vec<_> =
            paths.iter().map(|path| Resource::whole(format!("{host}{path}"))).collect();
        resources.push(part("http://0.0.0.0:0/never-asked".into(), 7, 42));
        let mut heard = Vec::new();
        let never = AtomicBool::new(false);
        let sizes = quick().sizes(&resources, &never, &mut |index, _| heard.push(index));
        let sizes: Vec<_> = sizes.into_iter().flatten().collect();
        let untold = Err("the server does not tell its length".into());
        let gone = Err("the server answers 404 Not Found".into());
        let known = |n| Ok(Bytes::new(n));
        assert_eq!(sizes, [known(1_234), known(777), known(5_000_000), untold, gone, known(42)]);
        heard.sort_unstable();
        assert_eq!(heard, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_connection_that_breaks_is_tried_once_more_and_asking_can_be_stopped() {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let host = serve(move |_, stream| match asked.fetch_add(1, Ordering::Relaxed) {
            0 => {}
            _ => say(stream, "200 OK\r\nContent-Length: 9", ""),
        });
        let wanted = vec![Resource::whole(format!("{host}/x")); 30];
        let never = AtomicBool::new(false);
        let answers = quick().sizes(&wanted[..1], &never, &mut |_, _| {});
        assert_eq!(answers, [Some(Ok(Bytes::new(9)))]);
        let (stop, mut heard) = (AtomicBool::new(false), 0);
        let answers = quick().sizes(&wanted, &stop, &mut |_, _| {
            heard += 1;
            stop.store(heard == 3, Ordering::Relaxed);
        });
        assert_eq!(answers.iter().flatten().count(), 3);
    }
}
