#!/bin/sh
# {{about}}.
# sh SCRIPT runs all shards, each tried up to 5 times, on another host where there are several.
set -eu
# Its exit code says how many failed; whether all is there the merging finds out itself.
parallel --quote {{hosts}}--jobs 1 --retries 5 --joblog {{name}}.log \
  {{program}} sweep run --out {{out}} --jobs {{cpus}} --shard {}/{{shards}} ::: $(seq 0 {{last}}) || :
{{program}} sweep merge --out {{out}}
