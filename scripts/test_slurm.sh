#!/usr/bin/env bash
# Sets up a Slurm of one node on this machine (munge, slurmctld, slurmd on loopback), runs a sweep of ten runs as an array of two drivers, of which
# one is stopped by its time limit's signal on the way, and takes everything down. As root, on Debian. Usage: scripts/test_slurm.sh [BIN]
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
bin="$(cd "${1:-$root/.build/release}" && pwd)"
[ "$(id -u)" -eq 0 ] || { echo "test_slurm.sh: as root, please: it starts munged, slurmctld and slurmd" >&2; exit 1; }
missing=()
for package in slurm-wlm munge; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${missing[@]}"
fi

work="$(mktemp -d)"
host="$(hostname -s)"
started=()
finish() {
    status=$?
    scancel --user=root 2>/dev/null || true
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    sleep 1
    for pid in "${started[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    if [ "$status" -ne 0 ]; then
        tail -n 20 "$work"/*.log "$work"/sweep/slurm/*.out 2>/dev/null >&2 || true
        echo "what it left: $work" >&2
    else
        rm -rf "$work"
    fi
}
trap finish EXIT

# munge with a key of its own
mkdir -p "$work/munge" "$work/state" "$work/spool"
chmod 755 "$work"
chmod 700 "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=1 count=1024 status=none
chmod 600 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" --log-file="$work/munged.log" \
    --seed-file="$work/munge/seed" > "$work/munged.out" 2>&1 &
started+=($!)

cores="$(nproc)"
cat > "$work/slurm.conf" <<CONF
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SchedulerParameters=sched_interval=2,batch_sched_delay=1
KillWait=20
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$work/slurm.conf"
sleep 1
slurmctld -D -f "$SLURM_CONF" > "$work/slurmctld.out" 2>&1 &
started+=($!)
slurmd -D -f "$SLURM_CONF" -N "$host" > "$work/slurmd.out" 2>&1 &
started+=($!)
for _ in $(seq 60); do
    sinfo -h -o %T 2>/dev/null | grep -q idle && break
    sleep 0.5
done
sinfo
sinfo -h -o %T | grep -q idle || { echo "no node is idle" >&2; exit 1; }

# Ten runs of argon; each goes on from its restart file when its driver is stopped.
cat > "$work/common" <<'DECK'
pair_style lj/cut 8.5
pair_coeff 1 1 0.0104 3.4
timestep 0.002
fix 1 all nve
thermo_style custom step time temp pe etotal
thermo 500
restart 2000 a.restart b.restart
run ${steps} upto
DECK
{
    cat <<'DECK'
units metal
lattice fcc 5.26
region box block 0 3 0 3 0 3
create_box 1 box
create_atoms 1 box
mass 1 39.95
velocity all create 60 ${seed} loop geom
DECK
    cat "$work/common"
} > "$work/in.argon"
{ echo 'read_restart ${restart}'; cat "$work/common"; } > "$work/in.resume"
cat > "$work/plan.yaml" <<PLAN
name: slurm
deck: in.argon
seeds: 10
limits: {walltime: 5 min, steps: 60000}
resume: {deck: in.resume, files: "*.restart"}
mdrun: $bin/mdrun
PLAN

"$bin/mdsweep" submit "$work/plan.yaml" --folder "$work/sweep" --tasks 2 --cores 1 --time "5 min" --chain 2
echo "--- the script"
cat "$work/sweep/slurm/submit.sh"
echo "---"
squeue
# The signal that Slurm sends before a time limit, to one of the two drivers, while it has a run.
for _ in $(seq 100); do
    if [ "$(find "$work/sweep/claims" -type f | wc -l)" -ge 2 ]; then break; fi
    sleep 0.2
done
task="$(squeue -h -t R -o %A | head -1)"
scancel --signal=TERM --batch "$task" && echo "TERM to the driver of job $task"
for _ in $(seq 240); do
    if [ -z "$(squeue -h)" ]; then break; fi
    sleep 0.5
done
squeue
"$bin/mdsweep" status "$work/sweep"
"$bin/mdsweep" report "$work/sweep" > /dev/null
finished="$(find "$work/sweep/ended" -name '*@finished@*' | wc -l)"
resumed="$(grep -l '"restart" :' "$work"/sweep/runs/*/try*/attempt*.json | wc -l)"
hosts="$(grep -h '"SLURM_JOB_ID"' "$work"/sweep/runs/*/try*/attempt*.json | sort -u | wc -l)"
echo "$finished of 10 runs finished; $resumed attempts went on from a restart file; $hosts Slurm jobs took part"
[ "$finished" -eq 10 ] && [ "$resumed" -ge 1 ] && [ "$hosts" -ge 2 ]
