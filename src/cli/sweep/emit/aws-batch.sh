#!/bin/sh
# {{about}}.
# sh SCRIPT submits an array of tasks, a shard each. When it is over:
#   {{program}} sweep merge --out {{out}}
set -eu
retries=$(cat <<'JSON'
{
  "attempts": 10,
  "evaluateOnExit": [
    {"onExitCode": "2", "action": "EXIT"},
    {"onExitCode": "3", "action": "EXIT"},
    {"onExitCode": "*", "action": "RETRY"}
  ]
}
JSON
)
properties=$(cat <<'JSON'
{
  "image": {{json-image}},
  "command": ["sh", "-c", {{json-task}}],
  "resourceRequirements": [
    {"type": "VCPU", "value": "{{cpus}}"},
    {"type": "MEMORY", "value": "{{memory}}"}
  ]
}
JSON
)
aws batch register-job-definition --job-definition-name {{name}} --type container \
  --retry-strategy "$retries" --timeout attemptDurationSeconds={{seconds}} \
  --container-properties "$properties"
aws batch submit-job --job-name {{name}} --job-queue {{queue}} --job-definition {{name}} \
  --array-properties size={{shards}}
