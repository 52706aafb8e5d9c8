//! `wcr version`.

use anyhow::Result;
use serde_json::json;

use crate::format::Format;
use crate::output;
use crate::self_args::VersionArgs;

/// Prints what version of wcr this is, and for what. Where docker has a client and a server, there is one program here.
pub(crate) fn version(args: &VersionArgs) -> Result<u8> {
    let format = args.format.as_deref().map(Format::parse).transpose()?;
    let (version, os, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::OS, arch());
    let guests = wcr_container::guests().len();
    let all = json!({"Client": {"Name": "wcr", "Version": version, "Os": os, "Arch": arch, "Guests": guests}});
    if args.json {
        return output::print_json(&all);
    }
    Ok(output::print(&match format {
        Some(format) => format.render(&[all], &[])?,
        None => format!(
            "Client: wcr\n Version:  {version}\n OS/Arch:  {os}/{arch}\n Guests:   {guests} programs bundled\n\n\
             Server: none, wcr needs no daemon\n"
        ),
    }))
}

/// The processor, as images and Go name it.
pub(crate) fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
