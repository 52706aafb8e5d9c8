//! Containers when things go wrong: killed commands, a full disk, damaged files, links that lead elsewhere.

use std::fs;
use std::process::Command;

use wcr_tests::fuzz::containers::{self, Plan};
use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip;
use wcr_tests::wcr::Wcr;

use crate::containers::House;

#[test]
fn killed_commands_leave_a_store_that_makes_sense() {
    let home = Scratch::new("disturbed");
    let plan = Plan { count: 160, seed: 1, jobs: 4, kills: 40 };
    if let Err(wrong) = containers::run(home.path(), plan) {
        panic!("{wrong}");
    }
}

#[test]
fn many_processes_at_once_end_cleanly() {
    let home = Scratch::new("disturbed");
    let plan = Plan { count: 128, seed: 50_000, jobs: 32, kills: 0 };
    if let Err(wrong) = containers::run(home.path(), plan) {
        panic!("{wrong}");
    }
}

#[test]
fn the_store_is_checked_with_its_containers() {
    let house = House::new();
    let containers = house.home.path().join("store/containers");
    let create = |name: &str| {
        let id = house.run(["create", "--name", name, "busybox", "true"]).ok().stdout().trim().to_owned();
        containers.join(id)
    };
    let [state, name, half, record] = ["state", "name", "half", "record"].map(create);
    house.run(["run", "--name", "files", "busybox", "touch", "/new"]).ok();
    house.run(["fsck"]).ok().prints("the store is sound\n");
    fs::write(state.join("state.json"), "{torn").unwrap();
    fs::remove_file(containers.join("names/name")).unwrap();
    fs::remove_file(half.join("container.json")).unwrap();
    fs::write(record.join("container.json"), "nothing").unwrap();
    fs::write(name.join("next.tar"), "left").unwrap();
    let said = house.run(["fsck"]).exits(12).stdout();
    for path in [
        state.join("state.json"),
        name.join("name"),
        half.clone(),
        record.join("container.json"),
        name.join("next.tar"),
    ] {
        assert!(said.contains(path.to_str().unwrap()), "{} in {said}", path.display());
    }
    let left = house.run(["fsck", "--repair"]).exits(12);
    assert!(left.stderr().contains("container.json could not be repaired"), "{}", left.stderr());
    assert_eq!(house.status("state"), "exited 137");
    assert_eq!(house.status("name"), "created 0");
    assert!(!half.exists() && !name.join("next.tar").exists());
    let id = record.file_name().unwrap().to_str().unwrap().to_owned();
    house.run(["rm", "-f", &id]).ok();
    house.run(["fsck"]).ok().prints("the store is sound\n");
}

/// A small file system in memory, mounted as long as this lives.
struct Disk(Scratch);

impl Disk {
    /// `None`, with a note, when nothing can be mounted here.
    fn of(megabytes: u32) -> Option<Self> {
        let place = Scratch::new("disk");
        let size = format!("size={megabytes}m");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(place.path()).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self(place));
        }
        skip::note("no file system can be mounted here, which takes root");
        None
    }

    /// Fills it, but for some kilobytes.
    fn fill(&self, but: usize) {
        let path = self.0.path().join("ballast");
        let mut size = 64 << 20;
        let mut content = Vec::new();
        while size >= 4096 {
            let more = vec![b'x'; size];
            let written = content.len();
            content.extend(&more);
            if fs::write(&path, &content).is_err() {
                content.truncate(written);
                size /= 2;
            }
        }
        content.truncate(content.len().saturating_sub(but << 10));
        // Who writes meanwhile, such as a log, may have taken the rest: then it is full as well.
        if let Err(error) = fs::write(&path, &content) {
            assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
        }
    }

    fn empty(&self) {
        fs::remove_file(self.0.path().join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_fails_cleanly() {
    let Some(disk) = Disk::of(8) else { return };
    let home = disk.0.path();
    let run = |args: &[&str]| Wcr::new(home).args(args).run();
    run(&["run", "-d", "--name", "live", "busybox", "sh", "-c", "while :; do echo line; sleep 0.01; done"]).ok();
    run(&["run", "--name", "still", "busybox", "sh", "-c", "echo x > /x"]).ok();
    disk.fill(0);
    let file = Scratch::new("content");
    let path = file.path().join("content");
    fs::write(&path, vec![b'y'; 1 << 20]).unwrap();
    let path = path.to_str().unwrap();
    let full = ["No space left"];
    run(&["create", "--name", "more", "busybox", "true"]).exits(125).says(&full);
    run(&["run", "-d", "--name", "more", "busybox", "true"]).exits(125).says(&full);
    // What is shown is not lost to what cannot be kept.
    run(&["run", "busybox", "echo", "shown"]).ok().prints("shown\n").says(&["not kept"]);
    run(&["cp", path, "still:/y"]).fails().says(&full);
    run(&["logs", "live"]).ok();
    run(&["ps", "-a"]).ok();
    run(&["exec", "live", "echo", "on"]).ok().prints("on\n");
    disk.empty();
    run(&["cp", path, "still:/y"]).ok();
    run(&["start", "-a", "still"]).ok();
    run(&["create", "--name", "more", "busybox", "true"]).ok();
    run(&["rm", "-f", "live", "still", "more"]).ok();
    run(&["fsck", "--repair"]).ok();
}

#[test]
fn an_image_that_has_no_room_is_not_made() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let Some(disk) = Disk::of(16) else { return };
    let archive = disk.0.path().join("image.tar");
    let (store, archive) = (disk.0.path().join("store"), archive.to_str().unwrap());
    lab.wcr(["pull", "-q", &image]).run().ok();
    lab.wcr(["save", "-o", archive, &image]).run().ok();
    let wcr = |args: &[&str]| lab.wcr(args.iter().copied()).env("WCR_ROOT", &store).run();
    wcr(&["load", "-i", archive]).ok();
    wcr(&["run", "--pull=never", "--name", "box", &image, "sh", "-c", "head -c 2000000 /dev/urandom > /noise"]).ok();
    disk.fill(300);
    wcr(&["commit", "box", "made:1"]).fails().exits(15).says(&["No space left"]);
    wcr(&["run", "--rm", "--pull=never", "made:1", "true"]).fails();
    disk.empty();
    wcr(&["commit", "box", "made:1"]).ok();
    wcr(&["run", "--rm", "--pull=never", "made:1", "wc", "-c", "/noise"]).ok().prints("2000000 /noise\n");
    wcr(&["rm", "box"]).ok();
    wcr(&["prune"]).ok();
    wcr(&["fsck"]).ok();
}

#[test]
fn fault_62_copying_runs_nothing_and_leads_nowhere_else() {
    let house = House::new();
    let secret = house.home.path().join("secret");
    fs::write(&secret, "of the host").unwrap();
    let there = secret.to_str().unwrap();
    // A folder that is now a folder, now a link to where the host has something.
    let folder = secret.parent().unwrap().to_str().unwrap();
    let script = format!(
        "mkdir -p /a/b; echo inside > /a/b/secret; ln -s {folder} /trap; ln -s {there} /link; \
         while :; do mv /a/b /a/c; ln -s {folder} /a/b; rm /a/b; mv /a/c /a/b; done"
    );
    house.starts("box", &script);
    let out = house.home.path().join("out");
    fs::create_dir(&out).unwrap();
    let before = fs::read_dir(house.home.path()).unwrap().count();
    for round in 0..12 {
        let target = out.join(round.to_string());
        let target = target.to_str().unwrap();
        house.run(["cp", "-q", "box:/a/b/secret", target]);
        if let Ok(content) = fs::read_to_string(target) {
            assert_eq!(content, "inside\n");
        }
        house.run(["cp", "-q", "-L", "box:/link", target]).fails();
        house.run(["cp", "-q", there, "box:/trap/planted"]).fails();
        house.run(["cp", "-q", there, "box:/a/b/planted"]);
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "of the host");
    assert_eq!(fs::read_dir(house.home.path()).unwrap().count(), before, "something was planted");
    // Nothing but the first process has run meanwhile.
    let told = house.run(["events", "--since", "1h", "--until", "0s", "--format", "{{.Action}}"]).ok().stdout();
    assert!(!told.contains("exec"), "{told}");
}
