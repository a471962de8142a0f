# shellcheck shell=bash
# What the checks have in common; each of them sources it first:
#
#   . "$(dirname "$0")/lib.sh"   with the arguments ABRSIM [--slow]
#   apt COMMAND PACKAGE…         what it needs, or it is skipped
#   pip MODULE PACKAGE…
#   alone "$@"                   from here on by itself, in a folder of its own
set -euo pipefail

check=$(basename "$0" .sh)
abrsim=$(realpath "${1:?the program: abrsim}")
# shellcheck disable=SC2034
slow=${2-}
# shellcheck disable=SC2034
scenarios=$(realpath "$(dirname "$0")/../../scenarios")

ok() { printf 'ok       %-8s %s\n' "$check" "$*"; }

fail() {
  printf 'FAILED   %-8s %s\n' "$check" "$*" >&2
  exit 1
}

skip() {
  printf 'skipped: %-8s %s\n' "$check" "$*"
  exit 0
}

# Where all of it lies; what is there already belongs to who runs several.
if [ -z "${CLUSTER_ROOM-}" ]; then
  CLUSTER_ROOM=$(mktemp -d "${TMPDIR:-/tmp}/abrsim.XXXXXX")
  export CLUSTER_ROOM
  room=$CLUSTER_ROOM
fi
desk=$CLUSTER_ROOM/$check
python=$CLUSTER_ROOM/venv/bin/python

# Ends with the check whatever it began, and removes what is its own.
leave() {
  local code=$? child
  trap - EXIT INT TERM
  trap '' PIPE
  for child in $(jobs -p); do
    end "$child"
  done
  # Not where it was told to end.
  [ "$code" = 0 ] || [ "$code" -gt 128 ] || [ -n "${CLUSTER_INSIDE-}" ] || logs >&2 || true
  [ -n "${CLUSTER_INSIDE-}" ] || rm -rf "$desk" "${room-}"
  exit "$code"
}
trap leave EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
trap 'exit 141' PIPE

# What was said by all that ran.
logs() {
  local log
  for log in "$desk"/*.log; do
    [ ! -s "$log" ] || { printf -- '--- %s\n' "${log##*/}"; tail -n 20 "$log"; }
  done
}

# Runs it in the background, to be ended with the check; its process is $last.
go() {
  "$@" &
  last=$!
}

# Kills it, without a word about it.
end() {
  { kill -KILL "$@" && wait "$1"; } 2>/dev/null || true
}

# A command, from packages of Debian's that are installed where they are not, and may be.
apt() {
  local command=$1 log=$CLUSTER_ROOM/apt.log
  shift
  ! command -v "$command" >/dev/null || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    skip "needs $command: apt-get install $*"
  fi
  export DEBIAN_FRONTEND=noninteractive
  # Of a runlevel of 1 no service is begun.
  get() { RUNLEVEL=1 apt-get install -y --no-install-recommends "$@" >"$log" 2>&1; }
  get "$@" || { apt-get update >"$log" 2>&1 && get "$@"; } || skip "apt-get has no $*"
}

# A module of Python's, from packages that are installed beside the check where they are not.
pip() {
  local module=$1 log=$CLUSTER_ROOM/pip.log
  shift
  there() { "$1" -c "import $module" 2>/dev/null; }
  if [ -x "$python" ] && there "$python"; then
    return 0
  fi
  command -v python3 >/dev/null || skip "needs python3"
  if [ ! -x "$python" ]; then
    python3 -m venv --system-site-packages --without-pip "$CLUSTER_ROOM/venv" >"$log" 2>&1 ||
      skip "needs python3 with venv"
  fi
  # That of the system installs there, so that it need not be there itself.
  there "$python" || python3 -m pip --python "$python" install --quiet --no-compile \
    --disable-pip-version-check "$@" >"$log" 2>&1 || skip "pip has no $*: $(tail -n 1 "$log")"
}

# Begins the rest of the script anew, as root in namespaces of its own: no other network than
# loopback, and no process that outlives it.
alone() {
  if [ -z "${CLUSTER_ALONE-}" ]; then
    mkdir -p "$desk"
    export CLUSTER_ALONE=1
    local space=(unshare --fork --pid --kill-child --mount-proc --net)
    if "${space[@]}" ip link set lo up 2>/dev/null; then
      export CLUSTER_INSIDE=1
      # shellcheck disable=SC2016
      go "${space[@]}" bash -c 'ip link set lo up; bash "$@"; exit "$?"' - "$0" "$@"
      unset CLUSTER_INSIDE
      local code=0
      wait "$last" || code=$?
      exit "$code"
    fi
  fi
  cd "$desk"
  # Whatever writes to a home of its own does it here.
  export HOME=$desk TMPDIR=$desk
  SECONDS=0
}

# A port that is free.
port() {
  python3 - <<'PY'
import socket
with socket.socket() as any:
    any.bind(("127.0.0.1", 0))
    print(any.getsockname()[1])
PY
}

# Waits until a command succeeds, for so many seconds.
until_so() {
  local last=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$last" ] || return 1
    sleep 0.2
  done
}

# Two runs with rows of requests: so many viewers of each, so many in a chunk, and a programme that
# lasts so long. What a viewer takes goes with that: about 0.4 ms for 10m.
scenario() {
  viewers=$1 chunk=$2
  mkdir -p scenarios traces
  printf 'seconds,kbps\n0,3000\n7,900\n11,4000\n' >traces/link.csv
  cat >scenarios/toy.toml <<TOML
title = "toy"
abr = ["hls.js", "shaka"]
content.ladder = "five-rung"
content.duration = "$3"
network.trace = "../traces/*.csv"
output.requests = ${4-true}
TOML
}

# What they are told: scenario, viewers, seed, chunks.
told() { set -- "$@" scenarios/toy.toml --viewers "$viewers" --seed 7 --chunk "$chunk"; "$@"; }

# The report of one machine, in whole/.
whole() { told "$abrsim" run --quiet --out whole; }

# Plans it there, in so many $chunks.
plan() {
  told "$abrsim" sweep plan --out "$1" >plan.log
  # shellcheck disable=SC2034
  chunks=$(sed -n 's/.* in \([0-9,]*\) chunks, .*/\1/p' plan.log)
}

# Fails unless a report is that of one machine, byte for byte.
same() { diff -r whole "$1" >diff.log || fail "the report in $1 is not that of one machine"; }

# How many chunks are kept in a folder.
kept() { find "$1/commit" -name '*.json' 2>/dev/null | wc -l; }

# Whether at least so many are.
has() { [ "$(kept "$1")" -ge "$2" ]; }
