//! `wcr prune`.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anyhow::Result;
use serde_json::{Value, json};
use wcr_container::life::Container;
use wcr_image::{Class, Reference};
use wcr_store::{Part, PartKind, Prune, Pruned, Store};

use crate::busy::Busy;
use crate::exit::{Failure, OK};
use crate::image_args::PruneArgs;
use crate::output;
use crate::text::{safe, size};

/// Removes what nothing needs, and tells what and how much.
pub(crate) fn prune(args: &PruneArgs) -> Result<u8> {
    let store = Store::open_default()?;
    // Containers that a killed process has left keep no image.
    Container::all(&store)?;
    if !args.force && !args.dry_run && !may(args.all)? {
        return Ok(OK);
    }
    let busy = Busy::begin("looking for what nothing needs", None);
    let pruned = store.prune(Prune { all: args.all, dry_run: args.dry_run })?;
    drop(busy);
    if args.json {
        let fields = |part: &Part| json!({"kind": kind(part.kind), "name": part.name, "size": part.size});
        let parts: Vec<Value> = pruned.parts.iter().map(fields).collect();
        return output::print_json(
            &json!({"dry_run": args.dry_run, "images": pruned.images, "parts": parts, "size": total(&pruned)}),
        );
    }
    Ok(output::print(&told(&pruned, args.dry_run)))
}

/// Asks at a terminal. Elsewhere nobody can be asked: what no image needs goes, images do not.
fn may(all: bool) -> Result<bool> {
    if !io::stdin().is_terminal() {
        if all {
            let message = "prune --all needs --force where there is no terminal to ask at";
            return Err(Failure::new(Class::Usage, message).into());
        }
        return Ok(true);
    }
    let what = if all {
        "all images that no container uses, compiled code, and all that no image needs"
    } else {
        "all that no image needs"
    };
    let mut stderr = io::stderr().lock();
    write!(stderr, "WARNING! This will remove {what}.\nAre you sure you want to continue? [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn told(pruned: &Pruned, dry_run: bool) -> String {
    let (untag, delete, reclaimed) = if dry_run {
        ("Would untag", "Would delete", "Total that would be reclaimed")
    } else {
        ("Untagged", "Deleted", "Total reclaimed space")
    };
    let mut text = String::new();
    for image in &pruned.images {
        let name = image.parse::<Reference>().map_or_else(|_| image.clone(), |name| name.familiar());
        text.push_str(&format!("{untag}: {}\n", safe(&name)));
    }
    for part in &pruned.parts {
        text.push_str(&format!("{delete}: {} {} ({})\n", kind(part.kind), safe(&part.name), size(part.size)));
    }
    text.push_str(&format!("{reclaimed}: {}\n", size(total(pruned))));
    text
}

/// What a part is, in a word.
fn kind(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Blob => "blob",
        PartKind::Layer => "layer",
        PartKind::Index => "index",
        PartKind::Code => "compiled code",
        PartKind::Leftover => "leftover",
    }
}

/// The size of all parts, in bytes.
fn total(pruned: &Pruned) -> u64 {
    pruned.parts.iter().map(|part| part.size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_and_how_much() {
        let part = |kind, name: &str, size| Part { kind, name: name.into(), size };
        let pruned = Pruned {
            images: vec!["docker.io/library/busybox:latest".into()],
            parts: vec![part(PartKind::Blob, "ab", 1500), part(PartKind::Layer, "cd.tar", 500)],
        };
        let text = told(&pruned, false);
        assert_eq!(
            text,
            "Untagged: busybox:latest\nDeleted: blob ab (1.50 kB)\nDeleted: layer cd.tar (500 B)\n\
             Total reclaimed space: 2.00 kB\n"
        );
        assert!(told(&Pruned::default(), true).ends_with("would be reclaimed: 0 B\n"));
    }
}
