//! `run(…)` and what it gives, as a script sees them.

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use rhai::{Array, Blob, Dynamic, Engine, EvalAltResult, ImmutableString, Map, NativeCallContext};
use wcr_machine::{Root, shown};

use crate::containers::{CallLines, Captured, Outcome};
use crate::files;
use crate::limits::{ITEMS_MAX, STRING_MAX};
use crate::mock;
use crate::options::Request;
use crate::session::Session;
use crate::visible::{cut, quoted, visible};

/// How many lines of standard error a failure shows.
const STDERR_LINES: usize = 10;
/// How many characters of the command a failure shows.
const COMMAND_MAX: usize = 200;

/// What a function of a script gives back.
pub(crate) type Given<T> = Result<T, Box<EvalAltResult>>;

/// A run that has ended.
#[derive(Clone)]
pub(crate) struct Ran(Rc<Ended>);

struct Ended {
    outcome: Outcome,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// The files that it left; `None` where a container of the script has them.
    root: Option<RefCell<Root>>,
    /// Its calls, if the script wanted them.
    calls: Option<CallLines>,
}

/// Gives an engine `run` and the parts of its result.
pub(crate) fn register(engine: &mut Engine, session: Rc<Session>) {
    let [own, with_options] = [(); 2].map(|()| session.clone());
    engine
        .register_type_with_name::<Ran>("result")
        .register_fn("run", move |context: NativeCallContext<'_>, image: &str| {
            run(&own, &context, image, Array::new(), Map::new())
        })
        .register_fn("run", move |context: NativeCallContext<'_>, image: &str, command: Array| {
            run(&session, &context, image, command, Map::new())
        })
        .register_fn("run", move |context: NativeCallContext<'_>, image: &str, command: Array, options: Map| {
            run(&with_options, &context, image, command, options)
        })
        .register_get("code", |ran: &mut Ran| i64::from(ran.0.outcome.code))
        .register_get("stdout", |ran: &mut Ran| text("stdout", &ran.0.stdout))
        .register_get("stderr", |ran: &mut Ran| text("stderr", &ran.0.stderr))
        .register_get("stdout_bytes", |ran: &mut Ran| blob("stdout", &ran.0.stdout))
        .register_get("stderr_bytes", |ran: &mut Ran| blob("stderr", &ran.0.stderr))
        .register_get("trace", |ran: &mut Ran| ran.0.outcome.trace_hex())
        .register_get("calls", |ran: &mut Ran| ran.calls())
        .register_get("notes", |ran: &mut Ran| notes(&ran.0.outcome))
        .register_fn("file", |ran: &mut Ran, path: &str| files::file(&mut *ran.root()?, path))
        .register_fn("file_bytes", |ran: &mut Ran, path: &str| files::file_bytes(&mut *ran.root()?, path))
        .register_fn("exists", |ran: &mut Ran, path: &str| files::exists(&mut *ran.root()?, path))
        .register_fn("stat", |ran: &mut Ran, path: &str| files::stat(&mut *ran.root()?, path));
}

fn run(session: &Session, context: &NativeCallContext<'_>, image: &str, command: Array, options: Map) -> Given<Ran> {
    session.note_activity();
    let request = session.usual().with(command, options).map_err(|error| error.to_string())?;
    let name = title(image, &request);
    let (captured, calls) = session.budget.elsewhere(|| -> Given<_> {
        let found = session.image(image).map_err(|error| format!("cannot run {}: {error}", quoted(image)))?;
        mock::run(session, context, &found, request, None)
    })?;
    Ok(Ran::of(session, &name, captured, calls))
}

/// What a failure says of a run: the image and the command.
pub(crate) fn title(image: &str, request: &Request) -> String {
    format!("{} {}", visible(image), words(&request.settings.command))
}

impl Ran {
    /// The result of a run of this title, with the files that it left if they are not a container's.
    pub(crate) fn of(session: &Session, title: &str, captured: Captured, calls: Option<CallLines>) -> Self {
        let Captured { outcome, stdout, stderr, root, .. } = captured;
        session.set_last_run(describe(title, &outcome, &stderr));
        Self(Rc::new(Ended { outcome, stdout, stderr, root: root.map(RefCell::new), calls }))
    }

    /// The calls of its programs, a line each.
    fn calls(&self) -> Given<Array> {
        let Some(calls) = &self.0.calls else {
            return Err("its calls were not kept; say `calls: true` in the options of the run".into());
        };
        let text = calls.text();
        let lines: Array = text.lines().map(|line| Dynamic::from(line.to_owned())).collect();
        if lines.len() > ITEMS_MAX {
            let message = format!("there are {} calls; a script can hold {ITEMS_MAX}: let it do less", lines.len());
            return Err(message.into());
        }
        Ok(lines)
    }

    fn root(&self) -> Given<RefMut<'_, Root>> {
        match &self.0.root {
            Some(root) => Ok(root.borrow_mut()),
            None => Err("the files of this run are those of its container; ask that for `file(…)`".into()),
        }
    }
}

/// Bytes as a string, if they are text.
pub(crate) fn text(what: &str, bytes: &[u8]) -> Given<ImmutableString> {
    if bytes.len() > STRING_MAX {
        return Err(too_large(what, bytes, STRING_MAX));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(error) => {
            let at = error.valid_up_to();
            let message = format!("{what} is not UTF-8 text from byte {at} on; take it as a blob with `…_bytes`");
            Err(message.into())
        }
    }
}

/// Bytes as a blob, if they are not too many.
pub(crate) fn blob(what: &str, bytes: &[u8]) -> Given<Blob> {
    if bytes.len() > ITEMS_MAX { Err(too_large(what, bytes, ITEMS_MAX)) } else { Ok(bytes.to_vec()) }
}

fn too_large(what: &str, bytes: &[u8], max: usize) -> Box<EvalAltResult> {
    format!("{what} has {} bytes; a script can hold {max} of them: let the command print less", bytes.len()).into()
}

fn notes(outcome: &Outcome) -> Array {
    outcome.notes.iter().cloned().map(Dynamic::from).collect()
}

/// A command as a person reads it.
pub(crate) fn words(command: &[Vec<u8>]) -> String {
    let plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./=:,+%@".contains(c));
    let word = |bytes: &Vec<u8>| {
        let word = String::from_utf8_lossy(bytes);
        if plain(&word) { word.into_owned() } else { quoted(&word) }
    };
    cut(&command.iter().map(word).collect::<Vec<_>>().join(" "), COMMAND_MAX)
}

/// The lines that a failure shows of the run before it.
pub(crate) fn describe(title: &str, outcome: &Outcome, stderr: &[u8]) -> Vec<String> {
    let mut lines = vec![format!("last run: {title}: exit code {}", outcome.code)];
    lines.extend(outcome.notes.iter().map(|note| format!("  {note}")));
    let stderr: Vec<&[u8]> = stderr.split_inclusive(|byte| *byte == b'\n').collect();
    if !stderr.is_empty() {
        let skipped = stderr.len().saturating_sub(STDERR_LINES);
        lines.push(if skipped > 0 { "  on standard error, at the end:".into() } else { "  on standard error:".into() });
        let shown = |line: &&[u8]| format!("  | {}", shown(line.strip_suffix(b"\n").unwrap_or(line)));
        lines.extend(stderr.iter().skip(skipped).map(shown));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_lossless_or_an_error() {
        assert_eq!(text("stdout", "ü".as_bytes()).unwrap(), "ü");
        let error = text("stdout", b"ab\xff").unwrap_err().to_string();
        assert!(error.contains("stdout is not UTF-8 text from byte 2 on"), "{error}");
        assert!(text("stdout", &vec![b'x'; STRING_MAX + 1]).is_err());
        assert_eq!(blob("stdout", b"\xff").unwrap(), [0xff]);
        assert!(blob("stdout", &vec![0; ITEMS_MAX + 1]).is_err());
    }

    #[test]
    fn commands_are_shown_with_quotes_where_they_matter() {
        let command = ["sh", "-c", "a b", "", "x\n"].map(|word| word.as_bytes().to_vec());
        assert_eq!(words(&command), r#"sh -c "a b" "" "x\n""#);
    }
}
