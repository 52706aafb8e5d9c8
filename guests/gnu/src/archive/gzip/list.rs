//! `gzip -l`: what compressed files hold.

use applets::Context;
use applets::core::time::strftime::strftime;
use applets::core::time::zone::Zone;

use super::unpack::Unpacked;

/// The sums over all files, and whether the first line has been printed.
#[derive(Debug, Default)]
pub(super) struct Totals {
    files: usize,
    read: u64,
    len: u64,
    /// That of the last file: as in gzip, it counts for all of them.
    overhead: u64,
}

/// How much smaller something became, in percent.
pub(super) fn ratio(saved: i128, of: u64) -> String {
    format!("{:5.1}%", if of == 0 { 0.0 } else { 100.0 * saved as f64 / of as f64 })
}

impl Totals {
    /// Notes that a file could not be read.
    pub(super) fn forget(&mut self) {
        self.overhead = 0;
    }

    /// Prints the line of a file.
    pub(super) fn list(
        &mut self,
        ctx: &mut Context<'_>,
        (verbose, quiet): (bool, bool),
        file: &Unpacked,
        time: i64,
        name: &[u8],
    ) {
        if self.files == 0 && !quiet {
            let details = if verbose { "method  crc     date  time  " } else { "" };
            ctx.put(format!("{details}         compressed        uncompressed  ratio uncompressed_name\n").as_bytes());
        }
        self.files += 1;
        self.read += file.read;
        self.len += file.len;
        self.overhead = file.overhead;
        if verbose {
            let mut line =
                if file.is_lzw { b"compr ffffffff ".to_vec() } else { format!("defla {:08x} ", file.sum).into_bytes() };
            strftime(&mut line, b"%b %e %H:%M ", &Zone::from_env().local(time), time);
            ctx.put(&line);
        }
        put_sizes(ctx, file.read, file.len, file.overhead, name);
    }

    /// Prints the line for all of them, when there are several.
    pub(super) fn finish(&self, ctx: &mut Context<'_>, verbose: bool) {
        if self.files > 1 {
            if verbose {
                ctx.put(&[b' '; 28]);
            }
            put_sizes(ctx, self.read, self.len, self.overhead, b"(totals)");
        }
    }
}

fn put_sizes(ctx: &mut Context<'_>, read: u64, len: u64, overhead: u64, name: &[u8]) {
    let saved = i128::from(len) - (i128::from(read) - i128::from(overhead));
    ctx.put(format!("{read:19} {len:19} {} ", ratio(saved, len)).as_bytes());
    ctx.put(&[name, b"\n"].concat());
}
