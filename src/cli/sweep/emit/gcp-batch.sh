#!/bin/sh
# {{about}}.
# sh SCRIPT submits a group of tasks, a shard each. When it is over:
#   {{program}} sweep merge --out {{out}}
set -eu
gcloud batch jobs submit {{name}} --location {{region}} --config - <<'JOB'
{
  "taskGroups": [{
    "taskCount": {{shards}},
    "taskSpec": {
      "runnables": [{
        "container": {
          "imageUri": {{json-image}},
          "entrypoint": "sh",
          "commands": ["-c", {{json-task}}]
        }
      }],
      "computeResource": {"cpuMilli": {{milli-cpus}}, "memoryMib": {{memory}}},
      "maxRetryCount": 10,
      "lifecyclePolicies": [{"action": "FAIL_TASK", "actionCondition": {"exitCodes": [2, 3]}}],
      "maxRunDuration": "{{seconds}}s"
    }
  }],
  "logsPolicy": {"destination": "CLOUD_LOGGING"}
}
JOB
