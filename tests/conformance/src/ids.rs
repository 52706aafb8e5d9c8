//! Users, groups and nice values. All of it begins as root.

use wcr_abi::{OpenFlags, Signal, SocketKind};

use crate::gate::{Gate, reap};
use crate::say;
use crate::sys;

const KEEP: u32 = u32::MAX;

fn say_ids() {
    say!("{:?} {:?}", sys::ids(false), sys::ids(true));
}

/// A child that runs as this user.
fn user(uid: u32, body: impl FnOnce()) -> u32 {
    sys::fork(|| {
        sys::set_id(true, uid).expect("the group");
        sys::set_id(false, uid).expect("the user");
        body();
        0
    })
}

pub fn root_becomes_a_user_for_good() {
    say_ids();
    say!("{:?} {:?}", sys::set_id(true, 50), sys::set_id(false, 1000));
    say_ids();
    say!("{:?} {:?} {:?}", sys::set_id(false, 0), sys::set_id(true, 0), sys::set_id(false, 1000));
}

pub fn a_user_keeps_to_its_ids() {
    say!("{:?}", sys::set_ids(false, [1000, 1001, 1002]));
    say_ids();
    say!("{:?} {:?}", sys::set_id(false, 5), sys::set_id(false, 1002));
    say_ids();
    say!("{:?}", sys::set_id(false, 1001));
    say!("{:?} {:?}", sys::set_ids(false, [1002, 1000, KEEP]), sys::set_ids(false, [KEEP, 1, KEEP]));
    say_ids();
}

pub fn real_and_effective() {
    say!("{:?}", sys::set_re_ids(false, 1000, 1001));
    say_ids();
    say!("{:?}", sys::set_re_ids(false, 1001, 1000));
    say_ids();
    say!("{:?} {:?}", sys::set_re_ids(false, KEEP, 1001), sys::set_re_ids(false, 7, KEEP));
    say_ids();
    say!("{:?} {:?}", sys::set_re_ids(false, KEEP, 0), sys::set_re_ids(false, KEEP, KEEP));
}

pub fn a_root_that_steps_back_and_returns() {
    say!("{:?}", sys::set_ids(false, [KEEP, 1000, KEEP]));
    say!("{:?}", sys::open("/proc/1/environ", OpenFlags::RDONLY, 0).is_ok());
    say_ids();
    say!("{:?}", sys::set_id(false, 0));
    say_ids();
}

pub fn no_ids() {
    say!("{:?} {:?}", sys::set_id(false, KEEP), sys::set_id(true, KEEP));
}

pub fn groups_beside_the_own() {
    say!("{:?} {:?}", sys::set_groups(&[5, 7, 9]), sys::groups());
    reap(user(1000, || {
        say!("{:?} {:?}", sys::groups(), sys::set_groups(&[0]));
    }));
    say!("{:?} {:?}", sys::set_groups(&[]), sys::groups());
}

pub fn what_a_program_begins_with() {
    sys::set_ids(false, [1000, 1001, 1002]).expect("ids");
    say_ids();
    reap(sys::fork(|| {
        say!("{:?}", sys::exec(&["--role", "ids"]));
        1
    }));
}

pub fn who_may_signal_whom() {
    let victim = user(1000, || {
        Gate::stay();
    });
    let _ = sys::sleep(20);
    reap(user(1001, || say!("another: {:?}", sys::kill(victim as i32, None))));
    reap(user(1000, || say!("the same: {:?}", sys::kill(victim as i32, None))));
    reap(sys::fork(|| {
        sys::set_ids(false, [1000, 1001, 1001]).expect("ids");
        say!("by its real id: {:?}", sys::kill(victim as i32, None));
        0
    }));
    reap(user(1001, || say!("CONT: {:?}", sys::kill(victim as i32, Some(Signal::CONT)))));
    reap(user(1001, || {
        sys::setsid().expect("a session");
        say!("CONT from elsewhere: {:?}", sys::kill(victim as i32, Some(Signal::CONT)));
    }));
    say!("root: {:?}", sys::kill(victim as i32, Some(Signal::KILL)));
    reap(victim);
}

pub fn a_group_of_which_some_may_be_signalled() {
    let mine = user(1000, || {
        Gate::stay();
    });
    let other = user(1001, || {
        Gate::stay();
    });
    sys::setpgid(mine, mine).expect("a group");
    sys::setpgid(other, mine).expect("a group");
    let _ = sys::sleep(20);
    reap(user(1000, || say!("{:?}", sys::kill(-(mine as i32), Some(Signal::TERM)))));
    reap(mine);
    reap(user(1002, || say!("{:?}", sys::kill(-(mine as i32), Some(Signal::TERM)))));
    sys::kill(other as i32, Some(Signal::KILL)).expect("kill");
    reap(other);
}

pub fn nice_values() {
    sys::set_nice(0, 0, 0).expect("the usual nice value");
    say!("{:?}", sys::nice(0, 0));
    say!("{:?} {:?}", sys::set_nice(0, 0, 5), sys::nice(0, 0));
    reap(user(1000, || {
        say!("a child has {:?}", sys::nice(0, 0));
        say!("{:?} {:?}", sys::set_nice(0, 0, 7), sys::set_nice(0, 0, 6));
        say!("{:?}", sys::nice(0, 0));
    }));
    say!("{:?} {:?}", sys::set_nice(0, 0, -5), sys::nice(0, 0));
    say!("{:?} {:?}", sys::set_nice(0, 0, 100), sys::nice(0, 0));
    say!("{:?} {:?}", sys::set_nice(0, 0, -100), sys::nice(0, 0));
    say!("{:?} {:?}", sys::nice(0, 999_999), sys::set_nice(0, 999_999, 1));
    say!("{:?}", sys::nice(1, sys::getpgid(0).expect("a group")));
}

pub fn nice_values_of_others() {
    sys::set_nice(0, 0, 0).expect("the usual nice value");
    let victim = user(1000, || {
        Gate::stay();
    });
    let _ = sys::sleep(20);
    reap(user(1001, || say!("{:?} {:?}", sys::nice(0, victim), sys::set_nice(0, victim, 3))));
    say!("{:?} {:?}", sys::set_nice(0, victim, 4), sys::nice(0, victim));
    sys::kill(victim as i32, Some(Signal::KILL)).expect("kill");
    reap(victim);
}

pub fn a_limit_that_users_do_not_raise() {
    reap(user(1000, || {
        say!("{:?} {:?}", sys::set_rlimit(7, 10, 20), sys::set_rlimit(7, 10, 30));
        say!("{:?} {:?}", sys::set_rlimit(7, 20, 20), sys::rlimit(7));
    }));
}

/// A copy of this program with these permissions, that belongs to a user and a group of this number.
pub(crate) fn program(mode: u32, owner: u32) {
    let from = sys::open("/proc/self/exe", OpenFlags::RDONLY, 0).expect("this program");
    let to = sys::open("program", OpenFlags::WRONLY.with(OpenFlags::CREAT), 0o700).expect("a copy");
    loop {
        let part = sys::read(from, 1 << 20).expect("read");
        if part.is_empty() {
            break;
        }
        sys::write(to, &part).expect("write");
    }
    sys::close(to).expect("close");
    sys::chown("program", owner, owner).expect("an owner");
    sys::chmod("program", mode).expect("permissions");
}

fn run_program() {
    reap(user(1000, || say!("{:?}", sys::exec_file("program", &["--role", "ids"]))));
    sys::unlink("program").expect("unlink");
}

pub fn a_program_that_runs_as_root() {
    program(0o4755, 0);
    run_program();
}

pub fn a_program_that_runs_as_another() {
    program(0o6755, 1234);
    run_program();
}

pub fn a_program_that_runs_in_a_group() {
    program(0o2755, 1234);
    run_program();
}

pub fn a_group_that_may_not_execute() {
    program(0o2745, 1234);
    run_program();
}

pub fn an_owner_takes_the_bits_away() {
    program(0o6755, 1234);
    sys::chown("program", 1235, 1235).expect("another owner");
    run_program();
}

pub fn access_goes_by_the_real_ids() {
    let file = sys::open("file", OpenFlags::WRONLY.with(OpenFlags::CREAT), 0o600).expect("a file");
    sys::close(file).expect("close");
    reap(sys::fork(|| {
        sys::set_ids(false, [1000, 0, 0]).expect("ids");
        say!("{:?} {:?}", sys::access("file", 4, false), sys::access("file", 4, true));
        0
    }));
    reap(sys::fork(|| {
        sys::set_ids(false, [0, 1000, 0]).expect("ids");
        say!("{:?} {:?}", sys::access("file", 4, false), sys::access("file", 4, true));
        0
    }));
}

pub fn a_socket_that_others_may_not_write() {
    let server = sys::socket(SocketKind::Stream, OpenFlags::RDONLY).expect("a socket");
    sys::bind(server, b"server").expect("bind");
    sys::listen(server, 5).expect("listen");
    reap(user(1000, || {
        let socket = sys::socket(SocketKind::Stream, OpenFlags::RDONLY).expect("a socket");
        say!("{:?}", sys::connect(socket, b"server"));
    }));
    sys::chmod("server", 0o722).expect("permissions");
    reap(user(1000, || {
        let socket = sys::socket(SocketKind::Stream, OpenFlags::RDONLY).expect("a socket");
        say!("{:?}", sys::connect(socket, b"server"));
        say!("{:?}", sys::socket_peer(socket).map(|(_, uid, _)| uid));
    }));
    let accepted = sys::accept(server, OpenFlags::RDONLY).expect("accept");
    say!("{:?}", sys::socket_peer(accepted).map(|(_, uid, gid)| (uid, gid)));
}

pub fn so_many_processes_of_a_user() {
    const NPROC: u32 = 6;
    sys::set_rlimit(NPROC, 2, 2).expect("set the limit");
    reap(sys::fork(|| {
        say!("root: {:?}", sys::try_fork());
        0
    }));
    reap(user(54_321, || {
        say!("{:?}", sys::try_fork());
        let gate = Gate::new();
        let child = sys::fork(|| {
            gate.pass();
            0
        });
        say!("{:?}", sys::try_fork());
        gate.open();
        reap(child);
        say!("{:?}", sys::try_fork());
    }));
}

/// The resource number of the limit on how low a nice value may be.
const NICE: u32 = 13;

/// Says which capabilities a process has.
fn say_capabilities(path: &str) {
    let file = sys::open(path, OpenFlags::RDONLY, 0).expect("the status");
    let mut text = Vec::new();
    while let Ok(part) = sys::read(file, 4096)
        && !part.is_empty()
    {
        text.extend(part);
    }
    sys::close(file).expect("close");
    let text = String::from_utf8_lossy(&text).into_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix("Cap"));
    say!("{}", lines.map(|line| line.replace('\t', "")).collect::<Vec<_>>().join(" "));
}

pub fn capabilities() {
    const OWN: &str = "/proc/self/status";
    say_capabilities(OWN);
    reap(user(1000, || say_capabilities(OWN)));
    reap(sys::fork(|| {
        say!("{:?}", sys::set_ids(false, [KEEP, 1000, KEEP]));
        say_capabilities(OWN);
        say!("{:?}", sys::set_ids(false, [KEEP, 0, KEEP]));
        say_capabilities(OWN);
        say!("{:?}", sys::set_ids(false, [1000, 0, 1000]));
        say_capabilities(OWN);
        0
    }));
}

pub fn hard_limits_stay() {
    // Those whose limits do not keep the behaviour from saying so.
    for resource in [4, 5, 10, 11, 12, 13, 14] {
        let (soft, hard) = sys::rlimit(resource).expect("the limit");
        let lower = 5.min(hard);
        let lowered = sys::set_rlimit(resource, lower.min(soft), lower);
        let raised = sys::set_rlimit(resource, lower.min(soft), lower + 1);
        say!("{resource}: {lowered:?} {raised:?}");
    }
}

pub fn a_limit_on_nice_values() {
    sys::set_nice(0, 0, 10).expect("be nicer");
    let (_, hard) = sys::rlimit(NICE).expect("the limit");
    say!("{hard} {:?}", sys::set_rlimit(NICE, 1, 1));
    say!("{:?} {:?}", sys::set_nice(0, 0, 9), sys::nice(0, 0));
    say!("{:?}", sys::set_nice(0, 0, 10));
}

pub fn another_users_preferences() {
    let gate = Gate::new();
    let victim = user(1000, || gate.pass());
    let _ = sys::sleep(20);
    say!("{:?} {:?}", sys::set_nice(0, victim, 19), sys::set_io_priority(0, victim, 3, 0));
    say!("{:?} {:?}", sys::set_affinity(victim, 1), sys::io_priority(0, victim));
    gate.open();
    reap(victim);
    let gate = Gate::new();
    let own = user(1000, || gate.pass());
    let _ = sys::sleep(20);
    reap(user(1000, || say!("{:?} {:?}", sys::set_nice(0, own, 19), sys::set_affinity(own, 1))));
    gate.open();
    reap(own);
}

pub fn another_users_program() {
    let gate = Gate::new();
    let victim = user(1000, || gate.pass());
    let _ = sys::sleep(20);
    let look = || {
        let folder = format!("/proc/{victim}");
        for name in ["exe", "cwd", "fd/1"] {
            say!("{name}: {:?}", sys::link_text(&format!("{folder}/{name}")).map(drop));
        }
        for name in ["environ", "maps", "status", "cmdline"] {
            say!("{name}: {:?}", sys::open(&format!("{folder}/{name}"), OpenFlags::RDONLY, 0).map(drop));
        }
    };
    look();
    reap(user(1001, look));
    gate.open();
    reap(victim);
}
