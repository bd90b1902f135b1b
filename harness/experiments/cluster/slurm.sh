#!/usr/bin/env bash
# An experiment on a Slurm cluster: an array of jobs plays its parts, one more job puts
# them together when all have ended.
#
#   ./slurm.sh EXPERIMENT PARTS DIR [--seed N] [--full]
#
#   ./slurm.sh my-experiment.toml 8 /shared/results
#   SBATCH_PARTITION=short SBATCH_TIMELIMIT=30 CPUS=16 ./slurm.sh demers 40 /shared/results --full
#
# EXPERIMENT is a file, or the name of one that comes with Swelkie (`swelkie lab list`).
# DIR is a directory that all machines see; so must be the program: on the PATH, or named
# by SWELKIE. CPUS are those of each part. What else Slurm should know (partition, account,
# time limit) stands in sbatch's own variables. Prints the numbers of the array and of the
# last job, whose exit status is the experiment's.
#
# The same command again goes on: finished cells are kept, also those of parts that ran out
# of time. A cell is never split: more parts than cells gain nothing.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: $0 EXPERIMENT PARTS DIR [--seed N] [--full]" >&2
    exit 254
fi
swelkie=${SWELKIE:-swelkie} experiment=$1 parts=$2 out=$3
run=run
[ ! -f "$experiment" ] || run=

case ${SWELKIE_JOB:-submit} in
submit)
    mkdir -p "$out"
    array=$(sbatch --parsable --job-name=swelkie --export=ALL,SWELKIE_JOB=play \
        --array="1-$parts" --cpus-per-task="${CPUS:-1}" --output="$out/slurm-%A-%a.log" "$0" "$@")
    # Also after parts that failed: what there is is put together, what is missing is told.
    merge=$(sbatch --parsable --job-name=swelkie-merge --export=ALL,SWELKIE_JOB=merge \
        --dependency="afterany:${array%%;*}" --output="$out/slurm-%j-merge.log" "$0" "$@")
    echo "${array%%;*} ${merge%%;*}"
    ;;
play)
    # Which part this is, Slurm's variables say.
    exec "$swelkie" lab ${run:+run} "$experiment" "${@:4}" --out "$out" \
        --shard auto --jobs "${SLURM_CPUS_PER_TASK:-1}"
    ;;
merge)
    exec "$swelkie" lab merge "$experiment" "${@:4}" --out "$out"
    ;;
esac
