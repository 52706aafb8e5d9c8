//! The shell at work: the constructs scripts are made of.

use wcr_tests::lab::Lab;

/// Runs a script; it must succeed, print exactly this, and say nothing on standard error.
#[track_caller]
fn script(script: &str, expected: &str) {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", &image, "sh", "-c", script]).run().ok().prints(expected).silent();
}

#[test]
fn a_pipeline_a_list_a_redirection_and_a_variable() {
    script("ls -la / | grep bin | wc -l && echo $HOME > /tmp/x; cat /tmp/x", "1\n/root\n");
}

#[test]
fn calls_without_an_end_end_the_shell_that_makes_them() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    let endless = "f() { f; }; f; echo no";
    let script = format!("(: ; {endless}); echo $?; x=$({endless}); echo \"$? [$x]\"; {endless}");
    let ended = lab.wcr(["run", "--rm", &image, "sh", "-c", &script]).run().exits(139);
    ended.prints("139\n139 []\n").says(&["Segmentation fault", "memory fault"]);
}

#[test]
fn quoting() {
    script(
        r#"a='x  y'; echo $a "$a" '$a' \$a "\$a" "'" '"'; printf '%s|' a"b c"d '' "" "$nothing" $nothing end"#,
        "x y x  y $a $a $a ' \"\nab cd||||end|",
    );
}

#[test]
fn expansions() {
    script(
        "unset u; e=; v=value; echo ${u-d} ${u:-d} [${e-d}] ${e:-d} ${v+set} ${#v} ${v%e} ${v#va} $((2 + 3 * 4)) $(echo sub) `echo tick`; \
         echo ${u:=assigned}; echo $u",
        "d d [] d set 5 valu lue 14 sub tick\nassigned\nassigned\n",
    );
}

#[test]
fn lists_and_status() {
    script(
        "true && echo and; false || echo or; false; echo $?; true; echo $?; ! false && echo not; (exit 3); echo $?",
        "and\nor\n1\n0\nnot\n3\n",
    );
}

#[test]
fn if_and_case() {
    script(
        "for f in a.c b.h other; do case $f in *.c|*.h) echo source $f;; *) echo no $f;; esac; done; \
         if false; then echo 1; elif true; then echo 2; else echo 3; fi",
        "source a.c\nsource b.h\nno other\n2\n",
    );
}

#[test]
fn loops() {
    script(
        "i=0; while [ $i -lt 5 ]; do i=$((i+1)); [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done; \
         until [ $i = 0 ]; do i=$((i-1)); done; echo $i; for x in 1 2; do for y in a b; do echo $x$y; done; done",
        "1\n3\n0\n1a\n1b\n2a\n2b\n",
    );
}

#[test]
fn functions() {
    script(
        "f() { local x=in; echo $x $1 $#; return 4; }; x=out; f a b; echo $? $x; g() { f \"$@\"; }; g 'one two'; true",
        "in a 2\n4 out\nin one two 1\n",
    );
}

#[test]
fn redirections() {
    script(
        "cd /tmp; echo 1 > f; echo 2 >> f; cat < f; { echo o; echo e >&2; } > both 2>&1; cat both; cat <<END\n$((1+1))\nEND\n\
         cat <<'END'\n$x\nEND\nexec 5> five; echo to five >&5; exec 5>&-; cat five",
        "1\n2\no\ne\n2\n$x\nto five\n",
    );
}

#[test]
fn subshells_have_their_own_variables_and_folder() {
    script("x=1; (x=2; cd /tmp; echo $x; pwd); echo $x; pwd; y=$(x=3; echo $x); echo $x $y", "2\n/tmp\n1\n/\n1 3\n");
}

#[test]
fn globbing() {
    script(
        "mkdir /tmp/g; cd /tmp/g; touch a1 a2 b1 .hidden 'a b'; echo *; echo a?; echo [ab]1; echo nomatch*; echo \"*\"; echo .h*",
        "a b a1 a2 b1\na1 a2\na1 b1\nnomatch*\n*\n.hidden\n",
    );
}

#[test]
fn read_and_here_documents() {
    script(
        "printf 'one two three\\nfour\\n' | while read a b; do echo \"[$a][$b]\"; done; IFS=: read x y <<END\np:q:r\nEND\necho $x $y",
        "[one][two three]\n[four][]\np q:r\n",
    );
}

#[test]
fn set_e_ends_the_shell() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", &image, "sh", "-ec", "echo before; false; echo after"]).run().exits(1).prints("before\n");
}

#[test]
fn a_script_comes_from_standard_input() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", "-i", &image]).stdin("echo from stdin\nexit 5\n").run().exits(5).prints("from stdin\n");
    lab.wcr(["run", "--rm", "-i", &image, "sh", "-s", "a", "b"]).stdin("echo $2 $1\n").run().ok().prints("b a\n");
}

#[test]
fn a_syntax_error_is_status_2() {
    let Some((lab, image)) = Lab::with_busybox() else { return };
    lab.wcr(["run", "--rm", &image, "sh", "-c", "if true; then"]).run().exits(2).says(&["syntax error"]);
}

#[test]
fn conditions_with_regular_expressions() {
    script(
        "x=foo.bar; [[ $x =~ ^foo ]] && echo 1; [[ $x =~ o+.b ]] && echo 2; [[ $x =~ '^(a|b)+$' ]] || echo 3; \
         [[ a =~ '*' ]]; echo $?; [[ $x =~ bar && ! a =~ b ]] && echo 4",
        "1\n2\n3\n2\n4\n",
    );
}

#[test]
fn all_redirections_are_expanded_before_the_first_is_made() {
    script("(echo a > one > ${u?none}) 2>/dev/null; echo $?; ls one 2>/dev/null; echo end", "2\nend\n");
}

#[test]
fn a_job_that_was_waited_for_gives_its_number_away() {
    script("(exit 3) & wait; (exit 4) & wait %1; echo $?; sleep 1 & jobs | cut -c1-13; kill $!", "4\n[1]+  Running\n");
}

#[test]
fn commands_are_not_run_once_the_shell_only_reads() {
    script("(set -n; echo no); echo $?; f() { set -n; echo no; }; (f; echo no); echo yes", "0\nyes\n");
}

#[test]
fn getopts_goes_on_in_other_words_where_it_stood() {
    script(
        "set -- p1 'p 2'; getopts ab o -a; getopts ab o -a -b; echo $o $OPTIND; getopts ab o 2>&1; echo $?",
        "b 3\nIllegal option -2\n0\n",
    );
}

#[test]
fn the_trap_for_a_subshells_end_writes_past_the_redirections_around_it() {
    script("for i in 1; do (trap 'echo bye' EXIT; echo in); done > f; echo then; cat f", "bye\nthen\nin\n");
}
