//! `wcr load`.

use std::io::{self, IsTerminal as _};

use anyhow::{Context as _, Result};
use wcr_image::Class;
use wcr_store::{ArchiveInput, Store};

use crate::busy::Busy;
use crate::exit::Failure;
use crate::image_args::LoadArgs;
use crate::output;

/// Takes the images of an archive into the store, and names them as Docker does.
pub(crate) fn load(args: &LoadArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let source = args.input.as_ref().map_or_else(|| "standard input".into(), |path| path.display().to_string());
    let busy = (!args.quiet).then(|| Busy::begin(format!("loading {source}"), None));
    let input = match &args.input {
        Some(path) => ArchiveInput::Path(path.clone()),
        None if io::stdin().is_terminal() => {
            let message = "there is no archive at a terminal; name one with -i, or send it to standard input";
            return Err(Failure::new(Class::Usage, message).into());
        }
        None => ArchiveInput::Stream(match &busy {
            Some(busy) => Box::new(busy.count(io::stdin().lock())),
            None => Box::new(io::stdin().lock()),
        }),
    };
    let loaded = store.load(input, args.platform.as_ref()).with_context(|| format!("cannot load {source}"))?;
    drop(busy);
    let mut text = String::new();
    for image in &loaded {
        for name in &image.names {
            text.push_str(&format!("Loaded image: {}\n", name.familiar()));
        }
        if image.names.is_empty() {
            text.push_str(&format!("Loaded image ID: {}\n", image.id));
        }
    }
    Ok(output::print(&text))
}
