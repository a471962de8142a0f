#!/usr/bin/env bash
# Slurm, with two nodes on this machine, runs the script that is printed for it as it is. With
# --slow a node is killed on the way, and then the controller.
. "$(dirname "$0")/lib.sh"
apt slurmctld slurmctld
apt slurmd slurmd
apt sbatch slurm-client
apt munged munge
alone "$@"

[ -n "${CLUSTER_INSIDE-}" ] || skip "needs root, for a network of its own"
# Where there is none but 127.0.0.1, getaddrinfo() does not take that for one.
ip address add 192.0.2.1/32 dev lo

# What runs on a node: tasks, which are told where they are, and what watches them.
steps_of() {
  local process task
  for process in /proc/[0-9]*; do
    if grep -zqx "SLURMD_NODENAME=$1" "$process/environ" 2>/dev/null; then
      task=${process#/proc/}
      ps -o ppid= -p "$task" | tr -d ' '
      echo "$task"
    fi
  done
}

mkdir state
(umask 077 && head -c 1024 /dev/urandom >munge.key)
go munged --foreground --force --key-file "$desk/munge.key" --socket "$desk/munge.socket" \
  --pid-file "$desk/munge.pid" --log-file "$desk/munge.log" \
  --seed-file "$desk/munge.seed" >munged.log 2>&1
until_so 10 [ -S munge.socket ] || fail "munged does not begin"

host=$(hostname -s)
export SLURM_CONF=$desk/slurm.conf
cat >slurm.conf <<CONF
ClusterName=abrsim
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(port)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$desk/munge.socket
StateSaveLocation=$desk/state
SlurmdSpoolDir=$desk/spool.%n
SlurmctldPidFile=$desk/slurmctld.pid
SlurmdPidFile=$desk/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=1,sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
# 300 is what Slurm itself would wait until it gives up a node.
SlurmdTimeout=10
SlurmctldTimeout=10
KillWait=5
ReturnToService=2
NodeName=n0 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(port) CPUs=1 RealMemory=4096
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(port) CPUs=1 RealMemory=4096
PartitionName=all Nodes=n[0-1] Default=YES MaxTime=INFINITE State=UP
CONF
# Without cgroups, of which a container has none to give.
slurmctld -V | grep -qE ' (1[0-9]|2[0-2])\.' || echo CgroupPlugin=disabled >cgroup.conf

# Who asks a controller that is gone waits long.
sinfo() { timeout 5 sinfo "$@"; }
squeue() { timeout 5 squeue "$@"; }
scontrol() { timeout 5 scontrol "$@"; }

declare -A daemon
controller() {
  go slurmctld -D >>slurmctld.log 2>&1
  daemon[slurmctld]=$last
}
node() {
  go slurmd -D -N "$1" >>"$1.log" 2>&1
  daemon[$1]=$last
}
idle() { [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ]; }
controller
node n0
node n1
until_so 20 idle || fail "the nodes are not up: $(sinfo 2>&1)"
ok "a controller and two nodes ($SECONDS s)"

# Submits the script.
submit() {
  "$abrsim" sweep emit slurm --out "$PWD/$1" --shards 8 --cpus 1 --program "$abrsim" >script
  sh script >submitted.log 2>&1 || fail "the script ends with $?: $(cat submitted.log)"
}
over() { [ "$(squeue -h 2>&1 || echo unknown)" = "" ]; }
# The report is that of one machine, and each chunk was kept once.
right() {
  [ -d reports/toy ] || fail "nothing was merged: $(tail -n 3 slurm-*.out)"
  same reports/toy
  [ "$(kept "$1")" = "$chunks" ] || fail "$(kept "$1") commits of $chunks chunks"
}

if [ "$slow" != --slow ]; then
  scenario 3000 256 5m
  whole
  plan "a study"
  submit "a study"
  until_so 60 over || fail "it is not over: $(squeue)"
  right "a study"
  ok "an array of 8 and its merging: $chunks commits, the report of one machine ($SECONDS s)"
  exit 0
fi

from=$SECONDS
scenario 60000 960 20m false
whole
took=$((SECONDS - from))
plan study
submit study
from=$SECONDS
on_n1() { [ -n "$(squeue -h -t R -w n1 -o %i)" ]; }
until_so 30 on_n1 || fail "nothing runs on n1"
until_so 60 has study 10 || fail "nothing is kept"
at=$(kept study)
task=$(squeue -h -t R -w n1 -o %A)
mapfile -t steps < <(steps_of n1)
[ "${#steps[@]}" -ge 2 ] || fail "nothing runs on n1: ${steps[*]}"
end "${daemon[n1]}" "${steps[@]}"
killed=$SECONDS
ok "n1 is killed at $at of $chunks chunks: slurmd and ${#steps[@]} processes ($((killed - from)) s)"

again() { scontrol show job "$task" | grep -q ' Restarts=1 '; }
until_so 60 again || fail "its task is not queued again: $(squeue)"
ok "its task is queued again after $((SECONDS - killed)) s"

[ "$(kept study)" -lt "$chunks" ] || fail "all was done when the controller was to be killed"
at=$(kept study)
end "${daemon[slurmctld]}"
sleep 3
controller
until_so 30 squeue -h >/dev/null 2>&1 || fail "the controller does not come back"
node n1
ok "the controller is killed at $at of $chunks chunks, and comes back ($((SECONDS - from)) s)"

# What an operator does by hand.
hands=0
going() {
  local name
  over && return 0
  for name in $(sinfo -h -N -t drain,down -o %N); do
    scontrol update "NodeName=$name" State=RESUME && hands=$((hands + 1))
  done >>hands.log 2>&1
  for name in $(squeue -h -t PD -o '%A %r' | sed -n 's/ .*[Hh]eld.*//p'); do
    scontrol release "$name" && hands=$((hands + 1))
  done >>hands.log 2>&1
  return 1
}
until_so 400 going || fail "it is not over: $(squeue; sinfo)"
right study
begun=$(find study/attempts -name '*.json' | wc -l)
ok "8 shards were begun $begun times, $hands times something was resumed or released by hand"
ok "$chunks commits, the report of one machine, in $((SECONDS - from)) s (alone: $took s)"
