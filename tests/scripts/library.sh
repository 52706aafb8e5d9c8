#!/bin/sh
# A library of functions in plain shell with tests of its own: strings, lists, numbers, sorting, text formats, games.
# It is long on purpose.

LIB_VERSION=1.4
TESTS=0
FAILED=0
CURRENT=

# --- a small framework -------------------------------------------------------------------------------------------

suite() {
	CURRENT=$1
	printf '\n# %s\n' "$CURRENT"
}

check() { # NAME EXPECTED ACTUAL
	TESTS=$((TESTS + 1))
	if [ "$2" = "$3" ]; then
		printf 'ok %d - %s: %s\n' "$TESTS" "$CURRENT" "$1"
	else
		FAILED=$((FAILED + 1))
		printf 'not ok %d - %s: %s\n' "$TESTS" "$CURRENT" "$1"
		printf '  expected: %s\n  actual:   %s\n' "$2" "$3"
	fi
}

check_status() { # NAME EXPECTED COMMAND…
	local name=$1 expected=$2 actual
	shift 2
	"$@" > /dev/null 2>&1
	actual=$?
	check "$name" "$expected" "$actual"
}

check_output() { # NAME COMMAND… with the expected output on standard input
	local name=$1 expected actual
	shift
	expected=$(cat)
	actual=$("$@" 2>&1)
	check "$name" "$expected" "$actual"
}

skip() {
	TESTS=$((TESTS + 1))
	printf 'ok %d - %s: %s # SKIP %s\n' "$TESTS" "$CURRENT" "$1" "$2"
}

summary() {
	printf '\n%d tests, %d failed\n' "$TESTS" "$FAILED"
	[ "$FAILED" -eq 0 ]
}

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# --- strings -----------------------------------------------------------------------------------------------------

str_length() { echo "${#1}"; }

str_upper() { printf '%s' "$1" | tr a-z A-Z; }

str_lower() { printf '%s' "$1" | tr A-Z a-z; }

str_trim() {
	local text=$1
	while :; do
		case $text in
		[[:space:]]*) text=${text#?} ;;
		*[[:space:]]) text=${text%?} ;;
		*) break ;;
		esac
	done
	printf '%s' "$text"
}

str_reverse() {
	local rest=$1 out=
	while [ -n "$rest" ]; do
		out=${rest%"${rest#?}"}$out
		rest=${rest#?}
	done
	printf '%s' "$out"
}

str_repeat() { # TEXT COUNT
	local out= count=$2
	while [ "$count" -gt 0 ]; do
		out=$out$1
		count=$((count - 1))
	done
	printf '%s' "$out"
}

str_pad_left() { # TEXT WIDTH [FILL]
	local text=$1 fill=${3:- }
	while [ "${#text}" -lt "$2" ]; do
		text=$fill$text
	done
	printf '%s' "$text"
}

str_pad_right() {
	local text=$1 fill=${3:- }
	while [ "${#text}" -lt "$2" ]; do
		text=$text$fill
	done
	printf '%s' "$text"
}

str_center() {
	local text=$1 width=$2 left
	left=$(( (width - ${#text}) / 2 ))
	[ "$left" -gt 0 ] || left=0
	text=$(str_repeat ' ' "$left")$text
	str_pad_right "$text" "$width"
}

str_contains() {
	case $1 in
	*"$2"*) return 0 ;;
	esac
	return 1
}

str_starts_with() {
	case $1 in "$2"*) return 0 ;; *) return 1 ;; esac
}

str_ends_with() {
	case $1 in *"$2") return 0 ;; *) return 1 ;; esac
}

str_index() { # TEXT PART: the place of the first, from 0, or -1
	local before=${1%%"$2"*}
	if [ "$before" = "$1" ]; then
		echo -1
	else
		echo "${#before}"
	fi
}

str_replace() { # TEXT FROM TO
	local rest=$1 out=
	while str_contains "$rest" "$2"; do
		out=$out${rest%%"$2"*}$3
		rest=${rest#*"$2"}
	done
	printf '%s' "$out$rest"
}

str_count() {
	local rest=$1 count=0
	while str_contains "$rest" "$2"; do
		rest=${rest#*"$2"}
		count=$((count + 1))
	done
	echo "$count"
}

str_is_palindrome() {
	local plain
	plain=$(printf '%s' "$1" | tr A-Z a-z | tr -cd a-z)
	[ "$plain" = "$(str_reverse "$plain")" ]
}

str_rot13() { printf '%s' "$1" | tr 'A-Za-z' 'N-ZA-Mn-za-m'; }

str_title() {
	local word first out=
	for word in $1; do
		first=${word%"${word#?}"}
		first=$(printf '%s' "$first" | tr a-z A-Z)
		out=$out${out:+ }$first${word#?}
	done
	printf '%s' "$out"
}

str_words() { # counts the words
	set -f
	set -- $1
	set +f
	echo $#
}

char_code() { printf '%d' "'$1"; }

chr() { printf "\\$(printf '%03o' "$1")"; }

str_caesar() { # TEXT SHIFT
	local rest=$1 shift=$2 c code out=
	while [ -n "$rest" ]; do
		c=${rest%"${rest#?}"}
		rest=${rest#?}
		case $c in
		[a-z]) code=$(( ($(char_code "$c") - 97 + shift + 26) % 26 + 97 )); out=$out$(chr "$code") ;;
		[A-Z]) code=$(( ($(char_code "$c") - 65 + shift + 26) % 26 + 65 )); out=$out$(chr "$code") ;;
		*) out=$out$c ;;
		esac
	done
	printf '%s' "$out"
}

test_strings() {
	suite strings
	check length 5 "$(str_length hello)"
	check 'length of nothing' 0 "$(str_length '')"
	check upper 'HELLO, WORLD' "$(str_upper 'Hello, World')"
	check lower 'hello' "$(str_lower HeLLo)"
	check trim 'a  b' "$(str_trim '  a  b 	')"
	check 'trim nothing' '' "$(str_trim '   ')"
	check reverse 'olleh' "$(str_reverse hello)"
	check 'reverse special' '*$\?' "$(str_reverse '?\$*')"
	check repeat 'ababab' "$(str_repeat ab 3)"
	check 'repeat none' '' "$(str_repeat ab 0)"
	check 'pad left' '  7' "$(str_pad_left 7 3)"
	check 'pad with zeros' '007' "$(str_pad_left 7 3 0)"
	check 'pad right' 'ab..' "$(str_pad_right ab 4 .)"
	check center '[  hi  ]' "[$(str_center hi 6)]"
	check_status contains 0 str_contains 'a*b' '*'
	check_status 'contains not' 1 str_contains abc x
	check_status 'starts with' 0 str_starts_with '[abc' '['
	check_status 'ends with' 1 str_ends_with abc b
	check index 2 "$(str_index abcabc ca)"
	check 'index of none' -1 "$(str_index abc x)"
	check replace 'a--b--c' "$(str_replace 'a b c' ' ' --)"
	check 'replace stars' 'a.b.c' "$(str_replace 'a*b*c' '*' .)"
	check count 3 "$(str_count banana a)"
	check_status palindrome 0 str_is_palindrome 'A man, a plan, a canal: Panama'
	check_status 'no palindrome' 1 str_is_palindrome 'abc'
	check rot13 'Uryyb' "$(str_rot13 Hello)"
	check 'rot13 twice' 'Hello' "$(str_rot13 "$(str_rot13 Hello)")"
	check title 'The Quick Brown Fox' "$(str_title 'the quick brown fox')"
	check words 3 "$(str_words ' a *  b ')"
	check 'char code' 65 "$(char_code A)"
	check chr z "$(chr 122)"
	check caesar 'Khoor, Zruog!' "$(str_caesar 'Hello, World!' 3)"
	check 'caesar back' 'Hello, World!' "$(str_caesar "$(str_caesar 'Hello, World!' 3)" -3)"
}

# --- lists: words separated by line ends --------------------------------------------------------------------------

NL='
'

list_of() {
	local item out=
	for item; do
		out=$out${out:+$NL}$item
	done
	printf '%s' "$out"
}

list_length() {
	[ -n "$1" ] || { echo 0; return; }
	printf '%s\n' "$1" | wc -l
}

list_get() { # LIST INDEX
	local index=0 item
	while IFS= read -r item; do
		if [ "$index" -eq "$2" ]; then
			printf '%s' "$item"
			return 0
		fi
		index=$((index + 1))
	done <<EOF
$1
EOF
	return 1
}

list_map() { # LIST COMMAND…
	local list=$1 item out=
	shift
	while IFS= read -r item; do
		out=$out${out:+$NL}$("$@" "$item")
	done <<EOF
$list
EOF
	printf '%s' "$out"
}

list_filter() {
	local list=$1 item out=
	shift
	while IFS= read -r item; do
		if "$@" "$item"; then
			out=$out${out:+$NL}$item
		fi
	done <<-EOF
		$list
	EOF
	printf '%s' "$out"
}

list_fold() { # LIST START COMMAND…
	local list=$1 value=$2 item
	shift 2
	while IFS= read -r item; do
		value=$("$@" "$value" "$item")
	done <<EOF
$list
EOF
	printf '%s' "$value"
}

list_join() { # LIST SEPARATOR
	local item out= first=1
	while IFS= read -r item; do
		if [ "$first" ]; then
			out=$item first=
		else
			out=$out$2$item
		fi
	done <<EOF
$1
EOF
	printf '%s' "$out"
}

list_split() { # TEXT SEPARATOR
	local IFS=$2 item out= old
	case $- in *f*) old=-f ;; *) old=+f ;; esac
	set -f
	for item in $1; do
		out=$out${out:+$NL}$item
	done
	set $old
	printf '%s' "$out"
}

list_reverse() {
	local item out=
	while IFS= read -r item; do
		out=$item${out:+$NL}$out
	done <<EOF
$1
EOF
	printf '%s' "$out"
}

list_unique() {
	local item seen=$NL out=
	while IFS= read -r item; do
		case $seen in
		*"$NL$item$NL"*) continue ;;
		esac
		seen=$seen$item$NL
		out=$out${out:+$NL}$item
	done <<EOF
$1
EOF
	printf '%s' "$out"
}

list_index() {
	local index=0 item
	while IFS= read -r item; do
		[ "$item" != "$2" ] || { echo "$index"; return 0; }
		index=$((index + 1))
	done <<EOF
$1
EOF
	echo -1
	return 1
}

add() { echo $(($1 + $2)); }
square() { echo $(($1 * $1)); }
is_even() { [ $(($1 % 2)) -eq 0 ]; }
longer() { if [ ${#1} -ge ${#2} ]; then echo "$1"; else echo "$2"; fi; }

test_lists() {
	local list
	suite lists
	list=$(list_of one 'two words' three)
	check length 3 "$(list_length "$list" | tr -d ' ')"
	check 'length of none' 0 "$(list_length '')"
	check get 'two words' "$(list_get "$list" 1)"
	check_status 'get beyond' 1 list_get "$list" 9
	check join 'one, two words, three' "$(list_join "$list" ', ')"
	check reverse 'three|two words|one' "$(list_join "$(list_reverse "$list")" '|')"
	check split 'a|b c|d' "$(list_join "$(list_split 'a:b c:d' :)" '|')"
	check 'split stars' '*|?' "$(list_join "$(list_split '*,?' ,)" '|')"
	check map '1 4 9 16' "$(list_join "$(list_map "$(list_of 1 2 3 4)" square)" ' ')"
	check filter '2 4 6' "$(list_join "$(list_filter "$(list_of 1 2 3 4 5 6)" is_even)" ' ')"
	check fold 15 "$(list_fold "$(list_of 1 2 3 4 5)" 0 add)"
	check 'fold longest' 'two words' "$(list_fold "$list" '' longer)"
	check unique 'a b c' "$(list_join "$(list_unique "$(list_of a b a c b)")" ' ')"
	check index 2 "$(list_index "$list" three)"
	check_status 'index of none' 1 list_index "$list" four
}

# --- stacks and queues in numbered variables ------------------------------------------------------------------------

stack_new() { eval "$1_size=0"; }

stack_push() {
	local name=$1 size
	shift
	for value; do
		eval "size=\$${name}_size"
		eval "${name}_$size=\$value"
		eval "${name}_size=$((size + 1))"
	done
}

stack_pop() { # NAME VARIABLE
	local size
	eval "size=\$$1_size"
	[ "$size" -gt 0 ] || return 1
	size=$((size - 1))
	eval "$2=\$$1_$size"
	eval "unset $1_$size"
	eval "$1_size=$size"
}

stack_size() { eval "echo \$$1_size"; }

queue_new() { eval "$1_head=0 $1_tail=0"; }

queue_put() {
	local number
	eval "number=\$$1_tail"
	eval "$1_$number=\$2 $1_tail=$((number + 1))"
}

queue_take() {
	local number
	eval "number=\$$1_head; [ \$number -lt \$$1_tail ] || return 1"
	eval "$2=\$$1_$number $1_head=$((number + 1))"
}

test_stacks() {
	local out= value
	suite stacks
	stack_new s
	stack_push s a 'b c' "d'e"
	check size 3 "$(stack_size s)"
	while stack_pop s value; do
		out=$out[$value]
	done
	check 'last in, first out' "[d'e][b c][a]" "$out"
	check_status 'pop from nothing' 1 stack_pop s value
	queue_new q
	queue_put q first
	queue_put q 'second one'
	out=
	while queue_take q value; do
		out=$out[$value]
	done
	check 'first in, first out' '[first][second one]' "$out"
}

# --- numbers -----------------------------------------------------------------------------------------------------

gcd() {
	local a=$1 b=$2 t
	while [ "$b" -ne 0 ]; do
		t=$((a % b))
		a=$b
		b=$t
	done
	echo "$a"
}

lcm() { echo $(($1 / $(gcd "$1" "$2") * $2)); }

factorial() {
	if [ "$1" -le 1 ]; then
		echo 1
	else
		echo $(($1 * $(factorial $(($1 - 1)))))
	fi
}

fibonacci() {
	local a=0 b=1 i=0 t
	while [ $((i += 1)) -le "$1" ]; do
		t=$((a + b)) a=$b b=$t
	done
	echo "$a"
}

is_prime() {
	local n=$1 d=3
	[ "$n" -ge 2 ] || return 1
	[ "$n" -ne 2 ] || return 0
	[ $((n % 2)) -ne 0 ] || return 1
	while [ $((d * d)) -le "$n" ]; do
		[ $((n % d)) -ne 0 ] || return 1
		d=$((d + 2))
	done
}

sieve() {
	local limit=$1 i=2 j out=
	while [ "$i" -le "$limit" ]; do
		if eval "[ -z \"\${composite_$i:-}\" ]"; then
			out="$out${out:+ }$i"
			j=$((i * i))
			while [ "$j" -le "$limit" ]; do
				eval "composite_$j=1"
				j=$((j + i))
			done
		fi
		i=$((i + 1))
	done
	i=2
	while [ "$i" -le "$limit" ]; do
		unset "composite_$i"
		i=$((i + 1))
	done
	echo "$out"
}

factors() {
	local n=$1 d=2 out=
	while [ "$n" -gt 1 ]; do
		while [ $((n % d)) -eq 0 ]; do
			out="$out${out:+ }$d"
			n=$((n / d))
		done
		d=$((d + 1))
	done
	echo "$out"
}

power() { # BASE EXPONENT [MODULUS]
	local base=$1 exponent=$2 modulus=${3:-0} result=1
	while [ "$exponent" -gt 0 ]; do
		if [ $((exponent & 1)) -eq 1 ]; then
			result=$((result * base))
			[ "$modulus" -eq 0 ] || result=$((result % modulus))
		fi
		base=$((base * base))
		[ "$modulus" -eq 0 ] || base=$((base % modulus))
		exponent=$((exponent >> 1))
	done
	echo "$result"
}

integer_root() {
	local n=$1 x=$1 y=$((($1 + 1) / 2))
	while [ "$y" -lt "$x" ]; do
		x=$y
		y=$(((x + n / x) / 2))
	done
	echo "$x"
}

to_base() { # NUMBER BASE
	local n=$1 base=$2 out= digit digits=0123456789abcdefghijklmnopqrstuvwxyz
	[ "$n" -ne 0 ] || out=0
	while [ "$n" -gt 0 ]; do
		digit=$((n % base))
		out=${digits:$digit:1}$out
		n=$((n / base))
	done
	echo "$out"
}

from_base() { echo $(($2#$1)); }

to_roman() {
	local n=$1 out= pair value letters
	for pair in 1000:M 900:CM 500:D 400:CD 100:C 90:XC 50:L 40:XL 10:X 9:IX 5:V 4:IV 1:I; do
		value=${pair%:*} letters=${pair#*:}
		while [ "$n" -ge "$value" ]; do
			out=$out$letters
			n=$((n - value))
		done
	done
	echo "$out"
}

from_roman() {
	local rest=$1 total=0
	while [ -n "$rest" ]; do
		case $rest in
		CM*) total=$((total + 900)); rest=${rest#??} ;;
		CD*) total=$((total + 400)); rest=${rest#??} ;;
		XC*) total=$((total + 90)); rest=${rest#??} ;;
		XL*) total=$((total + 40)); rest=${rest#??} ;;
		IX*) total=$((total + 9)); rest=${rest#??} ;;
		IV*) total=$((total + 4)); rest=${rest#??} ;;
		M*) total=$((total + 1000)); rest=${rest#?} ;;
		D*) total=$((total + 500)); rest=${rest#?} ;;
		C*) total=$((total + 100)); rest=${rest#?} ;;
		L*) total=$((total + 50)); rest=${rest#?} ;;
		X*) total=$((total + 10)); rest=${rest#?} ;;
		V*) total=$((total + 5)); rest=${rest#?} ;;
		I*) total=$((total + 1)); rest=${rest#?} ;;
		*) return 1 ;;
		esac
	done
	echo "$total"
}

collatz() {
	local n=$1 steps=0
	until [ "$n" -eq 1 ]; do
		n=$((n % 2 ? 3 * n + 1 : n / 2))
		steps=$((steps + 1))
	done
	echo "$steps"
}

digits_sum() {
	local n=$1 sum=0
	while [ "$n" -gt 0 ]; do
		sum=$((sum + n % 10)) n=$((n / 10))
	done
	echo "$sum"
}

fixed_divide() { # A B PLACES
	local whole=$(($1 / $2)) rest=$(($1 % $2)) places=$3 out
	out=$whole
	[ "$places" -eq 0 ] || out=$out.
	while [ "$places" -gt 0 ]; do
		rest=$((rest * 10))
		out=$out$((rest / $2))
		rest=$((rest % $2))
		places=$((places - 1))
	done
	echo "$out"
}

test_numbers() {
	local n
	suite numbers
	check gcd 6 "$(gcd 54 24)"
	check lcm 36 "$(lcm 12 18)"
	check factorial 3628800 "$(factorial 10)"
	check fibonacci '0 1 1 2 3 5 8 13' "$(for n in 0 1 2 3 4 5 6 7; do fibonacci $n; done | tr '\n' ' ' | sed 's/ $//')"
	check 'fibonacci of 90' 2880067194370816120 "$(fibonacci 90)"
	check_status prime 0 is_prime 97
	check_status 'no prime' 1 is_prime 91
	check_status 'one is none' 1 is_prime 1
	check sieve '2 3 5 7 11 13 17 19 23 29' "$(sieve 30)"
	check factors '2 2 2 3 3 5' "$(factors 360)"
	check power 1024 "$(power 2 10)"
	check 'power modulo' 445 "$(power 4 13 497)"
	check root 31 "$(integer_root 1000)"
	check 'to base 2' 101010 "$(to_base 42 2)"
	check 'to base 16' ff "$(to_base 255 16)"
	check 'to base 36' zz "$(to_base 1295 36)"
	check 'from base 2' 42 "$(from_base 101010 2)"
	check 'from base 16' 48879 "$(from_base beef 16)"
	for n in 1:I 4:IV 9:IX 14:XIV 40:XL 90:XC 400:CD 1994:MCMXCIV 2024:MMXXIV; do
		check "roman ${n%:*}" "${n#*:}" "$(to_roman "${n%:*}")"
		check "roman ${n#*:}" "${n%:*}" "$(from_roman "${n#*:}")"
	done
	check_status 'not roman' 1 from_roman ABC
	check collatz 111 "$(collatz 27)"
	check 'sum of digits' 45 "$(digits_sum 123456789)"
	check 'fixed point' 3.142857 "$(fixed_divide 22 7 6)"
	check 'fixed point, none' 3 "$(fixed_divide 22 7 0)"
	check overflow -9223372036854775808 "$((9223372036854775807 + 1))"
	check bits '8 7 15 -1' "$((1 << 3)) $((15 & 7)) $((8 | 7)) $((~0))"
	check precedence '7 9 1 0' "$((1 + 2 * 3)) $(((1 + 2) * 3)) $((3 > 2)) $((3 == 2))"
	n=5
	check assignments '5 6 12 4' "$((n)) $((n += 1)) $((n *= 2)) $((n /= 3))"
}

# --- sorting -----------------------------------------------------------------------------------------------------

bubble_sort() {
	local swapped=1 i t
	local count=$#
	i=0
	for t; do
		eval "local v_$i=\$t"
		i=$((i + 1))
	done
	while [ -n "$swapped" ]; do
		swapped= i=1
		while [ "$i" -lt "$count" ]; do
			if eval "[ \$v_$((i - 1)) -gt \$v_$i ]"; then
				eval "t=\$v_$i; v_$i=\$v_$((i - 1)); v_$((i - 1))=\$t"
				swapped=1
			fi
			i=$((i + 1))
		done
	done
	i=0
	while [ "$i" -lt "$count" ]; do
		eval "printf '%s' \"\${v_$i}\""
		i=$((i + 1))
		[ "$i" -eq "$count" ] || printf ' '
	done
}

quick_sort() {
	[ $# -gt 1 ] || { printf '%s' "$*"; return; }
	local pivot=$1 less= more= item
	shift
	for item; do
		if [ "$item" -lt "$pivot" ]; then
			less="$less $item"
		else
			more="$more $item"
		fi
	done
	less=$(quick_sort $less)
	more=$(quick_sort $more)
	printf '%s' "${less:+$less }$pivot${more:+ $more}"
}

insertion_sort() {
	local out= item sorted placed
	for item; do
		sorted= placed=
		for other in $out; do
			if [ -z "$placed" ] && [ "$item" -lt "$other" ]; then
				sorted="$sorted $item" placed=1
			fi
			sorted="$sorted $other"
		done
		[ "$placed" ] || sorted="$sorted $item"
		out=$sorted
	done
	echo $out
}

binary_search() { # WANTED SORTED…
	local wanted=$1 low=1 high middle value
	shift
	high=$#
	while [ "$low" -le "$high" ]; do
		middle=$(((low + high) / 2))
		eval "value=\${$middle}"
		if [ "$value" -eq "$wanted" ]; then
			echo $((middle - 1))
			return
		elif [ "$value" -lt "$wanted" ]; then
			low=$((middle + 1))
		else
			high=$((middle - 1))
		fi
	done
	echo -1
	return 1
}

test_sorting() {
	local numbers='33 7 12 5 5 98 -4 0 41 6' sorted='-4 0 5 5 6 7 12 33 41 98' algorithm
	suite sorting
	for algorithm in bubble_sort quick_sort insertion_sort; do
		check "$algorithm" "$sorted" "$($algorithm $numbers)"
		check "$algorithm of one" 3 "$($algorithm 3)"
		check "$algorithm of none" '' "$($algorithm)"
	done
	check sort "$sorted" "$(printf '%s\n' $numbers | sort -n | tr '\n' ' ' | sed 's/ *$//')"
	check 'search' 6 "$(binary_search 12 $sorted)"
	check 'search first' 0 "$(binary_search -4 $sorted)"
	check_status 'search none' 1 binary_search 13 $sorted
}

# --- text formats ------------------------------------------------------------------------------------------------

ini_get() { # FILE SECTION KEY
	local section= line key value
	while IFS= read -r line || [ -n "$line" ]; do
		line=${line%%[;#]*}
		line=$(str_trim "$line")
		case $line in
		'') ;;
		'['*']')
			section=${line#'['}
			section=${section%']'}
			;;
		*=*)
			key=$(str_trim "${line%%=*}")
			value=$(str_trim "${line#*=}")
			case $value in
			\"*\") value=${value#\"}; value=${value%\"} ;;
			esac
			if [ "$section" = "$2" ] && [ "$key" = "$3" ]; then
				printf '%s\n' "$value"
				return 0
			fi
			;;
		*) echo "bad line: $line" >&2 ;;
		esac
	done < "$1"
	return 1
}

csv_field() { # LINE INDEX
	local rest=$1 index=0 field
	while :; do
		case $rest in
		\"*)
			field= rest=${rest#\"}
			while :; do
				field=$field${rest%%\"*}
				rest=${rest#*\"}
				case $rest in
				\"*) field=$field\" rest=${rest#\"} ;;
				*) break ;;
				esac
			done
			;;
		*)
			field=${rest%%,*}
			rest=${rest#"$field"}
			;;
		esac
		if [ "$index" -eq "$2" ]; then
			printf '%s' "$field"
			return 0
		fi
		case $rest in
		,*) rest=${rest#,} ;;
		*) return 1 ;;
		esac
		index=$((index + 1))
	done
}

url_encode() {
	local rest=$1 c out=
	while [ -n "$rest" ]; do
		c=${rest%"${rest#?}"}
		rest=${rest#?}
		case $c in
		[a-zA-Z0-9._~-]) out=$out$c ;;
		' ') out=$out+ ;;
		*) out=$out$(printf '%%%02X' "'$c") ;;
		esac
	done
	printf '%s' "$out"
}

url_decode() {
	local rest out= code
	rest=$(printf '%s' "$1" | tr + ' ')
	while :; do
		case $rest in
		*%??*)
			out=$out${rest%%%*}
			rest=${rest#*%}
			code=${rest%"${rest#??}"}
			out=$out$(chr $((0x$code)))
			rest=${rest#??}
			;;
		*) break ;;
		esac
	done
	printf '%s' "$out$rest"
}

json_string() {
	printf '"%s"' "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')"
}

json_object() { # KEY VALUE…
	local out= kind
	while [ $# -ge 2 ]; do
		case $2 in
		true | false | null) kind=word ;;
		'' | *[!0-9-]*) kind=string ;;
		*) kind=number ;;
		esac
		out=$out${out:+, }$(json_string "$1"):
		case $kind in
		string) out="$out $(json_string "$2")" ;;
		*) out="$out $2" ;;
		esac
		shift 2
	done
	printf '{%s}' "$out"
}

template() { # reads a text and puts variables into {{name}}
	local line name value
	while IFS= read -r line || [ -n "$line" ]; do
		while :; do
			case $line in
			*'{{'*'}}'*)
				name=${line#*'{{'}
				name=${name%%'}}'*}
				eval "value=\${$name-}"
				line=${line%%'{{'*}$value${line#*'}}'}
				;;
			*) break ;;
			esac
		done
		printf '%s\n' "$line"
	done
}

table() { # lines of fields separated by colons, in columns
	local widths='0 0 0' line a b c w1=0 w2=0
	local data
	data=$(cat)
	while IFS=: read -r a b c; do
		[ ${#a} -le $w1 ] || w1=${#a}
		[ ${#b} -le $w2 ] || w2=${#b}
	done <<EOF
$data
EOF
	printf '%s\n' "$data" | while IFS=: read -r a b c; do
		printf "%-${w1}s | %${w2}s | %s\n" "$a" "$b" "$c"
	done
}

wrap() { # WIDTH: fills lines
	local width=$1 line= word
	set -f
	for word in $(cat); do
		if [ -z "$line" ]; then
			line=$word
		elif [ $((${#line} + 1 + ${#word})) -le "$width" ]; then
			line="$line $word"
		else
			printf '%s\n' "$line"
			line=$word
		fi
	done
	set +f
	[ -z "$line" ] || printf '%s\n' "$line"
}

test_formats() {
	local user=alice count=3 unsafe='$(echo no) `echo no` "q"'
	suite formats
	cat > settings.ini <<-'EOF'
		; a comment
		top = level
		[server]
		port = 8080   # the usual
		name = "my server"
		path=/srv/www = x
		[client]
		port = 99
		nonsense
	EOF
	check 'ini top' level "$(ini_get settings.ini '' top)"
	check 'ini section' 8080 "$(ini_get settings.ini server port)"
	check 'ini other section' 99 "$(ini_get settings.ini client port)"
	check 'ini quoted' 'my server' "$(ini_get settings.ini server name)"
	check 'ini equals' '/srv/www = x' "$(ini_get settings.ini server path)"
	check 'ini nonsense' 'bad line: nonsense' "$(ini_get settings.ini x y 2>&1)"
	check_status 'ini missing' 1 ini_get settings.ini server nothing
	check 'csv plain' b "$(csv_field 'a,b,c' 1)"
	check 'csv quoted' 'b, "x"' "$(csv_field 'a,"b, ""x""",c' 1)"
	check 'csv behind' c "$(csv_field 'a,"b, ""x""",c' 2)"
	check 'csv empty' '' "$(csv_field 'a,,c' 1)"
	check_status 'csv beyond' 1 csv_field a,b 5
	check 'url encode' 'a+b%26c%3D%2F~' "$(url_encode 'a b&c=/~')"
	check 'url decode' 'a b&c=/~' "$(url_decode 'a+b%26c%3D%2F~')"
	check 'json' '{"name": "x \"y\" \\z", "n": -12, "ok": true, "e": ""}' \
		"$(json_object name 'x "y" \z' n -12 ok true e '')"
	check 'template without values' plain "$(echo plain | template)"
	check 'template values' 'dear alice, 3 and 3 $(echo no) `echo no` "q" {{' \
		"$(echo 'dear {{user}}, {{count}} and {{count}} {{unsafe}} {{' | template)"
	check 'table' 'name  |  age | town
alice |   30 | Berlin
bo    | 1234 | Paris, FR' "$(printf 'name:age:town\nalice:30:Berlin\nbo:1234:Paris, FR\n' | table)"
	check wrap 'the quick
brown fox
jumps over' "$(echo 'the quick brown   fox jumps
over' | wrap 10)"
	rm settings.ini
}

# --- calendars ---------------------------------------------------------------------------------------------------

is_leap() { [ $(($1 % 4)) -eq 0 ] && [ $(($1 % 100)) -ne 0 -o $(($1 % 400)) -eq 0 ]; }

days_in_month() { # YEAR MONTH
	case ${2#0} in
	4 | 6 | 9 | 11) echo 30 ;;
	2) if is_leap "$1"; then echo 29; else echo 28; fi ;;
	[13578] | 10 | 12) echo 31 ;;
	*) return 1 ;;
	esac
}

day_number() { # YEAR MONTH DAY: days since 1970-01-01
	local y=$1 m=${2#0} d=${3#0} era yoe doy doe
	[ "$m" -gt 2 ] || y=$((y - 1))
	era=$((y / 400))
	yoe=$((y - era * 400))
	doy=$(((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1))
	doe=$((yoe * 365 + yoe / 4 - yoe / 100 + doy))
	echo $((era * 146097 + doe - 719468))
}

weekday() {
	local names='Thu Fri Sat Sun Mon Tue Wed' index
	index=$((($(day_number "$@") % 7 + 7) % 7))
	set -- $names
	shift $index
	echo "$1"
}

calendar() { # YEAR MONTH
	local first day=1 last column names='Mon Tue Wed Thu Fri Sat Sun' name
	first=$(weekday "$1" "$2" 1)
	last=$(days_in_month "$1" "$2")
	echo 'Mo Tu We Th Fr Sa Su'
	column=0
	for name in $names; do
		[ "$name" != "$first" ] || break
		printf '   '
		column=$((column + 1))
	done
	while [ "$day" -le "$last" ]; do
		printf '%2d' "$day"
		column=$((column + 1)) day=$((day + 1))
		if [ $((column % 7)) -eq 0 ] || [ "$day" -gt "$last" ]; then
			echo
		else
			printf ' '
		fi
	done
}

test_calendars() {
	suite calendars
	check_status leap 0 is_leap 2024
	check_status 'leap century' 0 is_leap 2000
	check_status 'no leap' 1 is_leap 1900
	check february 29 "$(days_in_month 2024 02)"
	check_status 'no month' 1 days_in_month 2024 13
	check epoch 0 "$(day_number 1970 1 1)"
	check 'day number' 19782 "$(day_number 2024 02 29)"
	check weekday Thu "$(weekday 2024 02 29)"
	check_output 'september 2024' calendar 2024 9 <<-'EOF'
		Mo Tu We Th Fr Sa Su
		                   1
		 2  3  4  5  6  7  8
		 9 10 11 12 13 14 15
		16 17 18 19 20 21 22
		23 24 25 26 27 28 29
		30
	EOF
}

# --- machines and games --------------------------------------------------------------------------------------------

rpn() { # a calculator with the operands first
	local token a b
	stack_new calc
	for token; do
		case $token in
		[0-9]* | -[0-9]*) stack_push calc "$token" ;;
		+ | - | '*' | / | %)
			stack_pop calc b && stack_pop calc a || { echo 'too few operands'; return 2; }
			stack_push calc "$((a $token b))"
			;;
		dup) stack_pop calc a; stack_push calc "$a" "$a" ;;
		*) echo "unknown: $token"; return 1 ;;
		esac
	done
	stack_pop calc a && echo "$a"
}

hanoi() { # COUNT FROM TO OVER
	[ "$1" -gt 0 ] || return 0
	hanoi $(($1 - 1)) "$2" "$4" "$3"
	printf '%s' "$2$3 "
	hanoi $(($1 - 1)) "$4" "$3" "$2"
}

queens() { # SIZE: the first solution
	local size=$1 row=1 column=1 place i ok
	place_0=0
	while [ "$row" -le "$size" ]; do
		ok=
		while [ "$column" -le "$size" ]; do
			ok=1 i=1
			while [ "$i" -lt "$row" ]; do
				eval "place=\$place_$i"
				if [ "$place" -eq "$column" ] || [ $((place - column)) -eq $((row - i)) ] ||
					[ $((column - place)) -eq $((row - i)) ]; then
					ok=
					break
				fi
				i=$((i + 1))
			done
			[ -z "$ok" ] || break
			column=$((column + 1))
		done
		if [ -n "$ok" ]; then
			eval "place_$row=$column"
			row=$((row + 1)) column=1
		else
			row=$((row - 1))
			[ "$row" -gt 0 ] || return 1
			eval "column=\$((place_$row + 1))"
		fi
	done
	i=1
	while [ "$i" -le "$size" ]; do
		eval "printf '%s' \"\$place_$i\""
		i=$((i + 1))
	done
}

life() { # GENERATIONS, with the world on standard input
	local world line next row x y cell around rows columns dx dy
	world=$(cat)
	rows=$(printf '%s\n' "$world" | wc -l)
	columns=${world%%"$NL"*}
	columns=${#columns}
	local generation=0
	while [ "$generation" -lt "$1" ]; do
		y=0
		while IFS= read -r line; do
			eval "local row_$y=\$line"
			y=$((y + 1))
		done <<EOF
$world
EOF
		next= y=0
		while [ "$y" -lt "$rows" ]; do
			x=0
			while [ "$x" -lt "$columns" ]; do
				around=0
				for dy in -1 0 1; do
					[ $((y + dy)) -ge 0 ] && [ $((y + dy)) -lt "$rows" ] || continue
					eval "row=\$row_$((y + dy))"
					for dx in -1 0 1; do
						[ "$dx$dy" != 00 ] && [ $((x + dx)) -ge 0 ] || continue
						[ "${row:$((x + dx)):1}" != '#' ] || around=$((around + 1))
					done
				done
				eval "cell=\${row_$y:$x:1}"
				case $cell$around in
				'#2' | '#3' | .3) next=$next# ;;
				*) next=$next. ;;
				esac
				x=$((x + 1))
			done
			y=$((y + 1))
			[ "$y" -eq "$rows" ] || next=$next$NL
		done
		world=$next
		generation=$((generation + 1))
	done
	printf '%s\n' "$world"
}

brain() { # PROGRAM [INPUT]
	local program=$1 input=${2-} pointer=0 at=0 length=${#1} op depth value out=
	local steps=0
	while [ "$at" -lt "$length" ]; do
		op=${program:$at:1}
		eval "value=\${cell_$pointer:-0}"
		case $op in
		'>') pointer=$((pointer + 1)) ;;
		'<') pointer=$((pointer - 1)) ;;
		+) eval "cell_$pointer=$(((value + 1) & 255))" ;;
		-) eval "cell_$pointer=$(((value - 1) & 255))" ;;
		.) out=$out$(chr "$value") ;;
		,)
			if [ -n "$input" ]; then
				eval "cell_$pointer=$(char_code "$input")"
				input=${input#?}
			else
				eval "cell_$pointer=0"
			fi
			;;
		'[')
			if [ "$value" -eq 0 ]; then
				depth=1
				while [ "$depth" -gt 0 ]; do
					at=$((at + 1))
					case ${program:$at:1} in
					'[') depth=$((depth + 1)) ;;
					']') depth=$((depth - 1)) ;;
					esac
				done
			fi
			;;
		']')
			if [ "$value" -ne 0 ]; then
				depth=1
				while [ "$depth" -gt 0 ]; do
					at=$((at - 1))
					case ${program:$at:1} in
					']') depth=$((depth + 1)) ;;
					'[') depth=$((depth - 1)) ;;
					esac
				done
			fi
			;;
		esac
		at=$((at + 1))
		steps=$((steps + 1))
		[ "$steps" -lt 5000 ] || { echo 'too long'; return 1; }
	done
	printf '%s' "$out"
	pointer=0
	while [ "$pointer" -lt 10 ]; do
		unset "cell_$pointer"
		pointer=$((pointer + 1))
	done
}

fizzbuzz() {
	local i=1
	while [ "$i" -le "$1" ]; do
		case $((i % 3))$((i % 5)) in
		00) echo FizzBuzz ;;
		0?) echo Fizz ;;
		?0) echo Buzz ;;
		*) echo "$i" ;;
		esac
		i=$((i + 1))
	done
}

maze_steps() { # a walk by directions: where it ends, and how often a place was seen again
	local x=0 y=0 again=0 seen=' 0,0 ' step
	for step in $(printf '%s' "$1" | sed 's/./& /g'); do
		case $step in
		N) y=$((y + 1)) ;;
		S) y=$((y - 1)) ;;
		E) x=$((x + 1)) ;;
		W) x=$((x - 1)) ;;
		*) echo "no direction: $step" >&2; return 1 ;;
		esac
		case $seen in
		*" $x,$y "*) again=$((again + 1)) ;;
		*) seen="$seen$x,$y " ;;
		esac
	done
	echo "$x,$y $again"
}

test_games() {
	suite games
	check rpn 14 "$(rpn 2 3 4 '*' +)"
	check 'rpn dup' 49 "$(rpn 7 dup '*')"
	check 'rpn few' 'too few operands' "$(rpn 1 +)"
	check_status 'rpn unknown' 1 rpn 1 2 x
	check hanoi 'AC AB CB AC BA BC AC ' "$(hanoi 3 A C B)"
	check 'four queens' 2413 "$(queens 4)"
	check 'six queens' 246135 "$(queens 6)"
	check_status 'three queens' 1 queens 3
	check blinker '.....
.....
.###.
.....
.....' "$(life 1 <<-'WORLD'
		.....
		..#..
		..#..
		..#..
		.....
	WORLD
	)"
	check glider '.....
.#...
..##.
.##..
.....' "$(printf '.#...\n..#..\n###..\n.....\n.....\n' | life 3)"
	check brain 'Hi' "$(brain '++++++++[>+++++++++<-]>.>++++++++[<+++++>-]<-------.')"
	check 'brain input' 'cba' "$(brain '>,[>,]<[.<]' abc)"
	check 'brain endless' 'too long' "$(brain '+[]')"
	check fizzbuzz '1 2 Fizz 4 Buzz Fizz 7 8 Fizz Buzz 11 Fizz 13 14 FizzBuzz' "$(echo $(fizzbuzz 15))"
	check walk '1,1 3' "$(maze_steps NESWNE)"
	check_status 'no walk' 1 maze_steps NXE
}

# --- the shell itself ----------------------------------------------------------------------------------------------

counter=0
count() { counter=$((counter + 1)); }

with_trap() {
	(
		trap 'echo "leaving with $?"' EXIT
		trap 'echo usr1' USR1
		kill -USR1 $(sh -c 'echo $PPID')
		exit "$1"
	)
}

nested() {
	local level=$1
	[ "$level" -gt 0 ] || { echo "bottom"; return 5; }
	nested $((level - 1))
	local status=$?
	echo "level $level"
	return "$status"
}

options_of() {
	local a= b= rest
	OPTIND=1
	while getopts 'ab:' o "$@"; do
		case $o in
		a) a=1 ;;
		b) b=$OPTARG ;;
		*) return 1 ;;
		esac
	done
	shift $((OPTIND - 1))
	echo "a=$a b=$b rest=$*"
}

test_shell() {
	local out x y status
	suite shell
	count; (count; count); $(count); { count; }; echo | count
	check 'subshells count for themselves' 2 "$counter"
	out=$(with_trap 3 2>&1; echo "status $?")
	check 'traps' 'leaving with 3
status 3' "$(printf '%s\n' "$out" | grep -v usr1)"
	check 'recursion' 'bottom level 1 level 2 5' "$(echo $(nested 2; echo $?))"
	check getopts 'a=1 b=x rest=y z' "$(options_of -a -b x y z)"
	check 'getopts together' 'a=1 b=x rest=-- y' "$(options_of -abx -- -- y)"
	check_status 'getopts unknown' 1 options_of -q
	x=a:b::c
	IFS=:
	set -- $x
	unset IFS
	check 'splitting' '4 [a] [b] [] [c]' "$# [$1] [$2] [$3] [$4]"
	set -- 'a b' c
	check 'all as one' 'a b c' "$*"
	check 'each alone' '<a b><c>' "$(printf '<%s>' "$@")"
	check 'default' 'fallback' "${nothing:-fallback}"
	check 'assign' 'set set' "${assigned:=set} $assigned"
	check 'alternative' 'yes ' "${assigned:+yes} ${nothing:+yes}"
	x=/usr/local/lib/libfoo.so.1
	check 'base name' libfoo.so.1 "${x##*/}"
	check 'folder' /usr/local/lib "${x%/*}"
	check 'extension' so.1 "${x#*.}"
	check 'nested' lib "$(y=${x%/*}; echo "${y##*/}")"
	check 'quotes' "it's \"so\" \$x \\" "it's \"so\" \$x \\"
	check 'here' 'x is /usr/local/lib/libfoo.so.1, $x and 4' "$(cat <<-EOF
		x is $x, \$x and $((2 + 2))
	EOF
	)"
	check 'here, quoted' 'x is $x' "$(cat <<'EOF'
x is $x
EOF
	)"
	check 'streams' 'err out' "$({ echo out; echo err >&2; } 3>&1 1>&2 2>&3 | sed 's/$/ /' | tr -d '\n')$({ echo out; echo err >&2; } 2>/dev/null)"
	x=$(false) || status=$?
	check 'status of a substitution' 1 "$status"
	out=$(set -e; false; echo not here) || :
	check 'errexit' '' "$out"
	check 'errexit in a condition' here "$(set -e; if false; then :; fi; false || true; echo here)"
	out=$(for x in 1 2 3 4; do [ $x = 2 ] && continue; [ $x = 4 ] && break; echo $x; done)
	check 'break and continue' '1 3' "$(echo $out)"
	out=$(for x in a b; do for y in 1 2; do [ $y = 2 ] && continue 2; echo $x$y; done; done)
	check 'continue 2' 'a1 b1' "$(echo $out)"
	check 'case' 'word digit star none' "$(for x in abc 5 '*' ''; do
		case $x in
		[a-z]*) echo word ;;
		[0-9]) echo digit ;;
		'*' | '?') echo star ;;
		'') echo none ;;
		esac
	done | tr '\n' ' ' | sed 's/ $//')"
	eval 'out="e v a l"; set -- $out'
	check 'eval' 4 $#
	echo 'sourced=$1; return 4' > part.sh
	. ./part.sh argument
	check 'source' '4 argument' "$? $sourced"
	rm part.sh
	check 'printf' '00042|  x|x  |ff|A%' "$(printf '%05d|%3s|%-3s|%x|%b%%' 42 x x 255 '\101')"
	check 'read' '[a] [b] [c]' "$(printf ' a  b c \n' | { read -r x y z; echo "[$x] [$y] [$z]"; })"
	check 'read lines' 'x3' "$(printf '1\n2\n3' | { while read -r x || [ -n "$x" ]; do y=x$x; done; echo "$y"; })"
	check 'pipe status' '0 1' "$(false | true; echo $?) $(true | false; echo $?)"
	check 'not' '1 0' "$(! true; echo $?) $(! false; echo $?)"
	check 'background' 'b 7' "$({ sleep 0; exit 7; } & wait $!; echo "b $?")"
	check 'umask' 0027 "$(umask 027; umask)"
	check 'cd' "$PWD/sub $PWD" "$(echo $(mkdir sub; cd sub; pwd; cd ..; rmdir sub; pwd))"
	(exit 0)
}

main() {
	echo "library $LIB_VERSION with $# arguments"
	test_strings
	test_lists
	test_stacks
	test_numbers
	test_sorting
	test_formats
	test_calendars
	test_games
	test_shell
	summary
}

main "$@"
