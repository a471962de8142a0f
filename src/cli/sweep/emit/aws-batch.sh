#!/bin/sh
# {{about}}.
# sh SCRIPT submits an array of tasks, a shard each. When it is over:
#   {{program}} sweep merge --out {{out}}
set -eu
aws batch register-job-definition --job-definition-name {{name}} --type container \
  --retry-strategy 'attempts=10,evaluateOnExit=[{onExitCode="2",action=EXIT},{onExitCode="3",action=EXIT},{onExitCode="*",action=RETRY}]' \
  --timeout attemptDurationSeconds={{seconds}} \
  --container-properties '{
    "image": "{{image}}",
    "command": ["sh", "-c", "exec {{program}} sweep run --out {{out}} --jobs {{cpus}} --shard $AWS_BATCH_JOB_ARRAY_INDEX/{{shards}}"],
    "resourceRequirements": [
      {"type": "VCPU", "value": "{{cpus}}"},
      {"type": "MEMORY", "value": "{{memory}}"}
    ]
  }'
aws batch submit-job --job-name {{name}} --job-queue {{queue}} --job-definition {{name}} \
  --array-properties size={{shards}}
