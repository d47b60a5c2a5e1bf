#!/usr/bin/env python3
"""Energy conservation of potentials in NVE, at several time steps over the same physical time.

For velocity Verlet the total energy of a conservative, smooth potential fluctuates about a line whose slope is zero; the
fluctuation falls fourfold when the step is halved. Prints (and with --out writes) a Markdown table.

    scripts/validate_nve.py --mdrun .build/release/mdrun [--picoseconds 0.5] [--temperature 300] [--out Benchmarks/nve.md]

Members, the committee and the stacked ensembles of inputs/methanol; with --published FOLDER also the models exported there (FOLDER/NAME.json);
with --deck NAME=DECK also the potential of a deck as for mdfit evaluate.
Needs Python 3 alone.
"""
import argparse, math, pathlib, shutil, subprocess, sys, tempfile
from stack_bases import absolute_pairs

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHANOL = ROOT / "inputs" / "methanol"


def deck(pair, timestep, steps, temperature, cells=1, warm=400, every=1):
    """NVE of cells x cells cells after `warm` steps with a thermostat, with a row of energies every so many steps."""
    return f"""units metal
boundary p p p
read_data {METHANOL}/start.data
replicate {cells} {cells} 1
labelmap atom 1 Cu 2 C 3 O 4 H
{pair}
region lower block INF INF INF INF INF 17.5 units box
group frozen region lower
group mobile subtract all frozen
neighbor 1.0 bin
velocity mobile create {temperature} 90210 mom yes rot no dist gaussian
timestep 0.0005
fix hold frozen setforce 0.0 0.0 0.0
fix warm mobile langevin {temperature} {temperature} 0.05 77 zero yes
fix move mobile nve
thermo 1000
run {warm}
unfix warm
reset_timestep 0
timestep {timestep}
thermo_style custom step time temp pe ke etotal
thermo_modify norm no format float %.15g
thermo {every}
run {steps}
"""


def run(mdrun, ranks, text, keep=None):
    """Rows of the last run's table; the log goes to the path `keep`."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "in.nve"
        path.write_text(text)
        done = subprocess.run(["mpirun.mpich", "-n", str(ranks), mdrun, str(path)], cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"mdrun failed:\n{done.stdout[-2000:]}{done.stderr}")
        if keep:
            shutil.copy(pathlib.Path(folder) / "log.mdrun", keep)
        rows, inside = [], False
        for line in (pathlib.Path(folder) / "log.mdrun").read_text().splitlines():
            words = line.split()
            if words[:2] == ["Step", "Time"]:
                inside = True
            elif line.startswith("Loop time"):
                inside = False
            elif inside and len(words) == 6:
                rows.append([float(w) for w in words])
        return rows


def fit(rows):
    """Slope of the total energy (energy / time), its standard error allowing for correlation, and the rms about the line."""
    t, e = [r[1] for r in rows], [r[5] for r in rows]
    n = len(t)
    tm, em = sum(t) / n, sum(e) / n
    sxx = sum((x - tm) ** 2 for x in t)
    slope = sum((x - tm) * (y - em) for x, y in zip(t, e)) / sxx
    residual = [y - em - slope * (x - tm) for x, y in zip(t, e)]
    variance = sum(r * r for r in residual) / n
    # Integrated autocorrelation of the residual, to its first zero.
    tau = 0.5
    for lag in range(1, n // 2):
        c = sum(residual[i] * residual[i + lag] for i in range(n - lag)) / (n - lag) / variance if variance else 0
        if c <= 0:
            break
        tau += c
    return slope, math.sqrt(variance / sxx * 2 * tau), math.sqrt(variance)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mdrun", default=str(ROOT / ".build/release/mdrun"))
    options.add_argument("--ranks", type=int, default=1)
    options.add_argument("--picoseconds", type=float, default=0.3)
    options.add_argument("--temperature", type=float, default=300)
    options.add_argument("--steps", default="0.001,0.0005,0.00025", help="time steps in ps, each half the one before")
    options.add_argument("--published", help="folder of exported published models")
    options.add_argument("--nep", help="a nep.txt for Cu C O H")
    options.add_argument("--only", help="of our own only these, by name, separated by commas; '' for none")
    options.add_argument("--deck", action="append", default=[], metavar="NAME=DECK")
    options.add_argument("--logs", help="keep logs in this folder, as log.NAME.STEP, for scripts/plot_stack.py nve")
    options.add_argument("--out")
    o = options.parse_args()
    if o.logs:
        pathlib.Path(o.logs).mkdir(parents=True, exist_ok=True)
    timesteps = [float(w) for w in o.steps.split(",")]
    cases = []
    for path in sorted(METHANOL.glob("*.json")):
        style = path.name.split("-")[0]
        cases.append((path.stem, f"pair_style {style}\npair_coeff * * {path} Cu C O H"))
    committee = absolute_pairs(METHANOL / "committee.in")
    cases.append(("committee", committee))
    for kind in ["conservative", "direct"]:
        cases.append((kind, committee.replace("ensemble/committee", f"ensemble/{kind} {METHANOL}/{kind}.safetensors")))
    if o.only is not None:
        cases = [case for case in cases if case[0] in o.only.split(",")]
    for word in o.deck:
        name, _, path = word.partition("=")
        cases.append((name, absolute_pairs(path)))
    if o.published:
        for path in sorted(pathlib.Path(o.published).glob("*.json")):
            style = "painn" if "painn" in path.stem else "schnet"
            cases.append((f"published {path.stem}", f"pair_style {style}\npair_coeff * * {path} Cu C O H"))
    if o.nep:
        cases.append(("published nep", f"pair_style nep\npair_coeff * * {o.nep} Cu C O H"))
    lines = ["| potential | " + " | ".join(f"rms at {1000 * d:g} fs" for d in timesteps) + " | ratios | slope at the shortest step | error |",
             "|---|" + "---|" * (len(timesteps) + 3)]
    for name, pair in cases:
        keep = lambda d: pathlib.Path(o.logs) / f"log.{name.replace(' ', '-')}.{d:g}" if o.logs else None
        results = [fit(run(o.mdrun, o.ranks, deck(pair, d, round(o.picoseconds / d), o.temperature), keep(d))) for d in timesteps]
        rms = [r[2] for r in results]
        ratios = ", ".join(f"{a / b:.2f}" for a, b in zip(rms, rms[1:]))
        slope, error, _ = results[-1]
        lines.append(f"| {name} | " + " | ".join(f"{1000 * x:.4f}" for x in rms)
                     + f" | {ratios} | {1000 * slope:.4f} | {1000 * error:.4f} |")
        print(lines[-1], flush=True)
    text = "\n".join(lines)
    if o.out:
        pathlib.Path(o.out).write_text(
            "# Energy conservation\n\nMade by `scripts/validate_nve.py " + " ".join(a for a in sys.argv[1:] if not a.startswith("/")) + "`: one cell of methanol on Cu(100) (54 atoms, "
            f"lower copper held), {o.picoseconds} ps of NVE from the same 300 K state at every step. rms: of the total energy about its\n"
            "line, meV per cell; slope and its standard error (from the residual's correlation time): meV/ps per cell. Velocity Verlet on a\n"
            "smooth conservative surface gives ratios of about 4 and a slope consistent with zero.\n\n" + text + "\n")
    else:
        print("\n" + text)


if __name__ == "__main__":
    main()
