//! Puts the bundle (the guests and the built-in image) into the crate.
//!
//! `WCR_BUNDLE` names its folder. Without it, or while the folder is not complete, the crate is built
//! without guests, and says so when it is asked to run one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wcr_shims::Guest;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-env-changed=WCR_BUNDLE");
    let folder = std::env::var_os("WCR_BUNDLE").map(PathBuf::from);
    let source = folder.as_deref().and_then(bundle).unwrap_or_else(empty);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("bundle.rs"), source)?;
    Ok(())
}

fn empty() -> String {
    "static GUESTS: &[BundledGuest] = &[];\nstatic COMPILED: &[CompiledGuest] = &[];\n\
     static BUILTIN: Option<BuiltinFiles<&[u8]>> = None;\n"
        .into()
}

/// How a file of the bundle is carried.
#[derive(Clone, Copy)]
enum Form {
    Data,
    /// At a page boundary; executable where the linker can see to that.
    Code,
}

/// A static `name` with a file's bytes. On Linux it lies in a section of its own: code among the binary's code, where it
/// is executable from the start, data apart from the binary's constants, which a start needs together.
fn embed(name: &str, path: &Path, form: Form) -> Option<String> {
    let len = path.metadata().ok()?.len();
    let path = path.to_str()?;
    let (ty, section, flags) = match form {
        Form::Data => ("[u8]", ".wcr_bundle", "a"),
        Form::Code => ("wcr_engine::PageAligned<[u8]>", ".text.wcr_guests", "ax"),
    };
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os != "linux") {
        let value = match form {
            Form::Data => format!("include_bytes!({path:?})"),
            Form::Code => format!("&wcr_engine::PageAligned(*include_bytes!({path:?}))"),
        };
        return Some(format!("static {name}: &{ty} = {value};\n"));
    }
    let sized = ty.replace("[u8]", &format!("[u8; {len}]"));
    let directives = [
        format!(".pushsection {section}, \"{flags}\", %progbits"),
        ".balign 4096".into(),
        format!("wcr_bundle_{name}:"),
        format!(".incbin {path:?}"),
        ".balign 4096".into(),
        ".popsection".into(),
        format!(".global wcr_bundle_{name}"),
    ];
    Some(format!(
        "core::arch::global_asm!({directives:?});\n\
         unsafe extern \"C\" {{\n    #[link_name = \"wcr_bundle_{name}\"]\n    safe static {name}_BYTES: {sized};\n}}\n\
         static {name}: &{ty} = &{name}_BYTES;\n",
        directives = directives.join("\n"),
    ))
}

/// The tables for a complete bundle.
fn bundle(folder: &Path) -> Option<String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let (mut statics, mut guests, mut compiled) = (String::new(), String::new(), String::new());
    for guest in Guest::ALL {
        let name = guest.name();
        let upper = name.to_uppercase();
        statics += &embed(&format!("{upper}_WASM"), &folder.join(format!("{name}.wasm")), Form::Data)?;
        statics += &embed(&format!("{upper}_CODE"), &folder.join(format!("{name}.cwasm")), Form::Code)?;
        statics += &embed(&format!("{upper}_STOP"), &folder.join(format!("{name}.stop.cwasm")), Form::Code)?;
        let _ = writeln!(guests, "    BundledGuest {{ name: {name:?}, wasm: GuestModule::Plain({upper}_WASM) }},");
        let _ = writeln!(
            compiled,
            "    // SAFETY: the pack tool has written the code with this version of the engine.\n    \
             unsafe {{ CompiledGuest::new({name:?}, {upper}_CODE, {upper}_STOP) }},"
        );
    }
    for (name, file) in [("LAYER_TAR", "layer.tar"), ("LAYER_IDX", "layer.idx"), ("CONFIG", "config.json")] {
        statics += &embed(name, &folder.join("builtin").join(file), Form::Data)?;
    }
    Some(format!(
        "{statics}static GUESTS: &[BundledGuest] = &[\n{guests}];\n\
         static COMPILED: &[CompiledGuest] = &[\n{compiled}];\n\
         static BUILTIN: Option<BuiltinFiles<&[u8]>> =\n    \
         Some(BuiltinFiles {{ tar: LAYER_TAR, index: LAYER_IDX, config: CONFIG }});\n"
    ))
}
