#!/usr/bin/env bash
# run.sh ABRSIM [--slow] [CHECK…]: whether a sweep ends in the report of one machine under real
# schedulers and stores; all checks unless some are named. README.md beside it says what is needed.
set -euo pipefail
abrsim=$(realpath "${1:?the program: abrsim}")
shift
slow=
if [ "${1-}" = --slow ]; then
  slow=--slow
  shift
fi
[ "$#" -gt 0 ] || set -- k8s parallel slurm s3 ray

CLUSTER_ROOM=$(mktemp -d "${TMPDIR:-/tmp}/abrsim.XXXXXX")
export CLUSTER_ROOM
child=
leave() {
  local code=$?
  trap - EXIT INT TERM
  trap '' PIPE
  if [ -n "$child" ] && kill "$child" 2>/dev/null; then
    wait "$child" || true
  fi
  rm -rf "$CLUSTER_ROOM"
  exit "$code"
}
trap leave EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 141' PIPE

for check in "$@"; do
  from=$SECONDS
  # In the background, so that a signal is heard at once.
  bash "$(dirname "$0")/$check.sh" "$abrsim" $slow &
  child=$!
  wait "$child"
  child=
  printf 'done     %-8s %s s\n' "$check" "$((SECONDS - from))"
done
