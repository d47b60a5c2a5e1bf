#!/usr/bin/env python3
"""Makes Tests/Reference/nep: small NEP models with random parameters and what calorine's NEP_CPU evaluator gives for them.

    python3 -m venv venv && venv/bin/pip install calorine==4.1
    venv/bin/python scripts/reference/make_nep_reference.py

Each JSON names the program, its version and this command. The models are ours: numbers from a seeded generator, no training.
"""
import json
import os
import platform
import sys

import ase
import calorine
import numpy as np
from ase import Atoms
from calorine.calculators import CPUNEP

folder = os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "Reference", "nep")


def model(style, elements, lines, n_max, basis, kinds, neurons, seed, pair_tail=None):
    """A nep.txt. kinds: angular invariants of each n."""
    random = np.random.default_rng(seed)
    species = len(elements)
    dimension = n_max[0] + 1 + (n_max[1] + 1) * kinds
    networks = 1 if style.startswith("nep3") else species
    numbers = []
    for _ in range(networks):
        numbers += list(random.normal(0, 0.6, neurons * dimension))
        numbers += list(random.normal(0, 0.5, neurons))
        numbers += list(random.normal(0, 0.5, neurons))
    numbers.append(random.normal(0, 0.5))
    for n, k in zip(n_max, basis):
        numbers += list(random.normal(0, 0.4, species * species * (n + 1) * (k + 1)))
    # Scalers of the size that training gives: sums over neighbours come to about one.
    numbers += list(0.3 * random.uniform(0.5, 1.0, dimension))
    numbers += pair_tail or []
    text = [f"{style} {species} {' '.join(elements)}"] + lines
    return "\n".join(text + [f"{x:.8e}" for x in numbers]) + "\n"


def structures(elements, seed):
    random = np.random.default_rng(seed)
    cells = {
        "small triclinic cell": (np.array([[4.1, 0, 0], [0.9, 4.3, 0], [-0.7, 1.1, 4.6]]), 3),
        "orthogonal cell": (np.diag([9.3, 10.1, 11.2]), 24),
    }
    for name, (cell, count) in cells.items():
        positions = []
        while len(positions) < count:
            trial = random.uniform(0, 1, 3)
            image = np.rint([trial - np.array(p) for p in positions] or [[0, 0, 0]])
            apart = [np.linalg.norm((trial - p - i) @ cell) for p, i in zip(positions, image)]
            if all(d > 1.6 for d in apart):
                positions.append(trial)
        symbols = [elements[i % len(elements)] for i in range(count)]
        yield name, Atoms(symbols, scaled_positions=positions, cell=cell, pbc=True)


def write(name, text, elements, seed, note="", evaluated=None):
    """`evaluated`: the same model in a form that calorine reads."""
    path = os.path.join(folder, name + ".txt")
    with open(path, "w") as file:
        file.write(text)
    if evaluated:
        path += ".nep4"
        with open(path, "w") as file:
            file.write(evaluated)
    frames = []
    for title, atoms in structures(elements, seed):
        atoms.calc = CPUNEP(path)
        frames.append({
            "name": title,
            "cell": atoms.cell.tolist(),
            "symbols": list(atoms.symbols),
            "positions": atoms.get_positions().tolist(),
            "energy": atoms.get_potential_energy(),
            "forces": atoms.get_forces().tolist(),
            # LAMMPS' sign: minus stress times volume.
            "virial": (-atoms.get_stress(voigt=False) * atoms.get_volume()).tolist(),
        })
    if evaluated:
        os.remove(path)
    document = {
        "program": "calorine CPUNEP (NEP_CPU)",
        "version": calorine.__version__,
        "command": "python scripts/reference/make_nep_reference.py",
        "with": {"python": platform.python_version(), "numpy": np.__version__, "ase": ase.__version__},
        "model": name + ".txt",
        "note": note,
        "elements": elements,
        "units": "eV, Angstrom; virial = sum r (x) f",
        "tolerance": {"energy": 1e-9, "forces": 1e-9, "virial": 1e-8},
        "frames": frames,
    }
    with open(os.path.join(folder, name + ".json"), "w") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
    print(name, [(f["name"], round(f["energy"], 6), float(np.abs(f["forces"]).max())) for f in frames])


def header(cutoff, n_max, basis, l_max, neurons):
    return [f"cutoff {cutoff}", f"n_max {n_max[0]} {n_max[1]}", f"basis_size {basis[0]} {basis[1]}", f"l_max {l_max}", f"ANN {neurons} 0"]


os.makedirs(folder, exist_ok=True)
write("nep4-zbl", model("nep4_zbl", ["Cu", "O"], ["zbl 1.4 2.4"] + header("4.8 3.7 50 30", (3, 2), (5, 4), "4 2 1", 7), (3, 2), (5, 4), 6, 7, 1),
      ["Cu", "O"], 11)
write("nep4-zbl-factor", model("nep4_zbl", ["Cu", "O"], ["zbl 1.4 2.4 1.0"] + header("4.8 3.7 50 30", (3, 2), (5, 4), "4 2 1", 7), (3, 2), (5, 4), 6, 7, 1),
      ["Cu", "O"], 11)
write("nep4-typewise", model("nep4", ["H", "Cu", "O"], header("3.2 2.9 5.0 4.1 4.4 3.6 60 40", (4, 3), (6, 5), "4 2 0", 5), (4, 3), (6, 5), 5, 5, 2),
      ["H", "Cu", "O"], 12)
# Version 3 has one network for all species; calorine reads version 4 only, where the same network is written once for each.
version3 = ("nep3", ["Si", "O"], header("5.0 4.0 60 40", (4, 4), (8, 8), "3 0 0", 10), (4, 4), (8, 8), 3, 10, 3)
text = model(*version3)
lines = text.splitlines()
network = 10 * (5 + 5 * 3 + 2)
write("nep3", text, ["Si", "O"], 13, "evaluated as nep4 with the network repeated",
      "\n".join(["nep4" + lines[0][4:]] + lines[1:6 + network] + lines[6:]) + "\n")
flexible = []
for outer in (2.3, 2.0, 1.9):
    flexible += [0.6 * outer, outer, 0.2, 3.1, 0.5, 0.9, 0.28, 0.4, 0.03, 0.2]
write("nep4-flexible-zbl", model("nep4_zbl", ["Cu", "O"], ["zbl 0 0"] + header("4.5 3.5 50 30", (2, 3), (4, 4), "2 0 0", 4), (2, 3), (4, 4), 2, 4, 4, flexible),
      ["Cu", "O"], 14)
