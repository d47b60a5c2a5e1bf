#!/usr/bin/env python3
"""Do thermostats and barostats sample the ensembles that they promise? Tests of physical_validation (PyPI, version 1.0.5) on liquid argon-like
Lennard-Jones atoms, 256 of them: kinetic-energy distribution, two states against each other, convergence of the integrator.

    python3 -m venv VENV && VENV/bin/pip install physical_validation
    VENV/bin/python scripts/validate_ensembles.py --mdrun .build/release/mdrun [--steps 60000] [--out Benchmarks/ensembles.md]

Prints (and with --out writes) a Markdown table. A test passes when nothing is off by more than 3 standard deviations; fix temp/berendsen,
which samples no ensemble, is run as well and must fail.
"""
import argparse, pathlib, subprocess, sys, tempfile, warnings

import numpy
import physical_validation as pv

ATOMS = 256
UNITS = pv.data.UnitData(
    kb=1.0, energy_str="epsilon", energy_conversion=1.0, length_str="sigma", length_conversion=1.0, volume_str="sigma^3", volume_conversion=1.0,
    temperature_str="epsilon/k", temperature_conversion=1.0, pressure_str="epsilon/sigma^3", time_str="tau",
    # Undoes the factor from bar nm^3 to kJ/mol that physical_validation applies to pressure x volume.
    time_conversion=1.0, pressure_conversion=1 / 6.022140857e-2)

# name: (fixes for temperature T and pressure P, is the box free)
METHODS = {
    "fix nvt": ("fix 1 all nvt temp {T} {T} 0.5", False),
    "fix langevin (zero yes) + nve": ("fix 1 all nve\nfix 2 all langevin {T} {T} 0.5 48279 zero yes", False),
    "fix temp/csvr + nve": ("fix 1 all nve\nfix 2 all temp/csvr {T} {T} 0.2 48279", False),
    "fix npt iso": ("fix 1 all npt temp {T} {T} 0.5 iso {P} {P} 2.0", True),
    "fix nph iso + langevin": ("fix 1 all nph iso {P} {P} 2.0 ptemp {T}\nfix 2 all langevin {T} {T} 0.5 48279 zero yes", True),
    "fix temp/berendsen + nve (control)": ("fix 1 all nve\nfix 2 all temp/berendsen {T} {T} 0.2", False),
}


def deck(fixes, temperature, timestep, warm, steps, every):
    return f"""units lj
lattice fcc 0.75
region box block 0 4 0 4 0 4
create_box 1 box
create_atoms 1 box
mass 1 1.0
velocity all create {2 * temperature} 87287 mom yes
pair_style lj/cut 2.5
pair_coeff 1 1 1.0 1.0
pair_modify shift yes
neighbor 0.3 bin
timestep {timestep}
{fixes}
thermo 1000000
run {warm}
reset_timestep 0
thermo_style custom step pe ke vol econserve
thermo_modify norm no format float %.12g
thermo {every}
run {steps}
"""


def run(mdrun, text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "in.ensemble"
        path.write_text(text)
        done = subprocess.run([mdrun, str(path)], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"mdrun failed:\n{done.stdout[-2000:]}{done.stderr}")
        rows, inside = [], False
        for line in (pathlib.Path(folder) / "log.mdrun").read_text().splitlines():
            words = line.split()
            if words[:2] == ["Step", "PotEng"]:
                inside = True
            elif line.startswith("Loop time"):
                inside = False
            elif inside:
                rows.append([float(w) for w in words])
        return numpy.array(rows)


def data(rows, temperature, pressure, timestep, every):
    isobaric = pressure is not None
    ensemble = pv.data.EnsembleData(
        "NPT" if isobaric else "NVT", natoms=ATOMS, temperature=temperature, volume=None if isobaric else rows[0, 3],
        pressure=pressure)
    observables = pv.data.ObservableData(
        potential_energy=rows[1:, 1], kinetic_energy=rows[1:, 2], total_energy=rows[1:, 1] + rows[1:, 2], volume=rows[1:, 3])
    topology = pv.data.SystemData(natoms=ATOMS, nconstraints=0, ndof_reduction_tra=3, ndof_reduction_rot=0)
    return pv.data.SimulationData(units=UNITS, ensemble=ensemble, observables=observables, system=topology, dt=timestep * every)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mdrun", required=True)
    parser.add_argument("--steps", type=int, default=60000)
    parser.add_argument("--every", type=int, default=20)
    parser.add_argument("--timestep", type=float, default=0.004)
    parser.add_argument("--out")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    low, high, pressure, more = 1.5, 1.56, 1.0, 1.15
    lines, failures = [], []

    def sample(fixes, T, P):
        text = deck(fixes.format(T=T, P=P), T, options.timestep, 5000, options.steps, options.every)
        return run(options.mdrun, text)

    lines.append("| method | kinetic energy: mean, width | states at T = 1.5 and 1.56 | states at P = 1 and 1.15 | result |")
    lines.append("|---|---|---|---|---|")
    for name, (fixes, isobaric) in METHODS.items():
        P = pressure if isobaric else None
        one, two = (data(sample(fixes, T, pressure), T, P, options.timestep, options.every) for T in (low, high))
        kinetic = pv.kinetic_energy.distribution(one, strict=False, verbosity=0)
        states = [max(abs(x) for x in pv.ensemble.check(one, two, verbosity=0))]
        if isobaric:
            three = data(sample(fixes, low, more), low, more, options.timestep, options.every)
            states.append(max(abs(x) for x in pv.ensemble.check(one, three, verbosity=0)))
        worst = max(list(abs(numpy.array(kinetic))) + states)
        passes, control = worst < 3, "control" in name
        if passes == control:
            failures.append(name)
        shown = [f"{s:.2f}" for s in states] + ["-"] * (2 - len(states))
        lines.append(f"| {name} | {kinetic[0]:.2f}, {kinetic[1]:.2f} | {shown[0]} | {shown[1]} | {'passes' if passes else 'fails'} |")
        print(lines[-1], flush=True)

    # Fluctuation of the conserved quantity over one physical time, at four steps: it must fall with the square.
    lines += ["", "| conserved quantity | " + " | ".join(f"dt = {dt}" for dt in (0.004, 0.002, 0.001, 0.0005)) + " | deviation | result |",
              "|---|---|---|---|---|---|---|"]
    for name, fixes in {"fix nve": "fix 1 all nve", "fix nvt": "fix 1 all nvt temp 1.5 1.5 0.5",
                        "fix npt aniso": "fix 1 all npt temp 1.5 1.5 0.5 aniso 1 1 2.0"}.items():
        runs, scatter = [], []
        for dt in (0.004, 0.002, 0.001, 0.0005):
            # One warm start for all: equal paths as long as rounding lets them.
            text = deck(fixes, 1.5, 0.0005, 4000, round(2.0 / dt), round(0.02 / dt)).replace("reset_timestep 0", f"reset_timestep 0\ntimestep {dt}")
            rows = run(options.mdrun, text)
            observables = pv.data.ObservableData(constant_of_motion=rows[:, 4])
            runs.append(pv.data.SimulationData(units=UNITS, dt=dt, observables=observables))
            time = numpy.arange(len(rows))
            scatter.append((rows[:, 4] - numpy.polyval(numpy.polyfit(time, rows[:, 4], 1), time)).std() / ATOMS)
        deviation = pv.integrator.convergence(runs, verbose=False)
        passes = deviation < 0.2
        if not passes:
            failures.append(name)
        lines.append(f"| {name} | " + " | ".join(f"{s:.2e}" for s in scatter) + f" | {deviation:.3f} | {'passes' if passes else 'fails'} |")
        print(lines[-1], flush=True)

    text = f"""# Ensembles

{ATOMS} Lennard-Jones atoms (cut off and shifted at 2.5), density 0.75 or P = 1, time step {options.timestep}, {options.steps} steps after 5,000, a sample every
{options.every} steps; physical_validation {pv.__version__}. Measured by

    VENV/bin/python scripts/validate_ensembles.py --mdrun .build/release/mdrun --steps {options.steps} --out Benchmarks/ensembles.md

Numbers are standard deviations from what statistical mechanics says; a method passes below 3. temp/berendsen is a control that has to fail.

""" + "\n".join(lines[:2 + len(METHODS)]) + """

Fluctuation of the conserved quantity about a line, energy per atom, over 2 tau; physical_validation's deviation from a fourfold fall at each
halving of the step, of which 0.2 passes here.
""" + "\n".join(lines[2 + len(METHODS):]) + "\n"
    if options.out:
        pathlib.Path(options.out).write_text(text)
    if failures:
        sys.exit("not as expected: " + ", ".join(failures))


if __name__ == "__main__":
    main()
