#!/bin/sh
# Watches gen3d turn a photo into a figurine and shows, from the kernel's own record, that nothing
# leaves and nothing stays. Believe no one: read this, then run it on your own picture.
#
#   examples/prove-privacy.sh [GEN3D [PHOTO]]
#
# Needs Linux and strace. Exits with 0 when everything holds.
set -eu
gen3d=${1:-gen3d}
photo=${2:-$(dirname "$0")/twintails_cut.png}
command -v strace >/dev/null || { echo "strace is not installed" >&2; exit 77; }
command -v "$gen3d" >/dev/null || { echo "$gen3d is not there: name the program" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"
log=$work/calls
failed=0
holds() { echo "  holds: $1"; }
broken() { echo "  BROKEN: $1"; failed=1; }

# The program forbids everybody but the superuser to look into its memory; for anyone else strace
# reads the paths from within a namespace of one's own.
as_root=
[ "$(id -u)" = 0 ] || as_root="unshare --map-root-user"

echo "1. One run, under strace"
$as_root strace -f -y -s 4096 -o "$log" -e trace=%network,%file,seccomp,io_uring_setup \
    "$gen3d" "$photo" -o "$work/out/figure.glb" --cache-dir "$work/cache" --quiet
[ -s "$work/out/figure.glb" ] && holds "the figurine was made"

if grep -E '^[0-9]+ +(socket|socketpair|connect|bind|send[a-z]*|io_uring_setup)\(' "$log"; then
    broken "the calls above are of the network"
else
    holds "no socket, no connection, nothing sent"
fi
filter=$(grep -n 'seccomp(SECCOMP_SET_MODE_FILTER.* = 0' "$log" | head -n 1 | cut -d: -f1)
opened=$(grep -nF "\"$photo\"" "$log" | grep -F open | head -n 1 | cut -d: -f1)
if [ -n "$filter" ] && [ -n "$opened" ] && [ "$filter" -lt "$opened" ]; then
    holds "the network was denied before the photo was opened"
else
    broken "the photo was opened (call $opened) before the network was denied (call $filter)"
fi

written=$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|^[0-9]+ +(creat|mkdir|rename|link|symlink)[a-z0-9]*\(' "$log" |
    grep -v ' = -1 ' | sed -E 's#<(/[^>]*)>, "([^/"][^"]*)"#"\1/\2"#g' | grep -oE '"/[^"]*"' | sort -u || true)
if echo "$written" | grep -vE "^\"($work/out|$work/cache|/dev/null)" | grep .; then
    broken "the files above were opened for writing"
else
    holds "written was only below the output's folder and the cache's"
fi

echo "2. What was kept"
kept=$("$gen3d" cache --cache-dir "$work/cache" --json)
echo "  $kept"
if cp "$photo" "$work/photo" && grep -rlF "$(basename "$photo")" "$work/out" "$work/cache"; then
    broken "the files above know the photo's name"
else
    holds "the photo's name is in no file"
fi

echo "3. gen3d forget"
"$gen3d" forget --cache-dir "$work/cache" | sed 's/^/  /'
if [ -n "$(ls -A "$work/cache" 2>/dev/null)" ]; then
    ls -lA "$work/cache"
    broken "the files above remain"
else
    holds "nothing is left"
fi
[ "$failed" = 0 ] && echo "Everything holds."
exit "$failed"
