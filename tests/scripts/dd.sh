#!/bin/sh
# dd: blocks, conversions, offsets, errors.
exec 2>&1
mkdir w && cd w || exit
B=busybox
t() { echo "\$ $*"; "$@" </dev/null; echo "-> $?"; }
l() { ls -l "$@" | awk '{print $1,$5,$9}'; }
seq 1 300 > in
t $B dd if=in of=o
cmp in o
t $B dd if=in of=o bs=100 count=3
t $B dd if=in bs=7 count=2 skip=1
t $B dd if=in of=o bs=1 seek=5 count=3
l o
od -c o | head
printf 0123456789 > o
t $B dd if=in of=o bs=1 seek=5 count=2 conv=notrunc
cat o
echo
t $B dd if=in of=o bs=100 conv=sync
l o
t $B dd if=in of=o ibs=64 obs=100
t $B dd if=in of=o ibs=100 obs=64 count=3
t $B dd if=in of=o status=none
t $B dd if=in of=o status=noxfer
t $B dd if=in of=o status=foo
t $B dd if=nosuch
t $B dd if=in of=/nodir/x
t $B dd foo
t $B dd conv=bad
t $B dd bs=x
t $B dd bs=0
t $B dd count=-1 if=in of=o
t $B dd bs=1kB if=in of=o count=1
t $B dd bs=1w count=1c if=in of=o
t $B dd iflag=bad
t $B dd oflag=bad
t $B dd iflag=skip_bytes,count_bytes skip=3 count=10 if=in bs=4
t $B dd oflag=seek_bytes seek=3 if=in of=o bs=4 count=1
l o
t $B dd conv=swab if=in bs=5 count=1
echo
t $B dd if=in of=o oflag=append conv=notrunc bs=10 count=1
l o
t $B dd if=/dev/zero of=/dev/full bs=10 count=2
t $B dd if=/dev/zero bs=10 of=o count=0
l o
t $B dd skip=100 if=in
(sleep 0.1; echo abc; sleep 0.3; echo def) | $B dd bs=100 count=1
(echo abc; sleep 0.3; echo def) | $B dd bs=100 count=1 iflag=fullblock
(echo abc; sleep 0.3; echo def) | $B dd skip=1 bs=4
t $B dd of=../w if=in
t $B dd if=../w
t $B dd if=../w conv=noerror count=2
t $B dd bs=100 seek=2 of=o if=in count=0
l o
t $B dd bs=100 seek=2 of=/dev/null if=in count=1
echo hello > in
$B dd seek=1 bs=2 if=in | od -c
$B dd seek=1 bs=2 if=in >> o
t $B dd conv=notrunc,sync,fsync,noerror if=in of=o bs=16
od -c o
t $B dd if= of=o
t $B dd of= if=in
(echo ab; sleep 0.2; echo cd) | $B dd ibs=3 obs=4 2>&1
(echo ab; sleep 0.2; echo cd) | $B dd bs=10 skip=1
(echo ab; sleep 0.2; echo cdefgh) | $B dd bs=10 conv=sync | od -c
(echo ab; sleep 0.2; echo cdefgh) | $B dd bs=4 count=1 skip=1 iflag=fullblock
(echo abcdefghi) | $B dd bs=4 skip=5 iflag=skip_bytes
t $B dd count=18446744073709551615 if=in of=o
t $B dd skip=9223372036854775807 if=in of=o bs=2
t $B dd seek=9223372036854775807 if=in of=o
t $B dd oflag=append if=in of=o
cat o
t $B dd -- if=in
t $B dd if=in -- of=o
t $B dd conv=notrunc if=/nosuch of=o2
(echo ab;echo cd) | $B dd bs=3 skip=3
t $B dd bs=2 if=in conv=swab
t $B dd ibs=2 bs=3 obs=4 if=in
t $B dd bs=3 ibs=2 if=in
$B dd if=in skip=9223372036854775808
$B dd if=in seek=9223372036854775808 of=o
$B dd conv=fsync if=in | cat
$B dd if=in conv=fsync of=/dev/null
echo $?
$B dd <../w
$B dd if=in >/dev/full
echo $?
printf abcdef | $B dd conv=swab bs=3
printf abc | $B dd conv=swab,sync ibs=4 | od -c
(printf abcd; sleep 0.2; printf efg) | $B dd conv=swab
t $B dd ibs=3GB count=0 if=in
