//! `mock(name, closure)`: a closure of the script is a program of its containers.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use rhai::{Array, Blob, Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};
use wcr_abi::{MockAnswer, MockCall};
use wcr_machine::{ContainerImage, Root, Shim};

use crate::container;
use crate::containers::{Answer, CallLines, Captured};
use crate::options::Request;
use crate::result::Given;
use crate::session::Session;
use crate::value::type_name;
use crate::visible::quoted;

/// The exit code of a program whose closure has failed; its case fails in any case.
const FAILED: u8 = 125;

/// A closure that is a program.
#[derive(Clone)]
pub(crate) struct Mock {
    closure: FnPtr,
    /// How many values it takes: nothing, the arguments, or the standard input, too.
    takes: usize,
}

/// The programs that are closures, by name.
pub(crate) type Mocks = BTreeMap<String, Mock>;

/// Gives an engine `mock`.
pub(crate) fn register(engine: &mut Engine, session: Rc<Session>) {
    engine.register_fn("mock", move |name: &str, closure: FnPtr| -> Given<()> {
        if !Shim::is_name(name) {
            return Err(format!("`mock` needs a program's name without a slash, not {}", quoted(name)).into());
        }
        let takes = session.parameters(&closure).unwrap_or(1);
        if takes > 2 {
            let message = format!("the closure of `mock` takes `|args|` or `|args, stdin|`, not {takes} values");
            return Err(message.into());
        }
        session.add_mock(name, Mock { closure, takes });
        Ok(())
    });
}

/// Runs a container to its end; closures of the script answer for the programs that it mocks. Its calls come with it if the
/// request wants them.
///
/// # Errors
/// The container could not be run, or a closure failed.
pub(crate) fn run(
    session: &Session,
    context: &NativeCallContext<'_>,
    image: &Arc<ContainerImage>,
    mut request: Request,
    root: Option<Root>,
) -> Given<(Captured, Option<CallLines>)> {
    let is_mocked = !session.mocks().is_empty();
    equip(session, &mut request);
    let (order, input, calls) = container::order(request, root);
    let mut failed = None;
    let mut answer = |question: &[u8]| answer_or(context, session, question, &mut failed);
    let answer: Option<Answer<'_>> = if is_mocked { Some(&mut answer) } else { None };
    let ran = session.containers().run(image, order, input, answer);
    match failed {
        Some(error) => Err(error),
        None => ran.map(|captured| (captured, calls)).map_err(|error| error.to_string().into()),
    }
}

/// Gives a container the programs that are closures.
pub(crate) fn equip(session: &Session, request: &mut Request) {
    request.settings.shims.extend(session.mocks().into_iter().map(|(name, mock)| {
        let script = format!("mock({});", mock.takes == 2);
        Shim { name, script: script.into_bytes() }
    }));
}

/// The answer to a program's question. Where a closure fails, the first error is kept.
pub(crate) fn answer_or(
    context: &NativeCallContext<'_>,
    session: &Session,
    question: &[u8],
    failed: &mut Option<Box<EvalAltResult>>,
) -> Vec<u8> {
    let answer = answer(&session.mocks(), context, question).unwrap_or_else(|error| {
        failed.get_or_insert(error);
        MockAnswer { code: FAILED, ..MockAnswer::default() }
    });
    answer.encode()
}

fn answer(mocks: &Mocks, context: &NativeCallContext<'_>, question: &[u8]) -> Result<MockAnswer, Box<EvalAltResult>> {
    let call = MockCall::decode(question).ok_or("a program has asked what cannot be read")?;
    let name = String::from_utf8_lossy(&call.name).into_owned();
    let mock = mocks.get(&name).ok_or_else(|| format!("no closure is the program {}", quoted(&name)))?;
    let args: Array = call.args.iter().map(|word| String::from_utf8_lossy(word).into_owned().into()).collect();
    let given: Dynamic = match mock.takes {
        0 => mock.closure.call_within_context(context, ())?,
        1 => mock.closure.call_within_context(context, (args,))?,
        _ => mock.closure.call_within_context(context, (args, string_or_blob(call.stdin)))?,
    };
    read(&name, given).map_err(Into::into)
}

fn string_or_blob(bytes: Vec<u8>) -> Dynamic {
    String::from_utf8(bytes).map_or_else(|error| Dynamic::from_blob(error.into_bytes()), Dynamic::from)
}

/// What a closure gives as the program's answer: text for standard output, a number for the exit code, or a map of both.
fn read(name: &str, given: Dynamic) -> Result<MockAnswer, String> {
    let given = given.flatten();
    let wrong = |what: &str, value: &Dynamic| {
        let is = type_name(value.type_name());
        format!(
            "the closure for {} gives {is} as {what}; it takes a string, a number from 0 to 255, or `#{{ stdout: …, stderr: …, code: … }}`",
            quoted(name)
        )
    };
    let bytes = |what: &str, value: Dynamic| -> Result<Vec<u8>, String> {
        if value.is::<Blob>() {
            return Ok(value.cast());
        }
        value.as_immutable_string_ref().map(|text| text.as_bytes().to_vec()).map_err(|_| wrong(what, &value))
    };
    let code = |what: &str, value: &Dynamic| {
        value.as_int().ok().and_then(|code| u8::try_from(code).ok()).ok_or_else(|| wrong(what, value))
    };
    if given.is_unit() {
        return Ok(MockAnswer::default());
    }
    if given.is_int() {
        return Ok(MockAnswer { code: code("its answer", &given)?, ..MockAnswer::default() });
    }
    if !given.is_map() {
        return Ok(MockAnswer { stdout: bytes("its answer", given)?, ..MockAnswer::default() });
    }
    let mut answer = MockAnswer::default();
    for (part, value) in given.cast::<rhai::Map>() {
        let value = value.flatten();
        match part.as_str() {
            "stdout" => answer.stdout = bytes("`stdout`", value)?,
            "stderr" => answer.stderr = bytes("`stderr`", value)?,
            "code" => answer.code = code("`code`", &value)?,
            other => {
                return Err(format!(
                    "the answer for {} has no part {}; it has stdout, stderr and code",
                    quoted(name),
                    quoted(other)
                ));
            }
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_of(script: &str) -> Result<MockAnswer, String> {
        read("curl", rhai::Engine::new().eval(script).unwrap())
    }

    #[test]
    fn answers_are_read() {
        let answer =
            |stdout: &str, stderr: &str, code| MockAnswer { stdout: stdout.into(), stderr: stderr.into(), code };
        for (script, expected) in [
            ("\"ok\"", answer("ok", "", 0)),
            ("()", answer("", "", 0)),
            ("7", answer("", "", 7)),
            ("#{ stdout: \"a\", stderr: \"b\", code: 3 }", answer("a", "b", 3)),
        ] {
            assert_eq!(answer_of(script), Ok(expected), "{script}");
        }
        for script in ["256", "1.5", "#{ out: 1 }", "#{ code: \"x\" }", "[1]"] {
            assert!(answer_of(script).unwrap_err().contains("\"curl\""), "{script}");
        }
    }
}
