//! `image(…)`: an image as a script looks at it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rhai::{Array, Engine, ImmutableString, Map};
use wcr_image::RunConfig;
use wcr_machine::{ContainerImage, Root};

use crate::files;
use crate::result::Given;
use crate::session::Session;
use crate::visible::quoted;

/// An image, and its files.
#[derive(Clone)]
struct Inspected(Rc<(Arc<ContainerImage>, RefCell<Root>)>);

/// Gives an engine `image` and what can be asked of one.
pub(crate) fn register(engine: &mut Engine, session: Rc<Session>) {
    engine
        .register_type_with_name::<Inspected>("image")
        .register_fn("image", move |name: &str| Inspected::new(&session, name))
        .register_get("env", |it: &mut Inspected| variables(it.config()))
        .register_get("labels", |it: &mut Inspected| -> Map {
            it.config().labels.iter().map(|(name, value)| (name.into(), value.into())).collect()
        })
        .register_get("cmd", |it: &mut Inspected| strings(&it.config().cmd))
        .register_get("entrypoint", |it: &mut Inspected| strings(&it.config().entrypoint))
        .register_get("ports", |it: &mut Inspected| strings(&it.config().exposed_ports))
        .register_get("volumes", |it: &mut Inspected| strings(&it.config().volumes))
        .register_get("workdir", |it: &mut Inspected| ImmutableString::from(&it.config().working_dir))
        .register_get("user", |it: &mut Inspected| ImmutableString::from(&it.config().user))
        .register_get("stop_signal", |it: &mut Inspected| ImmutableString::from(&it.config().stop_signal))
        .register_get("platform", |it: &mut Inspected| it.0.0.platform.to_string())
        .register_fn("file", |it: &mut Inspected, path: &str| files::file(&mut it.0.1.borrow_mut(), path))
        .register_fn("file_bytes", |it: &mut Inspected, path: &str| files::file_bytes(&mut it.0.1.borrow_mut(), path))
        .register_fn("exists", |it: &mut Inspected, path: &str| files::exists(&mut it.0.1.borrow_mut(), path))
        .register_fn("stat", |it: &mut Inspected, path: &str| files::stat(&mut it.0.1.borrow_mut(), path));
}

impl Inspected {
    fn new(session: &Session, name: &str) -> Given<Self> {
        session.note_activity();
        let found = session.budget.elsewhere(|| session.image(name));
        let image = found.map_err(|error| format!("there is no image {}: {error}", quoted(name)))?;
        let root = Root::new(&image, None).map_err(|error| error.to_string())?;
        Ok(Self(Rc::new((image, RefCell::new(root)))))
    }

    fn config(&self) -> &RunConfig {
        &self.0.0.config
    }
}

fn strings(words: &[String]) -> Array {
    words.iter().map(|word| word.into()).collect()
}

/// The environment; of a name that is there twice the last value counts.
fn variables(config: &RunConfig) -> Map {
    let split = |entry: &String| {
        let (name, value) = entry.split_once('=').unwrap_or((entry, ""));
        (name.into(), value.into())
    };
    config.env.iter().map(split).collect()
}
