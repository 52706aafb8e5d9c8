//! The option `--shim`: a program of the container that is a script.

use std::path::Path;

use anyhow::{Context as _, Result};
use wcr_container::Shim;
use wcr_image::Class;
use wcr_shims::{bundled_shim, bundled_shims};

use crate::exit::Failure;

/// The shims that texts ask for: `NAME=FILE`, or `NAME` for one that wcr carries.
///
/// # Errors
/// A text is neither, a name cannot be a program's, there is no such bundled shim, or a file cannot be read.
pub(crate) fn shims(texts: &[String]) -> Result<Vec<Shim>> {
    texts.iter().map(|text| shim(text)).collect()
}

fn shim(text: &str) -> Result<Shim> {
    let usage = |message: String| Failure::new(Class::Usage, message);
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
    if !Shim::is_name(name) {
        let message = format!("invalid shim {text:?}: it is NAME=FILE, where NAME is a program's name without a slash");
        return Err(usage(message).into());
    }
    let script = match file {
        Some(file) => std::fs::read(Path::new(file)).with_context(|| format!("cannot read the shim {file}"))?,
        None => {
            let bundled = || bundled_shims().collect::<Vec<_>>().join(", ");
            let script = bundled_shim(name.as_bytes());
            let message = || format!("wcr carries no shim for {name:?}, only for {}; say {name}=FILE.rhai", bundled());
            script.ok_or_else(|| usage(message()))?.as_bytes().to_vec()
        }
    };
    Ok(Shim { name: name.to_owned(), script })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_ones_have_names() {
        let found = shims(&["curl".into(), "git".into()]).unwrap();
        assert_eq!(found.iter().map(|shim| shim.name.as_str()).collect::<Vec<_>>(), ["curl", "git"]);
        for bad in ["nosuch", "a/b=x", "=x", "", "x=/nosuch/file"] {
            assert!(shims(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
