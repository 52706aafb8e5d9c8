//! Lines as they are typed: with the editor at a terminal, plainly elsewhere.

use std::cell::RefCell;
use std::rc::Rc;

use wcr_sys::abi::{Disposition, SetWhen, Signal, Termios, cc, lflag};
use wcr_sys::fd::PollEntry;
use wcr_sys::{Errno, Fd, fd, signal, tty};

use super::completion::Words;
use crate::edit::{Editor, Event, History, Units};
use crate::flavour;
use crate::syntax::input::{LineReader, Prompt};

/// What shell and reader share.
pub struct Desk {
    /// The prompts for a new command and for the rest of one, each with the columns it takes.
    pub prompts: [(Vec<u8>, usize); 2],
    /// What the cursor goes over in one step.
    pub units: Units,
    /// What completion needs to know.
    pub words: Words,
    /// The lines before.
    pub history: Rc<RefCell<History>>,
    /// Whether the interrupt key ended the last line.
    pub interrupted: bool,
    /// Whether that key does what a trap says: the line becomes an empty one, and reading goes on.
    pub traps_interrupt: bool,
    /// The signals that came while lines were read.
    pub signals: Vec<Signal>,
}

impl Desk {
    /// An empty desk.
    #[must_use]
    pub fn new(history: Rc<RefCell<History>>) -> Self {
        Self {
            prompts: Default::default(),
            units: Units::default(),
            words: Words::default(),
            history,
            interrupted: false,
            traps_interrupt: false,
            signals: Vec::new(),
        }
    }
}

/// The reader for standard input.
pub fn reader(desk: Rc<RefCell<Desk>>) -> Box<dyn LineReader> {
    Box::new(Reader { desk })
}

struct Reader {
    desk: Rc<RefCell<Desk>>,
}

impl LineReader for Reader {
    fn read_line(&mut self, prompt: Prompt, line: &mut Vec<u8>) {
        let mut desk = self.desk.borrow_mut();
        match tty::attributes(fd::STDIN) {
            Ok(before) if !flavour::is_dash() => {
                let _ = tty::set_attributes(fd::STDIN, SetWhen::Now, &for_editing(&before));
                let resizes = signal::set_disposition(Signal::WINCH, Disposition::Catch);
                edit(&mut desk, prompt, line);
                if let Ok(resizes) = resizes {
                    let _ = signal::set_disposition(Signal::WINCH, resizes);
                }
                let _ = tty::set_attributes(fd::STDIN, SetWhen::Now, &before);
            }
            _ => read_plainly(&mut desk, prompt, line),
        }
    }
}

/// Each key at once, and none of them special to the terminal.
fn for_editing(before: &Termios) -> Termios {
    let mut termios = *before;
    termios.lflag &= !(lflag::ICANON | lflag::ECHO | lflag::ECHONL | lflag::ISIG);
    for (place, value) in [(cc::VMIN, 1), (cc::VTIME, 0)] {
        if let Some(slot) = termios.cc.get_mut(place) {
            *slot = value;
        }
    }
    termios
}

fn edit(desk: &mut Desk, prompt: Prompt, line: &mut Vec<u8>) {
    let Desk { prompts: [first, continuation], units, words, history, interrupted, traps_interrupt, signals } = desk;
    let (text, width) = if prompt == Prompt::First { first } else { continuation };
    let mut width_now = columns();
    let mut history = history.borrow_mut();
    let mut editor = Editor::new(text, *width, width_now, *units, &mut history);
    if !fd::readable(fd::STDIN) {
        editor.ask_position();
    }
    loop {
        let _ = fd::write_all(fd::STDOUT, &editor.take_output());
        let event = if editor.is_open() && !comes_soon(fd::STDIN) {
            editor.close_sequence(words)
        } else {
            match read_key(fd::STDIN) {
                Ok(Some(key)) => editor.key(key, words),
                Ok(None) => return,
                Err(Interrupted) => {
                    signals.extend(take_signals());
                    if core::mem::replace(&mut width_now, columns()) != width_now {
                        editor.resize(width_now);
                    }
                    continue;
                }
            }
        };
        if event == Event::More {
            continue;
        }
        let _ = fd::write_all(fd::STDOUT, &editor.take_output());
        match event {
            Event::Line(text) => line.extend_from_slice(&text),
            Event::Interrupted if *traps_interrupt => {
                signals.push(Signal::INT);
                line.push(b'\n');
            }
            Event::Interrupted => *interrupted = true,
            Event::End | Event::More => {}
        }
        return;
    }
}

/// The width of the terminal, as far as it is known.
fn columns() -> usize {
    tty::size(fd::STDOUT).map_or(0, |size| usize::from(size.cols))
}

/// Something can be read (`POLLIN`).
const READABLE: i16 = 1;

/// How long the rest of a sequence may take after its first byte, in nanoseconds.
const SEQUENCE_TIME: u64 = 50_000_000;

/// Whether something can be read within the time of a sequence.
fn comes_soon(from: Fd) -> bool {
    let readable = PollEntry::new(from.cast_signed(), READABLE);
    fd::poll(&mut [readable], Some(SEQUENCE_TIME)) != Ok(0)
}

/// A signal came first, which does not end a line that is edited.
struct Interrupted;

/// The next byte; `None` at the end.
fn read_key(from: Fd) -> Result<Option<u8>, Interrupted> {
    let mut byte = [0];
    match fd::read(from, &mut byte) {
        Ok(0) => Ok(None),
        Ok(_) => Ok(byte.first().copied()),
        Err(Errno::Intr) => Err(Interrupted),
        Err(_) => Ok(None),
    }
}

/// The signals that have come, but for the one of the editor's own.
fn take_signals() -> impl Iterator<Item = Signal> {
    core::iter::from_fn(signal::take).filter(|signal| *signal != Signal::WINCH)
}

fn read_plainly(desk: &mut Desk, prompt: Prompt, line: &mut Vec<u8>) {
    let [first, continuation] = &desk.prompts;
    let (text, _) = if prompt == Prompt::First { first } else { continuation };
    let _ = fd::write_all(if flavour::is_dash() { fd::STDERR } else { fd::STDOUT }, text);
    let start = line.len();
    while line.get(start..).and_then(<[u8]>::last) != Some(&b'\n') {
        match read_key(fd::STDIN) {
            Ok(Some(byte)) => line.push(byte),
            Ok(None) => return,
            Err(Interrupted) => {
                desk.signals.extend(take_signals());
                if flavour::is_dash() && desk.signals.contains(&Signal::INT) && !desk.traps_interrupt {
                    // What was typed is gone.
                    desk.signals.retain(|signal| *signal != Signal::INT);
                    desk.interrupted = true;
                    return;
                }
            }
        }
    }
}
