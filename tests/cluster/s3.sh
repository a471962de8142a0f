#!/usr/bin/env bash
# A study in an object store: moto, which stands in for S3, holds it while shards race, while it
# stands still and when it is gone; then the commands of the scripts for cloud batch run on it.
. "$(dirname "$0")/lib.sh"
if "$abrsim" sweep missing --out s3://bucket/study --patience 1s 2>&1 | grep -q "folders only"; then
  skip "abrsim was built without --features cloud"
fi
pip moto.server moto flask flask-cors pyyaml
alone "$@"

port=$(port)
export AWS_ENDPOINT=http://127.0.0.1:$port AWS_ALLOW_HTTP=true AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

cat >bucket.py <<'PY'
"""bucket.py new: makes the bucket. bucket.py count PREFIX: how many objects are under it."""
import os, re, sys, urllib.request
url = os.environ["AWS_ENDPOINT"] + "/bucket"
if sys.argv[1] == "new":
    urllib.request.urlopen(urllib.request.Request(url, method="PUT"))
else:
    text = urllib.request.urlopen(f"{url}?list-type=2&prefix={sys.argv[2]}").read().decode()
    print(len(re.findall("<Key>", text)))
PY

# The store, with nothing in it.
store() {
  go "$python" -m moto.server -H 127.0.0.1 -p "$port" >>store.log 2>&1
  store=$last
  until_so 30 python3 bucket.py new 2>/dev/null || fail "moto does not begin"
}
in_store() { python3 bucket.py count "$1/commit/"; }
has_stored() { [ "$(in_store "$1")" -ge "$2" ]; }

# Fails unless that long-running shard ends with 75 and says why.
away() {
  local code=0
  wait "$1" || code=$?
  [ "$code" = 75 ] || fail "$3: it ends with $code, not 75"
  tr -s ' \n' ' ' <"$2" >said
  grep -q "s3://bucket/.* did not answer: .*nothing that was kept is lost" said ||
    fail "$3: it does not say so"
}

store
scenario 1536 256 20s
whole
plan s3://bucket/study
racing=()
for shard in 0/2 1/2 0/2 1/2; do
  go "$abrsim" sweep run --out s3://bucket/study --jobs 1 --shard "$shard" \
    >"race.${#racing[@]}.log" 2>&1
  racing+=("$last")
done
for racer in "${racing[@]}"; do
  wait "$racer" || fail "one of those that race ends with $?"
done
"$abrsim" sweep merge --out s3://bucket/study --report merged --quiet
same merged
stored=$(in_store study)
[ "$stored" = "$chunks" ] || fail "$stored commits of $chunks chunks"
ok "2 copies of each of 2 shards race: $stored commits, the report of one machine ($SECONDS s)"

# The scripts for cloud batch, with a stand-in for the provider's tool that runs all tasks here.
cat >batch.py <<'PY'
"""Runs a job that is submitted, a task after the other: called as aws or gcloud."""
import json, os, pathlib, subprocess, sys
tool, args = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
def option(name):
    return args[args.index(name) + 1]
def run(command, count, index):
    for task in range(count):
        subprocess.run(command, check=True, env=os.environ | {index: str(task)})
if tool == "gcloud":
    [group] = json.load(sys.stdin)["taskGroups"]
    container = group["taskSpec"]["runnables"][0]["container"]
    run([container["entrypoint"], *container["commands"]], group["taskCount"], "BATCH_TASK_INDEX")
elif args[1] == "register-job-definition":
    pathlib.Path("definition").write_text(option("--container-properties"))
else:
    command = json.loads(pathlib.Path("definition").read_text())["command"]
    run(command, int(option("--array-properties").split("=")[1]), "AWS_BATCH_JOB_ARRAY_INDEX")
PY
mkdir bin
for tool in aws gcloud; do
  { echo "#!$python" && cat batch.py; } >"bin/$tool"
  chmod +x "bin/$tool"
done
for engine in aws-batch gcp-batch; do
  out="s3://bucket/$engine"
  plan "$out"
  "$abrsim" sweep emit "$engine" --out "$out" --shards 3 --cpus 1 --program "$abrsim" >script
  PATH=$PWD/bin:$PATH sh script >"$engine.log" 2>&1 || fail "$engine: its script ends with $?"
  "$abrsim" sweep merge --out "$out" --report "$engine" --quiet
  same "$engine"
done
ok "what aws-batch and gcp-batch submit makes the same report ($SECONDS s)"

# Longer ones from here on, so that something can happen to them.
rm -r whole
scenario 2560 256 10m false
whole
plan s3://bucket/still
go "$abrsim" sweep run --out s3://bucket/still --jobs 1 >still.log 2>&1
shard=$last
until_so 60 has_stored still 2 || fail "nothing is kept"
kill -STOP "$store"
sleep 4
kill -CONT "$store"
stored=$(in_store still)
wait "$shard" || fail "it ends with $? when the store stands still"
[ "$stored" -lt "$chunks" ] || fail "all was done when the store stood still"
"$abrsim" sweep merge --out s3://bucket/still --report still --quiet
same still
[ "$(in_store still)" = "$chunks" ] || fail "$(in_store still) commits of $chunks chunks"
ok "a store stands still for 4 s at $stored of $chunks chunks: the same report ($SECONDS s)"

code=0
"$abrsim" sweep run --out s3://bucket/none >none.log 2>&1 || code=$?
[ "$code" = 2 ] || fail "where nothing is planned it ends with $code, not 2"
ok "nothing is planned there: 2 ($SECONDS s)"

plan s3://bucket/gone
go "$abrsim" sweep run --out s3://bucket/gone --jobs 1 --patience 3s >gone.log 2>&1
shard=$last
until_so 60 has_stored gone 2 || fail "nothing is kept"
end "$store"
from=$SECONDS
away "$shard" gone.log "a store that is killed"
ok "a store is killed: 75 after $((SECONDS - from)) s ($SECONDS s)"

from=$SECONDS
go "$abrsim" sweep run --out s3://bucket/none --patience 3s >none.log 2>&1
away "$last" none.log "a store that is not there"
[ "$((SECONDS - from))" -ge 2 ] || fail "it is not asked again: 75 after $((SECONDS - from)) s"
ok "no store is there: 75 after $((SECONDS - from)) s ($SECONDS s)"
