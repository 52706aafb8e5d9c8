//! What the command line of Docker 28.2 printed for the same document (asked through `docker inspect --format`), and what
//! wcr says where Docker refuses.

use serde_json::{Value as Json, json};

use super::*;

fn document() -> Json {
    json!({
        "Id": "0123456789abcdef", "Name": "/web", "Args": ["-c", "echo hi"],
        "State": {"Status": "exited", "Running": false, "ExitCode": 3, "Health": null},
        "Config": {"Env": ["A=1", "B=two words"], "Labels": {"com.x.y": "z", "a": "1"}},
        "HostConfig": {"Memory": 67_108_864, "CapAdd": null},
        "Mounts": [{"Type": "bind", "Source": "/a", "RW": true}, {"Type": "tmpfs", "Source": "", "RW": false}],
        "NetworkSettings": {"Ports": {}}, "Ratio": 1.5, "Html": "<a>&\"é",
    })
}

#[track_caller]
fn printed(template: &str) -> String {
    let format = Format::parse(template).unwrap_or_else(|error| panic!("{template}: {error}"));
    let text = format.render(&[document()], &[]).unwrap_or_else(|error| panic!("{template}: {error}"));
    text.strip_suffix('\n').unwrap().to_owned()
}

fn fault(template: &str) -> FormatError {
    match Format::parse(template).and_then(|format| format.render(&[document()], &[])) {
        Ok(text) => panic!("{template} prints {text:?}"),
        Err(error) => error,
    }
}

#[test]
fn templates_print_what_docker_prints() {
    for (template, text) in [
        ("{{.Id}} {{ .Name }}", "0123456789abcdef /web"),
        ("{{.State.ExitCode}} {{.State.Running}} {{.HostConfig.Memory}} {{.Ratio}}", "3 false 67108864 1.5"),
        ("{{.Args}} {{.Config.Labels}} {{.State.Health}}", "[-c echo hi] map[a:1 com.x.y:z] <nil>"),
        ("{{.State}}", "map[ExitCode:3 Health:<nil> Running:false Status:exited]"),
        (
            "{{json .Args}} {{json .Html}} {{json .Config.Labels}}",
            r#"["-c","echo hi"] "<a>&\"é" {"a":"1","com.x.y":"z"}"#,
        ),
        (r#"{{join .Args ","}}|{{join .Args "\n"}}"#, "-c,echo hi|-c\necho hi"),
        ("{{range .Mounts}}{{.Source}} {{end}}", "/a  "),
        ("{{range $i, $m := .Mounts}}{{$i}}={{$m.Type}};{{end}}", "0=bind;1=tmpfs;"),
        ("{{range $i := .Args}}{{$i}}{{end}}", "-cecho hi"),
        ("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}", "a=1;com.x.y=z;"),
        ("{{range .HostConfig.CapAdd}}x{{else}}none{{end}}", "none"),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ("{{range .Args}}{{.}}{{break}}{{end}}", "-c"),
        ("{{range .Args}}{{if eq . \"-c\"}}{{continue}}{{end}}{{.}}{{end}}", "echo hi"),
        ("{{if .State.Running}}up{{else if eq .State.ExitCode 3}}three{{else}}down{{end}}", "three"),
        ("{{if .State.Running}}up{{else}}down{{end}}", "down"),
        ("{{with .State}}{{.Status}} {{$.Id}}{{end}}", "exited 0123456789abcdef"),
        ("{{with .Config.Labels.q}}a{{else}}b{{end}}", "b"),
        ("{{with $x := .Id}}{{$x}}{{end}}", "0123456789abcdef"),
        ("{{.Config.Labels.q}}|{{index .Config.Labels \"q\"}}|{{index .Config.Labels \"com.x.y\"}}", "<no value>||z"),
        ("{{index .Args 1}} {{(index .Mounts 0).Type}} {{index .Config.Env 0}}", "echo hi bind A=1"),
        ("{{len .Args}} {{len .Id}} {{len .Config.Labels}}", "2 16 2"),
        (r#"{{ .Id | printf "%.5s|%8s|%-5d|" "a" }}"#, "a|0123456789abcdef|%!d(MISSING)|"),
        (
            r#"{{printf "%d %v %q %t %05d %x %5.2f %s" 3 .Args .Id true 42 255 1.5 "s"}}"#,
            r#"3 [-c echo hi] "0123456789abcdef" true 00042 ff  1.50 s"#,
        ),
        (r#"{{printf "%6.2f|%-8v|%+d|%c" 3.14159 "x" 5 65}}"#, "  3.14|x       |+5|A"),
        (
            r#"{{printf "%d" "a"}} {{printf "%s"}} {{printf "a" 1}} {{printf "%z" 1}}"#,
            "%!d(string=a) %!s(MISSING) a%!(EXTRA int=1) %!z(int=1)",
        ),
        ("{{println .Id .Name}}", "0123456789abcdef /web\n"),
        (r#"{{print 1 2 "a" "b" 3}}"#, "1 2ab3"),
        (
            r#"{{slice .Id 2 4}} {{slice .Args 1}} {{title "hello world"}} {{upper "aé"}} {{split "a:b" ":"}}"#,
            "23 [echo hi] Hello World AÉ [a b]",
        ),
        (r#"{{pad "x" 2 3}}|{{truncate "hello" 3}}|{{lower "ABC"}}"#, "  x   |hel|abc"),
        ("{{and .State.Running .Id}} {{or .State.Running .Id}} {{not .State.Running}}", "false 0123456789abcdef true"),
        (
            r#"{{eq .State.Status "x" "exited"}} {{ne 1 2}} {{lt 1 2}} {{gt "b" "a"}} {{le 2 2}} {{ge 1 2}}"#,
            "true true true true true false",
        ),
        (r#"{{"a"|upper|printf "%s-%s" "b"}}"#, "b-A"),
        ("a {{- .Id -}} b", "a0123456789abcdefb"),
        ("a {{- /* c */ -}} b {{/* d */}}e", "ab e"),
        ("{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}{{if true}}{{$x = 3}}{{end}}{{$x}}", "123"),
        ("{{true}} {{1.5}} {{0x10}} {{1e3}} {{'a'}} {{-5}}", "true 1.5 16 1000 97 -5"),
        ("{{`raw \\n`}} {{\"\\u00e9\\x41\\101\\\"\"}}", "raw \\n éAA\""),
        (r"{{.Name}}\t{{.Name}}\n", "/web\t/web\n"),
        ("no action", "no action"),
        ("{{and .State.Health .State.Health.X}}", "<nil>"),
    ] {
        assert_eq!(printed(template), text, "{template}");
    }
}

#[test]
fn faults_have_their_places_and_codes() {
    for (template, place, code) in [
        ("{{.Id", "1:1: unclosed action", 64),
        ("ab\nc{{.Id}}{{", "2:9: unclosed action", 64),
        ("{{.Id}", "1:6: unexpected '}'", 64),
        ("{{}}", "1:1: missing value for command", 64),
        ("{{if}}x{{end}}", "1:1: missing value for if", 64),
        ("{{if .Id}}x", "1:1: {{if}} has no {{end}}", 64),
        ("{{end}}", "1:1: unexpected {{end}}", 64),
        ("{{else}}", "1:1: unexpected {{else}}", 64),
        ("{{$x}}", "1:3: there is no variable `$x`", 64),
        ("{{if true}}{{$x := 1}}{{end}}{{$x}}", "1:32: there is no variable `$x`", 64),
        ("{{\"a", "1:3: unterminated quoted string", 64),
        ("{{\"\\q\"}}", "1:3: invalid escape", 64),
        ("{{.Id | }}", "1:7: missing value for command", 64),
        ("{{| .Id}}", "1:3: unexpected | before a command", 64),
        ("{{(.Id}}", "1:4: unexpected end: a ) is missing", 64),
        ("{{break}}", "1:1: {{break}} outside of {{range}}", 64),
        ("{{nil}}", "1:3: unexpected nil as a command", 64),
        ("{{nope}}", "1:3: there is no function `nope`; there are and, eq, ", 64),
        ("{{template \"x\"}}", "1:1: {{template}} is not supported", 64),
        ("{{@}}", "1:3: unexpected '@'", 64),
        ("{{1x}}", "1:3: 1x is not a number", 64),
        ("{{/* x", "1:1: unclosed comment", 64),
        ("{{true 1}}", "1:3: a value cannot be called", 1),
        ("{{.Nope}}", "1:3: there is no field `Nope`; there are Args, Config, ", 1),
        ("{{.State.Nope}}", "1:3: there is no field `Nope`; there are ExitCode, ", 1),
        ("{{.id}}", "1:3: there is no field `id`", 1),
        ("{{.State.Health.X}}", "1:3: there is no field `X` in nil", 1),
        ("{{.State.ExitCode.X}}", "1:3: there is no field `X` in a number", 1),
        ("{{.Id .Name}}", "1:3: a value cannot be called with arguments", 1),
        ("{{index .Args 5}}", "1:3: index out of range: 5", 1),
        ("{{range .Id}}x{{end}}", "1:9: range can't iterate over a text", 1),
        ("{{range $i, $x := 3}}{{end}}", "1:19: range over a number sets one variable", 1),
        ("{{lower 5}}", "1:3: lower wants a text, not a number", 1),
        ("{{len 5}}", "1:3: len wants a text, a list or a map, not a number", 1),
        ("{{join .Id \",\"}}", "1:3: join wants a list, not a text", 1),
        ("{{len}}", "1:3: len takes 1 arguments, not 0", 1),
        ("{{eq 1 \"1\"}}", "1:3: a number and a text cannot be compared", 1),
        ("{{slice .Id 5 3}}", "1:3: index out of range: 5 to 3 of 16", 1),
    ] {
        let error = fault(template);
        let text = error.to_string();
        assert!(text.starts_with(&format!("template parsing error: {place}")), "{template}: {text}");
        assert_eq!(error.exit_code(), code, "{template}: {text}");
    }
    assert!(fault(&"{{if true}}".repeat(200)).to_string().contains("too deep"));
    assert!(fault(&format!("{{{{{}1", "(".repeat(100_000))).to_string().contains("unclosed"));
    assert!(fault(&format!("{{{{{}1}}}}", "(".repeat(100_000))).to_string().contains("too deep"));
}

#[test]
fn any_text_is_printed_or_refused() {
    // Pieces in every order that a plain generator of numbers comes upon: none may end the program.
    let pieces = [
        "{{",
        "}}",
        "{{-",
        " -}}",
        ".",
        "Id",
        ".Args",
        " ",
        "|",
        "(",
        ")",
        "\"",
        "'",
        "`",
        "\\",
        "\\u00e",
        "é",
        "$",
        "$x",
        ":=",
        "=",
        ",",
        "1",
        "-",
        "0x",
        "e9",
        "if ",
        "else ",
        "end",
        "range ",
        "with ",
        "break",
        "index ",
        "slice ",
        "printf ",
        "%",
        "%9999999999d",
        "pad ",
        "99999999999",
        "/*",
        "*/",
        "\n",
        "\t",
        "table ",
        "json ",
        "nil",
        "true",
        "@",
    ];
    let mut state = 1_u64;
    let mut printed = 0;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..1 + state % 12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        let rendered = Format::parse(&text).and_then(|format| format.render(&[document()], &[]));
        printed += usize::from(rendered.is_ok());
        assert!(rendered.map_or_else(|error| error.to_string().len(), |text| text.len()) < 100_000, "{text}");
    }
    assert!((1000..19_000).contains(&printed), "{printed}");
}

const HEADINGS: Headings<'static> = &[("ID", "CONTAINER ID"), ("Names", "NAMES")];

fn rows() -> [Json; 2] {
    [
        json!({"ID": "0123456789ab", "Names": "web", "Labels": "a=1,b=2", "State": "up"}),
        json!({"ID": "fedcba987654", "Names": "a-long\tname", "Labels": "", "State": "down"}),
    ]
}

#[track_caller]
fn listed(format: &str) -> String {
    Format::parse(format).unwrap().render(&rows(), HEADINGS).unwrap()
}

#[test]
fn tables_have_headings_and_columns() {
    assert_eq!(
        listed(r"table {{.ID}}\t{{.Names}}\t{{.Labels}}"),
        "CONTAINER ID   NAMES         LABELS\n0123456789ab   web           a=1,b=2\nfedcba987654   a-long name\n"
    );
    assert_eq!(listed(r#"table {{upper .State}}\t{{.Label "b"}}"#), "STATE     B\nUP        2\nDOWN\n");
    let conditional =
        r#"table {{if eq .State "up"}}+{{else}}-{{end}}\t{{range $i, $x := split .Names "b"}}{{$i}}{{end}}"#;
    assert!(listed(conditional).ends_with("\n+         01\n-         0\n"), "{}", listed(conditional));
    let asked = |asked| Format::asked(asked, "table {{.ID}}").unwrap().render(&rows(), HEADINGS).unwrap();
    assert_eq!(asked(None), "CONTAINER ID\n0123456789ab\nfedcba987654\n");
    assert_eq!(asked(Some("table")), asked(None));
    assert_eq!(asked(Some("{{.State}}")), "up\ndown\n");
}

#[test]
fn lines_keep_what_a_table_cannot() {
    assert_eq!(listed("{{.Names}}"), "web\na-long\tname\n");
    assert_eq!(listed(r#"{{.Label "a"}};"#), "1;\n;\n");
    assert_eq!(
        listed("json").lines().next(),
        Some(r#"{"ID":"0123456789ab","Labels":"a=1,b=2","Names":"web","State":"up"}"#)
    );
    assert_eq!(listed("json"), listed("{{json .}}"));
    assert_eq!(printed("{{\"\\x1b[2J\"}}"), "\\u{1b}[2J", "terminals get no orders");
    assert_eq!(Format::parse("table {{.Nope}}").unwrap().render(&[], HEADINGS).unwrap(), "NOPE\n");
    let place = |format: &str| Format::parse(format).unwrap().render(&rows(), HEADINGS).unwrap_err().to_string();
    assert!(place("table {{.Nope}}").contains("1:9: there is no field `Nope`; there are ID, Labels, Names, State"));
}
