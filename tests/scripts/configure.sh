#!/bin/sh
# In the manner of the scripts that autoconf writes.
DUALCASE=1; export DUALCASE
if test -n "${ZSH_VERSION+set}" && (emulate sh) > /dev/null 2>&1; then
	emulate sh
else
	case $( (set -o) 2> /dev/null) in
	*posix*) set -o posix ;;
	esac
fi
as_nl='
'
export as_nl
as_echo='printf %s\n'
PATH_SEPARATOR=:
IFS=" ""	$as_nl"
as_myself=
for as_var in BASH_ENV ENV MAIL MAILPATH; do
	eval test x\${$as_var+set} = xset && ( (unset $as_var) || exit 1) > /dev/null 2>&1 && unset $as_var || :
done
as_fn_unset() { { eval $1=; unset $1; }; }
as_fn_set_status() { return $1; }
as_fn_exit() { set +e; as_fn_set_status $1; exit $1; }
if (eval "as_var=1; as_var+=2; test x\$as_var = x12") 2> /dev/null; then
	eval 'as_fn_append() { eval $1+=\$2; }'
else
	as_fn_append() { eval $1=\$$1\$2; }
fi
if (eval "test \$(( 1 + 1 )) = 2") 2> /dev/null; then
	eval 'as_fn_arith() { as_val=$(( $* )); }'
else
	as_fn_arith() { as_fn_error 1 "no arithmetic"; }
fi
as_fn_error() {
	as_status=$1; test $as_status -eq 0 && as_status=1
	if test "$4"; then
		$as_echo "$as_me:${as_lineno-unknown}: error: $2" >&$4
	fi
	$as_echo "$as_me: error: $2" >&2
	as_fn_exit $as_status
}
as_me=$(basename -- "$0" || $as_echo X/"$0" | sed '/^.*\/\([^/][^/]*\)\/*$/{ s//\1/; q; }')
as_cr_letters='abcdefghijklmnopqrstuvwxyz'
as_cr_LETTERS='ABCDEFGHIJKLMNOPQRSTUVWXYZ'
as_cr_digits='0123456789'
as_tr_sh="eval sed 'y%*+%pp%;s%[^_$as_cr_letters$as_cr_LETTERS$as_cr_digits]%_%g'"
as_tr_cpp="eval sed 'y%*$as_cr_letters%P$as_cr_LETTERS%;s%[^_$as_cr_LETTERS$as_cr_digits]%_%g'"
exec 7<&0 < /dev/null 6>&1

PACKAGE_NAME='demo' PACKAGE_VERSION='0.3'
ac_subst_vars='LIBS CFLAGS CC prefix exec_prefix bindir host_alias with_zlib enable_debug'
ac_subst_files=''
prefix=NONE exec_prefix=NONE bindir='${exec_prefix}/bin' host_alias= verbose= no_create= silent=
ac_prev=
set dummy --prefix=/opt/demo --enable-debug --disable-shared --with-zlib=/usr/lib --without-x CFLAGS=-O2 host-triple --bindir /b "$@"
shift
for ac_option; do
	if test -n "$ac_prev"; then
		eval $ac_prev=\$ac_option
		ac_prev=
		continue
	fi
	case $ac_option in
	*=?*) ac_optarg=$($as_echo "X$ac_option" | sed 's/[^=]*=//') ;;
	*=) ac_optarg= ;;
	*) ac_optarg=yes ;;
	esac
	case $ac_option in
	-bindir | --bindir | --bindi | --bind) ac_prev=bindir ;;
	-bindir=* | --bindir=*) bindir=$ac_optarg ;;
	-disable-* | --disable-*)
		ac_useropt=$($as_echo "x$ac_option" | sed 's/x-*disable-//')
		$as_echo "$ac_useropt" | grep "[^-+._$as_cr_letters$as_cr_digits]" > /dev/null &&
			as_fn_error $? "invalid feature name: $ac_useropt"
		ac_useropt=$($as_echo "$ac_useropt" | sed 's/[-+.]/_/g')
		eval enable_$ac_useropt=no
		;;
	-enable-* | --enable-*)
		ac_useropt=$($as_echo "x$ac_option" | sed 's/x-*enable-\([^=]*\).*/\1/')
		eval enable_$ac_useropt=\$ac_optarg
		;;
	-prefix=* | --prefix=*) prefix=$ac_optarg ;;
	-with-* | --with-*)
		ac_useropt=$($as_echo "x$ac_option" | sed 's/x-*with-\([^=]*\).*/\1/')
		eval with_$ac_useropt=\$ac_optarg
		;;
	-without-* | --without-*)
		ac_useropt=`$as_echo "x$ac_option" | sed 's/x-*without-//'`
		eval with_$ac_useropt=no
		;;
	-*) as_fn_error $? "unrecognized option: \`$ac_option'" ;;
	*=*)
		ac_envvar=${ac_option%%=*}
		case $ac_envvar in
		'' | [0-9]* | *[!_$as_cr_letters$as_cr_LETTERS$as_cr_digits]*)
			as_fn_error $? "invalid variable name: \`$ac_envvar'"
			;;
		esac
		eval $ac_envvar=\$ac_optarg
		export $ac_envvar
		;;
	*)
		$as_echo "$ac_option" | grep "[^-._$as_cr_letters$as_cr_digits]" > /dev/null &&
			$as_echo "$as_me: WARNING: invalid host type: $ac_option" >&2
		: "${host_alias=$ac_option}"
		;;
	esac
done
test "x$host_alias" != x || host_alias=host-triple
for ac_var in prefix bindir with_zlib enable_debug enable_shared with_x CFLAGS host_alias; do
	eval ac_val=\$$ac_var
	case $ac_val in
	*/) ac_val=$($as_echo "$ac_val" | sed 's|\(.\)/*$|\1|'); eval $ac_var=\$ac_val ;;
	esac
	$as_echo "option $ac_var = $ac_val" >&6
done

cat > confdefs.h <<_ACEOF
/* confdefs.h */
#define PACKAGE_NAME "$PACKAGE_NAME"
#define PACKAGE_VERSION "$PACKAGE_VERSION"
_ACEOF
exec 5> config.log
cat >&5 <<_ASUNAME
This file contains any messages produced while configure was running.
hostname = $( (hostname || uname -n) 2> /dev/null | sed 's/.*/box/')
_ASUNAME
ac_configure_args=
for ac_pass in 1 2; do
	for ac_arg in "--prefix=/opt/demo" "a b" "it's"; do
		case $ac_arg in
		*\'*) ac_arg=$($as_echo "$ac_arg" | sed "s/'/'\\\\\\\\''/g") ;;
		esac
		case $ac_pass in
		1) as_fn_append ac_configure_args0 " '$ac_arg'" ;;
		2) as_fn_append ac_configure_args " '$ac_arg'" ;;
		esac
	done
done
$as_echo "args:$ac_configure_args" >&6
test "$ac_configure_args" = "$ac_configure_args0" && $as_echo same >&6

ac_fn_check() { # LINENO WHAT VAR COMMAND
	as_lineno=${as_lineno-"$1"}
	$as_echo_n "checking for $2... " >&6
	if eval \${$3+:} false; then
		$as_echo_n "(cached) " >&6
	elif eval "$4" >&5 2>&5; then
		eval "$3=yes"
	else
		eval "$3=no"
	fi
	eval ac_res=\$$3
	$as_echo "$as_me:result: $ac_res" >&5
	$as_echo "$ac_res" >&6
	eval test \"x\$$3\" = x"yes"
}
as_echo_n='printf %s'
for ac_func in printf test 'a.b*c' nosuch-func; do
	as_ac_var=$($as_echo "ac_cv_func_$ac_func" | $as_tr_sh)
	if ac_fn_check "$LINENO" "$ac_func" "$as_ac_var" "command -v '$ac_func'"; then
		cat >> confdefs.h <<_ACEOF
#define $($as_echo "HAVE_$ac_func" | $as_tr_cpp) 1
_ACEOF
	fi
done
ac_fn_check "$LINENO" printf ac_cv_func_printf false && $as_echo "still there" >&6
as_save_IFS=$IFS; IFS=$PATH_SEPARATOR
for as_dir in $PATH$PATH_SEPARATOR/nonexistent; do
	IFS=$as_save_IFS
	test -z "$as_dir" && as_dir=.
	for ac_exec_ext in '' .exe; do
		if test -x "$as_dir/sed$ac_exec_ext"; then
			ac_cv_path_SED=$as_dir/sed$ac_exec_ext
			$as_echo "found $as_dir/sed" >&5
			break 2
		fi
	done
done
IFS=$as_save_IFS
$as_echo "sed: ${ac_cv_path_SED-not found}" >&6
case $ac_cv_path_SED in [\\/]* | ?:[\\/]*) $as_echo absolute >&6 ;; esac
as_fn_arith 2 + 3 \* 4 && $as_echo "arith: $as_val" >&6
test "x$prefix" = xNONE && prefix=/usr/local
test "x$exec_prefix" = xNONE && exec_prefix='${prefix}'
CC=${CC-cc} LIBS="-lm"
cat > Makefile.in <<'EOF'
# @configure_input@
prefix = @prefix@
bindir = @bindir@
CC = @CC@
CFLAGS = @CFLAGS@ @LIBS@
all:; @echo $(CC) @unknown@
EOF
: "${CONFIG_STATUS=./config.status}"
cat > $CONFIG_STATUS <<_ASEOF
#! /bin/sh
# Generated by $as_me.
ac_cs_silent=false
_ASEOF
{
	$as_echo 'for ac_file; do'
	$as_echo '	ac_out=`$as_echo "$ac_file" | sed "s/\.in\$//"`'
	$as_echo '	sed \'
	for ac_var in $ac_subst_vars; do
		eval ac_val=\$$ac_var
		ac_val=$($as_echo "$ac_val" | sed 's/[&\\|]/\\&/g')
		$as_echo "		-e 's|@$ac_var@|$ac_val|g' \\"
	done
	cat <<\_ACEOF
		-e "s|@configure_input@|$ac_out.  Generated from $ac_file by configure.|" < "$ac_file" > "$ac_out" || exit
	echo "config.status: creating $ac_out"
done
_ACEOF
} >> $CONFIG_STATUS
chmod +x $CONFIG_STATUS
export as_echo
${CONFIG_SHELL-sh} $CONFIG_STATUS Makefile.in >&6 || as_fn_error $? "could not create Makefile"
cat Makefile confdefs.h >&6
ac_cv_x='a b'"'c"
(
	for ac_var in $( (set) 2>&1 | sed -n 's/^\(ac_cv_[a-zA-Z0-9_]*\)=.*/\1/p'); do
		eval ac_val=\$$ac_var
		$as_echo "cache: $ac_var='$ac_val'"
	done | sort
) >&6
trap 'exit_status=$?
	{ echo; echo "## Variables ##"; echo "prefix=$prefix"; } >&5
	rm -f -r core conftest*
	exit $exit_status' 0
for ac_signal in 1 2 13 15; do
	trap 'ac_signal='$ac_signal'; as_fn_exit 1' $ac_signal
done
trap >&6
ac_signal=0
test "${enable_debug}" = yes && $as_echo "#define DEBUG 1" >> confdefs.h
(as_fn_error 77 "a problem
See \`config.log' for more details" "$LINENO" 5)
$as_echo "status $?" >&6
as_fn_error $? "the end" "$LINENO" 5
