//! `ln`.

use applets::core::basename::last_component;
use applets::core::dirname::parent;
use applets::core::paths::strip_slashes;
use applets::core::prompt::Prompt;
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

use super::backup::{BACKUP, Backup};
use super::copy::same_name;
use super::make::kind_of;
use super::targets;
use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

/// The program.
pub const PROGRAM: Program = Program::new(
    "ln",
    "[OPTION]... [-T] TARGET LINK_NAME\n  or:  ln [OPTION]... TARGET\n  or:  ln [OPTION]... TARGET... DIRECTORY\n  \
     or:  ln [OPTION]... -t DIRECTORY TARGET...",
    "Makes links to files.",
    "bdfinrst:vFLPS:T",
    &[
        ("backup", Takes::OptionalValue, BACKUP),
        ("directory", Takes::Nothing, b'F'),
        ("no-dereference", Takes::Nothing, b'n'),
        ("no-target-directory", Takes::Nothing, b'T'),
        ("force", Takes::Nothing, b'f'),
        ("interactive", Takes::Nothing, b'i'),
        ("suffix", Takes::Value, b'S'),
        ("target-directory", Takes::Value, b't'),
        ("logical", Takes::Nothing, b'L'),
        ("physical", Takes::Nothing, b'P'),
        ("relative", Takes::Nothing, b'r'),
        ("symbolic", Takes::Nothing, b's'),
        ("verbose", Takes::Nothing, b'v'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let backup = Backup::from_parsed(ctx, parsed)?;
    if parsed.has(b'r') && !parsed.has(b's') {
        return Err(ctx.die(&[b"cannot do --relative without --symbolic"]));
    }
    let here = |target: &[u8]| [b"./", last_component(strip_slashes(target))].concat();
    let as_file = parsed.has(b'n')
        && parsed.operands.len() == 2
        && parsed.operands.last().is_some_and(|last| kind_of(last) == Some(FileKind::Symlink));
    let mut parsed = parsed.clone();
    if as_file {
        // A link to a directory is replaced, not entered.
        parsed.options.push((b'T', None));
    }
    let targets = targets::read(ctx, &parsed, Some(here))?;
    let mut linking = Linking { parsed: &parsed, backup, prompt: Prompt::default() };
    let mut code = 0;
    for (target, name) in &targets.pairs {
        code |= u8::from(!linking.one(ctx, target, name));
    }
    Ok(code)
}

struct Linking<'a> {
    parsed: &'a Parsed,
    backup: Backup,
    prompt: Prompt,
}

impl Linking<'_> {
    /// Makes one link; whether that went well.
    fn one(&mut self, ctx: &mut Context<'_>, target: &[u8], name: &[u8]) -> bool {
        let symbolic = self.parsed.has(b's');
        let follow = self.parsed.last_of(b"LP") == Some(b'L');
        if !symbolic {
            match if follow { fs::stat(target) } else { fs::lstat(target) } {
                Ok(stat) if stat.mode.kind() == FileKind::Directory => {
                    ctx.complain(&[&quote::as_needed(target), b": hard link not allowed for directory"]);
                    return false;
                }
                Ok(_) => {}
                Err(error) => {
                    ctx.perror(&[b"failed to access ", &quote::always(target)], error);
                    return false;
                }
            }
        }
        let text = if self.parsed.has(b'r') { relative(target, name) } else { target.to_vec() };
        let mut saved = None;
        let removes = self.parsed.last_of(b"fi").is_some() || self.backup.is_on();
        if let Some(there) = fs::lstat(name).ok().filter(|_| removes) {
            if there.mode.kind() == FileKind::Directory {
                ctx.complain(&[&quote::as_needed(name), b": cannot overwrite directory"]);
                return false;
            }
            let same = fs::stat(target).is_ok_and(|from| (from.dev, from.ino) == (there.dev, there.ino));
            if same
                && (!symbolic && (there.nlink == 1 || same_name(target, name)) || symbolic && same_name(target, name))
            {
                ctx.complain(&[&quote::always(target), b" and ", &quote::always(name), b" are the same file"]);
                return false;
            }
            if self.parsed.has(b'i') && !self.prompt.ask(ctx, &[b"replace ", &quote::always(name)]) {
                return true;
            }
            let gone = if self.backup.is_on() {
                self.backup.make(name).map(|backup| saved = backup)
            } else {
                fs::unlink(name)
            };
            if let Err(error) = gone {
                let what: &[u8] = if self.backup.is_on() { b"cannot backup " } else { b"cannot remove " };
                ctx.perror(&[what, &quote::always(name)], error);
                return false;
            }
        }
        let made = if symbolic { fs::symlink(&text, name) } else { fs::link(target, name, follow) };
        if let Err(error) = made {
            tell_failure(ctx, symbolic, target, name, error);
            return false;
        }
        if self.parsed.has(b'v') {
            let arrow: &[u8] = if symbolic { b" -> " } else { b" => " };
            let mut line = quote::always(name);
            if let Some(backup) = saved {
                line = [quote::always(&backup), b" ~ ".to_vec(), line].concat();
            }
            ctx.put(&[&line, arrow, &quote::always(&text), b"\n"].concat());
        }
        true
    }
}

fn tell_failure(ctx: &mut Context<'_>, symbolic: bool, target: &[u8], name: &[u8], error: Errno) {
    let shown = quote::always(name);
    let arrow = quote::always(target);
    match (symbolic, error) {
        (true, Errno::Nametoolong | Errno::Exist) => ctx.perror(&[b"failed to create symbolic link ", &shown], error),
        (true, _) if !target.is_empty() => ctx.perror(&[b"failed to create symbolic link ", &shown], error),
        (true, _) => ctx.perror(&[b"failed to create symbolic link ", &shown, b" -> ", &arrow], error),
        (false, Errno::Exist | Errno::Dquot | Errno::Nospc | Errno::Rofs) => {
            ctx.perror(&[b"failed to create hard link ", &shown], error);
        }
        (false, _) => ctx.perror(&[b"failed to create hard link ", &shown, b" => ", &arrow], error),
    }
}

/// The way from the directory of `name` to `target`.
fn relative(target: &[u8], name: &[u8]) -> Vec<u8> {
    use crate::files::resolve::{Missing, resolve};
    let (Ok(to), Ok(from)) = (resolve(target, Missing::Any), resolve(parent(name), Missing::Any)) else {
        return target.to_vec();
    };
    crate::files::resolve::between(&from, &to)
}
