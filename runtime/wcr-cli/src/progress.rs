//! How a pull is shown: a line a layer that changes in place on a terminal, plain lines elsewhere.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wcr_image::{Descriptor, Digest};
use wcr_registry::{LayerEvent, Progress};

use crate::exit::say;
use crate::text::{safe, size};

/// The least time between two drawings.
const INTERVAL: Duration = Duration::from_millis(50);
/// The width of a progress bar, in columns; on a narrow terminal it is less, down to the least.
const BAR: usize = 24;
const LEAST_BAR: usize = 6;

/// One layer's state.
#[derive(Debug, Clone)]
struct Layer {
    name: String,
    size: u64,
    received: u64,
    event: Option<LayerEvent>,
    speed: Option<Speed>,
}

/// How fast bytes come: of the last second or so, less and less of what was before.
#[derive(Debug, Clone, Copy)]
struct Speed {
    since: Instant,
    at_that_time: u64,
    /// Bytes a second; of the seconds before `since`.
    rate: Option<f64>,
}

impl Speed {
    /// Over how long a rate is taken.
    const SPAN: f64 = 1.0;

    fn new(now: Instant, received: u64) -> Self {
        Self { since: now, at_that_time: received, rate: None }
    }

    /// Counts what has come by now; the rate, if one can be told yet.
    fn update(&mut self, now: Instant, received: u64) {
        let elapsed = now.saturating_duration_since(self.since).as_secs_f64();
        if elapsed >= Self::SPAN {
            let latest = received.saturating_sub(self.at_that_time) as f64 / elapsed;
            self.rate = Some(self.rate.map_or(latest, |rate| (rate + latest) / 2.0));
            (self.since, self.at_that_time) = (now, received);
        }
    }

    /// Rate and time left, in words; empty while none can be told.
    fn words(&self, left: u64) -> String {
        let Some(rate) = self.rate else { return String::new() };
        let speed = format!("  {:>8}/s", size(rate as u64));
        if rate < 1.0 {
            return speed;
        }
        let seconds = (left as f64 / rate).ceil() as u64;
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match hours {
            0 => format!("{speed}  {minutes}:{rest:02} left"),
            _ => format!("{speed}  {hours}:{minutes:02}:{rest:02} left"),
        }
    }
}

impl Layer {
    fn is_done(&self) -> bool {
        matches!(self.event, Some(LayerEvent::Exists | LayerEvent::Done | LayerEvent::Present | LayerEvent::Mounted))
    }

    /// How much has come, as a bar of so many columns.
    fn bar(&self, width: usize) -> String {
        let filled = self.received.min(self.size) as u128 * width as u128 / u128::from(self.size.max(1));
        ["#".repeat(filled as usize), ".".repeat(width - filled as usize)].concat()
    }

    /// The layer in a line of at most `width` columns.
    fn line(&self, width: usize) -> String {
        let total = size(self.size);
        let text = match self.event {
            None => format!("{}  {total:>8}  waiting", self.name),
            Some(LayerEvent::Waiting) => format!("{}  {total:>8}  waiting for another wcr", self.name),
            Some(LayerEvent::Exists) => format!("{}  {total:>8}  in the store", self.name),
            Some(LayerEvent::Done) => format!("{}  {total:>8}  done", self.name),
            Some(LayerEvent::Present) => format!("{}  {total:>8}  at the registry", self.name),
            Some(LayerEvent::Mounted) => format!("{}  {total:>8}  mounted from another repository", self.name),
            Some(LayerEvent::Storing) => format!("{}  {total:>8}  storing", self.name),
            Some(LayerEvent::Retrying) => format!("{}  {total:>8}  trying again", self.name),
            Some(LayerEvent::Resuming(_) | LayerEvent::Received(_)) => {
                let left = self.size.saturating_sub(self.received);
                let speed = self.speed.map(|speed| speed.words(left)).unwrap_or_default();
                let (before, after) =
                    (format!("{}  {total:>8}  ", self.name), format!("{:>8}{speed}", size(self.received)));
                // The brackets around the bar, and the space behind it.
                let room = width.saturating_sub(before.chars().count() + after.chars().count() + 3);
                match room.min(BAR) {
                    ..LEAST_BAR => [before, after].concat(),
                    bar => format!("{before}[{}] {after}", self.bar(bar)),
                }
            }
        };
        text.chars().take(width).collect()
    }
}

/// The state of a pull that is shown on a terminal.
#[derive(Debug, Default)]
struct State {
    layers: Vec<Layer>,
    /// How many lines the last drawing has.
    drawn: usize,
    last: Option<Instant>,
}

/// Progress on a terminal.
#[derive(Debug)]
pub(crate) struct Display {
    image: String,
    /// What was remarked, said at the end; `None` where nobody wants to know.
    remarks: Option<Mutex<Vec<String>>>,
    state: Mutex<State>,
}

impl Display {
    /// A display on standard error; `None` when that is no terminal that can move its cursor.
    pub(crate) fn on_terminal(image: String, verbose: bool) -> Option<Self> {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = std::io::stderr().is_terminal() && !dumb;
        let remarks = verbose.then(Mutex::default);
        terminal.then(|| Self { image: safe(&image), remarks, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws the last state.
    pub(crate) fn finish(&self) {
        draw(&self.image, &mut self.state());
        let remarks = self.remarks.as_ref().map(|remarks| remarks.lock().unwrap_or_else(PoisonError::into_inner));
        remarks.iter().flat_map(|remarks| remarks.iter()).for_each(|remark| say(remark));
    }
}

impl Progress for Display {
    fn resolved(&self, _digest: &Digest, layers: &[Descriptor]) {
        let mut state = self.state();
        // The layers of an image for another platform come below those of the one before.
        (state.layers, state.drawn) = (layers.iter().map(start).collect(), 0);
        draw(&self.image, &mut state);
    }

    fn remark(&self, text: &str) {
        if let Some(remarks) = &self.remarks {
            remarks.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        }
    }

    fn layer(&self, index: usize, event: LayerEvent) {
        let mut state = self.state();
        let Some(layer) = state.layers.get_mut(index) else { return };
        if let LayerEvent::Received(count) | LayerEvent::Resuming(count) = event {
            let now = Instant::now();
            layer.speed.get_or_insert_with(|| Speed::new(now, layer.received)).update(now, count);
            layer.received = count;
            if matches!(event, LayerEvent::Resuming(_)) {
                layer.speed = Some(Speed::new(now, count));
            }
        }
        layer.event = Some(event);
        if state.last.is_none_or(|last| last.elapsed() >= INTERVAL) {
            draw(&self.image, &mut state);
        }
    }
}

fn start(layer: &Descriptor) -> Layer {
    Layer { name: layer.digest.short(), size: layer.size, received: 0, event: None, speed: None }
}

fn draw(image: &str, state: &mut State) {
    if state.layers.is_empty() {
        return;
    }
    let (width, height) = terminal_size::terminal_size().map_or((80, 24), |(w, h)| (w.0, h.0));
    let text = picture(image, state, usize::from(width), usize::from(height));
    state.last = Some(Instant::now());
    // A terminal that has gone away shows nothing any more.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// The orders and lines that draw the state over the last drawing.
fn picture(image: &str, state: &mut State, width: usize, height: usize) -> String {
    // The last column stays empty: a full line would make some terminals wrap.
    let width = width.saturating_sub(1).max(1);
    let room = height.saturating_sub(3).max(1);
    let done = state.layers.iter().filter(|layer| layer.is_done()).count();
    let head = format!("{image}: {done} of {} layers", state.layers.len());
    let mut lines: Vec<String> = vec![head.chars().take(width).collect()];
    if state.layers.len() <= room {
        lines.extend(state.layers.iter().map(|layer| layer.line(width)));
    } else {
        // Those that something happens to, then those that wait; what is done is counted above.
        let under_way = |layer: &&Layer| layer.event.is_some() && !layer.is_done();
        let waiting = |layer: &&Layer| layer.event.is_none();
        let shown = state.layers.iter().filter(under_way).chain(state.layers.iter().filter(waiting));
        lines.extend(shown.take(room).map(|layer| layer.line(width)));
    }
    let mut out = String::new();
    if state.drawn > 0 {
        out.push_str(&format!("\x1b[{}A", state.drawn));
    }
    for line in &lines {
        out.push_str(&format!("\r{line}\x1b[K\n"));
    }
    // What the last drawing had below is wiped.
    out.push_str("\x1b[J");
    state.drawn = lines.len();
    out
}

/// Progress as plain lines on standard error.
#[derive(Debug)]
pub(crate) struct Lines {
    image: String,
    /// What is moved: `layer` or `blob`.
    what: &'static str,
    verbose: bool,
    layers: Mutex<Vec<Layer>>,
}

impl Lines {
    /// Lines about the layers of a pull.
    pub(crate) fn of_layers(image: String, verbose: bool) -> Self {
        Self { image, what: "layer", verbose, layers: Mutex::default() }
    }

    /// Lines about the blobs of a push: the layers and the configuration.
    pub(crate) fn of_blobs(image: String) -> Self {
        Self { image, what: "blob", verbose: false, layers: Mutex::default() }
    }
}

impl Progress for Lines {
    fn resolved(&self, digest: &Digest, layers: &[Descriptor]) {
        let total = size(layers.iter().map(|layer| layer.size).fold(0, u64::saturating_add));
        let plural = if layers.len() == 1 { "" } else { "s" };
        say(&format!("{}: {digest}, {} {}{plural}, {total}", self.image, layers.len(), self.what));
        *self.layers.lock().unwrap_or_else(PoisonError::into_inner) = layers.iter().map(start).collect();
    }

    fn remark(&self, text: &str) {
        if self.verbose {
            say(text);
        }
    }

    fn layer(&self, index: usize, event: LayerEvent) {
        let layers = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(layer) = layers.get(index) else { return };
        let what = match event {
            LayerEvent::Waiting => "waiting for another wcr that stores it",
            LayerEvent::Exists => "in the store already",
            LayerEvent::Retrying => "the connection broke, trying again",
            LayerEvent::Resuming(kept) => {
                let (what, name) = (self.what, &layer.name);
                say(&format!("{what} {name} ({}): goes on after {}", size(layer.size), size(kept)));
                return;
            }
            LayerEvent::Present => "at the registry already",
            LayerEvent::Mounted => "mounted from another repository",
            LayerEvent::Done => "done",
            LayerEvent::Received(_) | LayerEvent::Storing => return,
        };
        say(&format!("{} {} ({}): {what}", self.what, layer.name, size(layer.size)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(received: u64, event: Option<LayerEvent>) -> Layer {
        Layer { name: "0123456789ab".into(), size: 1_000_000, received, event, speed: None }
    }

    #[test]
    fn lines_fit_the_terminal() {
        let half = layer(500_000, Some(LayerEvent::Received(500_000)));
        assert_eq!(half.line(200), "0123456789ab   1.00 MB  [############............]   500 kB");
        assert_eq!(half.line(20).chars().count(), 20);
        assert_eq!(half.line(50), "0123456789ab   1.00 MB  [#######........]   500 kB");
        assert_eq!(half.line(40), "0123456789ab   1.00 MB    500 kB");
        // More than announced is not more than full, and nothing at all is no division by zero.
        assert!(layer(u64::MAX, Some(LayerEvent::Received(u64::MAX))).line(200).contains(&"#".repeat(BAR)));
        let empty = Layer { size: 0, ..layer(0, Some(LayerEvent::Received(0))) };
        assert!(empty.line(200).contains(&".".repeat(BAR)));
    }

    #[test]
    fn rate_and_time_left_are_those_of_the_last_seconds() {
        let start = Instant::now();
        let mut speed = Speed::new(start, 1000);
        assert_eq!(speed.words(5000), "");
        speed.update(start + Duration::from_millis(500), 2000);
        assert_eq!(speed.words(5000), "", "too early to tell");
        speed.update(start + Duration::from_secs(2), 5000);
        assert_eq!(speed.words(121_000), "   2.00 kB/s  1:01 left");
        speed.update(start + Duration::from_secs(4), 5000);
        assert_eq!(speed.words(7_200_000), "   1.00 kB/s  2:00:00 left");
        assert_eq!(Speed { rate: Some(0.0), ..speed }.words(5), "       0 B/s");
        let line = Layer { speed: Some(speed), ..layer(500_000, Some(LayerEvent::Received(500_000))) };
        assert_eq!(
            line.line(200),
            "0123456789ab   1.00 MB  [############............]   500 kB   1.00 kB/s  8:20 left"
        );
        assert_eq!(line.line(79), "0123456789ab   1.00 MB  [##########...........]   500 kB   1.00 kB/s  8:20 left");
    }

    #[test]
    fn a_second_drawing_covers_the_first() {
        let mut state = State { layers: vec![layer(0, None), layer(0, Some(LayerEvent::Done))], drawn: 0, last: None };
        let first = picture("img", &mut state, 80, 24);
        assert!(first.starts_with("\rimg: 1 of 2 layers\x1b[K\n") && first.lines().count() == 4);
        assert!(picture("img", &mut state, 80, 24).starts_with("\x1b[3A\rimg"));
    }

    #[test]
    fn many_layers_do_not_fill_more_than_the_screen() {
        let mut layers = vec![layer(0, Some(LayerEvent::Done)); 50];
        layers.extend(vec![layer(0, None); 50]);
        layers.push(layer(1, Some(LayerEvent::Received(1))));
        let mut state = State { layers, drawn: 0, last: None };
        let text = picture("img", &mut state, 80, 10);
        assert_eq!(state.drawn, 8);
        assert!(text.contains("50 of 101") && text.contains('['));
    }
}
