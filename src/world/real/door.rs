//! How players speak HTTP, and where what they ask for is.
//!
//! The idea to hold: every player has connections of its own, as players on different machines do;
//! what they have in common is how they were told to behave.

use std::cell::RefCell;
use std::net::SocketAddr;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, RequestBuilder, redirect};

use crate::cmcd::{self, Cmcd};
use crate::media::Object;
use crate::media::manifest::Resource;
use crate::units::{Bytes, Span};
use crate::world::clock::duration;

/// How long a connection may take to come about.
pub const CONNECT: Span = Span::from_secs(5);

/// How long nothing may be heard, before the first byte or between two.
pub const IDLE: Span = Span::from_secs(20);

/// How long a request may take in all: as hls.js has it (`fragLoadPolicy`, `maxLoadTimeMs`).
pub const WHOLE: Span = Span::from_secs(120);

/// How much more than four times its modelled size something may be.
pub(super) const MOST_OVER: Bytes = Bytes::new(16 << 20);

/// How many times a request may be sent elsewhere.
pub const REDIRECTS: usize = 5;

/// Which HTTP is spoken.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Version {
    /// Whatever is agreed on: HTTP/2 over TLS where there is that, else HTTP/1.1.
    #[default]
    Any,
    /// HTTP/1.1.
    One,
    /// HTTP/2, without TLS by prior knowledge (h2c).
    Two,
}

/// How players say what they say of themselves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ways {
    /// In the query of each request.
    Query,
    /// In its headers.
    Headers,
}

/// What players are told of how to speak.
#[derive(Clone, Debug, Default)]
pub struct DoorPlan {
    /// Which HTTP.
    pub version: Version,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// Whether certificates are taken on trust.
    pub insecure: bool,
    /// Addresses of hosts that are not looked up.
    pub resolve: Vec<(String, SocketAddr)>,
    /// How they say what they say of themselves.
    pub cmcd: Option<Ways>,
    /// Whether anything is asked for over TLS.
    pub secure: bool,
    /// Whether the proxies that the environment names are passed by.
    pub direct: bool,
}

/// Where objects are.
pub trait Addresses {
    /// Where an object is, for one who asks for it once more after so many failures.
    fn address(&self, object: Object, attempt: usize) -> Option<Resource>;

    /// Where the first document was in the end.
    fn arrived(&self, _url: &str) {}
}

/// Why nobody can speak HTTP.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DoorError {
    /// A header that is none.
    #[error("{0:?} is no header of HTTP: write NAME: VALUE")]
    Header(String),
    /// The machine has no means for it.
    #[error("cannot start HTTP: {0}")]
    Client(String),
}

/// How one player speaks HTTP.
pub struct Door {
    client: Client,
    addresses: Box<dyn Addresses>,
    cmcd: Option<Ways>,
    sent_on: RefCell<bool>,
}

impl DoorPlan {
    /// A client that speaks so.
    ///
    /// # Errors
    /// Where a header is wrong, or the machine has no means for it.
    pub fn client(
        &self,
        with: impl Fn(ClientBuilder) -> ClientBuilder,
    ) -> Result<Client, DoorError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let wrong = || DoorError::Header(format!("{name}: {value}"));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            headers.append(name, HeaderValue::from_str(value).map_err(|_| wrong())?);
        }
        // Another part of the program may have installed it already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            let mut builder = Client::builder()
                .user_agent(concat!("abrsim/", env!("CARGO_PKG_VERSION")))
                .default_headers(headers.clone())
                .redirect(redirect::Policy::limited(REDIRECTS))
                .connect_timeout(duration(CONNECT))
                .tls_danger_accept_invalid_certs(self.insecure);
            for (host, address) in &self.resolve {
                builder = builder.resolve(host, *address);
            }
            if self.direct {
                builder = builder.no_proxy();
            }
            with(match self.version {
                Version::Any => builder,
                Version::One => builder.http1_only(),
                Version::Two => builder.http2_prior_knowledge(),
            })
        };
        // What is not encrypted needs no certificates, and finding them takes time; a machine
        // without any can still fetch that.
        let client = match self.secure {
            true => builder().build().or_else(|_| builder().tls_certs_only([]).build()),
            false => builder().tls_certs_only([]).build(),
        };
        client.map_err(|error| DoorError::Client(error.to_string()))
    }

    /// A door for one more player, whose objects are at those addresses.
    ///
    /// # Errors
    /// As of the client.
    pub fn open(&self, addresses: Box<dyn Addresses>) -> Result<Door, DoorError> {
        let client = self.client(|builder| builder.cookie_store(true))?;
        Ok(Door { client, addresses, cmcd: self.cmcd, sent_on: RefCell::default() })
    }
}

impl Door {
    pub(super) fn address(&self, object: Object, attempt: usize) -> Option<Resource> {
        self.addresses.address(object, attempt)
    }

    /// The first answer there was says where one was sent.
    pub(super) fn came_from(&self, url: &reqwest::Url) {
        if !self.sent_on.replace(true) {
            self.addresses.arrived(url.as_str());
        }
    }

    pub(super) fn get(&self, url: &str, cmcd: Option<&Cmcd>) -> RequestBuilder {
        match (self.cmcd, cmcd) {
            (Some(Ways::Query), Some(cmcd)) => {
                let mark = if url.contains('?') { '&' } else { '?' };
                let said = cmcd::to_query(cmcd).map(|said| format!("{mark}{said}"));
                self.client.get(format!("{url}{}", said.unwrap_or_default()))
            }
            (Some(Ways::Headers), Some(cmcd)) => cmcd::to_headers(cmcd)
                .into_iter()
                .fold(self.client.get(url), |request, (name, value)| request.header(name, value)),
            (None, _) | (_, None) => self.client.get(url),
        }
    }
}
