#!/bin/sh
# An installer of the kind that is piped into a shell.
{ # the whole is read before anything runs
set -u

NAME=tool
BASE=${BASE:-./releases}
PREFIX=./opt
FORCE= QUIET= VERSION=latest

usage() {
	cat <<EOF
Usage: install.sh [-fqh] [-p PREFIX] [-v VERSION]

  -p PREFIX   where to install (default: ${PREFIX})
  -v VERSION  which version (default: ${VERSION})
  -f          overwrite
  -q          say nothing
EOF
}

say() { [ -n "$QUIET" ] || printf '%s: %s\n' "$NAME" "$1"; }
err() { printf '%s: error: %s\n' "$NAME" "$*" >&2; exit 1; }
need() { command -v "$1" > /dev/null 2>&1 || err "need '$1' (command not found)"; }
ensure() { "$@" || err "command failed: $*"; }

detect() {
	local os cpu bits
	os=${OS_NAME:-Linux} cpu=${CPU_NAME:-x86_64}
	case "$os" in
	Linux) os=unknown-linux-musl ;;
	Darwin) os=apple-darwin ;;
	MINGW* | MSYS*) os=pc-windows-gnu ;;
	*) err "unknown system: $os" ;;
	esac
	case "$cpu" in
	i386 | i[3-6]86 | x86) cpu=i686 ;;
	x86_64 | x86-64 | amd64) cpu=x86_64 ;;
	aarch64 | arm64) cpu=aarch64 ;;
	arm*l) cpu=${cpu%l} ;;
	*) err "unknown processor: $cpu" ;;
	esac
	bits=$(case $cpu in i686) echo 32 ;; *) echo 64 ;; esac)
	RETVAL="$cpu-$os"
	RETBITS=$bits
}

make_release() {
	local dir="$BASE/$1"
	mkdir -p "$dir"
	for target in x86_64-unknown-linux-musl aarch64-apple-darwin; do
		mkdir -p "stage/$NAME-$1-$target/bin"
		printf '#!/bin/sh\necho "%s %s for %s: $*"\n' "$NAME" "$1" "$target" > "stage/$NAME-$1-$target/bin/$NAME"
		chmod 755 "stage/$NAME-$1-$target/bin/$NAME"
		echo "manual of $NAME" > "stage/$NAME-$1-$target/$NAME.1"
		pack "stage/$NAME-$1-$target" > "$dir/$NAME-$target.tar"
		sum "$dir/$NAME-$target.tar" > "$dir/$NAME-$target.sum"
	done
	rm -rf stage
}

# An archive: for each file its name and the number of its lines, then the lines.
pack() {
	local file
	for file in "$1"/* "$1"/*/*; do
		[ -f "$file" ] || continue
		echo "file ${file#"$1/"} $(wc -l < "$file")"
		cat "$file"
	done
}

unpack() {
	local word name lines line
	while read -r word name lines; do
		[ "$word" = file ] || err "no archive: $word"
		mkdir -p "$(dirname "$1/$name")"
		while [ "$lines" -gt 0 ]; do
			IFS= read -r line
			printf '%s\n' "$line"
			lines=$((lines - 1))
		done > "$1/$name"
		case $name in bin/*) chmod 755 "$1/$name" ;; esac
	done
}

sum() {
	# A checksum in the shell's own arithmetic: of the length and of the first bytes.
	local length s=5381 c
	length=$(wc -c < "$1")
	for c in $(head -c 64 "$1" | tr -c 'a-z0-9' ' '); do
		s=$(( (s * 33 + ${#c}) % 1000003 ))
	done
	echo "$((length)) $s"
}

download() {
	say "downloading $1"
	[ -f "$BASE/$1" ] || return 22
	cp "$BASE/$1" "$2"
}

install_version() {
	detect
	local target="$RETVAL" version="$1"
	[ "$version" != latest ] || version=$(ls "$BASE" | sort | tail -n 1)
	tmp=./tmp.install
	mkdir "$tmp" || err "$tmp is there already"
	trap 'status=$?; rm -rf "$tmp"; say "cleaned up (status $status)"; exit $status' EXIT
	trap 'say interrupted; exit 130' INT TERM
	download "$version/$NAME-$target.tar" "$tmp/a.tar" || err "no release $version for $target (status $?)"
	download "$version/$NAME-$target.sum" "$tmp/a.sum" || err "no checksum"
	if [ "$(sum "$tmp/a.tar")" != "$(cat "$tmp/a.sum")" ]; then
		err "the checksum is wrong"
	fi
	( ensure cd "$tmp" && unpack "$NAME-$version-$target" < a.tar )
	if [ -e "$PREFIX/bin/$NAME" ] && [ -z "$FORCE" ]; then
		err "$PREFIX/bin/$NAME is there already; -f overwrites it"
	fi
	ensure mkdir -p "$PREFIX/bin" "$PREFIX/share/man"
	( umask 077; ensure cp "$tmp/$NAME-$version-$target/bin/$NAME" "$PREFIX/bin/" )
	ensure cp "$tmp/$NAME-$version-$target/$NAME.1" "$PREFIX/share/man/"
	say "installed $NAME $version ($RETBITS bits) into $PREFIX"
	case ":$PATH:" in
	*":$PREFIX/bin:"*) ;;
	*) say "add this to your profile: export PATH=\"$PREFIX/bin:\$PATH\"" ;;
	esac
}

main() {
	local opt
	OPTIND=1
	while getopts ':p:v:fqh' opt; do
		case $opt in
		p) PREFIX=$OPTARG ;;
		v) VERSION=$OPTARG ;;
		f) FORCE=1 ;;
		q) QUIET=1 ;;
		h) usage; return 0 ;;
		:) err "-$OPTARG needs a value" ;;
		\?) usage >&2; err "unknown option -$OPTARG" ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -eq 0 ] || err "unexpected: $*"
	need mkdir
	need sort
	install_version "$VERSION"
}

make_release 1.0
make_release 1.2
ls -R "$BASE"
run() { echo "== $*"; ( main "$@" ); echo "== exit code $?"; }
run -h
run
run
run -f -v 1.0
run -v 2.0 -f
run -q -p ./other
run -x
run -p
run extra
CPU_NAME=vax run -f
OS_NAME=Darwin CPU_NAME=arm64 run -p ./mac
OS_NAME=Plan9 run
echo tampered >> "$BASE/1.2/$NAME-x86_64-unknown-linux-musl.tar"
run -f
mkdir tmp.install
run -f
rmdir tmp.install
./opt/bin/tool a b
./mac/bin/tool c
ls -R opt other mac
( need nosuchprogram ); echo "exit code $?"
exit 0
}
