//! What is known of an image.

use anyhow::Result;
use serde_json::{Value, json};
use wcr_image::{Class, Reference};
use wcr_store::Store;

use crate::exit::Failure;
use crate::named;

/// All that is known of the image that a text names.
///
/// # Errors
/// It is not in the store.
pub(crate) fn image(store: &Store, name: &str) -> Result<Value> {
    let found = match name.parse::<Reference>() {
        Ok(reference) => store.inspect(&reference)?,
        Err(_) => None,
    };
    let found = match found {
        Some(found) => Some(found),
        None => match named::find(store, name) {
            Ok(image) => {
                let reference = image.record().and_then(|record| record.reference.parse().ok());
                reference.map(|reference| store.inspect(&reference)).transpose()?.flatten()
            }
            Err(_) => None,
        },
    };
    match found {
        Some(found) => Ok(serde_json::to_value(found)?),
        None => Err(not_in_store(&name.parse()?).into()),
    }
}

/// The document with the fields that templates for docker ask for: those of the configuration that are empty, the layers
/// under docker's name, and who has made the image.
pub(crate) fn with_dockers_names(mut document: Value) -> Value {
    let empty = json!({
        "Cmd": [], "Entrypoint": [], "Env": [], "ExposedPorts": {}, "Labels": {}, "StopSignal": "", "User": "", "Volumes": {},
        "WorkingDir": "",
    });
    if let (Some(config), Value::Object(empty)) = (document["Config"].as_object_mut(), empty) {
        empty.into_iter().for_each(|(name, value)| _ = config.entry(name).or_insert(value));
    }
    if let Some(last) = document["History"].as_array().and_then(|steps| steps.last()) {
        let told = |name: &str| last[name].as_str().unwrap_or_default().to_owned();
        let (author, comment) = (told("author"), told("comment"));
        document["Author"] = author.into();
        document["Comment"] = comment.into();
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
    use crate::format::Format;

    #[test]
    fn templates_find_what_docker_has() {
        let document = json!({
            "Config": {"User": "1"}, "RootFS": {"type": "layers", "diff_ids": ["sha256:0"]}, "History": [{"author": "me"}],
        });
        let format = "{{.Config.User}}{{.Config.WorkingDir}}{{.Config.Cmd}} {{.RootFS.Layers}} {{.Author}}{{.Comment}}";
        let shown = Format::parse(format).unwrap().render(&[with_dockers_names(document)], &[]).unwrap();
        assert_eq!(shown, "1[] [sha256:0] me\n");
    }
}
