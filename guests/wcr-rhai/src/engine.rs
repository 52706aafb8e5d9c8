//! From a script to its exit code.

use rhai::{Dynamic, Engine, EvalAltResult, INT, OptimizationLevel, Position};

use crate::script::Script;
use crate::{files, limits, mock, problem, process, streams};

/// What ends a script that says `exit`.
#[derive(Debug, Clone, Copy)]
struct Exit(u8);

/// Runs a script to its end; its exit code.
pub(crate) fn run(script: &Script) -> u8 {
    let engine = engine(script);
    let parsed = engine.compile(&script.text).map_err(|error| Box::new(EvalAltResult::from(error)));
    match parsed.and_then(|ast| engine.run_ast(&ast)) {
        Ok(()) => 0,
        Err(error) => match exit_of(&error) {
            Some(Exit(code)) => code,
            None => {
                streams::complain(&problem::message(&script.name, &script.origin, *error));
                problem::CODE
            }
        },
    }
}

/// The `exit` that an error is, from however deep within calls it comes.
fn exit_of(error: &EvalAltResult) -> Option<Exit> {
    match error {
        EvalAltResult::ErrorTerminated(token, _) => token.clone().try_cast(),
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => exit_of(inner),
        _ => None,
    }
}

fn engine(script: &Script) -> Engine {
    let mut engine = Engine::new();
    // As it is written, so that errors are where a person looks for them.
    engine.set_optimization_level(OptimizationLevel::None);
    limits::apply(&mut engine);
    streams::register(&mut engine);
    files::register(&mut engine);
    process::register(&mut engine, script);
    mock::register(&mut engine, script);
    engine.register_fn("exit", || exit(0));
    engine.register_fn("exit", exit);
    engine
}

/// Ends the script; nothing of it can hold that up.
pub(crate) fn exit(code: INT) -> Result<(), Box<EvalAltResult>> {
    let code = u8::try_from(code).map_err(|_| format!("an exit code is a number from 0 to 255, not {code}"))?;
    Err(EvalAltResult::ErrorTerminated(Dynamic::from(Exit(code)), Position::NONE).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        Script { name: "t".into(), origin: "t.rhai".into(), text: text.into(), args: vec![b"one".to_vec()] }
    }

    fn said(text: &str) -> String {
        let script = script(text);
        let engine = engine(&script);
        let parsed = engine.compile(&script.text).map_err(|error| Box::new(EvalAltResult::from(error)));
        let error = parsed.and_then(|ast| engine.run_ast(&ast)).unwrap_err();
        problem::message(&script.name, &script.origin, *error)
    }

    #[test]
    fn exit_codes() {
        for (text, code) in [
            ("let x = 1;", 0),
            ("exit();", 0),
            ("exit(3);", 3),
            ("fn f() { exit(4); } f();", 4),
            ("try { exit(5); } catch { exit(6); }", 5),
            ("exit(256);", problem::CODE),
            ("nosuch();", problem::CODE),
            ("if args() != [\"one\"] || name() != \"t\" { exit(1) }", 0),
        ] {
            assert_eq!(run(&script(text)), code, "{text}");
        }
    }

    #[test]
    fn errors_have_a_place() {
        for (text, expected) in [
            ("let x = 1;\n  y + 1", "t: t.rhai:2:3: there is no variable `y`"),
            ("fn f() {\n    g();\n}\nf();", "t: t.rhai:2:5: there is no function or method `g ()`"),
            ("let = 1", "t: t.rhai:1:5: the script cannot be read: "),
            ("throw \"no good\";", "t: t.rhai:1:1: no good"),
            ("read_file(\"/x\")", "t: t.rhai:1:1: \"/x\" cannot be read: "),
        ] {
            let said = said(text);
            assert!(said.starts_with(expected), "{said}");
        }
    }

    #[test]
    fn what_has_no_end_is_stopped() {
        for (text, expected) in [
            ("loop { }", "more than 20000000 operations"),
            ("let s = \"x\"; loop { s += s; }", "at most 16777216 bytes"),
            ("let a = [1]; loop { a += a; }", "131072 items"),
            ("fn f() { f(); } f();", "more than 64 deep"),
            ("import \"x\";", "cannot be read"),
            ("eval(\"1\")", "cannot be read"),
        ] {
            let said = said(text);
            assert!(said.contains(expected), "{said}");
        }
    }
}
