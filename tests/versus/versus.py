"""Sessions a second: Sabre, as its user runs it, against abrsim on the very same sessions.

    python3 tests/versus/versus.py SABRE [--abrsim target/release/abrsim] [--traces N]

SABRE is a checkout of github.com/UMass-LIDS/sabre. Each of N of its traces (85 unless said
otherwise, spread evenly over its folders of mobile ones and of 3G) is played by five algorithms, a
process for each as its command line wants it. What it prints becomes the cases of `abrsim
conformance sabre`, which runs the same sessions and compares every number. Figures go to README.md
beside this file.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ALGORITHMS = ["throughput", "bola", "bolae", "dynamic", "dynamicdash"]
BUFFER = 25


def traces(sabre, most):
    """So many of its traces, spread evenly over all of them."""
    folders = ["3Glogs", "4Glogs"]
    every = [p for f in folders for p in sorted((sabre / "example/mmsys18" / f).glob("*.json"))]
    step = max(1.0, len(every) / most)
    return [every[int(i * step)] for i in range(min(most, len(every)))]


def theirs(sabre, trace, algorithm):
    """A session of Sabre: the metrics it prints."""
    movie = sabre / "example/mmsys18/bbb.json"
    command = [sys.executable, sabre / "src/sabre.py", "-a", algorithm, "-n", trace]
    command += ["-m", movie, "-b", str(BUFFER)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pairs = (line.rsplit(":", 1) for line in printed.splitlines() if ":" in line)
    return {name.strip(): float(value) for name, value in pairs}


def cpu():
    """What the processor calls itself."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sabre", type=Path, help="a checkout of Sabre")
    parser.add_argument("--abrsim", type=Path, default=Path("target/release/abrsim"))
    parser.add_argument("--traces", type=int, default=85)
    args = parser.parse_args()
    chosen = traces(args.sabre, args.traces)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "movies").mkdir()
        shutil.copy(args.sabre / "example/mmsys18/bbb.json", folder / "movies")
        cases, began = [], time.perf_counter()
        for trace in chosen:
            name = f"{trace.parent.name}/{trace.name}"
            (folder / "traces" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(trace, folder / "traces" / name)
            for algorithm in ALGORITHMS:
                case = {"trace": name, "movie": "bbb.json", "algorithm": algorithm}
                case |= {"max_buffer_s": BUFFER, "abandonment": True}
                cases.append(case | {"metrics": theirs(args.sabre, trace, algorithm)})
        sabre = time.perf_counter() - began
        (folder / "expected.jsonl").write_text("".join(json.dumps(c) + "\n" for c in cases))
        command, best = [args.abrsim, "conformance", "sabre", folder], float("inf")
        for _ in range(5):
            began = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True)
            best = min(best, time.perf_counter() - began)
        one = time.perf_counter()
        environment = os.environ | {"RAYON_NUM_THREADS": "1"}
        subprocess.run(command, capture_output=True, env=environment)
        one = time.perf_counter() - one
    write(len(chosen), len(cases), (sabre, best, one), done)


def write(traces, sessions, seconds, done):
    sabre, ours, one = seconds
    rows = [
        ("Sabre, a process a session", sabre),
        (f"abrsim, one process, {os.cpu_count()} threads", ours),
        ("abrsim, one process, 1 thread", one),
    ]
    table = "".join(
        f"| {name} | {took:.2f} | {sessions / took:,.0f} | {sabre / took:,.0f} × |\n"
        for name, took in rows
    )
    verdict = "holds" if done.returncode == 0 else "DOES NOT HOLD"
    page = f"""# Against Sabre

Made by `python3 tests/versus/versus.py SABRE`, which says how. {traces} traces × {len(ALGORITHMS)}
algorithms = {sessions} sessions of Big Buck Bunny (199 segments of 3 s) with a buffer of
{BUFFER} s, on {os.cpu_count()} processors that call themselves {cpu()}, Python
{platform.python_version()}.
abrsim reads all files and compares every number in that time; start-up is in both. Sabre ran once; of
abrsim it is the best of five runs.

| | seconds | sessions a second | |
|---|---:|---:|---:|
{table}
What `abrsim conformance sabre` says of them ({verdict}):

```text
{done.stdout.rstrip()}
```
"""
    Path(__file__).with_name("README.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
