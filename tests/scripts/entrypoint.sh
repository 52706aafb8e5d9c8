#!/bin/sh
# The way images start a server: settings from the environment or from files, a configuration written from them,
# drop-in scripts, and at last the program itself.
set -eo pipefail
shopt -s nullglob 2>/dev/null || true

log() {
	local kind="$1"
	shift
	printf '[%s] [entrypoint]: %s\n' "$kind" "$*"
}
note() { log Note "$@"; }
warn() { log Warn "$@" >&2; }
fail() { log ERROR "$@" >&2; exit 1; }

# file_env NAME [DEFAULT]: NAME, or the content of the file that NAME_FILE names.
file_env() {
	local var="$1"
	local file_var="${var}_FILE"
	local default="${2:-}"
	eval "local direct=\"\${$var:-}\" from_file=\"\${$file_var:-}\""
	if [ -n "$direct" ] && [ -n "$from_file" ]; then
		fail "both $var and $file_var are set (but are exclusive)"
	fi
	local value="$default"
	if [ -n "$direct" ]; then
		value="$direct"
	elif [ -n "$from_file" ]; then
		[ -r "$from_file" ] || fail "cannot read $from_file"
		value="$(cat "$from_file")"
	fi
	export "$var"="$value"
	unset "$file_var"
}

is_number() {
	case "$1" in
	'' | *[!0-9]*) return 1 ;;
	*) return 0 ;;
	esac
}

write_config() {
	local target="$1" key value
	cat > "$target" <<-EOF
		# written by the entrypoint
		user = ${DB_USER}
		password = ${DB_PASSWORD:+********}
		port = ${DB_PORT:-5432}
		data = "${DB_DATA%/}"
	EOF
	env | sort | while IFS='=' read -r key value; do
		case "$key" in
		DB_OPT_*)
			key="$(printf '%s' "${key#DB_OPT_}" | tr 'A-Z_' 'a-z.')"
			printf '%s = %s\n' "$key" "$value" >> "$target"
			;;
		esac
	done
}

process_init_files() {
	local f
	echo
	for f; do
		case "$f" in
		*.sh)
			if [ -x "$f" ]; then
				note "running $f"
				"$f"
			else
				note "sourcing $f"
				. "$f"
			fi
			;;
		*.sql) note "loading $f"; sed 's/^/    /' < "$f"; echo ;;
		*.sql.gz) note "unpacking $f"; zcat "$f" ;;
		*) warn "ignoring $f" ;;
		esac
	done
}

_is_sourced() {
	[ "${0##*/}" != script ]
}

main() {
	# A flag first: it is for the server.
	if [ "${1#-}" != "$1" ]; then
		set -- server "$@"
	fi
	file_env DB_USER admin
	file_env DB_PASSWORD
	file_env DB_NAME "$DB_USER"
	: "${DB_DATA:=./data/}"
	export DB_DATA
	is_number "${DB_PORT:-5432}" || fail "DB_PORT is no number: $DB_PORT"
	[ -d "$DB_DATA" ] || mkdir -p "$DB_DATA"
	if [ -z "$(ls -A "$DB_DATA")" ]; then
		note "initialising $DB_DATA as $(id -u >/dev/null && echo somebody)"
		echo 14 > "$DB_DATA/VERSION"
		write_config "$DB_DATA/server.conf"
		process_init_files init.d/*
	else
		note "$DB_DATA is there already, version $(cat "$DB_DATA/VERSION")"
	fi
	cat "$DB_DATA/server.conf"
	if [ "$1" = server ]; then
		shift
		for arg; do
			case "$arg" in
			--help | -h) echo "usage: server [FLAG…]"; return 0 ;;
			--port=*) DB_PORT="${arg#*=}" ;;
			--*=*) note "option ${arg%%=*} is '${arg#*=}'" ;;
			*) note "flag $arg" ;;
			esac
		done
		exec sh -c 'echo "serving $DB_NAME on ${DB_PORT:-default} as $0 with $# arguments: $*"' server "$@"
	fi
	exec "$@"
}

mkdir -p init.d
echo 'note "in 10: user is $DB_USER"; INIT=done' > init.d/10-first.sh
printf '#!/bin/sh\necho "in 20: $DB_NAME, INIT=${INIT:-unset}"\n' > init.d/20-second.sh
chmod +x init.d/20-second.sh
printf 'create table t (a int);\ninsert into t values (1);\n' > init.d/30.sql
: > init.d/README
echo 's3cret' > secret

if ! _is_sourced; then
	( DB_PASSWORD_FILE=secret DB_OPT_MAX_CONNECTIONS=100 DB_OPT_LOG=on main --port=99 --mode=fast -v )
	( main echo second start )
	( DB_PASSWORD=x DB_PASSWORD_FILE=secret main ) || echo "exit code $?"
	( DB_PORT=abc main ) || echo "exit code $?"
	( DB_PASSWORD_FILE=nosuch main ) || echo "exit code $?"
	( main nosuchprogram ) || echo "exit code $?"
	( main -h )
fi
