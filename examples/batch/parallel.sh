#!/bin/sh
# A folder of photos by several processes on one machine, with GNU parallel:
#
#   examples/batch/parallel.sh photos figurines [PROCESSES] [OPTIONS OF GEN3D]
#
# Run it again after an interruption: what is there is not made again.
set -eu
photos=$1 figurines=$2 processes=${3:-4}
shift 2
[ $# = 0 ] || shift
threads=$(($(nproc) / processes))
[ "$threads" -gt 0 ] || threads=1
# {} is 1 to N: the share of each process.
seq "$processes" | parallel --will-cite -j "$processes" --quote \
    "${GEN3D:-gen3d}" "$photos" -o "$figurines" --shard "{}/$processes" --threads "$threads" --json "$@"
