//! What is mounted in a container: its root, file systems in memory, folders of the host, `/dev`, `/proc`, `/sys`; and
//! what a container cannot do with any of them. Tests named `fault_N_…` stand for line N of the catalogue of faults.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use wcr_tests::lab::Lab;
use wcr_tests::scratch::Scratch;
use wcr_tests::wcr::Finished;

/// Runs a script with further options; standard error joins the output.
fn script(lab: &Lab, image: &str, options: &[&str], script: &str) -> Finished {
    let script = format!("exec 2>&1; {script}");
    let args = [&["run", "--rm"], options, &[image, "sh", "-c", &script]].concat();
    lab.wcr(args).run()
}

#[test]
fn a_read_only_root_cannot_be_changed_and_what_is_mounted_can() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let shared = Scratch::new("shared");
    let volume = format!("{}:/data", shared.path().display());
    let options = ["--read-only", "--tmpfs", "/run", "-v", &volume, "-w", "/made"];
    let doings = "echo x > /new; mkdir /folder; rm /bin/ls; chmod 700 /etc; touch /etc/hosts; ln /bin/ls /l;
                  mv /etc /x; echo x > /etc/hosts;
                  pwd; echo run > /run/x; cat /run/x; echo data > /data/x; echo null > /dev/null; cat /etc/hostname;
                  grep ' / ' /proc/mounts | cut -d, -f1";
    script(&lab, &image, &options, doings).ok().prints(
        "sh: can't create /new: Read-only file system\n\
         mkdir: can't create directory '/folder': Read-only file system\n\
         rm: can't remove '/bin/ls': Read-only file system\n\
         chmod: /etc: Read-only file system\n\
         touch: /etc/hosts: Read-only file system\n\
         ln: /l: Read-only file system\n\
         mv: can't rename '/etc': Read-only file system\n\
         sh: can't create /etc/hosts: Read-only file system\n\
         /made\nrun\nwcr\noverlay / overlay ro\n",
    );
    assert_eq!(fs::read_to_string(shared.join("x")).unwrap(), "data\n");
}

/// Catalogue of faults, line 80: TRUNC, link and rename on what is read-only are denied.
#[test]
fn fault_80_nothing_read_only_is_truncated_linked_or_renamed() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let shared = Scratch::new("shared");
    fs::write(shared.join("kept"), "kept").unwrap();
    let volume = format!("{}:/data:ro", shared.path().display());
    for (options, dir) in [(vec!["-v", volume.as_str()], "/data"), (vec!["--read-only"], "/etc"), (vec![], "/sys")] {
        let file = if dir == "/data" { "kept" } else { "hosts" };
        let doings = format!(
            "cd {dir}; for doing in '> {file}' '>> {file}' '> new' 'ln {file} new' 'ln -s {file} new' 'mv {file} new' \
             'mv /etc/passwd {file}' 'mkdir new' 'mkfifo new' 'rm -f {file}' 'rmdir ../{dir}' 'chmod 777 .' 'chown 5 .' \
             'touch .' 'truncate -s 0 {file}'; do if sh -c \"$doing\" 2>/dev/null; then echo \"$doing\"; fi; done"
        );
        // What is not there cannot be removed: with -f that is as it should be.
        let expected = if dir == "/sys" { "rm -f hosts\n" } else { "" };
        script(&lab, &image, &options, &doings).ok().prints(expected);
    }
    assert_eq!(fs::read_to_string(shared.join("kept")).unwrap(), "kept");
    assert_eq!(fs::read_dir(shared.path()).unwrap().count(), 1);
}

/// Catalogue of faults, line 81: `..`, dangling links with CREAT and loops of links stay inside.
#[test]
fn fault_81_no_path_leads_out() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let outside = Scratch::new("outside");
    fs::write(outside.join("secret"), "secret").unwrap();
    let shared = Scratch::within(outside.path(), "shared");
    std::os::unix::fs::symlink(outside.join("secret"), shared.join("absolute")).unwrap();
    std::os::unix::fs::symlink("../secret", shared.join("relative")).unwrap();
    std::os::unix::fs::symlink("../made", shared.join("dangling")).unwrap();
    std::os::unix::fs::symlink("loop", shared.join("loop")).unwrap();
    let volume = format!("{}:/mnt/data", shared.path().display());
    let doings = "cd /mnt/data; cat absolute relative ../secret /mnt/data/../../../secret; cat loop; echo x > loop;
                  echo inside > dangling; cat /mnt/made; ls ..";
    let finished = script(&lab, &image, &["-v", &volume], doings).ok();
    let expected = format!(
        "cat: can't open 'absolute': No such file or directory\n\
         cat: can't open 'relative': No such file or directory\n\
         cat: can't open '../secret': No such file or directory\n\
         cat: can't open '/mnt/data/../../../secret': No such file or directory\n\
         cat: can't open 'loop': {loop_}\nsh: can't create loop: {loop_}\ninside\ndata\nmade\n",
        loop_ = "Too many levels of symbolic links"
    );
    finished.prints(&expected);
    assert!(!outside.join("made").exists());
}

/// Catalogue of faults, line 82: a folder of the host that is swapped for a link all the time leads nowhere.
#[test]
fn fault_82_a_race_of_links_in_a_bind_does_not_lead_out() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let outside = Scratch::new("outside");
    fs::create_dir(outside.join("folder")).unwrap();
    fs::write(outside.join("folder/file"), "secret\n").unwrap();
    let shared = Scratch::new("shared");
    for name in ["real", "folder"] {
        fs::create_dir(shared.join(name)).unwrap();
        fs::write(shared.join(name).join("file"), "inside\n").unwrap();
    }
    std::os::unix::fs::symlink(outside.join("folder"), shared.join("link")).unwrap();
    let stop = AtomicBool::new(false);
    let volume = format!("{}:/data", shared.path().display());
    let doings = "cd /data; for i in $(seq 3000); do
                    cat folder/file 2>/dev/null; echo changed > folder/new; rm -f folder/new; done | sort -u";
    let finished = std::thread::scope(|scope| {
        scope.spawn(|| {
            let (folder, link, aside) = (shared.join("folder"), shared.join("link"), shared.join("aside"));
            while !stop.load(Ordering::Relaxed) {
                // Each of the two takes the name in turn.
                for (from, to) in [(&folder, &aside), (&link, &folder), (&folder, &link), (&aside, &folder)] {
                    let _ = fs::rename(from, to);
                }
            }
        });
        let finished = script(&lab, &image, &["-v", &volume], doings);
        stop.store(true, Ordering::Relaxed);
        finished
    });
    let lines: Vec<String> = finished.ok().stdout().lines().map(str::to_owned).collect();
    assert!(lines.iter().all(|line| !line.contains("secret")), "{lines:?}");
    assert!(lines.iter().any(|line| line == "inside"), "{lines:?}");
    assert_eq!(fs::read_to_string(outside.join("folder/file")).unwrap(), "secret\n");
    assert_eq!(fs::read_dir(outside.join("folder")).unwrap().count(), 1);
}

/// Catalogue of faults, line 91: what is full is full for the guest only.
#[test]
fn fault_91_a_full_file_system_is_an_error_of_the_guests() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let options = ["--storage-opt", "size=1m", "--tmpfs", "/run:size=64k"];
    let doings = "head -c 3000000 /dev/zero > /full; [ $(wc -c < /full) -gt 900000 ] && echo nearly a megabyte;
                  head -c 100000 /dev/zero > /run/full; wc -c < /run/full; echo more > /run/other;
                  rm /full /run/full; echo more > /other && cat /other; stat -f -c '%b %S' / /run";
    script(&lab, &image, &options, doings).ok().prints(
        "head: standard output: No space left on device\nnearly a megabyte\n\
         head: standard output: No space left on device\n65536\nsh: write error: No space left on device\n\
         more\n256 4096\n16 4096\n",
    );
    // A neighbour has all its room.
    script(&lab, &image, &[], "head -c 20000000 /dev/zero > /full; wc -c < /full").ok().prints("20000000\n");
}

/// Catalogue of faults, line 92: sizes and paths beyond all measure are errors.
#[test]
fn fault_92_sizes_and_paths_beyond_measure_are_errors() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let doings = "cd /tmp; truncate -s 4611686018427387904 sparse; truncate -s 8000000000000 sparse;
                  stat -c '%s %b' sparse; long=$(printf '%04097d' 0); cat /$long; mkdir $long; p=$(printf 'a/%.0s' $(seq 2100));
                  ls /$p; i=0; while [ $i -lt 200 ] && mkdir d && cd d; do i=$((i+1)); done; pwd | wc -c;
                  cd /tmp; rm -r d && echo gone";
    let (long, path) = ("0".repeat(4097), "a/".repeat(2100));
    script(&lab, &image, &["--tmpfs", "/tmp"], doings).ok().prints(&format!(
        "truncate: sparse: truncate: File too large\n8000000000000 0\n\
         cat: can't open '/{long}': File name too long\nmkdir: can't create directory '{long}': File name too long\n\
         ls: /{path}: File name too long\n405\ngone\n"
    ));
}

#[test]
fn a_tmpfs_has_the_options_that_it_was_given() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let options = ["--tmpfs", "/a/b:size=8m,mode=750,uid=5,gid=6", "--tmpfs", "/x:exec", "--tmpfs", "/ro:ro"];
    let doings =
        "stat -c '%a %u %g' /a/b /x; grep -E ' (/a/b|/x|/ro) ' /proc/mounts; cp /bin/echo /x/; cp /bin/echo /a/b/;
                  /x/echo runs; /a/b/echo; mknod /a/b/null c 1 3; echo > /a/b/null; echo > /ro/x";
    script(&lab, &image, &options, doings).exits(1).prints(
        "750 5 6\n1777 0 0\n\
         tmpfs /x tmpfs rw,nosuid,nodev,relatime 0 0\n\
         tmpfs /ro tmpfs ro,nosuid,nodev,noexec,relatime 0 0\n\
         tmpfs /a/b tmpfs rw,nosuid,nodev,noexec,relatime,size=8192k,mode=750 0 0\n\
         runs\nsh: /a/b/echo: Permission denied\nsh: can't create /a/b/null: Permission denied\n\
         sh: can't create /ro/x: Read-only file system\n",
    );
}

#[test]
fn a_bind_mount_does_not_tell_where_it_is_on_the_host() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let shared = Scratch::new("shared");
    let volume = format!("{}:/data", shared.path().display());
    let doings = "grep ' /data ' /proc/mounts; df /data | sed -n 's/ .* / /p'; mount | grep /data";
    script(&lab, &image, &["-v", &volume], doings).ok().prints(
        "/dev/sda1 /data ext4 rw,relatime 0 0\nFilesystem on\n/dev/sda1 /data\n\
         /dev/sda1 on /data type ext4 (rw,relatime)\n",
    );
}

#[test]
fn what_cannot_be_mounted_is_refused() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    for (options, said) in [
        (["--tmpfs", "relative"], "absolute path"),
        (["--tmpfs", "/"], "not /"),
        (["--tmpfs", "/a:huge=always"], "huge=always"),
        (["--storage-opt", "size=x"], "size"),
        (["--storage-opt", "other=1"], "other"),
    ] {
        let finished = lab.wcr([&["run", "--rm"][..], &options, &[&image, "true"]].concat()).run().fails();
        assert!(finished.stderr().contains(said), "{options:?}: {}", finished.stderr());
    }
    let twice = ["run", "--rm", "--tmpfs", "/a", "--tmpfs", "/a/", &image, "true"];
    lab.wcr(twice).run().fails().exits(125).says(&["/a", "same place"]);
    lab.wcr(["run", "--rm", "--tmpfs", "/etc/passwd", &image, "true"]).run().fails().exits(125).says(&["/etc/passwd"]);
}

#[test]
fn proc_tells_what_linux_tells() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let doings = "cd /proc/self; ls -d cmdline comm cwd environ exe fd limits maps mounts root stat status | wc -l;
                  tr '\\0' ' ' < cmdline | head -c 3; echo; readlink cwd; readlink root; cat limits | grep -E 'open files|Limit';
                  umask 027; grep -E '^(Umask|State|Groups|Uid|NoNewPrivs)' status; wc -w < stat; wc -l < maps;
                  exec 5>/tmp/w 6</etc/hosts; ls -l /proc/$$/fd | tr -s ' ' | cut -d' ' -f1,9- | grep -E ' (5|6) ';
                  cat /proc/sys/kernel/ostype /proc/sys/kernel/hostname; echo x > /proc/sys/kernel/hostname;
                  cat /proc/filesystems | tr '\\n\\t' '; '; echo; ls /proc/sys; stat -c '%a %A' /proc/self/environ";
    script(&lab, &image, &["--user", "5:6", "--hostname", "here"], doings).ok().prints(
        "12\nsh \n/proc/1\n/\n\
         Limit                     Soft Limit           Hard Limit           Units     \n\
         Max open files            1024                 4096                 files     \n\
         Umask:\t0027\nState:\tS (sleeping)\nUid:\t5\t5\t5\t5\nGroups:\t6 \nNoNewPrivs:\t0\n52\n2\n\
         l-wx------ 5 -> /tmp/w\nlr-x------ 6 -> /etc/hosts\n\
         Linux\nhere\nsh: can't create /proc/sys/kernel/hostname: Permission denied\n\
         nodev proc;nodev tmpfs;nodev sysfs;nodev overlay;\nfs\nkernel\nvm\n400 -r--------\n",
    );
}

#[test]
fn proc_has_random_numbers_and_tells_of_mounts() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let doings = "cd /proc/sys/kernel/random; cat uuid uuid boot_id boot_id | sort -u | wc -l;
                  cat uuid boot_id | sed 's/[0-9a-f]/x/g' | sort -u; echo x > uuid;
                  cd /proc/self; cut -d' ' -f5 mountinfo | grep -v ^/dev/ | sort; grep ' /tm.*x ' mountinfo | cut -d' ' -f6-;
                  grep -c . mounts mountinfo; cat oom_score_adj; cut -c1-13 /proc/partitions";
    script(&lab, &image, &["--tmpfs", "/tm x:ro,size=1m"], doings).prints(
        "3\nxxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\nsh: can't create uuid: Read-only file system\n/\n/dev\n/proc\n/sys\n/tm\\040x\n\
         ro,nosuid,nodev,noexec,relatime - tmpfs tmpfs ro,size=1024k\nmounts:5\nmountinfo:5\n0\nmajor minor  \n\n",
    );
    let twice = [0, 1].map(|_| {
        let options = ["--deterministic"];
        script(&lab, &image, &options, "cat /proc/sys/kernel/random/uuid /proc/sys/kernel/random/boot_id").ok().stdout()
    });
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn dev_has_what_programs_expect() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let doings = "cd /dev; stat -c '%n %A %t,%T' null zero full random urandom tty ptmx;
                  for link in fd stdin stdout stderr; do readlink $link; done; ls -d pts shm; head -c 3 zero | wc -c; echo x > full;
                  head -c 16 urandom | wc -c; echo in | cat /dev/stdin; echo out > /dev/fd/1; cat null | wc -c;
                  echo x > null; ls -A /sys | wc -l; stat -c '%a' /dev/shm; echo > /sys/x";
    script(&lab, &image, &[], doings).exits(1).prints(
        "null crw-rw-rw- 1,3\nzero crw-rw-rw- 1,5\nfull crw-rw-rw- 1,7\nrandom crw-rw-rw- 1,8\nurandom crw-rw-rw- 1,9\n\
         tty crw-rw-rw- 5,0\nptmx crw-rw-rw- 5,2\n\
         /proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts\nshm\n3\n\
         sh: write error: No space left on device\n16\nin\nout\n0\n0\n1777\n\
         sh: can't create /sys/x: Read-only file system\n",
    );
}

#[test]
fn a_user_has_the_permissions_of_a_user() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let doings = "id -u; cat /etc/shadow 2>/dev/null; echo x > /etc/x; mkdir /x; touch /tmp/mine && rm /tmp/mine;
                  umask 077; echo mine > /tmp/f; stat -c '%a %u:%g' /tmp/f; chown 0 /tmp/f; chmod 4755 /tmp/f; echo y >> /tmp/f;
                  stat -c '%a' /tmp/f; cat /proc/1/environ > /dev/null; mknod /tmp/d c 1 3";
    let image_options = ["--user", "1000:100", "--tmpfs", "/tmp"];
    script(&lab, &image, &image_options, doings).exits(1).prints(
        "1000\nsh: can't create /etc/x: Permission denied\nmkdir: can't create directory '/x': Permission denied\n\
         600 1000:100\nchown: /tmp/f: Operation not permitted\n755\nmknod: /tmp/d: Operation not permitted\n",
    );
}
