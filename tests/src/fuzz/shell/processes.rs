//! What several processes have to do with each other: jobs, traps in subshells, start-up files.

use super::Maker;
use super::script::quote;

/// Signals that end a process in the background; the interrupt is ignored there.
const SIGNALS: [&str; 5] = ["USR1", "TERM", "HUP", "USR2", "ALRM"];

/// Uses of jobs, with `CODE` for an exit status and `SIG` for a signal. What they wait for is far enough apart that the
/// order is settled.
const JOBS: [&str; 36] = [
    "sleep 0.1 & jobs; wait; echo $?; jobs",
    "(exit CODE) & wait; jobs; (exit CODE) & sleep 0.1; jobs; jobs",
    "set -m; (exit CODE) & wait %1; echo $?; echo \"$-\"; set +m; echo \"$-\"",
    "sleep 5 & kill -SIG %1; wait %1; echo $?; jobs",
    "sleep 5 & kill -KILL $!; wait; echo $?; wait $!; echo $?",
    "sleep 5 & sleep 6 & kill %2; wait %2; echo $?; jobs; kill %1; wait; jobs",
    "sleep 0.1 & fg; echo $?",
    "sleep 0.1 & bg; echo $?",
    "set -m; sleep 0.1 & fg %1; echo $?",
    "sleep 0.1 & jobs -l | wc -l; jobs -p | wc -l; wait",
    "(sleep 0.1; exit CODE) & wait -n; echo $?; wait -n; echo $?",
    "(sleep 0.2; exit CODE) & (sleep 0.1) & wait -n; echo $?; wait -n; echo $?; wait -n; echo $?",
    "(sleep 0.1; exit CODE) & (sleep 0.2; exit 3) & wait -n; echo $?; wait; echo $?",
    "kill %1; echo $?; kill %nosuch; echo $?",
    "jobs %1; echo $?",
    "wait %+; echo $?",
    "wait 99999 x; echo $?",
    "sleep 0.3 & p=$!; kill -STOP $p; sleep 0.1; jobs; kill -CONT $p; wait $p; echo $?",
    "sh -c 'kill -STOP $$; exit CODE' & sleep 0.2; jobs; kill -CONT $!; wait $!; echo $?",
    "trap 'echo chld' CHLD; sleep 0.1 & wait; echo $?; wait; echo $?; trap - CHLD",
    "trap 'echo chld' CHLD; (exit CODE); echo $?; sleep 0; trap - CHLD",
    "trap 'echo SIG' SIG; (sleep 0.1; kill -SIG $$; exit CODE) & wait; echo $?; wait; echo $?; trap - SIG",
    "trap 'echo SIG' SIG; (sleep 0.1; kill -SIG $$; sleep 0.1; exit CODE) & wait $!; echo $?; wait $!; echo $?; trap - SIG",
    "trap 'echo SIG; return CODE' SIG; w2() { sleep 0.2 & (sleep 0.1; kill -SIG $$) & wait; echo no; }; w2; echo $?; trap - SIG; wait",
    "sleep 0.1 | (exit CODE) & wait $!; echo $?; jobs",
    "sleep 0.2 & x=$(jobs); echo \"$x\"; jobs | cat; (jobs); wait",
    "kill -l CODE; kill -l SIG; kill -l 13CODE; kill -0 $$; echo $?; kill -s 0 $$; echo $?",
    "(sleep 0.1; echo late) & echo early; wait; echo $?",
    "w3() { sleep 0.1; return CODE; }; w3 & w3; echo $?; wait $!; echo $?",
    "x=$(sleep 0.1 & echo quick); echo $x; wait",
    "(trap 'echo T; exit CODE' SIG; sleep 0.2; echo no) & sleep 0.1; kill -SIG $!; wait $!; echo $?",
    "(sleep 5; echo no) & sleep 0.1; kill -SIG $!; wait $!; echo $?",
    "{ sleep 0.1; exit CODE; } & { sleep 0.2; exit 2; } & wait %2 %1; echo $?",
    "{ sleep 0.1; kill -SIG $(sh -c 'echo $PPID'); } | { sleep 0.2; exit CODE; }; echo $?",
    "sleep 0.1 & wait $! $!; echo $?; wait $!; echo $?",
    "set -m; for v in 1 2; do sleep 0.1; done & jobs; wait; set +m",
];

/// Traps whose inheritance shows, and how they are taken back.
const TRAPS: [(&str, &str); 6] = [
    ("trap 'echo SIG $?' SIG", "trap - SIG"),
    ("trap '' SIG", "trap - SIG"),
    ("trap 'echo bye $?' EXIT", "trap - EXIT"),
    ("trap 'echo SIG' SIG; trap '' USR2 HUP; trap 'echo bye' EXIT", "trap - SIG USR2 HUP EXIT"),
    ("trap 'echo err' ERR", "trap - ERR"),
    ("trap 'echo SIG; exit 3' SIG", "trap - SIG"),
];

/// Subshells of all kinds, which show what they know of a trap.
const SUBSHELLS: [&str; 22] = [
    "(trap; echo in)",
    "{ trap; echo in; } | cat",
    "echo in | { trap; cat; }",
    "x=$(trap; echo in); echo \"$x\"",
    "x=$(trap); echo \"$x\"",
    "x=$(trap - SIG; trap); echo \"$x\"",
    "x=`trap`; echo \"$x\"",
    "(trap 'echo own' SIG; trap); trap",
    "((trap); trap 'echo two' SIG; (trap))",
    "trap | cat",
    "sh -c 'trap; echo in'",
    "{ trap; echo in; } & wait",
    "w4() { trap; trap 'echo f' SIG; }; w4; trap",
    "w4() ( trap; trap 'echo f' EXIT; ); w4; trap",
    "echo 'trap; trap \"echo p\" SIG' > part; . ./part; trap",
    "eval 'trap; trap \"echo e\" SIG'; trap",
    "(sh -c 'kill -SIG $PPID'; echo alive); echo $?",
    "x=$(sh -c 'kill -SIG $PPID'; echo alive); echo \"$? $x\"",
    "(false; exit 4); echo $?",
    "(trap 'echo own $?' EXIT; false); echo $?",
    "kill -SIG $$; echo alive",
    "(exec sh -c 'kill -SIG $$; echo alive'); echo $?",
];

/// What start-up files hold.
const START_UP: [&str; 18] = [
    "echo start \"$-\" $#",
    "x=start",
    "alias q=\"echo alias\"",
    "exit 4",
    "return 4; echo no",
    "set -u",
    "nosuch",
    "f7() { echo f7 \"$1\"; }",
    "cd d",
    "shift; echo \"$@\"",
    "trap \"echo bye\" EXIT",
    "if",
    "PS4=\"> \"; set -x",
    "readonly x=1",
    "x=$((1/0)); echo no",
    "set -e; false; echo no",
    "echo $0 $LINENO",
    "cat <<E\nbody $HOME\nE",
];

/// What a shell runs behind its start-up files.
const STARTED: [&str; 8] =
    ["echo \"$x $0 $-\"", "q a", "f7 b", "pwd", "echo \"$1 $#\"", "echo $u", "false; echo $?", "x=2; echo $x"];

/// Shells with start-up files; `FILE` is one, `COMMAND` what runs.
const SHELLS: [&str; 10] = [
    "printf '%s\\n' FILE > .profile; sh -l -c COMMAND sh a b; echo $?",
    "printf '%s\\n' FILE > .profile; printf '%s\\n' COMMAND > part; sh -l part a b; echo $?",
    "printf '%s\\n' FILE > .profile; printf '%s\\n' COMMAND | sh -l; echo $?",
    "printf '%s\\n' FILE > .profile; HOME= sh -l -c COMMAND; HOME=/work/d sh --login -c COMMAND",
    "printf '%s\\n' FILE > .profile; sh -c COMMAND sh a; echo $?",
    "printf '%s\\n' FILE > part; ENV=./part sh -c COMMAND sh a; echo $?",
    "printf '%s\\n' FILE > part; ENV=./part sh -i -c COMMAND sh a 2> out2; echo $?",
    "printf '%s\\n' FILE > part; ENV='$HOME/part' sh -i -c COMMAND sh a 2> out2; echo $?",
    "printf '%s\\n' FILE > part; printf '%s\\n' COMMAND | ENV=part sh -i 2> out2; echo $?",
    "printf '%s\\n' FILE > .profile; cp .profile part; ENV=part sh -il -c COMMAND sh a 2> out2; echo $?",
];

impl Maker {
    pub(super) fn jobs(&mut self) -> String {
        let code = self.random.below(5).to_string();
        self.random.pick(&JOBS).replace("CODE", &code).replace("SIG", self.random.pick(&SIGNALS))
    }

    pub(super) fn inherited_traps(&mut self) -> String {
        let (set, reset) = TRAPS[self.random.below(TRAPS.len())];
        let (one, other) = (self.random.pick(&SUBSHELLS), self.random.pick(&SUBSHELLS));
        format!("{set}; {one}; {other}; {reset}").replace("SIG", self.random.pick(&SIGNALS))
    }

    pub(super) fn started(&mut self) -> String {
        let (one, other) = (self.random.pick(&START_UP), self.random.pick(&START_UP));
        let file = if self.random.chance(50) { one.to_owned() } else { format!("{one}\n{other}") };
        let command = quote(self.random.pick(&STARTED));
        self.random.pick(&SHELLS).replace("FILE", &quote(&file)).replace("COMMAND", &command)
    }
}
