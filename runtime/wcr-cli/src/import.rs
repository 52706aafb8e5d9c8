//! `wcr import`.

use std::fs::File;
use std::io::{self, Read};

use anyhow::{Context as _, Result};
use wcr_image::{Class, RunConfig};
use wcr_store::{ImportOptions, Store};

use crate::busy::Busy;
use crate::exit::Failure;
use crate::image_args::ImportArgs;
use crate::{output, when};

/// Makes an image of a root file system, and prints its identity.
pub(crate) fn import(args: &ImportArgs) -> Result<u8> {
    let mut run = RunConfig::default();
    for change in &args.change {
        apply(&mut run, change)
            .map_err(|reason| Failure::new(Class::Usage, format!("--change {change:?}: {reason}")))?;
    }
    let from_stdin = args.file.as_os_str() == "-";
    let (stream, size): (Box<dyn Read>, _) = if from_stdin {
        (Box::new(io::stdin().lock()), None)
    } else {
        let cannot = |error| Failure::new(Class::Usage, format!("cannot open {}: {error}", args.file.display()));
        let file = File::open(&args.file).map_err(cannot)?;
        let size = file.metadata().ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.len());
        (Box::new(file), size)
    };
    let source = if from_stdin { "-".into() } else { args.file.display().to_string() };
    let options = ImportOptions {
        platform: args.platform.clone().unwrap_or_default(),
        created: when::rfc3339(when::now()),
        run,
        comment: args.message.clone().unwrap_or_else(|| format!("Imported from {source}")),
    };
    let busy = Busy::begin(format!("importing {source}"), size);
    let imported = Store::open_default()?.import(&mut busy.count(stream), args.name.as_ref(), options);
    let id = imported.with_context(|| format!("cannot import {source}"))?;
    drop(busy);
    Ok(output::print(&format!("{id}\n")))
}

/// Makes the change that an instruction of a Dockerfile makes.
fn apply(run: &mut RunConfig, instruction: &str) -> Result<(), String> {
    let (word, rest) = instruction.trim().split_once(char::is_whitespace).unwrap_or((instruction.trim(), ""));
    let rest = rest.trim();
    if rest.is_empty() {
        return Err("it has nothing behind its first word".into());
    }
    match word.to_ascii_uppercase().as_str() {
        "CMD" => run.cmd = command(rest)?,
        "ENTRYPOINT" => run.entrypoint = command(rest)?,
        "ENV" => {
            for (name, value) in pairs(rest)? {
                run.env.retain(|entry| entry.split_once('=').is_none_or(|(other, _)| other != name));
                run.env.push(format!("{name}={value}"));
            }
        }
        "LABEL" => run.labels.extend(pairs(rest)?),
        "EXPOSE" => {
            let port = |port: &str| if port.contains('/') { port.to_owned() } else { format!("{port}/tcp") };
            run.exposed_ports.extend(rest.split_whitespace().map(port));
        }
        "STOPSIGNAL" => run.stop_signal = rest.into(),
        "USER" => run.user = rest.into(),
        "VOLUME" if rest.starts_with('[') => run.volumes.extend(list(rest)?),
        "VOLUME" => run.volumes.extend(rest.split_whitespace().map(str::to_owned)),
        "WORKDIR" => run.working_dir = rest.into(),
        _ => return Err("it is none of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR".into()),
    }
    Ok(())
}

/// A command: a list of words in JSON, or a line for the shell.
fn command(text: &str) -> Result<Vec<String>, String> {
    if text.starts_with('[') { list(text) } else { Ok(vec!["/bin/sh".into(), "-c".into(), text.into()]) }
}

fn list(text: &str) -> Result<Vec<String>, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no list of strings: {error}"))
}

/// `NAME=VALUE` once or several times, values in quotes if need be; or `NAME VALUE`.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let words = words(text)?;
    if let Some(first) = words.first()
        && !first.contains('=')
    {
        let (name, value) = text.split_once(char::is_whitespace).ok_or("it has a name without a value")?;
        return Ok(vec![(name.into(), value.trim().into())]);
    }
    let pair = |word: &String| match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it has a name without a value".to_owned()),
    };
    words.iter().map(pair).collect()
}

/// The words of a line, with quotes and backslashes undone.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(letters.next()),
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, Some(open)) if letter == open => quote = None,
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".into());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(instructions: &[&str]) -> Result<RunConfig, String> {
        let mut run = RunConfig::default();
        for instruction in instructions {
            apply(&mut run, instruction)?;
        }
        Ok(run)
    }

    #[test]
    fn instructions_change_how_a_container_is_started() {
        let run = changed(&[
            r#"CMD ["a", "b c"]"#,
            "entrypoint exec x",
            r#"ENV A=1 B="two words" C=x\ y"#,
            "ENV A other value",
            "EXPOSE 80 53/udp",
            "LABEL k=v",
            "USER 1:2",
            "WORKDIR /w",
            r#"VOLUME ["/v"]"#,
            "STOPSIGNAL SIGINT",
        ])
        .unwrap();
        assert_eq!(run.cmd, ["a", "b c"]);
        assert_eq!(run.entrypoint, ["/bin/sh", "-c", "exec x"]);
        assert_eq!(run.env, ["B=two words", "C=x y", "A=other value"]);
        assert_eq!(run.exposed_ports, ["80/tcp", "53/udp"]);
        assert_eq!((run.user.as_str(), run.working_dir.as_str(), run.stop_signal.as_str()), ("1:2", "/w", "SIGINT"));
        assert_eq!((run.labels["k"].as_str(), run.volumes[0].as_str()), ("v", "/v"));
    }

    #[test]
    fn bad_instructions_are_refused() {
        for bad in ["", "CMD", "RUN x", "CMD [1]", "CMD [\"a\"", "ENV A", "ENV =x", "ENV A=\"x", "ONBUILD CMD x"] {
            assert!(changed(&[bad]).is_err(), "{bad}");
        }
    }
}
