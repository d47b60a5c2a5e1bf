#!/usr/bin/env python3
"""Times pair_style nep beside calorine's CPUNEP on one thread, taking turns in one run.

    python3 scripts/benchmark_nep.py MODEL [MODEL ...] [--rounds 5] [--work DIR] [--methanol FOLDER]

Each MODEL is a nep.txt of version 4. Configurations: 2,048 atoms of a perturbed crystal of the model's first element (fcc, diamond for
Si and C); with --methanol a DeePMD folder (type.raw, type_map.raw, set.000) its first frame repeated 6 x 6 x 1. Installs calorine in
a virtual environment below --work on the first run. Times are the least processor time of all rounds in microseconds an atom.
"""
import argparse
import json
import os
import subprocess
import sys

root = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))

PEER = """
import json, os, sys, time
import numpy as np
from ase import Atoms
from calorine.calculators import CPUNEP
import calorine
lines = open(sys.argv[2]).read().splitlines()
cell = np.array(lines[0].split(), float).reshape(3, 3)
rows = [line.split() for line in lines[1:]]
atoms = Atoms([r[0] for r in rows], positions=[[float(x) for x in r[1:]] for r in rows], cell=cell, pbc=True, calculator=CPUNEP(sys.argv[1]))
least = 1e30
for _ in range(int(sys.argv[3])):
    atoms.calc.reset()
    start = time.process_time()
    energy = atoms.get_potential_energy()
    least = min(least, time.process_time() - start)
print(json.dumps({"atoms": len(atoms), "forces": least / len(atoms) * 1e6, "energy": float(energy),
                  "squares": float((atoms.get_forces() ** 2).sum()), "version": calorine.__version__}))
"""

MAKE = """
import sys
import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.data import atomic_numbers, reference_states
name, element, methanol = sys.argv[1:4]
random = np.random.default_rng(1)
if methanol:
    read = lambda f: open(methanol + "/" + f).read().split()
    names = read("type_map.raw")
    x = np.load(methanol + "/set.000/coord.npy")[0].reshape(-1, 3)
    atoms = Atoms([names[int(t)] for t in read("type.raw")], positions=x, cell=np.load(methanol + "/set.000/box.npy")[0].reshape(3, 3), pbc=True)
    atoms = atoms.repeat((6, 6, 1))
    atoms.positions += random.normal(0, 0.03, atoms.positions.shape)
else:
    lattice = {"Si": ("diamond", 5.43), "C": ("diamond", 3.57)}.get(element, ("fcc", 3.65))
    cells = 8 if lattice[0] == "fcc" else (8, 8, 4)
    atoms = bulk(element, lattice[0], a=lattice[1], cubic=True).repeat((8, 8, 8) if cells == 8 else cells)
    atoms.positions += random.normal(0, 0.02 * lattice[1], atoms.positions.shape)
with open(name, "w") as file:
    file.write(" ".join(repr(float(v)) for v in atoms.cell.array.ravel()) + "\\n")
    for s, p in zip(atoms.symbols, atoms.positions):
        file.write(s + " " + " ".join(repr(float(v)) for v in p) + "\\n")
"""


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}, **options).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--methanol")
    parser.add_argument("--program", help="nep-benchmark, if already built")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", default=os.path.join(root, ".work", "benchmark-nep"))
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    python = os.path.join(options.work, "venv", "bin", "python")
    if not os.path.exists(python):
        run(sys.executable, "-m", "venv", os.path.join(options.work, "venv"))
        run(python, "-m", "pip", "install", "-q", "calorine==4.1")
    package = os.path.join(root, "Benchmarks")
    ours = options.program
    if not ours:
        run("swift", "build", "-c", "release", "--product", "nep-benchmark", cwd=package)
        ours = os.path.join(package, ".build", "release", "nep-benchmark")

    for model in options.models:
        elements = open(model).readline().split()[2:]
        cases = [(elements[0], "")]
        if options.methanol and set(elements) >= {"Cu", "C", "O", "H"}:
            cases.append(("methanol/Cu(100)", options.methanol))
        for title, methanol in cases:
            configuration = os.path.join(options.work, "configuration.txt")
            run(python, "-c", MAKE, configuration, elements[0], methanol)
            best = {}
            for _ in range(options.rounds):
                # Turns, so that whatever else the machine does meets all alike.
                results = {"mdrun": json.loads(run(ours, model, configuration, "5"))}
                results["calorine"] = json.loads(run(python, "-c", PEER, model, configuration, "2").splitlines()[-1])
                for name, result in results.items():
                    for key, value in result.items():
                        if key in ("forces", "everything", "dual", "list"):
                            best.setdefault(name, {})[key] = min(value, best.get(name, {}).get(key, 1e30))
                        else:
                            best.setdefault(name, {})[key] = value
            mine = best["mdrun"]
            print(f"{os.path.basename(model)}, {title}, {mine['atoms']} atoms, {mine['neighbours']:.0f} listed neighbours")
            for name, result in best.items():
                extra = "".join(f", {k} {result[k]:.2f}" for k in ("everything", "dual", "list") if k in result)
                ratio = "" if name == "mdrun" else f", {result['forces'] / mine['forces']:.1f} times mdrun"
                print(f"  {name}: forces {result['forces']:.2f} us/atom{extra}{ratio}; E {result['energy']:.9f}, sum F^2 {result['squares']:.9f}")
            print(f"  dual / forces: {mine['dual'] / mine['forces']:.2f}", flush=True)


main()
