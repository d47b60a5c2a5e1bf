#!/usr/bin/env python3
"""Compare the numpy evaluator on an exported model with a golden file made by make_schnetpack_reference.py.

    python3 scripts/reference/check_schnetpack_reference.py Tests/Reference/schnetpack/painn-a.json inputs/methanol/painn-a.json
"""

import json
import sys

import numpy as np

from eval_schnetpack_numpy import ATOMIC_NUMBERS, Model


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    reference, model = json.load(open(sys.argv[1])), Model(sys.argv[2])
    same = reference["model"]["sha256"] == model.json["source"]["sha256"]
    worst = 0.0
    for frame in reference["frames"]:
        z = np.array([ATOMIC_NUMBERS[s] for s in frame["symbols"]])
        energy, atoms, forces = model.evaluate(z, np.array(frame["positions"]), np.array(frame["cell"]))
        de, da = abs(energy - frame["energy"]), np.abs(atoms - frame["atom_energies"]).max()
        df = np.abs(forces - frame["forces"]).max()
        print(f"energy {de:.1e}, atom energies {da:.1e}, forces {df:.1e} (largest force {np.abs(forces).max():.2f})")
        worst = max(worst, da, df / max(1, np.abs(forces).max()))
    print("same model file" if same else "DIFFERENT MODEL FILE", "agree" if worst < 1e-8 else "DISAGREE")
    sys.exit(0 if same and worst < 1e-8 else 1)


if __name__ == "__main__":
    main()
