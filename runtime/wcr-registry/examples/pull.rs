//! Pulls an image into a store: `cargo run --release --example pull -- STORE REFERENCE`.

use std::error::Error;

use wcr_image::{Platform, Reference};
use wcr_registry::{Silent, pull};
use wcr_store::Store;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, reference] = arguments.as_slice() else {
        return Err("usage: pull STORE REFERENCE".into());
    };
    let reference: Reference = reference.parse()?;
    let outcome = pull(&Store::open(root)?, &reference, &Platform::default(), &Silent)?;
    println!("{} {} {:?}", reference.familiar(), outcome.record.digest, outcome.status);
    Ok(())
}
