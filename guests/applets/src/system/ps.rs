//! `ps`: shows the processes.

use super::processes::{self, Process};
use crate::core::accounts::Accounts;
use crate::format::{decimal, left, right, signed};
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "ps",
    "ps [-o COL1,COL2=HEADER] [-T]\n\n\
     Show list of processes\n\n\
     \t-o COL1,COL2=HEADER\tSelect columns for display\n\
     \t-T\t\t\tShow threads",
    main,
);

/// What a column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    User,
    Group,
    Comm,
    Args,
    Pid,
    Ppid,
    Pgid,
    Nice,
    RealGroup,
    RealUser,
    Tty,
    Vsz,
    Sid,
    Stat,
    Rss,
}

/// The fields by name, with their headers and widths.
const FIELDS: [(&[u8], &[u8], usize, Field); 15] = [
    (b"user", b"USER", 8, Field::User),
    (b"group", b"GROUP", 8, Field::Group),
    (b"comm", b"COMMAND", 16, Field::Comm),
    (b"args", b"COMMAND", usize::MAX, Field::Args),
    (b"pid", b"PID", 5, Field::Pid),
    (b"ppid", b"PPID", 5, Field::Ppid),
    (b"pgid", b"PGID", 5, Field::Pgid),
    (b"nice", b"NI", 5, Field::Nice),
    (b"rgroup", b"RGROUP", 8, Field::RealGroup),
    (b"ruser", b"RUSER", 8, Field::RealUser),
    (b"tty", b"TT", 6, Field::Tty),
    (b"vsz", b"VSZ", 4, Field::Vsz),
    (b"sid", b"SID", 5, Field::Sid),
    (b"stat", b"STAT", 4, Field::Stat),
    (b"rss", b"RSS", 4, Field::Rss),
];

const DEFAULT: &[u8] = b"pid,user,args";

/// A column: what it shows under which header, how wide.
#[derive(Debug, Clone)]
struct Column {
    field: Field,
    header: Vec<u8>,
    width: usize,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("o:T").parse(ctx)?;
    let mut columns = Vec::new();
    for (_, value) in parsed.options.iter().filter(|(key, _)| *key == b'o') {
        add(ctx, &mut columns, value.as_deref().unwrap_or_default())?;
    }
    if columns.is_empty() {
        add(ctx, &mut columns, DEFAULT)?;
    }
    if columns.iter().any(|column| !column.header.is_empty()) {
        let headers = columns.iter().map(|column| column.header.clone()).collect();
        put_row(ctx, &columns, headers);
    }
    let mut accounts = Accounts::default();
    for process in processes::all() {
        let cells = columns.iter().map(|column| cell(&process, column, &mut accounts)).collect();
        put_row(ctx, &columns, cells);
    }
    Ok(0)
}

/// Reads a list `COLUMN[=HEADER],…`. A header of the user's is as wide as it is.
fn add(ctx: &mut Context<'_>, columns: &mut Vec<Column>, list: &[u8]) -> Result<(), Quit> {
    for item in list.split(|byte| *byte == b',') {
        let mut halves = item.splitn(2, |byte| *byte == b'=');
        let (name, header) = (halves.next().unwrap_or_default(), halves.next());
        let Some((_, usual, width, field)) = FIELDS.iter().find(|(known, ..)| *known == name) else {
            let known: Vec<&[u8]> = FIELDS.iter().map(|(known, ..)| *known).collect();
            return Err(ctx.die(&[b"bad -o argument '", name, b"', supported arguments: ", &known.join(&b',')]));
        };
        let header_width = header.map(<[u8]>::len).filter(|len| *len > 0);
        columns.push(Column {
            field: *field,
            header: header.unwrap_or(usual).to_vec(),
            width: header_width.unwrap_or(*width),
        });
    }
    Ok(())
}

/// Prints the cells with a blank between; the last one is not filled up.
fn put_row(ctx: &mut Context<'_>, columns: &[Column], cells: Vec<Vec<u8>>) {
    let mut line = Vec::new();
    for (at, (column, cell)) in columns.iter().zip(&cells).enumerate() {
        if at + 1 == columns.len() {
            line.extend_from_slice(cell);
        } else {
            let width = if column.width == usize::MAX { ARGUMENTS_WIDTH } else { column.width };
            left(&mut line, cell, width);
            line.push(b' ');
        }
    }
    line.push(b'\n');
    ctx.put(&line);
}

/// The columns of the arguments when something follows them.
const ARGUMENTS_WIDTH: usize = 256;

fn cell(process: &Process, column: &Column, accounts: &mut Accounts) -> Vec<u8> {
    let number = |value: u64| {
        let mut text = Vec::new();
        right(&mut text, &decimal(value), column.width, b' ');
        text
    };
    let mut text = match column.field {
        Field::Pid => return number(process.pid.into()),
        Field::Ppid => return number(process.ppid.into()),
        Field::Pgid => return number(process.pgid.into()),
        Field::Sid => return number(process.sid.into()),
        Field::Nice => {
            let mut text = Vec::new();
            right(&mut text, &signed(process.nice), column.width, b' ');
            return text;
        }
        Field::User => accounts.user_text(process.euid),
        Field::RealUser => accounts.user_text(process.uid),
        Field::Group => accounts.group_text(process.egid),
        Field::RealGroup => accounts.group_text(process.gid),
        Field::Comm => process.comm.clone(),
        Field::Args => process.arguments(),
        Field::Tty => terminal(process.tty),
        Field::Vsz => size(process.vsize >> 10),
        Field::Rss => size(process.rss << 2),
        Field::Stat => process.states(),
    };
    text.truncate(column.width);
    text
}

/// The device's numbers; `?` for none.
fn terminal(device: u64) -> Vec<u8> {
    if device == 0 {
        return b"?".to_vec();
    }
    let major = device >> 8 & 0xfff;
    let minor = device & 0xff | device >> 12 & 0xf_ff00;
    [decimal(major), decimal(minor)].join(&b',')
}

/// A size of so many KiB in four columns: with a unit where the number is longer.
#[must_use]
pub(super) fn size(kibibytes: u64) -> Vec<u8> {
    if kibibytes < 10_000 {
        return decimal(kibibytes);
    }
    let (mut value, mut tenths) = (kibibytes, 0);
    for unit in b"mgtpe" {
        tenths = value % 1024 * 10 / 1024 + tenths / 10;
        value /= 1024;
        if value < 10 {
            return [decimal(value), b".".to_vec(), decimal(tenths.min(9)), vec![*unit]].concat();
        }
        if value < 1000 {
            return [decimal(value), vec![*unit]].concat();
        }
    }
    decimal(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn columns_by_name() {
        let err = run(&APPLET, &["-o", "foo"]).2;
        assert!(err.starts_with("ps: bad -o argument 'foo', supported arguments: user,group,comm,"), "{err}");
        let mut accounts = Accounts::from_files(b"root:x:0:0::/:\n", b"root:x:0:\n");
        let process = Process { pid: 17, comm: b"sleep".to_vec(), state: b'S', ..Process::default() };
        let mut text = |field, width| {
            let column = Column { field, header: Vec::new(), width };
            String::from_utf8(cell(&process, &column, &mut accounts)).unwrap()
        };
        assert_eq!((text(Field::Pid, 5), text(Field::Pid, 1)), ("   17".into(), "17".into()));
        assert_eq!((text(Field::Comm, 2), text(Field::User, 8)), ("sl".into(), "root".into()));
        assert_eq!(text(Field::Stat, 4), "S");
    }

    #[test]
    fn terminals_and_sizes() {
        assert_eq!((terminal(0), terminal(0x8801)), (b"?".to_vec(), b"136,1".to_vec()));
        assert_eq!((size(9999), size(10_240), size(5120)), (b"9999".to_vec(), b"10m".to_vec(), b"5120".to_vec()));
    }
}
