#!/usr/bin/env bash
# Proves slurm.sh on a real Slurm: one machine, Debian's packages, as root.
#
#   SWELKIE=target/release/swelkie harness/experiments/cluster/slurm-proof.sh
#
# Installs slurmctld, slurmd, slurm-client and munge, which stay. Everything else (keys,
# configuration, state, logs, results) lies in a temporary directory, and no daemon
# outlives the script. It plays an experiment whole and in 5 parts, loses a part on the
# way, and holds the files against each other byte by byte.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
SWELKIE=$(readlink -f "${SWELKIE:-$here/../../../target/release/swelkie}")
export SWELKIE
parts=5
patience=300 # seconds that anything may take

if [ "$(id -u)" != 0 ]; then
    echo "slurm-proof.sh: Slurm's daemons want root: run it as root, on a machine for trials" >&2
    exit 254
fi
"$SWELKIE" --version

say() { printf '== %s\n' "$*"; }

# Waits until a command succeeds.
until_true() {
    local end=$((SECONDS + patience))
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            echo "slurm-proof.sh: waited $patience s in vain for: $*" >&2
            return 1
        fi
        sleep 0.2
    done
}

work=$(mktemp -d /tmp/swelkie-slurm.XXXXXX)
chmod 755 "$work"
daemons=()
tear_down() {
    status=$?
    trap - EXIT
    [ $status = 0 ] || tail -n 20 "$work"/log/* "$work"/out/*.log >&2 || true
    scancel --user=root 2>/dev/null || true
    # The newest first: those that the others need go last.
    for ((at = ${#daemons[@]} - 1; at >= 0; at--)); do
        kill "${daemons[at]}" 2>/dev/null || true
        wait "${daemons[at]}" 2>/dev/null || true
    done
    rm -rf "$work"
    [ $status = 0 ] && say "proved; everything is torn down" || say "FAILED with $status"
    exit $status
}
trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "packages"
packages=(slurmctld slurmd slurm-client munge)
if ! dpkg-query --show "${packages[@]}" >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
dpkg-query --show "${packages[@]}"

say "a cluster of one machine"
host=$(hostname -s)
mkdir -p "$work"/{munge,state,spool,log,out}
chmod 700 "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 status=none
chmod 400 "$work/munge/key"
cat >"$work/slurm.conf" <<CONF
ClusterName=proof
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SwitchType=switch/none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=10 State=UP
CONF
export SLURM_CONF=$work/slurm.conf

munged --foreground --force --num-threads=2 --key-file="$work/munge/key" \
    --socket="$work/munge/socket" --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" \
    --log-file="$work/log/munged" >"$work/log/munged.err" 2>&1 &
daemons+=($!)
until_true munge --socket="$work/munge/socket" --no-input
slurmctld -D -f "$SLURM_CONF" >"$work/log/slurmctld" 2>&1 &
daemons+=($!)
until_true scontrol ping
slurmd -D -f "$SLURM_CONF" -N "$host" >"$work/log/slurmd" 2>&1 &
daemons+=($!)
idle() { [ "$(sinfo --noheader --format=%T)" = idle ]; }
until_true idle
sinfo

cat >"$work/proof.toml" <<'TOML'
title = "A proof of parts"
trials = { most = 1000 }
[all]
nodes = [5, 10, 25, 50]
[[cells]]
strategy = "sample:fanout={fanout}"
vary = { fanout = [2, 4, 8] }
expect = { everybody = "1.0" }
[[cells]]
strategy = "flood"
topology = "random-regular(3)"
nodes = [10, 50]
latency = "5ms exponential"
loss = "5%"
TOML
cells() { cat "$work"/out/proof/shard-*/cells.jsonl | wc -l; }
# A field of a job, as `scontrol show job` writes it.
field() { scontrol show job "$1" --oneliner | grep -o " $2=[^ ]*" | cut -d= -f2; }
gone() { [ -z "$(squeue --noheader --jobs="$1" --states=all --format=%T | grep -vE 'COMPLETED|FAILED|CANCELLED|TIMEOUT')" ]; }
same() {
    diff --recursive --exclude='shard-*' "$work/whole/proof" "$work/out/proof"
    (cd "$work/out/proof" && sha256sum cells.jsonl figures.csv)
}

say "played whole"
"$SWELKIE" lab "$work/proof.toml" --out "$work/whole" --quiet || [ $? = 1 ]

say "an array with one part held back"
read -r array merge < <("$here/slurm.sh" "$work/proof.toml" $parts "$work/out")
echo "array $array, merge $merge"
scancel "${array}_3"
until_true gone "$array,$merge"
squeue --jobs="$array,$merge" --states=all --format='%.8i %.14j %.10T %.16R'
echo "merge: $(field "$merge" ExitCode)"
# A part that was quick enough before it was cancelled lost nothing; then nothing is told.
if [ "$(cells)" != 14 ]; then
    grep 'cells are missing' "$work/out/slurm-$merge-merge.log"
    grep -- '--shard 3/5' "$work/out/slurm-$merge-merge.log"
fi

say "the same command again"
read -r array merge < <("$here/slurm.sh" "$work/proof.toml" $parts "$work/out")
until_true gone "$array,$merge"
squeue --jobs="$array,$merge" --states=all --format='%.8i %.14j %.10T %.16R'
head -n 1 "$work"/out/slurm-"$array"-*.log
[ "$(cells)" = 14 ]
# 1: the targets that are there to be missed are missed, as on one machine.
[ "$(field "$merge" ExitCode)" = 1:0 ]
same

say "the parts as tasks of srun, two for each of two jobs"
# The script itself is no task, though Slurm gives it a task's variables.
cat >"$work/srun.sh" <<SRUN
#!/bin/sh -e
[ "\$SLURM_PROCID \$SLURM_NTASKS \$SLURM_STEP_ID" = "0 2 " ]
"$SWELKIE" lab run mean --shard auto --out /dev/null/none 2>&1 | grep ^part
srun "$SWELKIE" lab "$work/proof.toml" --shard auto --jobs 1 --out "$work/tasks"
SRUN
job=$(sbatch --parsable --array=0-20:20 --ntasks=2 --output="$work/out/srun-%a.log" "$work/srun.sh")
until_true gone "$job"
[ "$(field "${job}_0" ExitCode)$(field "${job}_20" ExitCode)" = 0:00:0 ]
grep -H '^part' "$work"/out/srun-*.log | sort | sed "s|^$work/out/||"
[ "$(grep -h '^part [1-4]/4' "$work"/out/srun-*.log | sort -u | wc -l)" = 4 ]
"$SWELKIE" lab merge "$work/proof.toml" --out "$work/tasks" --quiet || [ $? = 1 ]
ls -d "$work"/tasks/proof/shard-* | xargs -n 1 basename
diff --recursive --exclude='shard-*' "$work/whole/proof" "$work/tasks/proof"
