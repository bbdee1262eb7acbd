#!/bin/sh
# A folder of photos by a Slurm array; resubmit it after an interruption, and it goes on where it was:
#
#   sbatch examples/batch/slurm.sh /shared/photos /shared/figurines
#
#SBATCH --job-name=figurines
#SBATCH --array=1-16
#SBATCH --cpus-per-task=4
#SBATCH --mem=2G
#SBATCH --output=figurines-%A-%a.jsonl
set -eu
# Results are kept on the node alone, and only while the job runs.
cache=$(mktemp -d)
trap 'gen3d forget --cache-dir "$cache"' EXIT
gen3d "$1" -o "$2" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
    --threads "$SLURM_CPUS_PER_TASK" --cache-dir "$cache" --json
