//! Which program a container runs: the image's entry point and command, and what the user says instead.

/// The arguments of the first process, by Docker's rules; empty when nobody names a program.
///
/// `command` replaces the image's command. `entrypoint` replaces the image's entry point, an empty one
/// removes it, and either drops the image's command, which was meant for the old one.
#[must_use]
pub fn argv(
    image_entrypoint: &[String],
    image_command: &[String],
    entrypoint: Option<&[u8]>,
    command: &[Vec<u8>],
) -> Vec<Vec<u8>> {
    let bytes = |list: &[String]| list.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
    let (mut argv, default) = match entrypoint {
        None => (bytes(image_entrypoint), bytes(image_command)),
        Some(b"") => (Vec::new(), Vec::new()),
        Some(program) => (vec![program.to_vec()], Vec::new()),
    };
    argv.extend(if command.is_empty() { default } else { command.to_vec() });
    argv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_table_of_entry_points_and_commands() {
        type Case<'a> = (&'a [&'a str], &'a [&'a str], Option<&'a str>, &'a [&'a str], &'a [&'a str]);
        let table: [Case<'_>; 11] = [
            (&[], &["sh"], None, &[], &["sh"]),
            (&[], &["sh"], None, &["ls", "-l"], &["ls", "-l"]),
            (&["e", "x"], &["c"], None, &[], &["e", "x", "c"]),
            (&["e", "x"], &["c"], None, &["d"], &["e", "x", "d"]),
            (&["e"], &[], None, &[], &["e"]),
            (&["e"], &["c"], Some("n"), &[], &["n"]),
            (&["e"], &["c"], Some("n"), &["d"], &["n", "d"]),
            (&["e"], &["c"], Some(""), &["d"], &["d"]),
            (&["e"], &["c"], Some(""), &[], &[]),
            (&[], &[], None, &[], &[]),
            (&[], &["c"], Some("n"), &[], &["n"]),
        ];
        for (entrypoint, command, own_entrypoint, own_command, expected) in table {
            let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
            let bytes = |list: &[&str]| list.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>();
            let own_entrypoint = own_entrypoint.map(str::as_bytes);
            let argv = argv(&owned(entrypoint), &owned(command), own_entrypoint, &bytes(own_command));
            assert_eq!(argv, bytes(expected));
        }
    }
}
