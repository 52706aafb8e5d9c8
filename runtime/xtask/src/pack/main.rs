//! The pack tool: from guest modules to the bundle that the `wcr` binary carries.
//!
//! `pack --target TRIPLE --out FOLDER MODULE.wasm…` writes for each module NAME.wasm, its compiled code NAME.cwasm and
//! NAME.stop.cwasm, the code for containers that can be stopped,
//! and below `builtin/` the image that stands in for `busybox` where no registry can be reached. Equal input gives
//! equal bytes, and a file that would not change is not written, so that nothing is recompiled needlessly.
//!
//! `pack --page FILE BUILTIN` writes the layer of the built-in image in the folder BUILTIN as a page fetches it, and beside it
//! the layer's index.

mod builtin;
mod page;
mod rootfs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wcr_shims::Guest;

/// Why the bundle could not be made.
#[derive(Debug, thiserror::Error)]
enum PackError {
    /// The command line is neither.
    #[error("usage: pack --target TRIPLE --out FOLDER MODULE.wasm… (one for each guest), or pack --page FILE BUILTIN")]
    Usage,
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A guest is not among the modules given.
    #[error("no module for the guest `{0}`")]
    MissingGuest(&'static str),
    /// A module could not be compiled.
    #[error("compile {name}: {reason}")]
    Compile {
        /// The guest.
        name: &'static str,
        /// What the engine said.
        reason: String,
    },
    /// The built-in image's layer could not be written as a tar.
    #[error("write the layer of the built-in image: {0}")]
    Tar(std::io::Error),
    /// The built-in image's layer is refused by the indexer.
    #[error("index the layer of the built-in image: {0}")]
    Index(#[from] wcr_image::ImageError),
    /// The built-in image's layer cannot be packed for the page.
    #[error("pack the layer of the built-in image: {0}")]
    Page(wcr_image::ImageError),
    /// The built-in image's index is none.
    #[error("read the index of the built-in image: {0}")]
    Layer(#[from] wcr_vfs::layer::LayerError),
}

/// A guest with its module.
struct Module {
    guest: Guest,
    wasm: Vec<u8>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let packed = match args.as_slice() {
        [option, file, builtin] if option == "--page" => page::write(Path::new(file), Path::new(builtin)),
        _ => Options::parse(args.into_iter()).and_then(|options| pack(&options)),
    };
    match packed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pack: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The command line.
struct Options {
    target: String,
    out: PathBuf,
    modules: Vec<PathBuf>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, PackError> {
        let (mut target, mut out, mut modules) = (None, None, Vec::new());
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--target" => target = args.next(),
                "--out" => out = args.next().map(PathBuf::from),
                _ => modules.push(PathBuf::from(arg)),
            }
        }
        match (target, out) {
            (Some(target), Some(out)) => Ok(Options { target, out, modules }),
            _ => Err(PackError::Usage),
        }
    }
}

fn pack(options: &Options) -> Result<(), PackError> {
    let modules = Guest::ALL.into_iter().map(|guest| load(guest, &options.modules)).collect::<Result<Vec<_>, _>>()?;
    make_dir(&options.out)?;
    for Module { guest, wasm } in &modules {
        write_if_changed(&options.out.join(format!("{}.wasm", guest.name())), wasm)?;
        for (suffix, stoppable) in [("cwasm", false), ("stop.cwasm", true)] {
            let compiled = wcr_engine::precompile(wasm, &options.target, stoppable)
                .map_err(|error| PackError::Compile { name: guest.name(), reason: format!("{error:#}") })?;
            write_if_changed(&options.out.join(format!("{}.{suffix}", guest.name())), &compiled)?;
        }
    }
    builtin::write(&options.out.join("builtin"), &modules)
}

fn load(guest: Guest, paths: &[PathBuf]) -> Result<Module, PackError> {
    let path = paths
        .iter()
        .find(|path| path.file_stem().is_some_and(|stem| stem == guest.name()))
        .ok_or(PackError::MissingGuest(guest.name()))?;
    Ok(Module { guest, wasm: read(path)? })
}

fn read(path: &Path) -> Result<Vec<u8>, PackError> {
    fs::read(path).map_err(|source| PackError::File { path: path.to_path_buf(), source })
}

fn make_dir(path: &Path) -> Result<(), PackError> {
    fs::create_dir_all(path).map_err(|source| PackError::File { path: path.to_path_buf(), source })
}

fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    fs::write(path, bytes).map_err(|source| PackError::File { path: path.to_path_buf(), source })
}
