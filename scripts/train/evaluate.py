#!/usr/bin/env python3
"""Errors of exported models, or of stored forces, on DeePMD npy frames: a Markdown table on standard output.

    python3 scripts/train/evaluate.py inputs/methanol/painn-a.json ... --data ../shared/data/methanol-cu100/validation

Forces in meV/A, over all components and for each species; energies in meV/atom as root mean square after removing the
minimum-norm least-squares offset of each element (frames of one composition: one constant). Needs numpy only.
"""

import argparse
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "reference")]
from dataset import Frames
from eval_schnetpack_numpy import Model


def energy_error(predicted, frames):
    """RMSE in eV/atom of what no sum of element constants explains, and the mean difference in eV/atom."""
    n = len(frames.numbers)
    difference = predicted - frames.energies
    counts = np.array([[np.sum(frames.numbers == z) for z in np.unique(frames.numbers)]] * len(frames), dtype=float)
    offsets = np.linalg.lstsq(counts, difference, rcond=None)[0]
    return np.sqrt(np.mean((difference - counts @ offsets) ** 2)) / n, difference.mean() / n


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("models", nargs="+", help="NAME.json of exported models, or NAME.npy of forces (frames, atoms, 3)")
    root = os.path.dirname(os.path.dirname(HERE))
    p.add_argument("--data", default=os.path.join(root, "..", "shared", "data", "methanol-cu100", "validation"))
    a = p.parse_args()
    frames = Frames(a.data)
    species = list(dict.fromkeys(frames.symbols))
    groups = [np.array([s == e for s in frames.symbols]) for e in species]
    print(f"{len(frames)} frames\n")
    print("| model | force RMSE | force MAE | " + " | ".join(f"RMSE {s}" for s in species) + " | energy RMSE | mean energy error |")
    print("|---|---|---|" + "---|" * len(species) + "---|---|")
    for path in a.models:
        if path.endswith(".npy"):
            forces, energy = np.load(path).reshape(frames.forces.shape), "| | |"
        else:
            model = Model(path)
            if model.json["units"] != {"energy": "eV", "length": "Ang"}:
                sys.exit(f"{path}: the frames are in eV and Angstrom, the model is not")
            results = [model.evaluate(frames.numbers, r, cell) for r, cell in zip(frames.positions, frames.cells)]
            forces = np.array([r[2] for r in results])
            rmse, mean = energy_error(np.array([r[0] for r in results]), frames)
            energy = f"| {1e3 * rmse:.2f} | {1e3 * mean:.2f} |"
        difference = forces - frames.forces
        rms = lambda x: f"{1e3 * np.sqrt((x**2).mean()):.1f}"
        name = os.path.splitext(os.path.basename(path))[0]
        print(f"| {name} | {rms(difference)} | {1e3 * np.abs(difference).mean():.1f} | " + " | ".join(rms(difference[:, g]) for g in groups) + f" {energy}", flush=True)


if __name__ == "__main__":
    main()
