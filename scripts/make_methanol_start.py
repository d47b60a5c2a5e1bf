#!/usr/bin/env python3
"""Make inputs/methanol/start.data: methanol on a Cu(100) slab, built from geometry and relaxed with our own models.

    python3 scripts/make_methanol_start.py inputs/methanol/painn-a.json --output inputs/methanol/start.data

The slab is three layers of 4 x 4 copper atoms (lattice constant 3.61 A) in a box 10.21 x 10.21 x 36.53 A; the lower two
layers stay ideal. The molecule has textbook bond lengths and angles, stands with its oxygen over the surface and the methyl
group up, and is relaxed together with the top layer by FIRE on the mean of the models named. Needs numpy only.
"""

import argparse
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference"))
from eval_schnetpack_numpy import Model

LATTICE = 3.61
SPACING = LATTICE / np.sqrt(2)
BOX = np.array([4 * SPACING, 4 * SPACING, 36.525987])
BOTTOM = 15.0
TYPES = [("Cu", 29, 63.546), ("C", 6, 12.011), ("O", 8, 15.999), ("H", 1, 1.008)]
FROZEN = 32


def slab():
    """Cu positions, layer by layer from below, x fastest."""
    layers = []
    for layer in range(3):
        shift = 0.5 * (layer % 2)
        for y in range(4):
            for x in range(4):
                layers.append([(x + shift) * SPACING, (y + shift) * SPACING, BOTTOM + layer * LATTICE / 2])
    return np.array(layers)


def methanol(oxygen, tilt=25.0, azimuth=45.0):
    """C, O, H (of the methyl group) x 3, H (of the hydroxyl group); the C-O axis leans by `tilt` degrees from z."""
    co, ch, oh = 1.43, 1.10, 0.98
    angle_coh, angle_och = np.radians(108.5), np.radians(109.5)
    # in a frame with O at the origin and C on +z
    atoms = [[0, 0, co], [0, 0, 0]]
    for k in range(3):
        phi = np.radians(60 + 120 * k)  # staggered to the hydroxyl hydrogen at phi = 0
        atoms.append([ch * np.sin(angle_och) * np.cos(phi), ch * np.sin(angle_och) * np.sin(phi), co - ch * np.cos(angle_och)])
    atoms.append([oh * np.sin(angle_coh), 0, oh * np.cos(angle_coh)])
    t, p = np.radians(tilt), np.radians(azimuth)
    lean = np.array([[np.cos(t), 0, -np.sin(t)], [0, 1, 0], [np.sin(t), 0, np.cos(t)]])
    turn = np.array([[np.cos(p), -np.sin(p), 0], [np.sin(p), np.cos(p), 0], [0, 0, 1]])
    return np.array(atoms) @ (turn @ lean).T + oxygen


def relax(models, numbers, positions, force_limit, steps):
    """FIRE on the mean energy of the models, with the lower layers held."""
    cell, velocity, dt, alpha, downhill = np.diag(BOX), np.zeros_like(positions), 0.05, 0.1, 0
    for step in range(steps + 1):
        results = [m.evaluate(numbers, positions, cell) for m in models]
        forces = np.mean([r[2] for r in results], axis=0)
        forces[:FROZEN] = 0
        largest = np.sqrt((forces**2).sum(-1)).max()
        if step % 50 == 0 or largest < force_limit:
            print(f"step {step}: energies " + " ".join(f"{r[0]:.4f}" for r in results) + f", largest force {largest:.4f} eV/A", flush=True)
        if largest < force_limit:
            break
        if (forces * velocity).sum() > 0:
            velocity = (1 - alpha) * velocity + alpha * forces * np.linalg.norm(velocity) / np.linalg.norm(forces)
            downhill += 1
            if downhill > 5:
                dt, alpha = min(1.1 * dt, 0.3), 0.99 * alpha
        else:
            velocity[:], dt, alpha, downhill = 0, 0.5 * dt, 0.1, 0
        velocity += dt * forces
        move = dt * velocity
        positions = positions + move * min(1, 0.1 / max(np.abs(move).max(), 1e-12))
    return positions


def data_file(symbols, positions, provenance):
    names = [t[0] for t in TYPES]
    lines = [f"Methanol on Cu(100), made by scripts/make_methanol_start.py; relaxed with {provenance}", "", f"{len(symbols)} atoms", f"{len(TYPES)} atom types", ""]
    lines += [f"0.0 {length:.8f} {axis}lo {axis}hi" for length, axis in zip(BOX, "xyz")]
    lines += ["", "Masses", ""] + [f"{k + 1} {mass} # {name}" for k, (name, _, mass) in enumerate(TYPES)]
    lines += ["", "Atoms # atomic", ""]
    for k, (symbol, r) in enumerate(zip(symbols, positions)):
        image = np.floor(r / BOX).astype(int)
        x, y, z = r - image * BOX
        lines.append(f"{k + 1} {names.index(symbol) + 1} {x:.8f} {y:.8f} {z:.8f} {image[0]} {image[1]} {image[2]}")
    return "\n".join(lines) + "\n"


def distances(positions):
    d = positions[None] - positions[:, None]
    d -= BOX * np.round(d / BOX)
    d = np.sqrt((d**2).sum(-1))
    np.fill_diagonal(d, np.inf)
    return d


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("models", nargs="+", help="NAME.json of the models that relax the structure")
    p.add_argument("--output", required=True)
    p.add_argument("--force-limit", type=float, default=0.01, help="eV/A")
    p.add_argument("--steps", type=int, default=600)
    a = p.parse_args()
    metal = slab()
    # The oxygen stands between the top and the bridge site of the copper atom in the middle of the top layer.
    over = metal[2 * 16 + 5] + np.array([0.55 * SPACING / 2, 0.2 * SPACING / 2, 2.2])
    positions = np.concatenate([metal, methanol(over)])
    symbols = ["Cu"] * len(metal) + ["C", "O", "H", "H", "H", "H"]
    table = {name: z for name, z, _ in TYPES}
    numbers = np.array([table[s] for s in symbols])
    models = [Model(path) for path in a.models]
    positions = relax(models, numbers, positions, a.force_limit, a.steps)
    d = distances(positions)
    print(f"C-O {d[48, 49]:.3f}  C-H {d[48, 50:53]}  O-H {d[49, 53]:.3f}  O-Cu {d[49, :48].min():.3f}  H(O)-Cu {d[53, :48].min():.3f}  top layer z {positions[FROZEN:48, 2].mean():.3f}")
    with open(a.output, "w") as stream:
        stream.write(data_file(symbols, positions, ", ".join(os.path.splitext(os.path.basename(m))[0] for m in a.models)))


if __name__ == "__main__":
    main()
