//! The layers of an image, fetched side by side, each in one pass.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use wcr_image::{Class, Reference};
use wcr_store::{LayerSpec, LayerWriter, Lock, Store, StoreError};

use crate::auth::Session;
use crate::blob::{Sink, Source};
use crate::error::{RegistryError, Result};
use crate::progress::{LayerEvent, Progress};

/// Layers under way.
pub(crate) struct Layers<'a> {
    /// Where they can be had, the first that is asked first.
    sessions: &'a [Session<'a>],
    runtime: &'a Handle,
    store: &'a Store,
    progress: &'a dyn Progress,
    specs: &'a [LayerSpec],
    /// The places of the layers in `specs`, in the order in which they are fetched.
    order: Vec<usize>,
    next: AtomicUsize,
    failed: AtomicBool,
    /// Connections that no layer needs.
    spare: Semaphore,
    results: Mutex<Results>,
}

struct Results {
    /// The lengths of the tars.
    sizes: Vec<u64>,
    /// The first error.
    error: Option<Failure>,
}

enum Failure {
    Fetch(RegistryError),
    Store(StoreError),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Fetch(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<'a> Layers<'a> {
    pub(crate) fn new(
        sessions: &'a [Session<'a>],
        runtime: &'a Handle,
        store: &'a Store,
        progress: &'a dyn Progress,
        specs: &'a [LayerSpec],
    ) -> Self {
        // The largest first, so that none is left to run alone at the end.
        let mut order: Vec<usize> = (0..specs.len()).collect();
        order.sort_by_key(|index| Reverse(specs.get(*index).map_or(0, |spec| spec.size)));
        let results = Mutex::new(Results { sizes: vec![0; specs.len()], error: None });
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { sessions, runtime, store, progress, specs, order, next, failed, spare: Semaphore::new(0), results }
    }

    /// Brings all layers into the store, and does `meanwhile`. The lengths of the tars, or the first error.
    pub(crate) fn fetch(
        self,
        reference: &Reference,
        meanwhile: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<Vec<u64>> {
        let parallel = self.sessions.first().map_or(1, |session| session.transport.options.parallel);
        let workers = parallel.clamp(1, 64).min(self.specs.len());
        self.spare.add_permits(parallel.clamp(1, 64) - workers);
        let other = thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| self.work(scope));
            }
            meanwhile()
        });
        let in_store = |error| RegistryError::Store { reference: reference.familiar(), source: Box::new(error) };
        let results = self.results.into_inner().unwrap_or_else(PoisonError::into_inner);
        match results.error {
            Some(Failure::Fetch(error)) => Err(error),
            Some(Failure::Store(error)) => Err(in_store(error)),
            None => other.map(|()| results.sizes).map_err(in_store),
        }
    }

    /// Fetches one layer after the other. To wait for the disk is left to threads of their own.
    fn work<'s>(&'s self, scope: &'s Scope<'s, '_>) {
        while !self.failed.load(Ordering::Relaxed) {
            let index = self.order.get(self.next.fetch_add(1, Ordering::Relaxed)).copied();
            let Some((index, spec)) = index.and_then(|index| Some((index, self.specs.get(index)?))) else {
                self.spare.add_permits(1);
                return;
            };
            match self.receive(index, spec) {
                Ok(Received::Present(size)) => self.done(index, Ok(size)),
                Ok(Received::Writer(writer, lock)) => {
                    scope.spawn(move || {
                        self.tell(index, LayerEvent::Storing);
                        let result = writer.finish();
                        drop(lock);
                        if result.is_ok() {
                            self.tell(index, LayerEvent::Done);
                        }
                        self.done(index, result.map_err(Failure::Store));
                    });
                }
                Err(failure) => self.done(index, Err(failure)),
            }
        }
    }

    /// Fetches one layer, unless it is there.
    fn receive(&self, index: usize, spec: &LayerSpec) -> Result<Received, Failure> {
        let lock = self.store.lock_layer(&spec.diff_id, || self.tell(index, LayerEvent::Waiting))?;
        if let Some(size) = self.store.find_layer(spec)? {
            self.tell(index, LayerEvent::Exists);
            return Ok(Received::Present(size));
        }
        loop {
            let writer = self.store.write_layer(*spec)?;
            let kept = writer.received();
            if kept > 0 {
                self.tell(index, LayerEvent::Resuming(kept));
            }
            let mut sink = LayerSink { layers: self, writer, index, failure: None };
            let fetched = self.fetch_one(spec, &mut sink);
            let mut writer = sink.writer;
            match (sink.failure, fetched) {
                (Some(failure), _) => return Err(failure.into()),
                (None, Err(error)) => {
                    if matches!(error.class(), Class::Network | Class::Authorisation) {
                        writer.suspend();
                    }
                    return Err(error.into());
                }
                (None, Ok(())) => {}
            }
            match writer.verify() {
                // What was kept may be what is wrong: once more without it.
                Err(StoreError::Digest { .. }) if kept > 0 => self.tell(index, LayerEvent::Retrying),
                verified => {
                    // What has been received is worked up before more is fetched: it holds memory.
                    let complete = verified.and_then(|()| writer.complete());
                    return complete.map(|()| Received::Writer(Box::new(writer), lock)).map_err(Into::into);
                }
            }
        }
    }

    /// Fetches a layer from the first place that has it.
    fn fetch_one(&self, spec: &LayerSpec, sink: &mut LayerSink<'_>) -> Result<()> {
        let what = format!("layer {}", spec.digest.short());
        let last = self.sessions.len().saturating_sub(1);
        for (place, session) in self.sessions.iter().enumerate() {
            let source =
                Source { session, digest: spec.digest, size: spec.size, what: &what, spare: Some(&self.spare) };
            let fetched = self.runtime.block_on(source.fetch(sink.writer.received(), sink));
            match fetched {
                Err(error) if place < last && !sink.gave_up() => self.progress.remark(&error.to_string()),
                fetched => return fetched,
            }
        }
        Err(RegistryError::Setup { reason: "there is no server to ask".into() })
    }

    fn tell(&self, index: usize, event: LayerEvent) {
        self.progress.layer(index, event);
    }

    fn done(&self, index: usize, result: Result<u64, Failure>) {
        let mut results = self.results();
        match result {
            Ok(size) => {
                if let Some(slot) = results.sizes.get_mut(index) {
                    *slot = size;
                }
            }
            Err(failure) => {
                self.failed.store(true, Ordering::Relaxed);
                results.error.get_or_insert(failure);
            }
        }
    }

    fn results(&self) -> MutexGuard<'_, Results> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a layer.
enum Received {
    /// It was there; the length of its tar.
    Present(u64),
    /// All of it has been received. The lock is held until it is in the store.
    Writer(Box<LayerWriter>, Lock),
}

struct LayerSink<'a> {
    layers: &'a Layers<'a>,
    writer: LayerWriter,
    index: usize,
    failure: Option<StoreError>,
}

impl LayerSink<'_> {
    /// Whether it is of no use to go on.
    fn gave_up(&self) -> bool {
        self.failure.is_some() || self.layers.failed.load(Ordering::Relaxed)
    }
}

impl Sink for LayerSink<'_> {
    fn take(&mut self, chunk: Bytes) -> bool {
        if self.layers.failed.load(Ordering::Relaxed) {
            return false;
        }
        match self.writer.write(chunk) {
            Ok(()) => {
                self.layers.tell(self.index, LayerEvent::Received(self.writer.received()));
                true
            }
            Err(error) => {
                self.failure = Some(error);
                false
            }
        }
    }

    fn retrying(&mut self) {
        self.layers.tell(self.index, LayerEvent::Retrying);
    }
}
