#!/usr/bin/env bash
# Ray, with two nodes on this machine, runs scenarios/cluster/ray_sweep.py, and a node is killed on
# the way.
. "$(dirname "$0")/lib.sh"
if [ "$slow" != --slow ] && ! python3 -c 'import ray' 2>/dev/null; then
  skip "only with --slow: Ray is 285 MB"
fi
pip ray ray
alone "$@"
[ -n "${CLUSTER_INSIDE-}" ] || skip "needs root, for a network of its own"

export RAY_ADDRESS=127.0.0.1:6399 RAY_USAGE_STATS_ENABLED=0
ray() { timeout 60 "$python" -m ray.scripts.scripts "$@"; }
raylets() { pgrep -x raylet | sort; }
# Sockets have names of at most 107 bytes.
ray start --head --port=6399 --num-cpus=1 --include-dashboard=false --temp-dir="$desk/t" \
  >head.log 2>&1 || fail "the head does not begin"
raylets >raylets.head
ray start --address="$RAY_ADDRESS" --num-cpus=1 >node.log 2>&1 || fail "the node does not begin"
node=$(raylets | comm -13 raylets.head -)
[ -n "$node" ] || fail "there is no second raylet"
ok "a head and a node ($SECONDS s)"

from=$SECONDS
scenario 8000 256 20m false
whole
took=$((SECONDS - from))
plan study
from=$SECONDS
go "$python" "$scenarios/cluster/ray_sweep.py" "$desk/study" --shards 8 --program "$abrsim" \
  --report "$desk/merged" >sweep.log 2>&1
sweep=$last

# All that a process began, and it.
tree() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do tree "$child"; done
}
shard_on_node() { tree "$node" | xargs ps -o args= -p 2>/dev/null | grep -q 'sweep run'; }
until_so 180 has study 8 || fail "nothing is kept"
until_so 60 shard_on_node || fail "nothing runs on the node"
at=$(kept study)
mapfile -t processes < <(tree "$node")
end "${processes[@]}"
ok "the node is killed at $at of $chunks chunks: ${#processes[@]} processes ($((SECONDS - from)) s)"
wait "$sweep" || fail "ray_sweep.py ends with $?"
same merged
[ "$(kept study)" = "$chunks" ] || fail "$(kept study) commits of $chunks chunks"
begun=$(find study/attempts -name '*.json' | wc -l)
[ "$begun" -gt 8 ] || fail "8 shards were begun $begun times"
ok "8 shards were begun $begun times"
ok "$chunks commits, the report of one machine, in $((SECONDS - from)) s (alone: $took s)"

code=0
"$python" "$scenarios/cluster/ray_sweep.py" "$desk/none" --shards 2 --program "$abrsim" \
  >none.log 2>&1 || code=$?
[ "$code" = 2 ] || fail "where nothing is planned it ends with $code, not 2"
[ "$(grep -c 'nothing is planned there' none.log)" -le 2 ] || fail "what is wrong was tried again"
ok "where nothing is planned it ends with 2 at once"
