//! What a file is, in words, for the message that says why it cannot run.

use crate::elf::{Class, Elf};

/// The machines whose programs are found in images, by their ELF number.
const MACHINES: &[(u16, &str)] = &[
    (3, "x86"),
    (8, "MIPS"),
    (20, "PowerPC"),
    (21, "PowerPC64"),
    (22, "IBM S/390"),
    (40, "ARM"),
    (62, "x86-64"),
    (183, "AArch64"),
    (243, "RISC-V"),
    (258, "LoongArch"),
];

/// The longest interpreter path that is shown, in bytes.
const INTERPRETER_SHOWN: usize = 200;

/// What a file's content is, in a phrase such as `ELF 64-bit x86-64, dynamically linked, interpreter
/// /lib64/ld-linux-x86-64.so.2`. Bytes of the file that are shown are escaped.
#[must_use]
pub fn describe(content: &[u8]) -> String {
    match Elf::parse(content) {
        Some(elf) => describe_elf(&elf),
        None if content.is_empty() => "an empty file".into(),
        None if content.starts_with(b"\0asm") => describe_wasm(content).into(),
        None if content.starts_with(b"#!") => "a script".into(),
        None if content.starts_with(b"MZ") => "a Windows program".into(),
        None if is_mach_o(content) => "a macOS program".into(),
        None if content.starts_with(b"\x7fELF") => "a damaged ELF file".into(),
        None if is_text(content) => "a text file without a #! line".into(),
        None => "a file of an unknown format".into(),
    }
}

fn describe_elf(elf: &Elf<'_>) -> String {
    let bits = match elf.class() {
        Class::Elf32 => "32-bit",
        Class::Elf64 => "64-bit",
    };
    let machine = MACHINES.iter().find(|(number, _)| *number == elf.machine());
    let machine = machine.map_or_else(|| format!("machine {}", elf.machine()), |(_, name)| (*name).to_owned());
    let mut text = format!("ELF {bits} {machine}");
    if !elf.is_executable() {
        text.push_str(", not a program");
    } else if let Some(interpreter) = elf.interpreter() {
        let shown = interpreter.get(..INTERPRETER_SHOWN).unwrap_or(interpreter);
        text.push_str(&format!(", dynamically linked, interpreter {}", shown.escape_ascii()));
    } else if elf.is_dynamic() {
        text.push_str(", dynamically linked");
    } else {
        text.push_str(", statically linked");
    }
    text
}

/// The version field tells a component (layer 1) from a module (version 1).
fn describe_wasm(content: &[u8]) -> &'static str {
    match content.get(4..8) {
        Some([1, 0, 0, 0]) => "a WebAssembly module",
        Some([_, _, 1, 0]) => "a WebAssembly component",
        _ => "a WebAssembly file of an unknown version",
    }
}

fn is_mach_o(content: &[u8]) -> bool {
    matches!(content.get(..4), Some([0xcf | 0xce, 0xfa, 0xed, 0xfe] | [0xca, 0xfe, 0xba, 0xbe]))
}

fn is_text(content: &[u8]) -> bool {
    let start = content.get(..512).unwrap_or(content);
    start.iter().all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_file_is_named_for_what_it_is() {
        let dynamic = sample::dynamic();
        let fixed = sample::static_with(b"x");
        let mut arm = fixed.clone();
        arm[18] = 183;
        let mut unknown = fixed.clone();
        unknown[18..20].copy_from_slice(&[0xff, 0xff]);
        let mut object = fixed.clone();
        object[16] = 1;
        let table: [(&[u8], &str); 13] = [
            (&dynamic, "ELF 64-bit x86-64, dynamically linked, interpreter /lib64/ld-linux-x86-64.so.2"),
            (&fixed, "ELF 64-bit x86-64, statically linked"),
            (&arm, "ELF 64-bit AArch64, statically linked"),
            (&unknown, "ELF 64-bit machine 65535, statically linked"),
            (&object, "ELF 64-bit x86-64, not a program"),
            (&dynamic[..10], "a damaged ELF file"),
            (b"", "an empty file"),
            (b"\0asm\x01\0\0\0", "a WebAssembly module"),
            (b"\0asm\x0d\0\x01\0", "a WebAssembly component"),
            (b"#!/bin/sh\n", "a script"),
            (b"echo hi\n", "a text file without a #! line"),
            (b"MZ\x90\0", "a Windows program"),
            (b"\x00\x01\x02", "a file of an unknown format"),
        ];
        for (content, text) in table {
            assert_eq!(describe(content), text);
        }
    }

    #[test]
    fn control_characters_of_the_file_are_not_passed_on() {
        let mut content = sample::dynamic();
        let at = memchr::memmem::find(&content, b"/lib64").unwrap();
        content[at] = 0x1b;
        assert!(describe(&content).ends_with(r"interpreter \x1blib64/ld-linux-x86-64.so.2"));
    }
}
