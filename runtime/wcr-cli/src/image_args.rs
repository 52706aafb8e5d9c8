//! The command lines of the commands that look after images and their store.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use wcr_image::{Platform, Reference};

/// `wcr list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Show all images; there are no hidden ones, so this changes nothing
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long, conflicts_with_all = ["quiet", "format"])]
    pub(crate) json: bool,
    /// Print what a template of Go says for each image, `table TEMPLATE` with headings, or json for a line each
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) format: Option<String>,
    /// Show only some: reference=PATTERN, label=KEY[=VALUE], dangling=true, before=IMAGE, since=IMAGE
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub(crate) filter: Vec<String>,
    /// Do not cut identities and digests
    #[arg(long)]
    pub(crate) no_trunc: bool,
    /// Print only the identities, whatever the format
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Show only the images of this name
    #[arg(value_name = "REPOSITORY[:TAG]")]
    pub(crate) name: Option<String>,
}

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
    /// Remove images that have several names, and take the names of those that are in use; one that is not there is no
    /// failure
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
    /// Print what was removed as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// `wcr df`.
#[derive(Debug, Args)]
pub(crate) struct DfArgs {
    /// Print JSON
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Print what a template of Go says for each kind, `table TEMPLATE` with headings, or json for a line each
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) format: Option<String>,
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
    /// Print what is found as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `wcr save`.
#[derive(Debug, Args)]
pub(crate) struct SaveArgs {
    /// Write to this file (or folder, with oci-dir) instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The form: an OCI image layout with Docker's manifest.json, either alone, or a layout in a folder
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::DockerOci)]
    pub(crate) format: Format,
    /// The images: their names, or the first digits of their identities or digests
    #[arg(required = true, value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
}

/// The form of a saved image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    DockerOci,
    DockerArchive,
    OciArchive,
    OciDir,
}

/// `wcr load`.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// Read this file or folder instead of standard input
    #[arg(short, long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// The platform of the images, where the archive has several
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// Do not show how far it is
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// `wcr import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Change how containers of the image are started, in the words of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL,
    /// STOPSIGNAL, USER, VOLUME, WORKDIR
    #[arg(short, long, value_name = "INSTRUCTION")]
    pub(crate) change: Vec<String>,
    /// A remark for the image's history
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// What the image is for
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// The tar of the root file system, plain or compressed; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The image's name
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<Reference>,
}

/// `wcr export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The image: its name, or the first digits of its identity or digest
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,
}
