#!/usr/bin/env python3
"""Times pair_style pace beside python-ace (the evaluator of LAMMPS' ML-PACE in a Python module) on one core, taking turns in one run.

    python3 scripts/benchmark_ace.py --models FOLDER --python PYTHON [--rounds 3] [--steps 10] [--mdrun PROGRAM]

FOLDER has published models, PYTHON has python-ace (pip install python-ace==0.4.0rc1). Perturbed crystals of 1,000 atoms or so, the same positions
for both. mdrun: processor time (user and system) of a run with STEPS steps (more for
cheap models) less that of one without any. python-ace: processor time of energies
and forces by its recursive evaluator, without the neighbour list. Medians over rounds, microseconds for an atom and step.
"""
import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile

root = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
models = [
    # title, file, elements, lattice of LAMMPS, cells, basis, times as many steps
    ("Cu-PBE-core-rep, 742 functions", "Cu-PBE-core-rep.ace", "Cu", "fcc 3.63", 6, "", 1),
    ("Cu-I, tutorial, 81 functions", "Cu-I.yaml", "Cu", "fcc 3.63", 6, "", 4),
    ("Al rho core", "Al.pbe.rhocore.ace", "Al", "fcc 4.05", 6, "", 1),
    ("Ta, FitSNAP", "FitSNAP_Ta_PACE.yace", "Ta", "bcc 3.316", 8, "", 20),
    ("InP, FitSNAP", "FitSNAP_InP_PACE.yace", "In P", "diamond 5.83", 5, "basis 5 2 basis 6 2 basis 7 2 basis 8 2", 10),
]

evaluate = """
import json, sys, time
from ase.io import read
from pyace import ACEBBasisSet, ACECTildeBasisSet, PyACECalculator
name, data, elements = sys.argv[1:4]
elements = elements.split()
basis = ACEBBasisSet(name).to_ACECTildeBasisSet() if name.endswith(".yaml") else ACECTildeBasisSet(name)
atoms = read(data, format="lammps-data", atom_style="atomic")
atoms.symbols = [elements[t - 1] for t in atoms.arrays["type"]]
calculator = PyACECalculator(basis, recursive_evaluator=True, recursive=True)
environment = calculator.get_atomic_env(atoms)
calculator.ace.compute(environment)
start = time.process_time()
calculator.ace.compute(environment)
print(json.dumps({"seconds": time.process_time() - start, "energy": calculator.ace.energy, "atoms": len(atoms)}))
"""


def deck(model, write):
    _, file, elements, lattice, cells, basis, _ = model
    return f"""units metal
lattice {lattice}
region box block 0 {cells} 0 {cells} 0 {cells}
create_box {len(elements.split())} box
create_atoms 1 box {basis}
mass * 100
displace_atoms all random 0.05 0.05 0.05 7 units box
pair_style pace
pair_coeff * * {file} {elements}
neighbor 1.0 bin
velocity all create 300 4928459 loop geom
timestep 0.2e-3
fix 1 all nve
thermo 1000000
thermo_style custom step pe
thermo_modify format float %.10g
{"write_data start.data nocoeff" if write else ""}
run ${{steps}}
"""


def run(program, folder, steps):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program, "-in", "in.ace", "-log", "none", "-var", "steps", str(steps)], cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"^Loop time of (\S+) on .* with (\d+) atoms", done.stdout, re.M)
    if done.returncode != 0 or not found:
        sys.exit(f"{program} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    energy = re.search(r"^ *0 +(\S+)", done.stdout, re.M)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(found[2]), float(energy[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--mdrun", default=os.path.join(root, ".build", "release", "mdrun"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    print("| model | atoms | mdrun | python-ace | ratio | difference of energies, eV an atom |\n|---|---|---|---|---|---|")
    for model in models:
        if not os.path.exists(os.path.join(options.models, model[1])):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name in os.listdir(options.models):
                os.symlink(os.path.join(os.path.abspath(options.models), name), os.path.join(folder, name))
            with open(os.path.join(folder, "evaluate.py"), "w") as file:
                file.write(evaluate)
            own, other = [], []
            for k in range(options.rounds):
                with open(os.path.join(folder, "in.ace"), "w") as file:
                    file.write(deck(model, k == 0))
                idle, _, energy = run(options.mdrun, folder, 0)
                steps = options.steps * model[6]
                used, atoms, _ = run(options.mdrun, folder, steps)
                own.append(1e6 * (used - idle) / steps / atoms)
                done = subprocess.run([options.python, "evaluate.py", model[1], "start.data", model[2]], cwd=folder, capture_output=True, text=True,
                                      env={**os.environ, "OMP_NUM_THREADS": "1"})
                if done.returncode != 0:
                    sys.exit(done.stderr[-2000:])
                result = json.loads(done.stdout.strip().splitlines()[-1])
                other.append(1e6 * result["seconds"] / result["atoms"])
            a, b = statistics.median(own), statistics.median(other)
            print(f"| {model[0]} | {atoms} | {a:.1f} | {b:.1f} | {b / a:.1f} | {abs(energy - result['energy']) / atoms:.1e} |", flush=True)


main()
