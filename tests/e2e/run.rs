//! `wcr run`: what its flags and the image's configuration do.

use std::fs;

use serde_json::json;
use wcr_tests::busybox;
use wcr_tests::lab::Lab;

#[test]
fn output_and_exit_code_are_the_commands_own() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", &image, "echo", "hi"]).run().ok().prints("hi\n").silent();
    lab.wcr(["run", "--rm", &image, "true"]).run().ok().prints("").silent();
    lab.wcr(["run", "--rm", &image, "false"]).run().exits(1).prints("").silent();
    lab.wcr(["run", "--rm", &image, "sh", "-c", "exit 42"]).run().exits(42).prints("");
}

#[test]
fn the_two_streams_stay_apart() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let finished = lab.wcr(["run", "--rm", &image, "sh", "-c", "echo out; echo err >&2"]).run().ok().prints("out\n");
    assert_eq!(finished.stderr(), "err\n");
}

#[test]
fn arguments_reach_the_program_untouched() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let arguments = ["--rm", "a  b", "$HOME", "*", "", "-v", "é", "\u{1}"];
    let expected: String = arguments.iter().map(|argument| format!("[{argument}]\n")).collect();
    lab.wcr(["run", "--rm", &image, "printf", r"[%s]\n"]).args(arguments).run().ok().prints(&expected);
}

#[test]
fn stdin_is_read_with_i_and_empty_without() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", "-i", &image, "cat"]).stdin("one\ntwo\n").run().ok().prints("one\ntwo\n");
    lab.wcr(["run", "--rm", &image, "cat"]).stdin("one\ntwo\n").run().ok().prints("");
}

#[test]
fn large_streams_pass_through() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let input: Vec<u8> = (0..3_000_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let finished = lab.wcr(["run", "--rm", "-i", &image, "cat"]).stdin(input.clone()).run().ok();
    assert!(finished.stdout == input, "{} bytes came back of {}", finished.stdout.len(), input.len());
}

#[test]
fn a_reader_that_leaves_early_ends_the_writer() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", &image, "sh", "-c", "yes | head -n 2"]).run().ok().prints("y\ny\n").silent();
}

#[test]
fn the_environment_comes_from_the_image_and_from_e() {
    let Some(lab) = Lab::open() else { return };
    let image = busybox::image().with("Env", json!(["PATH=/bin:/usr/bin", "COLOUR=green", "SIZE=large"]));
    let image = lab.provide("environment", &image);
    let print = "echo $PATH $COLOUR $SIZE $FROM_HOST $NEW";
    lab.wcr(["run", "--rm", &image, "sh", "-c", print]).run().ok().prints("/bin:/usr/bin green large\n");
    lab.wcr(["run", "--rm", "-e", "COLOUR=blue", "-e", "NEW=a=b", &image, "sh", "-c", print])
        .run()
        .ok()
        .prints("/bin:/usr/bin blue large a=b\n");
    // A name alone takes the value from outside; nothing else of the host's environment gets in.
    lab.wcr(["run", "--rm", "-e", "FROM_HOST", &image, "sh", "-c", print])
        .env("FROM_HOST", "host")
        .env("NEW", "not this")
        .run()
        .ok()
        .prints("/bin:/usr/bin green large host\n");
}

#[test]
fn home_and_hostname_are_set() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", &image, "sh", "-c", "echo $HOME; test -n \"$HOSTNAME\" && echo named"])
        .run()
        .ok()
        .prints("/root\nnamed\n");
}

#[test]
fn the_working_directory() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.provide("workdir", &busybox::image().with("WorkingDir", json!("/etc")));
    lab.wcr(["run", "--rm", &image, "pwd"]).run().ok().prints("/etc\n");
    lab.wcr(["run", "--rm", "-w", "/usr/bin", &image, "pwd"]).run().ok().prints("/usr/bin\n");
    // Made when it is not there.
    lab.wcr(["run", "--rm", "-w", "/made/for/this", &image, "pwd"]).run().ok().prints("/made/for/this\n");
    let image = lab.busybox().reference;
    lab.wcr(["run", "--rm", &image, "pwd"]).run().ok().prints("/\n");
}

#[test]
fn entrypoint_and_command() {
    let Some(lab) = Lab::open() else { return };
    let image = busybox::image().with("Entrypoint", json!(["echo", "entry"])).with("Cmd", json!(["command"]));
    let image = lab.provide("entrypoint", &image);
    lab.wcr(["run", "--rm", &image]).run().ok().prints("entry command\n");
    lab.wcr(["run", "--rm", &image, "given"]).run().ok().prints("entry given\n");
    lab.wcr(["run", "--rm", "--entrypoint", "printf", &image, "%s-", "a", "b"]).run().ok().prints("a-b-");
    // With its own entry point, the image's command does not apply.
    lab.wcr(["run", "--rm", "--entrypoint", "echo", &image]).run().ok().prints("\n");
    let image = lab.provide("command", &busybox::image().with("Cmd", json!(["echo", "only", "command"])));
    lab.wcr(["run", "--rm", &image]).run().ok().prints("only command\n");
}

#[test]
fn an_image_without_a_command_says_so() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.provide("no-command", &busybox::image().with("Cmd", json!(null)));
    lab.wcr(["run", "--rm", &image]).run().fails().exits(125).says(&["command"]);
}

#[test]
fn the_user_of_the_image() {
    let Some(lab) = Lab::open() else { return };
    let ids = "id -u; id -g; echo $HOME";
    for (name, user, expected) in [
        ("user-name", "alice", "1000\n1000\n/home/alice\n"),
        ("user-number", "1000", "1000\n1000\n/home/alice\n"),
        ("user-and-group", "alice:users", "1000\n100\n/home/alice\n"),
        ("user-unknown", "4321:8765", "4321\n8765\n/\n"),
    ] {
        let image = lab.provide(name, &busybox::image_with_alice().with("User", json!(user)));
        lab.wcr(["run", "--rm", &image, "sh", "-c", ids]).run().ok().prints(expected);
    }
}

#[test]
fn permissions_bind_a_user_and_not_root() {
    let Some(lab) = Lab::open() else { return };
    let image = lab.provide("unprivileged", &busybox::image_with_alice().with("User", json!("alice")));
    lab.wcr(["run", "--rm", &image, "touch", "/etc/x"]).run().exits(1).says(&["/etc/x: Permission denied"]);
    lab.wcr(["run", "--rm", &image, "ls", "/root"]).run().exits(1).says(&["Permission denied"]);
    lab.wcr(["run", "--rm", &image, "sh", "-c", "echo mine > /home/alice/x && cat /home/alice/x && echo all > /tmp/x"])
        .run()
        .ok()
        .prints("mine\n");
}

#[test]
fn a_folder_of_the_host_with_v() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let folder = lab.path("shared");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("from-host"), "written outside\n").unwrap();
    let volume = format!("{}:/mnt/data", folder.display());
    lab.wcr(["run", "--rm", "-v", &volume, &image, "cat", "/mnt/data/from-host"])
        .run()
        .ok()
        .prints("written outside\n");
    let script = "echo inside > from-guest; mkdir -p d/e; rm from-host; mv from-guest d/e/moved; ls";
    lab.wcr(["run", "--rm", "-v", &volume, "-w", "/mnt/data", &image, "sh", "-c", script]).run().ok().prints("d\n");
    assert_eq!(fs::read_to_string(folder.join("d/e/moved")).unwrap(), "inside\n");
    assert!(!folder.join("from-host").exists());
}

#[test]
fn a_volume_takes_what_linux_has() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let folder = lab.path("linux");
    fs::create_dir(&folder).unwrap();
    let volume = format!("{}:/data", folder.display());
    let script = "touch -d @-5 old && stat -c %Y old && mkfifo fifo && stat -c %F fifo && \
                  (echo through > fifo & cat fifo) && ln -s old link && touch -h -d @7 link && stat -c %Y link old";
    lab.wcr(["run", "--rm", "-v", &volume, "-w", "/data", &image, "sh", "-c", script])
        .run()
        .ok()
        .prints("-5\nfifo\nthrough\n7\n-5\n");
}

#[test]
fn a_read_only_volume_cannot_be_changed() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let folder = lab.path("read-only");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("kept"), "kept\n").unwrap();
    let volume = format!("{}:/data:ro", folder.display());
    for script in ["echo x > /data/new", "rm /data/kept", "echo x >> /data/kept", "mkdir /data/d", "mv /data/kept /tmp"]
    {
        let finished = lab.wcr(["run", "--rm", "-v", &volume, &image, "sh", "-c", script]).run().fails();
        assert!(finished.stderr().contains("Read-only file system"), "{script}: {}", finished.stderr());
    }
    lab.wcr(["run", "--rm", "-v", &volume, &image, "cat", "/data/kept"]).run().ok().prints("kept\n");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_single_file_of_the_host_with_v() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let file = lab.path("one-file");
    fs::write(&file, "just this\n").unwrap();
    let volume = format!("{}:/etc/motd:ro", file.display());
    lab.wcr(["run", "--rm", "-v", &volume, &image, "cat", "/etc/motd"]).run().ok().prints("just this\n");
}

#[test]
fn a_guest_stays_inside_its_volume() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let folder = lab.path("prison");
    fs::create_dir(&folder).unwrap();
    fs::write(lab.path("secret"), "secret of the host\n").unwrap();
    std::os::unix::fs::symlink(lab.path("secret"), folder.join("absolute")).unwrap();
    std::os::unix::fs::symlink("../secret", folder.join("relative")).unwrap();
    let volume = format!("{}:/data", folder.display());
    let script = "cat /data/absolute /data/relative /data/../secret; ln -s ../secret /data/own; cat /data/own";
    let finished = lab.wcr(["run", "--rm", "-v", &volume, &image, "sh", "-c", script]).run().fails();
    assert!(!finished.stdout().contains("secret of the host"), "{}", finished.stdout());
}

#[test]
fn writes_are_in_memory_and_gone_afterwards() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let before = snapshot(&lab.store().join("layers"));
    let script = "echo new > /etc/new; echo changed > /etc/passwd; rm /bin/ls; rm -r /home; cat /etc/new /etc/passwd";
    lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run().ok().prints("new\nchanged\n");
    lab.wcr(["run", "--rm", &image, "sh", "-c", "cat /etc/passwd; ls -d /home; test -e /etc/new || echo gone"])
        .run()
        .ok()
        .prints(&format!("{}/home\ngone\n", busybox::PASSWD));
    assert_eq!(snapshot(&lab.store().join("layers")), before);
}

/// Name, length and modification time of each file of a folder.
fn snapshot(folder: &std::path::Path) -> Vec<(String, u64, std::time::SystemTime)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            (entry.file_name().to_string_lossy().into_owned(), metadata.len(), metadata.modified().unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn verbose_speaks_on_standard_error_only() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let finished = lab.wcr(["run", "--rm", "--verbose", &image, "echo", "hi"]).run().ok().prints("hi\n");
    assert!(!finished.stderr.is_empty());
}

#[test]
fn explain_says_what_stands_in() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let finished = lab.wcr(["run", "--rm", "--explain", &image, "echo", "hi"]).run().ok();
    let all = finished.stdout() + &finished.stderr();
    for text in ["/bin/echo", "BusyBox"] {
        assert!(all.to_lowercase().contains(&text.to_lowercase()), "no {text} in: {all}");
    }
}
