#!/bin/sh
# {{about}}.
# sh SCRIPT submits an array of tasks, a shard each, and a job that merges what they keep.
# A task whose node fails is queued again by Slurm and goes on where it was; one that is stopped
# (exit code 75) is so where slurm.conf has RequeueExit=75. What is left otherwise is run again with
#   --array=$({{program}} sweep missing --out {{out}} --shards {{shards}})
set -eu
array=$(
  sbatch --parsable --job-name={{name}} --array=0-{{last}} --requeue --signal=B:TERM@60 \
    --cpus-per-task={{cpus}} --mem={{memory}}M --time={{minutes}} <<'JOB'
#!/bin/sh
{{task}}
JOB
)
# afterany: whether all is there the merging finds out itself.
sbatch --job-name={{name}}-merge --dependency="afterany:$array" --mem={{memory}}M <<'JOB'
#!/bin/sh
exec {{program}} sweep merge --out {{out}}
JOB
