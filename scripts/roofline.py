#!/usr/bin/env python3
"""Counts what a step of mdrun computes and moves, how near to a core's peak it runs, and what a pullback computes beside a force pass.

    scripts/roofline.py --potentials FOLDER [CASE ...] [--mdrun PROGRAM] [--rounds 5] [--valgrind PROGRAM]

Cases and their decks are those of scripts/benchmark_potentials.py. Needs objdump, clang (which comes with Swift) and valgrind 3.24: Debian 12's,
3.19, stops at a VMOVQ between registers (Debian 13's package, unpacked with `dpkg -x`, runs there with VALGRIND_LIB set).

- Floating-point operations: `valgrind --tool=callgrind --dump-instr=yes` counts how often each instruction runs, `objdump` says which; an addition,
  subtraction, multiplication, division or square root of a lane is one operation, a fused multiply-add two; comparisons, minima, conversions and
  shuffles are none. Lanes of a partly filled vector count, as they do in hardware counters.
- Bytes: lines of 64 bytes that callgrind's cache simulation fetches from beyond a second-level cache of 1 MiB with 8 ways, so what a core asks
  of the third level and of memory. Intensity is operations over these bytes.
- Both are differences of two runs, so set-up does not count; list builds on the way do, as in the time.
- Passes (`mdfit cost` on the case's first configuration): processor time and operations of a force pass and of a pullback, the pass on dual
  numbers that a conservative ensemble asks for, medians and differences likewise.
- Peak: multiply-adds on ten independent vectors of four doubles, timed in turn with mdrun; bandwidth: a sum over 256 MiB.
"""
import argparse, collections, functools, pathlib, re, statistics, subprocess, sys, tempfile

from benchmark import loop_time
from benchmark_potentials import CASES, ROOT, prepare

PROBE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
typedef double v4 __attribute__((vector_size(32)));
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + 1e-9 * t.tv_nsec; }
int main(void) {
    v4 a[10], b = {0.999999999, 0.999999999, 0.999999999, 0.999999999}, c = {1e-9, 1e-9, 1e-9, 1e-9};
    for (int k = 0; k < 10; k++) a[k] = (v4){k, k, k, k};
    double start = now();
    for (long i = 0; i < 40000000; i++) for (int k = 0; k < 10; k++) a[k] = a[k] * b + c;
    double peak = 40000000.0 * 10 * 8 / (now() - start), sum = 0;
    for (int k = 0; k < 10; k++) sum += a[k][0];
    size_t n = 1 << 25;
    double *x = malloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = 1;
    start = now();
    v4 s[8]; memset(s, 0, sizeof s);
    for (size_t i = 0; i < n; i += 32) for (int k = 0; k < 8; k++) { v4 y; memcpy(&y, x + i + 4 * k, 32); s[k] += y; }
    double bandwidth = n * sizeof *x / (now() - start);
    for (int k = 0; k < 8; k++) sum += s[k][0];
    fprintf(stderr, "%g\n", sum);
    printf("%g %g\n", peak, bandwidth);
}
"""

OPERATION = re.compile(r"^v?(fn?m(?:add|sub)(?:addsub|subadd)?\d*|fmaddsub\d*|fmsubadd\d*|add|sub|mul|div|sqrt|addsub|hadd|hsub)([ps][ds])$")


def operations(mnemonic, operands):
    """Floating-point operations of one instruction."""
    found = OPERATION.match(mnemonic)
    if not found:
        return 0
    size = 8 if found[2].endswith("d") else 4
    width = size if found[2].startswith("s") else 64 if "%zmm" in operands else 32 if "%ymm" in operands else 16
    return width // size * (2 if found[1].startswith("f") else 1)


def executed(path):
    """{(object, address): count} and the totals of a callgrind file."""
    counts, total, object_ = collections.Counter(), collections.Counter(), None
    events, isCall = [], False
    with open(path) as file:
        for line in file:
            if line.startswith("events:"):
                events = line.split()[1:]
            elif line.startswith("ob="):
                object_ = line[3:].strip()
            elif line.startswith("calls="):
                isCall = True
            elif line.startswith("0x"):
                if not isCall:
                    words = line.split()
                    values = [int(v) for v in words[-(len(words) - 2):]]
                    counts[object_, int(words[0], 16)] += values[0]
                    for event, value in zip(events, values):
                        total[event] += value
                isCall = False
    return counts, total


def callgrind(valgrind, command, folder, option, number):
    out = pathlib.Path(folder) / f"callgrind.{number}"
    subprocess.run(
        [valgrind, "--tool=callgrind", "--dump-instr=yes", "--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,8,64",
         "--compress-strings=no", "--compress-pos=no", f"--callgrind-out-file={out}", *command, *option, str(number)],
        cwd=folder, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return executed(out)


@functools.cache
def work_of(object_):
    """{address: operations} of an object's instructions."""
    if not object_ or not pathlib.Path(object_).exists():
        return {}
    found = {}
    with subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", object_], stdout=subprocess.PIPE, text=True) as listing:
        for line in listing.stdout:
            head, tab, rest = line.partition(":\t")
            if tab and head[:1] == " ":
                mnemonic, _, operands = rest.partition(" ")
                found[int(head, 16)] = operations(mnemonic.strip(), operands)
    return found


def counted(valgrind, command, folder, option, few, many):
    """Operations, bytes and instructions of one step or round: `option` takes their number."""
    (a, totals_a), (b, totals_b) = (callgrind(valgrind, command, folder, option, number) for number in (few, many))
    difference = {place: n - a.get(place, 0) for place, n in b.items() if n != a.get(place, 0)}
    flops = listed = 0
    for object_ in {o for o, _ in difference}:
        addresses = {x: n for (o, x), n in difference.items() if o == object_}
        if sum(addresses.values()) < 0.002 * (totals_b["Ir"] - totals_a["Ir"]):
            continue
        work = work_of(object_)
        listed += sum(n for x, n in addresses.items() if x in work)
        flops += sum(n * work[x] for x, n in addresses.items() if x in work)
    total = {event: totals_b[event] - totals_a[event] for event in totals_b}
    if listed < 0.98 * total["Ir"]:
        sys.exit(f"objdump knows only {listed / total['Ir']:.0%} of the instructions that ran")
    steps = many - few
    return flops / steps, 64 * (total["DLmr"] + total["DLmw"]) / steps, total["Ir"] / steps


def passes(case, folder, o, stripped):
    """(seconds, operations) of a force pass and of a pullback."""
    folder = pathlib.Path(folder)
    elements = {"melt": ["Ar"]}.get(next(n for n in CASES if CASES[n] is case)) or case.pair.split("\n")[1].split()[-(2 if case.species else 1):]
    if case.pair.startswith("eam"):
        elements = ["Cu"]
    pair = case.pair or "lj/cut 2.5\npair_coeff * * 1 1"
    labels = " ".join(f"{k + 1} {e}" for k, e in enumerate(elements))
    (folder / "potential.in").write_text(f"units metal\nlabelmap atom {labels}\npair_style {pair}\n")
    deck = (folder / "in.case").read_text()
    (folder / "in.frame").write_text(deck + f"write_dump all extxyz frame.xyz modify element {' '.join(elements)}\n")
    subprocess.run([o.mdrun, "-in", "in.frame", "-log", "none", "-var", "steps", "0"], cwd=folder, check=True, capture_output=True)
    skin = "0.3" if case.crystal is None else "1.0"
    command = ["cost", "potential.in", "frame.xyz", "--skin", skin]
    text = subprocess.run([o.mdfit, *command, "--rounds", str(2 * o.rounds + 1)], cwd=folder, check=True, capture_output=True, text=True).stdout
    times = {name: float(value) for name, value in re.findall(r"^(forces|pullback) +(\S+)", text, re.M)}
    return [(times[name], counted(o.valgrind, [stripped, *command, "--only", name], folder, ["--rounds"], 1, 3)[0])
            for name in ("forces", "pullback")]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cases", nargs="*", metavar="CASE")
    options.add_argument("--mdrun", default=str(ROOT / ".build/release/mdrun"))
    options.add_argument("--mdfit", default=str(ROOT / ".build/release/mdfit"))
    options.add_argument("--potentials", required=True)
    options.add_argument("--valgrind", default="valgrind")
    options.add_argument("--rounds", type=int, default=5)
    o = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        probe = pathlib.Path(folder) / "probe"
        probe.with_suffix(".c").write_text(PROBE)
        subprocess.run(["clang", "-O3", "-march=x86-64-v3", "-ffp-contract=fast", str(probe) + ".c", "-o", str(probe)], check=True)
        # valgrind does not read the debugging information that Swift writes.
        stripped = {name: str(pathlib.Path(folder) / name) for name in ("mdrun", "mdfit")}
        for name, path in stripped.items():
            subprocess.run(["strip", "-g", "-o", path, getattr(o, name)], check=True)
        peaks, widths, steps, dual = [], [], [], []
        for name in o.cases or CASES:
            case = CASES[name]
            atoms = prepare(case, folder, o.potentials)
            words = ["-in", "in.case", "-log", "none"]
            flops, bytes_, instructions = counted(o.valgrind, [stripped["mdrun"], *words], folder, ["-var", "steps"], 2, 12)
            seconds, possible = [], []
            for _ in range(o.rounds):
                peak, width = map(float, subprocess.run([str(probe)], capture_output=True, text=True, check=True).stdout.split())
                peaks.append(peak)
                widths.append(width)
                seconds.append(loop_time([o.mdrun, *words, "-var", "steps", str(case.steps)], folder) / case.steps)
                possible.append(peak * seconds[-1])
            time, share = statistics.median(seconds), flops / statistics.median(possible)
            steps.append(f"| {case.title} | {atoms:,} | {1e6 * time / atoms:.2f} | {flops / atoms:,.0f} | {instructions / atoms:,.0f} | {bytes_ / atoms:,.0f} "
                         f"| {flops / bytes_:.1f} | {flops / time / 1e9:.1f} | {share:.0%} |")
            (force, forceWork), (pull, pullWork) = passes(case, folder, o, stripped["mdfit"])
            dual.append(f"| {case.title} | {force:.2f} | {pull:.2f} | {pull / force:.2f} | {forceWork / atoms:,.0f} | {pullWork / atoms:,.0f} "
                        f"| {pullWork / forceWork:.2f} |")
            print(f"{name} done", file=sys.stderr, flush=True)
        print(f"Peak {statistics.median(peaks) / 1e9:.0f} operations a nanosecond (medians of {len(peaks)}; {min(peaks) / 1e9:.0f} to "
              f"{max(peaks) / 1e9:.0f}), bandwidth {statistics.median(widths) / 1e9:.0f} bytes a nanosecond.\n")
        print("| case | atoms | us an atom and step | operations | instructions | bytes beyond L2 | operations a byte | operations a nanosecond "
              "| share of peak |\n|---|---|---|---|---|---|---|---|---|", *steps, sep="\n")
        print("\n| case | force pass, us an atom | pullback | ratio | operations of a force pass | of a pullback | ratio |\n|---|---|---|---|---|---|---|",
              *dual, sep="\n")


main()
