#!/usr/bin/env python3
"""Golden numbers of SchNetPack models for the tests: Tests/Reference/schnetpack/NAME.json.

    python scripts/reference/make_schnetpack_reference.py --output Tests/Reference/schnetpack \\
        painn-a=runs/painn-a/best_model methanol-painn=../shared/data/methanol-cu100/models/painn.schnetpack ...

Each file holds energies, per-atom energies, forces and virial from SchNetPack's own modules on PyTorch, weights and arithmetic
in double precision, for two structures that this script generates (no data-set frame):
methanol models  a rattled methanol molecule on a Cu(100) slab of 54 atoms, and nine atoms in a small skewed cell whose edges are
                 shorter than the cutoff, so that atoms see several images of each other and of themselves;
ethanol models (names that begin with "ethanol")  two rattled molecules in a large box, in kcal/mol.

The virial is sum over ordered edges of -(dE/dr_ij) r_ij^T, symmetric, as LAMMPS' sum of f r (energy units), order xx yy zz xy xz yz.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "train"), os.path.join(HERE, "..")]
from dataset import ATOMIC_NUMBERS, neighbours
from make_methanol_start import BOX, methanol, slab
from schnetpack_compat import load, schnetpack, torch


def rattle(rng, positions, sigma):
    return np.round(positions + rng.normal(0, sigma, positions.shape), 8)


def methanol_frames():
    rng = np.random.default_rng(20261121)
    metal = slab()
    first = np.concatenate([metal, methanol(metal[37] + np.array([0.7, 0.3, 2.2]))])
    symbols = ["Cu"] * 48 + ["C", "O", "H", "H", "H", "H"]
    yield symbols, np.round(np.diag(BOX), 8), rattle(rng, first, 0.06)
    cell = np.array([[4.2, 0.0, 0.0], [0.7, 4.6, 0.0], [-0.5, 0.9, 7.1]])
    molecule = methanol(np.array([2.1, 2.3, 4.9]), tilt=70.0, azimuth=20.0)
    metal = np.array([[0.0, 0.0, 0.0], [0.35 + 2.1, 2.3, 0.2], [0.3, 0.4, 2.6]]) + 0.1
    yield ["Cu"] * 3 + ["C", "O", "H", "H", "H", "H"], cell, rattle(rng, np.concatenate([metal, molecule]), 0.05)


def ethanol_frames():
    rng = np.random.default_rng(20261122)
    # C C O, then the methyl, methylene and hydroxyl hydrogens; tetrahedral, bond lengths 1.52, 1.43, 1.09, 0.97 A
    atoms = np.array([
        [-1.17, -0.40, 0.0], [0.0, 0.57, 0.0], [1.20, -0.21, 0.0],
        [-2.12, 0.15, 0.0], [-1.13, -1.04, 0.88], [-1.13, -1.04, -0.88],
        [-0.05, 1.22, 0.88], [-0.05, 1.22, -0.88], [1.95, 0.40, 0.0],
    ])  # fmt: skip
    for sigma in (0.02, 0.06):
        yield ["C", "C", "O"] + ["H"] * 6, np.diag([30.0, 30.0, 30.0]), rattle(rng, atoms + 15.0, sigma)


def evaluate(model, symbols, cell, positions):
    """Per-atom energies (offsets included), forces and virial in double precision."""
    numbers = np.array([ATOMIC_NUMBERS[s] for s in symbols])
    n = len(numbers)
    cutoff = float(model.representation.cutoff_fn.cutoff)
    i, j, offsets = neighbours(positions, cell, cutoff)
    edges = torch.tensor(positions[j] + offsets - positions[i], requires_grad=True)
    inputs = {
        "_atomic_numbers": torch.tensor(numbers), "_Rij": edges, "_idx_i": torch.tensor(i), "_idx_j": torch.tensor(j),
        "_idx_m": torch.zeros(n, dtype=torch.long), "_n_atoms": torch.tensor([n]),
    }  # fmt: skip
    inputs = model.representation(inputs)
    atoms = model.output_modules[0].outnet(inputs["scalar_representation"])[:, 0]
    (gradient,) = torch.autograd.grad(atoms.sum(), edges)
    for step in model.postprocessors:
        if type(step).__name__ == "AddOffsets":
            if step.add_mean:
                atoms = atoms + step.mean.double()
            if step.add_atomrefs:
                atoms = atoms + step.atomref.double()[inputs["_atomic_numbers"]]
    gradient, r = gradient.numpy(), edges.detach().numpy()
    forces = np.zeros((n, 3))
    np.add.at(forces, i, gradient)
    np.add.at(forces, j, -gradient)
    w = -(gradient.T @ r)
    virial = [w[0, 0], w[1, 1], w[2, 2], (w[0, 1] + w[1, 0]) / 2, (w[0, 2] + w[2, 0]) / 2, (w[1, 2] + w[2, 1]) / 2]
    return atoms.detach().numpy(), forces, virial, len(i)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("models", nargs="+", help="NAME=FILE of SchNetPack models that you trust")
    p.add_argument("--output", required=True, help="folder")
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)  # SchNetPack makes some tensors of the default type
    os.makedirs(a.output, exist_ok=True)
    for word in a.models:
        name, path = word.split("=", 1)
        model = load(path).double().eval()
        frames = []
        for symbols, cell, positions in ethanol_frames() if name.startswith("ethanol") else methanol_frames():
            atoms, forces, virial, edges = evaluate(model, symbols, cell, positions)
            frames.append({
                "symbols": symbols, "cell": cell.tolist(), "positions": positions.tolist(), "edges": edges,
                "energy": float(atoms.sum()), "atom_energies": atoms.tolist(), "forces": forces.tolist(), "virial": [float(x) for x in virial],
            })  # fmt: skip
        record = {
            "command": f"python scripts/reference/make_schnetpack_reference.py {name}={os.path.basename(path)}",
            "versions": {"schnetpack": "2.1.1", "torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()},
            "precision": "float64 arithmetic on the float32 weights",
            "model": {"name": name, "file": path.split("/data/")[-1] if "/data/" in path else os.path.basename(path), "sha256": hashlib.sha256(open(path, "rb").read()).hexdigest()},
            "units": {"energy": "kcal/mol" if name.startswith("ethanol") else "eV", "length": "Ang"},
            "frames": frames,
        }
        text = re.sub(r"\[[^][{}]*\]", lambda found: re.sub(r"\s+", " ", found[0]), json.dumps(record, indent=1))
        with open(os.path.join(a.output, name + ".json"), "w") as stream:
            stream.write(text + "\n")
        print(name, [f["energy"] for f in frames], "largest force", [float(np.abs(f["forces"]).max()) for f in frames], "edges", [f["edges"] for f in frames])


if __name__ == "__main__":
    main()
