#!/bin/sh
# {{about}}.
# sh SCRIPT submits an array of tasks, a shard each, and a job that merges what they keep.
# A task whose node fails is queued again by Slurm and goes on where it was. Those that failed
# otherwise are run again with --array=$({{program}} sweep missing --out {{out}} --shards {{shards}})
set -eu
array=$(
  sbatch --parsable --job-name={{name}} --array=0-{{last}} --requeue --signal=B:TERM@60 \
    --cpus-per-task={{cpus}} --mem={{memory}}M --time={{minutes}} <<'JOB'
#!/bin/sh
exec {{program}} sweep run --out {{out}} --jobs {{cpus}} --shard "$SLURM_ARRAY_TASK_ID/{{shards}}"
JOB
)
# afterany: whether all is there the merging finds out itself.
sbatch --job-name={{name}}-merge --dependency="afterany:$array" --mem={{memory}}M <<'JOB'
#!/bin/sh
exec {{program}} sweep merge --out {{out}}
JOB
