//! The command lines of the commands that look after images and their store.

use clap::Args;
use wcr_image::Reference;

/// `wcr tag`.
#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    /// The image: its name, or the first digits of its identity or digest
    #[arg(value_name = "IMAGE")]
    pub(crate) source: String,
    /// The name that it gets beside those that it has
    #[arg(value_name = "NAME")]
    pub(crate) name: Reference,
}

/// `wcr rmi`.
#[derive(Debug, Args)]
pub(crate) struct RmiArgs {
    /// Remove images that have several names, and take the names of those that are in use
    #[arg(short, long)]
    pub(crate) force: bool,
    /// The images: their names, or the first digits of their identities or digests
    #[arg(required = true, value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
}

/// `wcr prune`.
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Remove all images that no container uses, and compiled code, too
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Only tell what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// `wcr df`.
#[derive(Debug, Args)]
pub(crate) struct DfArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `wcr fsck`.
#[derive(Debug, Args)]
pub(crate) struct FsckArgs {
    /// Repair what can be repaired: by making it anew from what is sound, or by pulling it again
    #[arg(long)]
    pub(crate) repair: bool,
    /// Tell each file that is read
    #[arg(long)]
    pub(crate) verbose: bool,
}
