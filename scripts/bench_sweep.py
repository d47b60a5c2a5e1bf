#!/usr/bin/env python3
"""What a sweep of many runs costs beside the runs: taking in the plan, claims a second, status, report.

    scripts/bench_sweep.py [--runs 10000] [--bin .build/release] [--drivers 2]

mdrun is replaced by a program that copies a log of 100 rows and ends, so what is measured is mdsweep: every run is claimed, gets its folder, record,
digests and analysis, and ends. `mdsweep bench` measures claims alone. Needs Python 3 alone.
"""
import argparse, os, pathlib, shutil, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Two models, one of which breaks down at a time that depends on the seed.
FAKE = r"""#!/bin/sh
[ "$1" = --version ] && { echo "mdrun 0.1.0 (stand-in)"; exit 0; }
while [ $# -gt 1 ]; do
    case $1 in -log) log=$2 ;; -var) [ "$2" = seed ] && seed=$3; [ "$2" = style ] && style=$3 ;; esac
    shift
done
cp "$FAKE_LOG/log.mdrun" "$log"; cp "$FAKE_LOG/log.mdrun.jsonl" "$log.jsonl"
if [ "$style" = a ] && [ $((seed % 3)) -ne 0 ]; then
    echo "{\"unstable\": true, \"rule\": \"bond\", \"step\": $((seed % 97)), \"time_ps\": 0.$((100 + seed % 97)), \"atoms\": [1, 2], \"value\": 0.6, \"threshold\": 0.5}" > stability.json
    exit 76
fi
"""
LOG = """  Unit style    : metal
  Time step     : 0.001
Loop time of 1.5 on 1 procs for 1000 steps with 100 atoms
"""
PLAN = """name: many
deck: in.deck
models:
  a: {{style: a}}
  b: {{style: b}}
seeds: {seeds}
mdrun: {mdrun}
environment: {{FAKE_LOG: "{work}"}}
report: {{by: model}}
"""


def timed(command, **more):
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return time.monotonic() - begun, done.stdout


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=10000)
    options.add_argument("--drivers", type=int, default=2)
    options.add_argument("--bin", default=str(ROOT / ".build/release"))
    o = options.parse_args()
    mdsweep = os.path.abspath(f"{o.bin}/mdsweep")
    work = pathlib.Path(tempfile.mkdtemp(prefix="sweep-bench-"))
    (work / "mdrun").write_text(FAKE)
    (work / "mdrun").chmod(0o755)
    (work / "log.mdrun").write_text(LOG)
    rows = [f'{{"run": 1, "Step": {10 * k}, "Time": {0.01 * k:.2f}, "Temp": {300 + (k * 37) % 11}, "PotEng": {-5 - 1e-4 * ((k * 53) % 17)}, '
            f'"TotEng": {-4 + 1e-5 * ((k * 29) % 13)}}}\n' for k in range(100)]
    (work / "log.mdrun.jsonl").write_text("".join(rows))
    (work / "in.deck").write_text("units metal\nrun ${steps}\n")
    (work / "plan.yaml").write_text(PLAN.format(seeds=o.runs // 2, mdrun=work / "mdrun", work=work))
    sweep = work / "sweep"

    _, text = timed([mdsweep, "bench", str(work / "plan.yaml"), "--folder", str(sweep)])
    print(text.rstrip())
    begun = time.monotonic()
    drivers = [subprocess.Popen([mdsweep, "run", str(sweep), "--quiet"], stdin=subprocess.DEVNULL) for _ in range(o.drivers)]
    if any(d.wait() for d in drivers):
        sys.exit("a driver failed")
    took = time.monotonic() - begun
    print(f"{o.runs} runs of a stand-in, {o.drivers} drivers: {took:.1f} s, {o.runs / took:.0f} runs/s from claim to end")
    for what, command in [("status, index made anew", ["status"]), ("status again", ["status"]), ("report", ["report"])]:
        took, text = timed([mdsweep] + command + [str(sweep)])
        print(f"{what}: {took:.2f} s")
        if command == ["status"]:
            last = text
    os.unlink(sweep / "index.sqlite")
    took, _ = timed([mdsweep, "report", str(sweep)])
    print(f"report, index made anew: {took:.2f} s")
    print(last.rstrip())
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
