//! The glue between the browser half and its page: `web-bindgen MODULE.wasm FOLDER` writes the script that loads the
//! module, and the module itself, as `MODULE.packed`: with gzip, which a browser undoes, so that a server need not know how.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use flate2::Compression;
use flate2::write::GzEncoder;
use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "usage: web-bindgen MODULE.wasm FOLDER";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(module), Some(folder), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let made = bind(&module, &folder).and_then(|()| pack(&module, &folder));
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("web-bindgen: {}: {error:#}", module.display());
            ExitCode::FAILURE
        }
    }
}

fn bind(module: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        // The script is told where the module is.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}

/// Puts the packed module in the place of the one that the bindings are for.
fn pack(module: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let name = module.file_stem().ok_or("it has no name")?.to_string_lossy();
    let bound = folder.join(format!("{name}_bg.wasm"));
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&fs::read(&bound)?)?;
    fs::write(folder.join(format!("{name}.packed")), packed.finish()?)?;
    Ok(fs::remove_file(bound)?)
}
