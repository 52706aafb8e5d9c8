//! What wcr answers on this host to cases of the fidelity corpus, for the comparison with the browser and other hosts.
//!
//! `answers FIDELITY OUT COUNT` runs so many cases of the folder FIDELITY (spread over all areas), `answers FIDELITY OUT
//! NUMBER/SHARES` a share of all of them, `answers FIDELITY OUT AREA:…` those whose names begin so, each as a
//! deterministic container of the built-in image whose `/work` is the case's fixture, and writes `answers.jsonl` and the
//! fixtures as layers into the folder OUT. Whether the answers are those of the real programs is not asked here, so the
//! cases for other images are run, too.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tar::{Archive, Builder, EntryType};
use wcr_container::{RunOptions, VIRTUAL_SEED, VIRTUAL_START, builtin, run_captured};
use wcr_image::index_tar;
use wcr_machine::Settings;
use wcr_vfs::layer::{Layer, LayerIndex};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where the fixture lies in the container.
const WORKDIR: &str = "/work";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [fidelity, out, count] = args.as_slice() else { return Err("usage: answers FIDELITY OUT COUNT".into()) };
    let (fidelity, out) = (Path::new(fidelity), Path::new(out));
    fs::create_dir_all(out)?;
    let mut layers = Layers { fidelity, out, made: BTreeMap::new() };
    let mut answers = fs::File::create(out.join("answers.jsonl"))?;
    let cases = chosen(cases(fidelity)?, count)?;
    for (done, case) in cases.iter().enumerate() {
        if done > 0 && done % 500 == 0 {
            eprintln!("{done} of {} cases", cases.len());
        }
        let answer = answer(case, &mut layers).map_err(|error| format!("{}: {error}", case.id))?;
        writeln!(answers, "{answer}")?;
    }
    Ok(())
}

/// A case of the corpus.
struct Case {
    id: String,
    script: String,
    fixture: String,
}

/// The corpus of programs that the image has under other names: with BusyBox's in their place some cases never end.
const LEFT_OUT: &str = "gnu.jsonl";

/// All cases of the corpora but one, by the names of their files.
fn cases(fidelity: &Path) -> Result<Vec<Case>> {
    let paths: std::result::Result<BTreeSet<PathBuf>, _> =
        fs::read_dir(fidelity)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut cases = Vec::new();
    let is_corpus =
        |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "jsonl") && !path.ends_with(LEFT_OUT);
    for path in paths?.iter().filter(is_corpus) {
        for line in fs::read_to_string(path)?.lines() {
            let case: Value = serde_json::from_str(line)?;
            let text = |key: &str| case[key].as_str().map(str::to_owned).ok_or_else(|| format!("no {key}: {line}"));
            cases.push(Case { id: text("id")?, script: text("script")?, fixture: text("fixture")? });
        }
    }
    Ok(cases)
}

/// So many cases, a share of all, or those whose names begin so.
fn chosen(cases: Vec<Case>, wanted: &str) -> Result<Vec<Case>> {
    if wanted.contains(':') {
        return Ok(cases.into_iter().filter(|case| case.id.starts_with(wanted)).collect());
    }
    let Some((number, shares)) = wanted.split_once('/') else { return Ok(select(cases, wanted.parse()?)) };
    let (number, shares): (usize, usize) = (number.parse()?, shares.parse()?);
    if number == 0 || number > shares {
        return Err(format!("there is no share {wanted}").into());
    }
    Ok(cases.into_iter().skip(number - 1).step_by(shares).collect())
}

/// `count` of the cases: of each area in turn, spread evenly over the area.
fn select(cases: Vec<Case>, count: usize) -> Vec<Case> {
    let mut areas: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in cases {
        let area = case.id.split(':').next().unwrap_or_default().to_owned();
        areas.entry(area).or_default().push(case);
    }
    let mut sizes: Vec<usize> = areas.values().map(Vec::len).collect();
    let mut shares = vec![0; sizes.len()];
    let mut left = count;
    while left > 0 && sizes.iter().any(|size| *size > 0) {
        for (share, size) in shares.iter_mut().zip(&mut sizes) {
            if *size > 0 && left > 0 {
                (*share, *size, left) = (*share + 1, *size - 1, left - 1);
            }
        }
    }
    let spread = |(cases, share): (Vec<Case>, usize)| {
        let total = cases.len();
        cases.into_iter().enumerate().filter(move |(at, _)| at * share % total < share).map(|(_, case)| case)
    };
    areas.into_values().zip(shares).flat_map(spread).collect()
}

/// The fixtures as layers, made once each and written where the browser gets them from.
struct Layers<'a> {
    fidelity: &'a Path,
    out: &'a Path,
    made: BTreeMap<String, (PathBuf, Arc<Layer>)>,
}

impl Layers<'_> {
    fn of(&mut self, fixture: &str) -> Result<(PathBuf, Arc<Layer>)> {
        if let Some(made) = self.made.get(fixture) {
            return Ok(made.clone());
        }
        let tar = below_workdir(&fs::read(self.fidelity.join(fixture))?)?;
        let path = self.out.join(fixture.replace('/', "-"));
        fs::write(&path, &tar)?;
        let layer = Layer::new(LayerIndex::open(index_tar(&tar)?)?, tar)?;
        let made = (path, Arc::new(layer));
        self.made.insert(fixture.to_owned(), made.clone());
        Ok(made)
    }
}

/// A tar whose entries lie in [`WORKDIR`].
fn below_workdir(tar: &[u8]) -> Result<Vec<u8>> {
    let below = |path: &Path| {
        let inside: PathBuf = path.components().filter(|part| part.as_os_str() != ".").collect();
        Path::new(WORKDIR.trim_start_matches('/')).join(inside)
    };
    let mut moved = Builder::new(Vec::new());
    for entry in Archive::new(tar).entries()? {
        let mut entry = entry?;
        let mut header = entry.header().clone();
        let path = below(&entry.path()?);
        match (header.entry_type(), entry.link_name()?) {
            (EntryType::Link, Some(target)) => moved.append_link(&mut header, path, below(&target))?,
            (EntryType::Symlink, Some(target)) => moved.append_link(&mut header, path, target)?,
            _ => moved.append_data(&mut header, path, &mut entry)?,
        }
    }
    Ok(moved.into_inner()?)
}

fn answer(case: &Case, layers: &mut Layers<'_>) -> Result<Value> {
    let (fixture, layer) = layers.of(&case.fixture)?;
    let mut image = builtin()?;
    image.layers.push(layer);
    let command = ["sh", "-c", &case.script].map(|word| word.as_bytes().to_vec()).to_vec();
    let settings = Settings { command, workdir: Some(WORKDIR.into()), trace: true, ..Settings::default() };
    let options =
        RunOptions { settings, clock: Some(VIRTUAL_START), seed: Some(VIRTUAL_SEED), ..RunOptions::default() };
    let captured = run_captured(&image, options, Vec::new())?;
    let digest: String = captured.outcome.trace.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({
        "id": case.id,
        "script": case.script,
        "fixture": fixture,
        "workdir": WORKDIR,
        "code": captured.outcome.code,
        "stdout": STANDARD.encode(&captured.stdout),
        "stderr": STANDARD.encode(&captured.stderr),
        "digest": digest,
    }))
}
