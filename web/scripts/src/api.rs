//! What the worker of scripts calls, beside what it has of `wcr-web`.

use std::cell::RefCell;
use std::sync::Arc;

use wasm_bindgen::prelude::wasm_bindgen;
use wcr_harness::{Case, Event, Failure, Harness, Place, Plan, Script, Selection, Surroundings};

use crate::containers::PageContainers;
use crate::images::PageImages;
use crate::snapshots::PageSnapshots;
use crate::{kind, led};

#[wasm_bindgen]
extern "C" {
    /// What hears of a script.
    pub type Listener;

    /// A case has ended.
    #[wasm_bindgen(method)]
    fn case(this: &Listener, case: CaseEnded);

    /// The script has ended; its own code has printed these lines, and these snapshots were written.
    #[wasm_bindgen(method)]
    fn ended(this: &Listener, cases: u32, left_out: u32, printed: Vec<String>, written: Vec<String>);
}

/// A script to be run.
#[wasm_bindgen]
pub struct ScriptRequest {
    script: Script,
    plan: Plan,
    archive: Vec<String>,
    snapshots: PageSnapshots,
}

#[wasm_bindgen]
impl ScriptRequest {
    /// A script of this name, or a structure test, which is about this image.
    #[wasm_bindgen(constructor)]
    pub fn new(name: String, text: String, image: String) -> Self {
        let script = Script { kind: kind::of(&name, &text), name, text };
        let plan = Plan { image: Some(image), ..Plan::default() };
        Self { script, plan, archive: Vec::new(), snapshots: PageSnapshots::default() }
    }

    /// A name of the image whose archive is open.
    pub fn archive(&mut self, name: String) {
        self.archive.push(name);
    }

    /// Lets only cases be run whose title has this text in it.
    pub fn filter(&mut self, text: String) {
        self.plan.selection = Selection { filters: vec![text], ..Selection::default() };
    }

    /// Lets snapshots be written where values are not as they say.
    pub fn update(&mut self) {
        self.plan.update = true;
    }

    /// A snapshot that was kept.
    pub fn snapshot(&mut self, path: String, content: Vec<u8>) {
        self.snapshots.add(path, content);
    }
}

thread_local! {
    static PREPARED: RefCell<Option<(ScriptRequest, Listener)>> = const { RefCell::new(None) };
    static SNAPSHOTS: RefCell<PageSnapshots> = RefCell::default();
}

/// Takes the script that [`run_script`] runs.
#[wasm_bindgen(js_name = prepareScript)]
pub fn prepare_script(request: ScriptRequest, listener: Listener) {
    SNAPSHOTS.set(request.snapshots.clone());
    PREPARED.set(Some((request, listener)));
}

/// Runs the script that was prepared to its end. It takes and gives nothing, so that the module's own export can be called
/// as one that may be suspended, without anything of the bindings between.
#[wasm_bindgen(js_name = runScript)]
pub fn run_script() {
    let Some((request, listener)) = PREPARED.take() else { return };
    let ScriptRequest { script, plan, archive, snapshots } = request;
    let images = Box::new(PageImages { archive });
    let around = Surroundings::new(images, Arc::new(PageContainers), Arc::new(snapshots));
    Harness::new(around, plan).run_here(&script, move |event| match event {
        Event::Case(case) => listener.case(CaseEnded(case)),
        Event::Ended(ended) => {
            let written = ended.written.iter().map(|path| path.display().to_string()).collect();
            listener.ended(ended.cases as u32, ended.left_out as u32, ended.printed, written);
        }
    });
}

/// The content of a snapshot of the script that was run last.
#[wasm_bindgen(js_name = takeSnapshot)]
pub fn take_snapshot(path: &str) -> Option<Vec<u8>> {
    SNAPSHOTS.with_borrow(|snapshots| snapshots.content(path))
}

/// Looks after programs that a script runs beside the first one of a container.
#[wasm_bindgen]
pub fn attend() {
    led::attend();
}

/// A case that has ended.
#[wasm_bindgen]
pub struct CaseEnded(Case);

#[wasm_bindgen]
impl CaseEnded {
    /// Its name; the script's where that is the case itself.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.0.name.clone().unwrap_or_else(|| self.0.script.clone())
    }

    /// What it printed, line by line.
    #[wasm_bindgen(getter)]
    pub fn printed(&self) -> Vec<String> {
        self.0.printed.clone()
    }

    /// How long it took, in seconds.
    #[wasm_bindgen(getter)]
    pub fn seconds(&self) -> f64 {
        self.0.seconds
    }

    /// Why it failed; none when it passed.
    #[wasm_bindgen(getter)]
    pub fn failure(&self) -> Option<CaseFailure> {
        self.0.failure.clone().map(CaseFailure)
    }
}

/// Why a case failed.
#[wasm_bindgen]
pub struct CaseFailure(Failure);

#[wasm_bindgen]
impl CaseFailure {
    /// What is wrong, in a sentence.
    #[wasm_bindgen(getter)]
    pub fn what(&self) -> String {
        self.0.what.clone()
    }

    /// More lines: a difference, values, what to do next.
    #[wasm_bindgen(getter)]
    pub fn detail(&self) -> Vec<String> {
        self.0.detail.clone()
    }

    /// What the last container before the failure ran, and how it ended.
    #[wasm_bindgen(getter, js_name = lastRun)]
    pub fn last_run(&self) -> Vec<String> {
        self.0.last_run.clone()
    }

    /// Line and column of the place, and of the calls that led there, the innermost first; 0 where they are not known.
    #[wasm_bindgen(getter)]
    pub fn places(&self) -> Vec<u32> {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let calls = self.0.calls.iter().map(|call| call.place);
        let place =
            |place: Option<Place>| place.map_or([0; 2], |Place { line, column }| [number(line), number(column)]);
        [self.0.place].into_iter().chain(calls).flat_map(place).collect()
    }

    /// The names of the functions that were called on the way to the failure, the innermost first.
    #[wasm_bindgen(getter)]
    pub fn calls(&self) -> Vec<String> {
        self.0.calls.iter().map(|call| call.name.clone()).collect()
    }
}
