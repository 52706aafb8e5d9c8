#!/bin/sh
# uuencode and uudecode: both forms, damaged input.
exec 2>&1
mkdir w && cd w || exit
B=busybox
t() { echo "\$ $*"; "$@" </dev/null; echo "-> $?"; }
l() { ls -l "$@" | awk '{print $1,$5,$9,$10,$11}'; }
seq 1 30 > in
chmod 640 in
$B uuencode x <in
$B uuencode -m x <in
$B uuencode in y
printf '' | $B uuencode e
printf '' | $B uuencode -m e
t $B uuencode
t $B uuencode a b c
t $B uuencode nosuch x
t $B uuencode -x
printf 'abcd' | $B uuencode - | od -c
t $B uuencode -m in 'a b'
seq 1 100 | $B uuencode -m z
$B uuencode in out > u
$B uudecode u
l out
cmp in out
$B uuencode -m in out2 | $B uudecode -o - | head -2
$B uuencode -m in out2 | $B uudecode
l out2
t $B uudecode -o foo u
ls
t $B uudecode nosuch
echo hello | $B uudecode
echo $?
t $B uudecode in
printf 'begin 644 q\n#86)C\n' | $B uudecode
echo $?
cat q
l q
printf 'junk\nbegin 7777 q2\n#86)C\n`\nend\ntrailing\n' | $B uudecode
echo $?
l q2
printf 'begin 644 q3\nZ86)C\n`\nend\n' | $B uudecode
echo $?
od -c q3
printf 'begin 644 q4\n#8\n`\nend\n' | $B uudecode
echo $?
od -c q4
printf 'begin-base64 644 q5\nYWJj!!\nZGVm\n====\n' | $B uudecode
echo $?
od -c q5
printf 'begin 644 q6' | $B uudecode
echo $?
printf 'begin 644\n#86)C\n`\nend\n' | $B uudecode
echo $?
printf 'begin abc q7\n#86)C\n`\nend\n' | $B uudecode
echo $?
printf 'begin 644 /nodir/q7\n#86)C\n`\nend\n' | $B uudecode
echo $?
printf 'begin 644 a b c  \n#86)C\n`\nend\n' | $B uudecode
echo $?
ls
t $B uudecode a b
t $B uudecode -o
printf 'begin 644 q8\r\n#86)C\r\n`\r\nend\r\n' | $B uudecode
echo $?
ls q8*
printf 'begin-base64 644 q9\nYWJj\nZA==\n' | $B uudecode
echo $?
od -c q9
printf 'begin-base64 644 /dev/stdout\nYWJj\nZA==\n====\n' | $B uudecode
printf 'begin 600 -\n#86)C\n`\nend\n' | $B uudecode
printf 'begin 644 qa\n#86)C\n#86)C\n\nend\n' | $B uudecode
echo $?
cat qa
printf 'begin 644 qb\n#86)Cxx\n \nend\n' | $B uudecode
echo $?
cat qb
ln -s in ln1
printf 'begin 644 ln1\n#86)C\n`\nend\n' | $B uudecode
l ln1 in
for i in 1 2; do printf 'begin 600 z%s\n#86)C\n`\nend\n' $i; done | $B uudecode; l z*
printf 'begin-base64 644 q9\nYW Jj\nZA\n====\n' | $B uudecode
echo $?
od -c q9
printf 'begin-base64 644 q9\nYWJj\nZ' | $B uudecode
echo $?
od -c q9
printf 'begin-base64 644 q9\nYWJj=\nZA==ZGVm\n====\n' | $B uudecode
echo $?
od -c q9
printf 'begin-base64 644 q9\nYWJj\n===\nZGVm\n====\n' | $B uudecode
echo $?
od -c q9
printf 'begin-base64 644 q9\nYWJj====\nZGVm\n' | $B uudecode
echo $?
od -c q9
