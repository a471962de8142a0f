#!/usr/bin/env bash
# The manifest for Kubernetes is one by its schema, and its command does a shard for each index.
. "$(dirname "$0")/lib.sh"
pip kubernetes_validate kubernetes-validate
alone "$@"

scenario 2000 256 20s
whole
plan study
"$abrsim" sweep emit k8s --out study --shards 3 --claim disk --cpus 1 >job.yaml
"$CLUSTER_ROOM/venv/bin/kubernetes-validate" --strict job.yaml >validate.log 2>&1 ||
  fail "kubernetes-validate: $(tail -n 3 validate.log)"
ok "the manifest is valid"

cat >pod.py <<'PY'
"""Runs what the pods of an indexed job run, one after the other."""
import subprocess, sys, yaml
job = yaml.safe_load(open("job.yaml"))["spec"]
pod = job["template"]["spec"]["containers"][0]
for index in range(job["completions"]):
    args = [arg.replace("$(JOB_COMPLETION_INDEX)", str(index)) for arg in pod["args"]]
    subprocess.run([sys.argv[1], *pod["command"][1:], *args], check=True)
PY
"$python" pod.py "$abrsim" >pod.log 2>&1 || fail "a pod fails: $(tail -n 3 pod.log)"
"$abrsim" sweep merge --out study --report merged --quiet
same merged
ok "its 3 pods make the report of one machine ($SECONDS s)"
