//! Pushing an image: its blobs side by side, then the documents that name them, the top one last.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use reqwest::Method;
use tokio::runtime::Handle;
use wcr_image::{Descriptor, Digest, Document, Reference};
use wcr_store::{ImageRecord, Store, Stored};

use crate::auth::{Access, Session};
use crate::body::Body;
use crate::client::Client;
use crate::endpoint::host_of;
use crate::error::{RegistryError, Result};
use crate::progress::Progress;
use crate::transport::Request;
use crate::upload::Upload;

/// How many other repositories are offered as sources of blobs.
const MOST_SOURCES: usize = 16;

impl Client {
    /// Pushes an image of the store as `target`: the whole index if the store has all of it, else the image's manifest.
    /// What the registry has already is not sent. The digest of what `target` leads to afterwards.
    ///
    /// Blocks, as [`Client::pull`] does.
    ///
    /// # Errors
    /// [`RegistryError`]; without an error all of the image is at the registry.
    pub fn push(
        &self,
        store: &Store,
        record: &ImageRecord,
        target: &Reference,
        progress: &dyn Progress,
    ) -> Result<Digest> {
        let in_store = |error| RegistryError::Store { reference: target.familiar(), source: Box::new(error) };
        let documents = store.documents(record).map_err(in_store)?;
        let blobs = blobs(&documents);
        let mut sources = store.repositories(target.domain(), target.path()).map_err(in_store)?;
        sources.retain(|digest, _| blobs.iter().any(|blob| blob.digest == *digest));
        let repositories: BTreeSet<String> = sources.values().take(MOST_SOURCES).cloned().collect();
        sources.retain(|_, repository| repositories.contains(repository));
        self.blocking(|runtime| {
            let session = Session::new(&self.transport, target.domain(), target.path(), Access::Push)?
                .reading(repositories.into_iter().collect());
            runtime.block_on(session.ping())?;
            let top = documents.first().map_or(record.manifest.digest, |document| document.descriptor.digest);
            progress.resolved(&top, &blobs);
            let upload = Upload { session: &session, store, reference: target, progress, sources: &sources };
            send_blobs(&upload, runtime, &blobs)?;
            for (place, document) in documents.iter().enumerate().rev() {
                let tag = target.tag().filter(|_| place == 0);
                runtime.block_on(put(&session, document, tag))?;
            }
            store.tell_of_image("push", target.familiar(), target.familiar());
            Ok(top)
        })
    }
}

/// The blobs that the documents name, each once.
fn blobs(documents: &[Stored]) -> Vec<Descriptor> {
    let mut known = BTreeSet::new();
    let manifests = documents.iter().filter_map(|document| match &document.document {
        Document::Manifest(manifest) => Some(manifest),
        Document::Index(_) => None,
    });
    let all = manifests.flat_map(|manifest| manifest.layers.iter().chain([&manifest.config]));
    all.filter(|blob| known.insert(blob.digest)).cloned().collect()
}

/// Sends the blobs side by side, the largest first.
fn send_blobs(upload: &Upload<'_>, runtime: &Handle, blobs: &[Descriptor]) -> Result<()> {
    let mut order: Vec<usize> = (0..blobs.len()).collect();
    order.sort_by_key(|place| Reverse(blobs.get(*place).map_or(0, |blob| blob.size)));
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let error = Mutex::new(None);
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let place = order.get(next.fetch_add(1, Ordering::Relaxed)).copied();
            let Some((place, blob)) = place.and_then(|place| Some((place, blobs.get(place)?))) else { return };
            if let Err(failure) = runtime.block_on(upload.blob(place, blob)) {
                failed.store(true, Ordering::Relaxed);
                error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
            }
        }
    };
    let parallel = upload.session.transport.options.parallel.clamp(1, 64).min(blobs.len());
    thread::scope(|scope| {
        for _ in 0..parallel {
            scope.spawn(work);
        }
    });
    error.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Puts a manifest or an index, by its tag or its digest.
async fn put(session: &Session<'_>, document: &Stored, tag: Option<&str>) -> Result<()> {
    let expected = document.descriptor.digest;
    let url = session.url("manifests", &tag.map_or_else(|| expected.to_string(), str::to_owned))?;
    let what = format!("manifest {}", expected.short());
    let body =
        Body::Bytes { content: document.bytes.clone().into(), media_type: document.descriptor.media_type.clone() };
    let request = Request { method: Method::PUT, body, ..Request::get(&url, &what) };
    let response = session.request(request).await?;
    if !response.status().is_success() {
        return Err(session.refusal(response, &what).await);
    }
    let announced = response.headers().get("docker-content-digest").and_then(|value| value.to_str().ok());
    match announced.and_then(|text| text.parse::<Digest>().ok()) {
        Some(actual) if actual != expected => {
            Err(RegistryError::Digest { what, host: host_of(&url), expected, actual })
        }
        _ => Ok(()),
    }
}
