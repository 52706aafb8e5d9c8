//! `wcr fsck`.

use std::fs;

use anyhow::Result;
use serde_json::{Value, json};
use wcr_container::life::{self, Flaw, short};
use wcr_image::{Class, Reference};
use wcr_store::{Fault, Lost, Store};

use crate::busy::Busy;
use crate::exit::{OK, report, say};
use crate::fetch::How;
use crate::image_args::FsckArgs;
use crate::text::safe;
use crate::{fetch, output};

/// Checks every byte of the store, and repairs what is damaged when that is asked for.
pub(crate) fn fsck(args: &FsckArgs) -> Result<u8> {
    let store = Store::open_default()?;
    let usage = store.usage()?;
    let size = [usage.images, usage.layers, usage.indexes, usage.code].map(|share| share.size).iter().sum();
    let check = || {
        let busy = (!args.verbose).then(|| Busy::begin("checking the store", Some(size)));
        let mut last = 0;
        store.check(&mut |path| match &busy {
            None => say(&format!("reading {}", path.display())),
            // A file counts when the next one is begun.
            Some(busy) => {
                let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
                busy.add(std::mem::replace(&mut last, size));
            }
        })
    };
    let faults = check()?;
    let flaws = life::check(&store)?;
    if !args.json {
        faults.iter().for_each(tell);
        flaws.iter().for_each(tell_flaw);
    }
    let found = faults.len() + flaws.len();
    if found == 0 || !args.repair {
        return end(&faults, &flaws, 0, args.json);
    }
    let flaws = life::mend(&store, &flaws)?;
    let lost = store.repair(&faults)?;
    for image in &lost {
        if let Err(error) = restore(&store, image) {
            report(&error, false);
        }
    }
    let mut left = check()?;
    if !left.is_empty() {
        // The common index of layers can only be checked when they are sound.
        store.repair(&left)?;
        left = check()?;
    }
    let left_over = left.iter().map(|fault| (&fault.path, &fault.reason));
    for (path, reason) in left_over.chain(flaws.iter().map(|flaw| (&flaw.path, &flaw.reason))) {
        say(&format!("{} could not be repaired: {reason}", path.display()));
    }
    end(&left, &flaws, found.saturating_sub(left.len() + flaws.len()), args.json)
}

fn tell_flaw(flaw: &Flaw) {
    let of = flaw.container.as_ref().map(|id| format!(" (of container {})", short(id)));
    output::print(&format!("{}: {}{}\n", flaw.path.display(), safe(&flaw.reason), of.unwrap_or_default()));
}

fn tell(fault: &Fault) {
    let names = fault.images.iter().map(|name| match name.parse::<Reference>() {
        Ok(name) => name.familiar(),
        Err(_) => name.clone(),
    });
    let names: Vec<String> = names.collect();
    let of = if names.is_empty() { String::new() } else { format!(" (of {})", names.join(", ")) };
    output::print(&format!("{}: {}{}\n", fault.path.display(), safe(&fault.reason), safe(&of)));
}

/// Pulls what is lost of an image. The pull has the digest for a name, which the store forgets again unless it had it.
fn restore(store: &Store, image: &Lost) -> Result<()> {
    let name = Store::filed_as(&image.reference);
    let known = store.list()?.iter().any(|record| record.reference == name);
    let pulled = fetch::pull(store, &image.reference, Some(&image.platform), How::default())?;
    if !known {
        store.untag(&[pulled.record], true)?;
    }
    Ok(())
}

/// Says what came of it; the exit code.
fn end(faults: &[Fault], flaws: &[Flaw], repaired: usize, as_json: bool) -> Result<u8> {
    let code = if faults.is_empty() && flaws.is_empty() { OK } else { Class::Integrity.exit_code() };
    if as_json {
        let fields = |fault: &Fault| json!({"path": fault.path, "reason": fault.reason, "images": fault.images});
        let of_container =
            |flaw: &Flaw| json!({"path": flaw.path, "reason": flaw.reason, "images": [], "container": flaw.container});
        let faults: Vec<Value> = faults.iter().map(fields).chain(flaws.iter().map(of_container)).collect();
        return Ok(code.max(output::print_json(&json!({"faults": faults, "repaired": repaired}))?));
    }
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut text = String::new();
    if repaired > 0 {
        text.push_str(&format!("{} repaired\n", count(repaired, "fault")));
    }
    text.push_str(&match faults.len() + flaws.len() {
        0 => "the store is sound\n".to_owned(),
        faults => format!("{} found\n", count(faults, "fault")),
    });
    Ok(code.max(output::print(&text)))
}
