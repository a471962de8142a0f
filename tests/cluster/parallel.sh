#!/usr/bin/env bash
# GNU parallel runs the script that is printed for it, in a folder with a blank in its name.
. "$(dirname "$0")/lib.sh"
apt parallel parallel
alone "$@"

scenario 2000 128 20s
whole
plan "a study"
"$abrsim" sweep emit parallel --out "a study" --shards 4 --cpus 1 --program "$abrsim" >script
sh script >script.log 2>&1 || fail "the script ends with $?: $(tail -n 3 script.log)"
same reports/toy
[ "$(kept "a study")" = "$chunks" ] || fail "$(kept "a study") commits of $chunks chunks"
ok "4 shards, $chunks chunks, the report of one machine ($SECONDS s)"

echo : >hosts
"$abrsim" sweep emit parallel --out "a study" --shards 4 --hosts hosts --program "$abrsim" >script
rm -r "a study/commit" reports
sh script >script.log 2>&1 || fail "with --hosts it ends with $?: $(tail -n 3 script.log)"
same reports/toy
ok "with a file of hosts as well ($SECONDS s)"
