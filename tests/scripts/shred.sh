#!/bin/sh
# shred: what is left of a file.
exec 2>&1
mkdir w && cd w || exit
B=busybox
t() { echo "\$ $*"; "$@" </dev/null; echo "-> $?"; }
l() { ls -l "$@" | awk '{print $1,$5,$9,$10,$11}'; }
seq 1 30 > in
t $B shred in
l in
t $B shred -u in
ls
echo abc > a
t $B shred -z a
od -c a
l a
echo abc > a
t $B shred -s 10 a
l a
t $B shred -s 1k -z -n 0 a
l a
t $B shred
t $B shred nosuch
t $B shred -n x a
t $B shred -n -1 a
t $B shred -s x a
mkdir d
t $B shred d
t $B shred -u d
chmod 0 a
t $B shred -f a
l a
t $B shred -n0 a
t $B shred nosuch a
l a
t $B shred -uz a
ls
printf '' > e
t $B shred e
l e
t $B shred -x
t $B shred -y
t $B shred -n0 -z -s 5 e
od -c e
t $B shred -s -1 e
t $B shred -s 3.5 e
t $B shred -v e
