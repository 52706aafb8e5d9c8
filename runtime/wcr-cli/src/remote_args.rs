//! The command line of what has to do with registries, and of what shows an image's documents.

use clap::Args;
use wcr_image::{Platform, Reference};

/// `wcr pull`.
#[derive(Debug, Args)]
pub(crate) struct PullArgs {
    /// The platform of the image
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// Bring the images for all platforms; the name then stands for the one for --platform
    #[arg(short, long)]
    pub(crate) all_platforms: bool,
    /// Download this many layers at a time (4, unless the configuration file says otherwise)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) parallel: Option<u8>,
    /// Print only the image's name and digest
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Say also which server was asked, and how much more it may be asked
    #[arg(short, long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// The image's name
    #[arg(value_name = "IMAGE")]
    pub(crate) reference: Reference,
}

/// `wcr push`.
#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// Upload this many layers at a time (4, unless the configuration file says otherwise)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) parallel: Option<u8>,
    /// Print only the image's name and digest
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// The name of an image in the store
    #[arg(value_name = "IMAGE")]
    pub(crate) reference: Reference,
    /// The name to push it as, instead of its own
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<Reference>,
}

/// `wcr login`.
#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// The user's name; asked for when it is not given
    #[arg(short, long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// The password or token, which others may see in the list of processes
    #[arg(short, long, value_name = "PASSWORD", conflicts_with = "password_stdin")]
    pub(crate) password: Option<String>,
    /// Read the password or token from standard input
    #[arg(long, requires = "username")]
    pub(crate) password_stdin: bool,
    /// The registry, Docker Hub when it is not given
    #[arg(value_name = "REGISTRY")]
    pub(crate) registry: Option<String>,
}

/// `wcr logout`.
#[derive(Debug, Args)]
pub(crate) struct LogoutArgs {
    /// The registry, Docker Hub when it is not given
    #[arg(value_name = "REGISTRY")]
    pub(crate) registry: Option<String>,
}

/// `wcr manifest`.
#[derive(Debug, Args)]
pub(crate) struct ManifestArgs {
    /// Print the document byte for byte
    #[arg(long)]
    pub(crate) raw: bool,
    /// Ask the registry, also when the image is in the store
    #[arg(long)]
    pub(crate) remote: bool,
    /// Show the manifest for this platform and not the index that lists it
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// The image's name
    #[arg(value_name = "IMAGE")]
    pub(crate) reference: Reference,
}

/// `wcr history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Print JSON
    #[arg(long, conflicts_with_all = ["quiet", "format"])]
    pub(crate) json: bool,
    /// Print what a template of Go says for each step, `table TEMPLATE` with headings, or json for a line each
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "quiet")]
    pub(crate) format: Option<String>,
    /// Do not cut what is long
    #[arg(long)]
    pub(crate) no_trunc: bool,
    /// Print only the digests of configurations
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// The name of an image in the store
    #[arg(value_name = "IMAGE")]
    pub(crate) reference: Reference,
}

/// `wcr info`.
#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    /// Print JSON
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Print what a template of Go says, or json for one line
    #[arg(short, long, value_name = "TEMPLATE")]
    pub(crate) format: Option<String>,
}
