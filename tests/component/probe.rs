//! A WASI 0.2 command component that does one thing a run; what, its first argument says.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let args: Vec<String> = std::env::args().collect();
    let rest: Vec<&str> = args.iter().skip(2).map(String::as_str).collect();
    match (args.get(1).map(String::as_str), rest.as_slice()) {
        (Some("args"), rest) => rest.iter().for_each(|arg| println!("[{arg}]")),
        (Some("env"), [name]) => println!("{:?}", std::env::var(name)),
        (Some("cat"), []) => drop(io::copy(&mut io::stdin().lock(), &mut io::stdout().lock())?),
        (Some("cat"), [path]) => print!("{}", fs::read_to_string(path)?),
        (Some("yes"), []) => loop {
            io::stdout().write_all(b"y\n")?;
        },
        (Some("ls"), [path]) => list(path)?,
        (Some("stat"), [path]) => stat(path)?,
        (Some("files"), [dir]) => files(dir)?,
        (Some("exit"), [code]) => std::process::exit(code.parse()?),
        (Some("sleep"), [seconds]) => sleep(seconds.parse()?),
        (Some("random"), []) => random(),
        (Some("connect"), [address]) => println!("{}", TcpStream::connect(address).unwrap_err().kind()),
        (Some("memory"), []) => loop {
            std::hint::black_box(Box::leak(vec![1u8; 1 << 20].into_boxed_slice()));
        },
        (Some("error"), []) => {
            eprintln!("to standard error");
            return Err("failed".into());
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

fn list(path: &str) -> Outcome {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let mark = if kind.is_dir() { "/" } else if kind.is_symlink() { "@" } else { "" };
        println!("{}{mark}", entry.file_name().to_string_lossy());
    }
    Ok(())
}

fn stat(path: &str) -> Outcome {
    let metadata = fs::metadata(path)?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH)?.as_secs();
    println!("{} {} {modified}", if metadata.is_dir() { "directory" } else { "file" }, metadata.len());
    Ok(())
}

/// Makes, changes, moves and removes files below `dir`, and checks each step.
fn files(dir: &str) -> Outcome {
    let path = |name: &str| format!("{dir}/{name}");
    fs::create_dir(path("d"))?;
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(path("d/f"))?;
    file.write_all(b"hello world")?;
    file.seek(SeekFrom::Start(6))?;
    file.write_all(b"there")?;
    file.seek(SeekFrom::Start(0))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    assert_eq!(text, "hello there");
    OpenOptions::new().append(true).open(path("d/f"))?.write_all(b"!\n")?;
    assert_eq!(fs::read(path("d/f"))?, b"hello there!\n");
    file.set_len(5)?;
    assert_eq!(fs::metadata(path("d/f"))?.len(), 5);
    fs::rename(path("d/f"), path("d/g"))?;
    fs::hard_link(path("d/g"), path("d/h"))?;
    assert_eq!(File::open(path("d/f")).unwrap_err().kind(), io::ErrorKind::NotFound);
    assert_eq!(fs::create_dir(path("d")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert!(fs::remove_dir(path("d")).unwrap_err().to_string().contains("not empty"));
    assert!(fs::read_dir(path("d/g")).is_err_and(|error| error.to_string().contains("Not a directory")));
    let names: BTreeSet<_> = fs::read_dir(path("d"))?.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<_, _>>()?;
    assert_eq!(names, ["g".into(), "h".into()].into());
    fs::remove_file(path("d/h"))?;
    println!("{}", fs::read_to_string(path("d/g"))?);
    Ok(())
}

fn sleep(seconds: u64) {
    let (start, wall) = (Instant::now(), SystemTime::now());
    std::thread::sleep(Duration::from_secs(seconds));
    let passed = start.elapsed().as_secs();
    let wall = wall.elapsed().map_or(0, |passed| passed.as_secs());
    println!("{passed} {wall} {}", SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs()));
}

fn random() {
    use std::collections::hash_map::RandomState;
    use std::hash::BuildHasher;
    println!("{:016x}", RandomState::new().hash_one(0));
}
