//! `wcr inspect`.

use anyhow::Result;
use serde_json::{Value, json};
use wcr_image::{Class, Reference};
use wcr_store::Store;

use crate::args::InspectArgs;
use crate::exit::Failure;
use crate::format::Format;
use crate::output;

/// Prints all that is known of an image.
pub(crate) fn inspect(args: &InspectArgs) -> Result<u8> {
    let format = args.format.as_deref().map(Format::parse).transpose()?;
    let found = Store::open_default()?.inspect(&args.reference)?.ok_or_else(|| not_in_store(&args.reference))?;
    match format {
        Some(format) => Ok(output::print(&format.render(&[with_dockers_names(serde_json::to_value(found)?)], &[])?)),
        None => output::print_json(&found),
    }
}

/// The document with the fields that templates for docker ask for: those of the configuration that are empty, and the
/// layers under docker's name.
fn with_dockers_names(mut document: Value) -> Value {
    let empty = json!({
        "Cmd": [], "Entrypoint": [], "Env": [], "ExposedPorts": {}, "Labels": {}, "StopSignal": "", "User": "", "Volumes": {},
        "WorkingDir": "",
    });
    if let (Some(config), Value::Object(empty)) = (document["Config"].as_object_mut(), empty) {
        empty.into_iter().for_each(|(name, value)| _ = config.entry(name).or_insert(value));
    }
    if let Some(layers) = document["RootFS"].as_object_mut() {
        for (name, dockers) in [("type", "Type"), ("diff_ids", "Layers")] {
            let value = layers.get(name).cloned().unwrap_or_default();
            layers.insert(dockers.to_owned(), value);
        }
    }
    document
}

/// The failure of a command that needs an image of the store.
pub(crate) fn not_in_store(reference: &Reference) -> Failure {
    let name = reference.familiar();
    Failure::new(Class::Store, format!("{name} is not in the store; run `wcr pull {name}` first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_find_what_docker_has() {
        let document = json!({"Config": {"User": "1"}, "RootFS": {"type": "layers", "diff_ids": ["sha256:0"]}});
        let format = Format::parse("{{.Config.User}}{{.Config.WorkingDir}}{{.Config.Cmd}} {{.RootFS.Layers}}").unwrap();
        assert_eq!(format.render(&[with_dockers_names(document)], &[]).unwrap(), "1[] [sha256:0]\n");
    }
}
