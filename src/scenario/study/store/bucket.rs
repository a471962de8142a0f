//! Objects of S3, Google Cloud Storage or Azure: `s3://bucket/study`, `gs://…`, `az://…`.
//!
//! The idea to hold: an object is there whole or not at all, and one that is to be put where none
//! is is refused by the store itself (`If-None-Match: *`). Who one is and where the store is comes
//! from the environment (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT`, `GOOGLE_APPLICATION_CREDENTIALS`,
//! `AZURE_STORAGE_ACCOUNT_NAME` and the like) or from the role of the machine; no files of the
//! provider's own tools are read.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{
    ClientConfigKey, Error, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutPayload,
    RetryConfig, WriteMultipart,
};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::super::trouble::StudyError;
use super::{Put, Store, Upload};

/// A folder of a bucket.
#[derive(Clone, Debug)]
pub(in super::super) struct Bucket {
    url: String,
    folder: Path,
    objects: Arc<dyn ObjectStore>,
    runtime: Arc<Runtime>,
    patience: Duration,
}

/// Whom machines of a provider ask for keys.
const METADATA: &[&str] = &["169.254.169.254", "169.254.170.2", "metadata.google.internal"];

const KEYS: &str = "there are no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, \
    GOOGLE_APPLICATION_CREDENTIALS, or AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY";

const CONFLICT: &str = "it says that two put the same there, and has neither";

/// Rows are uploaded in pieces of so many bytes; S3 has no smaller ones.
const PIECE: usize = 8 << 20;

impl Bucket {
    /// Of that URL; who does not answer is asked again for so long, with longer and longer pauses.
    pub(in super::super) fn at(url: &str, patience: Duration) -> Result<Self, StudyError> {
        // Who set one up before was this program.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = url.trim_end_matches('/').to_owned();
        let retry =
            RetryConfig { retry_timeout: patience, max_retries: 1_000, ..Default::default() };
        // Nor is a request waited for much longer than that.
        let timeout = format!("{}s", patience.as_secs().clamp(1, 30));
        let own = ClientConfigKey::Timeout;
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let objects: Result<Arc<dyn ObjectStore>, Error> = match scheme {
            "gs" => GoogleCloudStorageBuilder::from_env()
                .with_config(GoogleConfigKey::Client(own), timeout)
                .with_url(&url)
                .with_retry(retry)
                .build()
                .map(|store| Arc::new(store) as _),
            "az" => MicrosoftAzureBuilder::from_env()
                .with_config(AzureConfigKey::Client(own), timeout)
                .with_url(&url)
                .with_retry(retry)
                .build()
                .map(|store| Arc::new(store) as _),
            _ => AmazonS3Builder::from_env()
                .with_config(AmazonS3ConfigKey::Client(own), timeout)
                .with_url(&url)
                .with_retry(retry)
                .build()
                .map(|store| Arc::new(store) as _),
        };
        let wrong = |error: Error| StudyError::NotRead(PathBuf::from(&url), plainly(&error));
        let folder = rest.split_once('/').map_or("", |(_, folder)| folder);
        let folder = Path::parse(folder).map_err(|error| wrong(error.into()))?;
        let objects = objects.map_err(wrong)?;
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| StudyError::disk(url.as_ref(), error))?;
        Ok(Self { folder, objects, runtime: Arc::new(runtime), url, patience })
    }

    fn object(&self, name: &str) -> Path {
        name.split('/').fold(self.folder.clone(), |path, part| path.join(part))
    }

    /// What an error means that a store gives where something is read, or written.
    fn wrong(&self, name: &str, error: &Error, reads: bool) -> StudyError {
        let (path, told) = (self.path(name), plainly(error));
        match error {
            _ if told.contains("RequestTimeTooSkewed") => {
                let clock = "the clock here is more than 15 min off the store's: set it";
                StudyError::NotRead(path, clock.to_owned())
            }
            // Where no key is said, the machine itself is asked for one.
            _ if METADATA.iter().any(|host| told.contains(host)) => {
                StudyError::NotRead(path, format!("{KEYS}: {told}"))
            }
            // All that was tried again, and then given up.
            Error::Generic { .. } => StudyError::Away(path, told),
            _ if reads => StudyError::Unread(path, io::Error::other(told)),
            _ => StudyError::disk(&path, io::Error::other(told)),
        }
    }

    /// What a store gives where something is asked for that may not be there.
    fn got(&self, name: &str, got: Result<Bytes, Error>) -> Result<Option<Vec<u8>>, StudyError> {
        match got {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.wrong(name, &error, true)),
        }
    }

    fn put_as(&self, name: &str, bytes: Bytes, mode: PutMode) -> Result<(), Error> {
        let (object, payload) = (self.object(name), PutPayload::from_bytes(bytes));
        let put = self.objects.put_opts(&object, payload, mode.into());
        self.runtime.block_on(put).map(|_| ())
    }

    /// Uploads a file piece by piece.
    fn send(&self, name: &str, mut file: File) -> Result<(), StudyError> {
        let object = self.object(name);
        self.runtime.block_on(async {
            let wrong = |error: Error| self.wrong(name, &error, false);
            let upload = self.objects.put_multipart(&object).await.map_err(wrong)?;
            let mut upload = WriteMultipart::new_with_chunk_size(upload, PIECE);
            let mut piece = vec![0; PIECE];
            loop {
                let read = file.read(&mut piece).map_err(StudyError::Rows)?;
                if read == 0 {
                    break;
                }
                upload.wait_for_capacity(2).await.map_err(wrong)?;
                upload.write(&piece[..read]);
            }
            upload.finish().await.map(|_| ()).map_err(wrong)
        })
    }
}

impl Store for Bucket {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(&self.url).join(name)
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StudyError> {
        let got = async { self.objects.get(&self.object(name)).await?.bytes().await };
        self.got(name, self.runtime.block_on(got))
    }

    fn has(&self, name: &str) -> Result<bool, StudyError> {
        let object = self.object(name);
        match self.runtime.block_on(self.objects.head(&object)) {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.wrong(name, &error, true)),
        }
    }

    fn get_all(&self, names: &[String]) -> Result<Vec<Option<Vec<u8>>>, StudyError> {
        let asked: Vec<_> = names
            .iter()
            .map(|name| {
                let (objects, object) = (self.objects.clone(), self.object(name));
                self.runtime.spawn(async move { objects.get(&object).await?.bytes().await })
            })
            .collect();
        let got = |(name, asked): (&String, JoinHandle<_>)| {
            let got = self.runtime.block_on(asked);
            self.got(name, got.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic())))
        };
        names.iter().zip(asked).map(got).collect()
    }

    fn open(&self, name: &str) -> Result<Box<dyn Read + '_>, StudyError> {
        // The first piece says how large all of it is.
        let object = self.object(name);
        let range = Some((0..PIECE as u64).into());
        let options = GetOptions { range, ..GetOptions::default() };
        let first = async {
            let got = self.objects.get_opts(&object, options).await?;
            Ok((got.meta.size, got.bytes().await?))
        };
        let (size, piece) = match self.runtime.block_on(first) {
            Ok(first) => first,
            Err(Error::NotFound { .. }) => {
                return Err(StudyError::Damaged(self.path(name), "it is gone".to_owned()));
            }
            Err(error) => return Err(self.wrong(name, &error, true)),
        };
        let at = piece.len() as u64;
        Ok(Box::new(Download { bucket: self, object, at, size, piece }))
    }

    fn names(&self, under: &str) -> Result<Vec<(String, Duration)>, StudyError> {
        let folder = self.object(under);
        let listed = self.objects.list_with_delimiter(Some(&folder));
        let listed =
            self.runtime.block_on(listed).map_err(|error| self.wrong(under, &error, true))?;
        let mut names: Vec<_> = listed
            .objects
            .into_iter()
            .filter_map(|object| {
                let since = object.last_modified.timestamp_millis().try_into().unwrap_or(0);
                Some((object.location.filename()?.to_owned(), Duration::from_millis(since)))
            })
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    fn put(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), StudyError> {
        let put = self.put_as(name, bytes.into(), PutMode::Overwrite);
        put.map_err(|error| self.wrong(name, &error, false))
    }

    fn put_if_absent(&mut self, name: &str, bytes: Vec<u8>) -> Result<Put, StudyError> {
        let (bytes, begun) = (Bytes::from(bytes), Instant::now());
        let mut pause = Duration::from_millis(100);
        loop {
            match self.put_as(name, bytes.clone(), PutMode::Create) {
                Ok(()) => return Ok(Put::New),
                // Perhaps by this very request, whose answer was lost.
                Err(Error::AlreadyExists { .. }) => match self.get(name)? {
                    Some(there) if there == bytes => return Ok(Put::Same),
                    Some(_) => return Ok(Put::Other),
                    // Two came at once, and the store took neither.
                    None if begun.elapsed() < self.patience => {}
                    None => return Err(StudyError::Away(self.path(name), CONFLICT.to_owned())),
                },
                // The library does not try this again where the first could have been taken.
                Err(Error::Generic { .. }) if begun.elapsed() < self.patience => {}
                Err(error) => return Err(self.wrong(name, &error, false)),
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(15));
        }
    }

    fn upload(&self) -> Upload {
        Upload::new(std::env::temp_dir())
    }

    fn finish(&mut self, name: &str, mut upload: Upload) -> Result<(), StudyError> {
        if upload.is_empty() {
            return Ok(());
        }
        match upload.held() {
            Some(bytes) => self.put(name, bytes)?,
            None => {
                let part = upload.part()?;
                let file = File::open(part.path());
                self.send(name, file.map_err(|error| StudyError::disk(part.path(), error))?)?;
            }
        }
        Ok(())
    }

    fn again(&self) -> Box<dyn Store> {
        Box::new(self.clone())
    }
}

/// An object, a piece at a time.
struct Download<'a> {
    bucket: &'a Bucket,
    object: Path,
    at: u64,
    size: u64,
    piece: Bytes,
}

impl Read for Download<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && self.at < self.size {
            let end = self.size.min(self.at + PIECE as u64);
            let Bucket { objects, runtime, .. } = self.bucket;
            let got = runtime.block_on(objects.get_range(&self.object, self.at..end));
            let away = |error: Error| io::Error::new(ErrorKind::TimedOut, plainly(&error));
            self.piece = got.map_err(away)?;
            self.at += self.piece.len() as u64;
        }
        let taken = self.piece.split_to(to.len().min(self.piece.len()));
        to[..taken.len()].copy_from_slice(&taken);
        Ok(taken.len())
    }
}

/// An error and what is behind it, on one line, without all of the bodies that stores send along.
fn plainly(error: &Error) -> String {
    let mut text = error.to_string();
    let mut behind = std::error::Error::source(error);
    while let Some(error) = behind {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        behind = error.source();
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(600).collect()
}
