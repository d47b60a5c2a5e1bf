#!/usr/bin/env python3
"""Compares energies, forces and extrapolation grades of pair_style pace with python-ace, model file by model file.

    python3 scripts/compare_ace.py --models FOLDER --python PYTHON [--mdrun PROGRAM] [--only NAME]

FOLDER has files .ace, .yace, .yaml and .asi (NAME.asi goes with NAME.yaml), PYTHON has python-ace (pip install python-ace==0.4.0rc1). Each model gets
two frames of its elements: a rattled fcc crystal with a mixed occupation, and the same 15 % shorter, where cores and inner cutoffs come in.
Printed as a table, the larger of the two frames: dE / sum |e_i|; max |dF| / max |F| with the product evaluator and with the recursive one (of .yace and
.ace; LAMMPS' `pace product` and `pace recursive`; a .yaml has one of its own); max |d gamma| / max gamma; and what python-ace's own
grades change by, on the same scale, where all atoms are moved by the same vector: its rounding. FAILS: what python-ace or mdrun said.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

root = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))

evaluate = """
import json, sys
import numpy as np
from ase.build import bulk
from ase.data import covalent_radii, atomic_numbers
from ase.io import write
from pyace import ACEBBasisSet, ACECTildeBasisSet, PyACECalculator
name, sets, recursive = sys.argv[1:4]
basis = ACEBBasisSet(name) if name.endswith(".yaml") else ACECTildeBasisSet(name)
elements = list(basis.elements_name)
functions = sum(len(b) for b in basis.basis) + sum(len(b) for b in basis.basis_rank1)
radius = np.mean([covalent_radii[atomic_numbers[e]] for e in elements])
frames = []
for k, scale in enumerate([1.0, 0.85]):
    random = np.random.default_rng(3)
    atoms = bulk("Cu", "fcc", a=2 ** 0.5 * 2.1 * radius * scale, cubic=True) * (2, 2, 2)
    atoms.set_cell(atoms.cell.array + np.array([[0, 0, 0], [0.3, 0, 0], [-0.2, 0.4, 0]]), scale_atoms=True)
    atoms.symbols = random.choice(elements, len(atoms))
    atoms.symbols[:len(elements)] = elements
    atoms.positions += random.uniform(-0.12, 0.12, (len(atoms), 3)) * radius
    calculator = PyACECalculator(basis, recursive_evaluator=recursive == "1", recursive=recursive == "1") if not sets else PyACECalculator(name)
    if sets:
        calculator.set_active_set(sets)
    atoms.calc = calculator
    result = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces().tolist(), "energies": np.asarray(calculator.results["energies"]).tolist()}
    if sets:
        result["gamma"] = np.asarray(calculator.results["gamma"]).tolist()
    if sets:
        moved = atoms.copy()
        moved.positions += [0.31, 0.17, 0.53]
        moved.wrap()
        moved.calc = calculator
        moved.get_potential_energy()
        result["gammaNoise"] = float(np.abs(np.asarray(calculator.results["gamma"]) - result["gamma"]).max())
    frames.append(result)
    c = atoms.cell.array
    with open(f"{k}.data", "w") as f:
        f.write(f"frame\\n\\n{len(atoms)} atoms\\n{len(elements)} atom types\\n\\n0 {c[0, 0]!r} xlo xhi\\n0 {c[1, 1]!r} ylo yhi\\n0 {c[2, 2]!r} zlo zhi\\n"
                f"{c[1, 0]!r} {c[2, 0]!r} {c[2, 1]!r} xy xz yz\\n\\nAtoms # atomic\\n\\n".replace("np.float64(", "").replace(")", ""))
        for i, (s, x) in enumerate(zip(atoms.get_chemical_symbols(), atoms.positions)):
            f.write(f"{i + 1} {elements.index(s) + 1} {float(x[0])!r} {float(x[1])!r} {float(x[2])!r}\\n")
print(json.dumps({"elements": elements, "functions": functions, "frames": frames}))
"""


def deck(name, sets, elements, k):
    style = "pace/extrapolation" if sets else "pace"
    grade = "fix grade all pair 1 pace/extrapolation gamma 1" if sets else ""
    return f"""units metal
atom_style atomic
read_data {k}.data
mass * 1
pair_style {style}
pair_coeff * * {name} {sets} {' '.join(elements)}
{grade}
dump d all custom 1 {k}.dump id fx fy fz {'f_grade' if sets else ''}
dump_modify d sort id format float %.17g
thermo_style custom step pe
thermo_modify format float %.17g
run 0
"""


def python(options, folder, name, sets, recursive):
    with open(os.path.join(folder, "evaluate.py"), "w") as file:
        file.write(evaluate)
    done = subprocess.run([options.python, "evaluate.py", name, sets, str(recursive)], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode != 0:
        return None, "python-ace: " + ((done.stderr or done.stdout).strip().splitlines() or [f"code {done.returncode}"])[-1][:120]
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def largest(rows, others=None):
    return max(abs(a - b) for row, other in zip(rows, others or [[0] * len(r) for r in rows]) for a, b in zip(row, other))


def compare(options, name, sets):
    with tempfile.TemporaryDirectory() as folder:
        for file in os.listdir(options.models):
            os.symlink(os.path.join(os.path.abspath(options.models), file), os.path.join(folder, file))
        product, problem = python(options, folder, name, sets, 0)
        if product is None:
            return None, problem
        recursive, _ = (None, "") if sets or name.endswith(".yaml") else python(options, folder, name, sets, 1)
        errors = {"E": 0.0, "F": 0.0, "R": 0.0, "G": 0.0, "H": 0.0}
        for k, frame in enumerate(product["frames"]):
            with open(os.path.join(folder, "in"), "w") as file:
                file.write(deck(name, sets, product["elements"], k))
            done = subprocess.run([options.mdrun, "-in", "in", "-log", "none"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode != 0:
                return product, "mdrun: " + next((line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "rror" in line), "?")[:200]
            energy = float(re.search(r"^ *0 +(\S+)", done.stdout, re.M)[1])
            rows = [[float(x) for x in line.split()] for line in open(os.path.join(folder, f"{k}.dump")).read().splitlines()[9:]]
            forces = [row[1:4] for row in rows]
            errors["E"] = max(errors["E"], abs(energy - frame["energy"]) / max(1e-300, sum(map(abs, frame["energies"]))))
            scale = max(1e-300, largest(frame["forces"]))
            errors["F"] = max(errors["F"], largest(forces, frame["forces"]) / scale)
            if recursive:
                errors["R"] = max(errors["R"], largest(forces, recursive["frames"][k]["forces"]) / scale)
            if sets:
                gamma = frame["gamma"]
                errors["G"] = max(errors["G"], max(abs(row[4] - g) for row, g in zip(rows, gamma)) / max(gamma))
                errors["H"] = max(errors["H"], frame["gammaNoise"] / max(gamma))
        return product, errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--mdrun", default=os.path.join(root, ".build", "release", "mdrun"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.mdrun = os.path.abspath(options.mdrun)
    files = sorted(os.listdir(options.models))
    print("| file | elements | functions | dE | dF | dF, recursive | d gamma | its noise |\n|---|---|---|---|---|---|---|---|")
    for name in files:
        stem, _, extension = name.rpartition(".")
        if extension not in ("ace", "yace", "yaml") or options.only not in name:
            continue
        for sets in [""] + [f for f in files if f in (stem + ".asi", stem + ".asi.nonlinear") and extension == "yaml"]:
            model, errors = compare(options, name, sets)
            head = f"| {name}{' + ' + sets if sets else ''} |"
            if isinstance(errors, str):
                print(head, "FAILS:", errors, "| | | | | | |", flush=True)
                continue
            shown = [f"{errors[key]:.0e}" if key in "EF" or errors[key] else "" for key in "EFRGH"]
            print(head, " ".join(model["elements"]), "|", model["functions"], "|", " | ".join(shown), "|", flush=True)


main()
