//! `expect(value)` and its checks, as a script calls them.

use std::rc::Rc;

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext};

use crate::check::{self, Checked, Comparison};
use crate::problem::Stop;
use crate::session::Session;
use crate::value::Value;

/// A value that is to be checked.
#[derive(Clone)]
pub(crate) struct Expectation {
    value: Value,
    session: Rc<Session>,
}

/// What a check gives back to the script.
type Given = Result<Expectation, Box<EvalAltResult>>;

impl Expectation {
    /// Goes on after a check that holds; stops the script otherwise.
    fn given(&self, context: &NativeCallContext<'_>, checked: Checked) -> Given {
        match checked {
            Ok(()) => Ok(self.clone()),
            Err(mismatch) => {
                let stop = Stop::Check(mismatch, context.call_position());
                self.session.keep_failed_check(&stop);
                Err(stop.error())
            }
        }
    }
}

/// Gives an engine `expect` and the checks.
pub(crate) fn register(engine: &mut Engine, session: Rc<Session>) {
    engine.register_type_with_name::<Expectation>("expectation");
    engine.register_fn("expect", move |value: Dynamic| {
        session.note_activity();
        Expectation { value: value.into(), session: session.clone() }
    });
    let with_value: [(&str, fn(&Value, &Value) -> Checked); 5] = [
        ("equals", check::equals),
        ("not_equals", check::not_equals),
        ("contains", check::contains),
        ("starts_with", check::starts_with),
        ("ends_with", check::ends_with),
    ];
    for (name, check) in with_value {
        let call = move |context: NativeCallContext<'_>, it: &mut Expectation, other: Dynamic| -> Given {
            it.given(&context, check(&it.value, &other.into()))
        };
        engine.register_fn(name, call);
    }
    for (name, comparison) in Comparison::ALL {
        let call = move |context: NativeCallContext<'_>, it: &mut Expectation, bound: Dynamic| -> Given {
            it.given(&context, check::compares(&it.value, comparison, &bound.into()))
        };
        engine.register_fn(name, call);
    }
    for (name, wanted) in [("is_true", true), ("is_false", false)] {
        let call = move |context: NativeCallContext<'_>, it: &mut Expectation| -> Given {
            it.given(&context, check::is_bool(&it.value, wanted))
        };
        engine.register_fn(name, call);
    }
    engine.register_fn("is_empty", |context: NativeCallContext<'_>, it: &mut Expectation| -> Given {
        it.given(&context, check::is_empty(&it.value))
    });
    let call = |context: NativeCallContext<'_>, it: &mut Expectation, pattern: ImmutableString| -> Given {
        it.given(&context, check::matches(&it.value, &pattern))
    };
    engine.register_fn("matches", call);
    let call = |context: NativeCallContext<'_>, it: &mut Expectation, name: ImmutableString| -> Given {
        it.given(&context, it.session.snapshots.check(&name, &it.value))
    };
    engine.register_fn("snapshot", call);
}
