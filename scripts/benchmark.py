#!/usr/bin/env python3
"""Times a committee against its members, and equal bricks against balanced ones, in turn in one run, and prints medians and ratios.
scripts/benchmark_potentials.py times potentials against LAMMPS.

    scripts/benchmark.py committee [--ranks 2] [--rounds 7] [--steps 100] [--processor-time]
    scripts/benchmark.py balance [--ranks 2] [--rounds 7] [--steps 200]

Loop times are those that the programs print themselves, so start-up does not count; thermo output only at the first and last step.
With --processor-time, for a machine that others use too: user and system time of the processes less those of a run of no steps.
Needs Python 3 alone.
"""
import argparse, pathlib, re, resource, shlex, statistics, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHANOL = ROOT / "inputs" / "methanol"


def loop_time(command, folder):
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    found = re.findall(r"^Loop time of ([0-9.eE+-]+)", done.stdout, re.M)
    if done.returncode != 0 or not found:
        sys.exit(f"{shlex.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return float(found[-1])


def processor_time(command, folder):
    def total():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime
    start = total()
    loop_time(command, folder)
    middle = total()
    loop_time([*command, "-var", "steps", "0"], folder)
    return 2 * middle - start - total()


def interleave(cases, rounds, folder, measure=loop_time):
    """Times of each case; the cases take turns, after one round that does not count."""
    times = {name: [] for name, _ in cases}
    for turn in range(rounds + 1):
        for name, command in cases:
            t = measure(command, folder)
            if turn:
                times[name].append(t)
    return times


def report(times):
    for name, values in times.items():
        print(f"{name:24s} median {statistics.median(values):9.4f} s   min {min(values):9.4f}   max {max(values):9.4f}")


def mdrun(o, *words):
    return ["mpirun.mpich", "-n", str(o.ranks), o.mdrun, *words, "-log", "none"]


def committee(o, folder):
    lines = [l for l in (METHANOL / "committee.in").read_text().splitlines() if l.startswith("pair_coeff")]
    members = []
    for line in lines:
        words = line.split()
        style, model = words[3], next(w for w in words if w.endswith(".json"))
        members.append((style, str(METHANOL / model)))
    def deck(pair):
        return (f"units metal\nprocessors * * 1\nread_data {METHANOL}/start.data\nreplicate 2 2 1\nlabelmap atom 1 Cu 2 C 3 O 4 H\n{pair}\n"
                f"region lower block INF INF INF INF INF 17.5 units box\ngroup frozen region lower\ngroup mobile subtract all frozen\n"
                f"neighbor 1.0 bin\ntimestep 0.0005\nvelocity mobile create 300 1 dist gaussian\n"
                f"fix 1 mobile nve\nfix 2 frozen setforce 0 0 0\nvariable steps index {o.steps}\n"
                "thermo ${steps}\nrun ${steps}\n")
    styles = " ".join(style for style, _ in members)
    count = {}
    coefficients = []
    for style, model in members:
        count[style] = count.get(style, 0) + 1
        number = f" {count[style]}" if sum(s == style for s, _ in members) > 1 else ""
        coefficients.append(f"pair_coeff * * {style}{number} {model} Cu C O H")
    decks = {"committee": "pair_style ensemble/committee " + styles + "\n" + "\n".join(coefficients)}
    for style, model in members:
        decks[pathlib.Path(model).stem] = f"pair_style {style}\npair_coeff * * {model} Cu C O H"
    cases = []
    for name, pair in decks.items():
        path = pathlib.Path(folder) / f"in.{name}"
        path.write_text(deck(pair))
        cases.append((name, mdrun(o, "-in", str(path))))
    times = interleave(cases, o.rounds, folder, processor_time if o.processor_time else loop_time)
    report(times)
    alone = [sum(times[name][k] for name in times if name != "committee") for k in range(o.rounds)]
    ratios = [a / b for a, b in zip(times["committee"], alone)]
    print(f"committee / sum of members alone: median of {o.rounds} interleaved ratios {statistics.median(ratios):.3f}")


def balance(o, folder):
    """A slab of liquid in the left half of the box, so that every second rank along x has no atoms at first."""
    start = ("units lj\nlattice fcc 0.8442\nregion box block 0 40 0 14 0 14\ncreate_box 1 box\nregion left block 0 19.9 0 14 0 14\n"
             "create_atoms 1 region left\nmass 1 1.0\nvelocity all create 0.7 87287 loop geom\npair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0\n"
             "neighbor 0.3 bin\nneigh_modify every 20 delay 0 check no\nfix 1 all nve\n")
    end = f"thermo {o.steps}\nrun {o.steps}\n"
    decks = {"equal bricks": "", "balance": "balance 1.0 shift x 20 1.01\n", "fix balance": "fix b all balance 100 1.05 shift x 20 1.01\n"}
    cases = []
    for name, line in decks.items():
        path = pathlib.Path(folder) / f"in.{name.replace(' ', '-')}"
        path.write_text(start + line + end)
        cases.append((name, mdrun(o, "-in", str(path))))
    times = interleave(cases, o.rounds, folder)
    report(times)
    for name in list(decks)[1:]:
        ratios = [a / b for a, b in zip(times["equal bricks"], times[name])]
        print(f"equal bricks / {name}: median of {o.rounds} interleaved ratios {statistics.median(ratios):.3f}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=["committee", "balance"])
    options.add_argument("--mdrun", default=str(ROOT / ".build/release/mdrun"))
    options.add_argument("--ranks", type=int, default=1)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--steps", type=int, default=100)
    options.add_argument("--processor-time", action="store_true", help="for committee")
    o = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        {"committee": committee, "balance": balance}[o.what](o, folder)


if __name__ == "__main__":
    main()
