"""Simulate the shards of a planned study as tasks of a Ray cluster, and merge what they keep.

    abrsim sweep plan scenarios/million.toml --out s3://bucket/million
    RAY_ADDRESS=head:6379 python ray_sweep.py s3://bucket/million --shards 64 --cpus 4

Every node needs abrsim and sees the study: a folder that all of them share, or an object store. A
task whose node dies is run again on another, and skips what is kept. If this dies, run it again.
"""

import argparse
import subprocess
import sys

import ray

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("out", help="where the study is planned")
parser.add_argument("--shards", type=int, required=True, help="cut it into so many")
parser.add_argument("--cpus", type=int, default=1, help="cores of a task")
parser.add_argument("--program", default="abrsim", help="the program, on every node")
parser.add_argument("--report", help="write the report to this folder")


class Again(Exception):
    """A shard was stopped, or its store did not answer."""


def shard(args, own):
    command = [args.program, "sweep", "run", "--out", args.out, "--jobs", str(args.cpus)]
    command += ["--shard", f"{own}/{args.shards}"]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if ended.returncode not in (0, 2, 3):  # 2 and 3: it would come out the same again.
        raise Again(f"shard {own} ended with {ended.returncode}: {ended.stderr}")
    return ended.returncode, ended.stdout + ended.stderr


if __name__ == "__main__":
    args = parser.parse_args()
    ray.init(address="auto")
    task = ray.remote(num_cpus=args.cpus, max_retries=10, retry_exceptions=[Again])(shard)
    left = [task.remote(args, own) for own in range(args.shards)]
    while left:
        [done], left = ray.wait(left)
        code, said = ray.get(done)
        print(said, end="", flush=True)
        if code:
            sys.exit(code)
    merge = [args.program, "sweep", "merge", "--out", args.out]
    merge += ["--report", args.report] if args.report else []
    sys.exit(subprocess.run(merge).returncode)
