#!/usr/bin/env python3
"""A short MD of the start structure with one or more trained models, to see that the molecule and the surface stay whole.

    python scripts/train/check_md.py runs/painn-a/best_model --start inputs/methanol/start.data --steps 2000

Velocity Verlet at 0.5 fs with the lower two layers held; Langevin friction for the first part (NVT), none for the
rest (NVE), whose drift of the total energy is reported. Several models are averaged, as a committee is.
Double precision, one thread. This is a check of the weights, not a second engine.
"""

import argparse
import os
import sys
import time

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dataset import ATOMIC_NUMBERS, neighbours
from schnetpack_compat import load, torch, use_index_select

KB, FS = 8.617333e-5, 0.09822695  # eV/K; A sqrt(amu/eV)
SKIN = 1.0


def read_start(path):
    """Box, symbols, masses, positions of the data file that make_methanol_start.py writes."""
    lines = open(path).read().split("\n")
    box = [float(l.split()[1]) for l in lines if l.endswith("hi")]
    start = lines.index("Masses") + 2
    names, masses = zip(*[(l.split("#")[1].strip(), float(l.split()[1])) for l in lines[start : start + 4]])
    start = lines.index("Atoms # atomic") + 2
    rows = [l.split() for l in lines[start:] if l.strip()]
    kinds = [int(r[1]) - 1 for r in rows]
    return np.array(box), [names[k] for k in kinds], np.array([masses[k] for k in kinds]), np.array([[float(x) for x in r[2:5]] for r in rows])


class Committee:
    def __init__(self, paths, numbers, cell):
        self.models = [load(path).double().eval() for path in paths]
        self.numbers, self.cell = torch.tensor(numbers), cell
        self.cutoff = max(float(m.representation.cutoff_fn.cutoff) for m in self.models)
        self.built = None

    def forces(self, positions):
        if self.built is None or np.abs(positions - self.built).max() > 0.25 * SKIN:
            i, j, offsets = neighbours(positions, self.cell, self.cutoff + SKIN)
            self.list = {"_idx_i": torch.tensor(i), "_idx_j": torch.tensor(j), "_offsets": torch.tensor(offsets)}
            self.built = positions.copy()
        energies, forces = [], []
        for model in self.models:
            n = len(self.numbers)
            inputs = {"_atomic_numbers": self.numbers, "_positions": torch.tensor(positions, requires_grad=True), "_n_atoms": torch.tensor([n]), "_idx_m": torch.zeros(n, dtype=torch.long)}
            i, j, offsets = self.list["_idx_i"], self.list["_idx_j"], self.list["_offsets"]
            with torch.no_grad():
                r = inputs["_positions"]
                near = ((r[j] - r[i] + offsets) ** 2).sum(-1) < self.cutoff**2
            inputs.update(_idx_i=i[near], _idx_j=j[near], _offsets=offsets[near])
            out = model(inputs)
            energies.append(float(out["energy"].detach()))
            forces.append(out["forces"].detach().numpy())
        return np.array(energies), np.array(forces)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("models", nargs="+", help="best_model files")
    p.add_argument("--start", required=True)
    p.add_argument("--steps", type=int, default=2000)
    p.add_argument("--nve", type=int, default=500, help="steps without thermostat at the end")
    p.add_argument("--timestep", type=float, default=0.5, help="fs")
    p.add_argument("--temperature", type=float, default=300.0)
    p.add_argument("--damping", type=float, default=100.0, help="fs")
    p.add_argument("--replicate", type=int, default=1, help="times in x and in y")
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--every", type=int, default=200)
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)  # SchNetPack makes some tensors of the default type
    use_index_select()
    box, symbols, masses, positions = read_start(a.start)
    shifts = [np.array([x, y, 0]) * box for x in range(a.replicate) for y in range(a.replicate)]
    frozen = np.tile(positions[:, 2] < 17.5, len(shifts))
    positions = np.concatenate([positions + s for s in shifts])
    symbols, masses, box = symbols * len(shifts), np.tile(masses, len(shifts)), box * [a.replicate, a.replicate, 1]
    numbers = np.array([ATOMIC_NUMBERS[s] for s in symbols])
    committee = Committee(a.models, numbers, np.diag(box))
    rng = np.random.default_rng(a.seed)
    free = ~frozen
    m = masses[:, None]
    v = rng.normal(size=positions.shape) * np.sqrt(KB * a.temperature / m) * free[:, None]
    dt = a.timestep * FS
    keep = np.exp(-a.timestep / a.damping)
    symbols = np.array(symbols)
    start = positions.copy()

    def report(step, energies, forces):
        d = positions[None] - positions[:, None]
        d -= box * np.round(d / box)
        d = np.sqrt((d**2).sum(-1))
        np.fill_diagonal(d, np.inf)
        c, o, h = (np.where(symbols == s)[0] for s in "COH")
        kinetic = 0.5 * (m * v**2).sum()
        temperature = 2 * kinetic / (3 * free.sum() * KB)
        total = energies.mean() + kinetic
        spread = np.sqrt(((forces - forces.mean(0)) ** 2).sum(-1).mean(0)).max()
        print(
            f"{step:6d} T {temperature:5.0f} E {total:.5f} Epot {energies.mean():.4f} min d {d.min():.3f} C-O {d[np.ix_(c, o)].min(1).max():.2f}"
            f" O-H {d[np.ix_(o, h)].min(1).max():.2f} C-H(3) {np.sort(d[np.ix_(c, h)], 1)[:, 2].max():.2f} O z {positions[o, 2].min():.1f}..{positions[o, 2].max():.1f}"
            f" Cu moved {np.abs((positions - start)[symbols == 'Cu']).max():.2f} spread {spread:.2f}",
            flush=True,
        )
        return total, d.min()

    energies, forces = committee.forces(positions)
    report(0, energies, forces)
    closest, began, ends = np.inf, time.time(), []
    for step in range(1, a.steps + 1):
        f = forces.mean(0) * free[:, None]
        v += 0.5 * dt * f / m
        positions = positions + 0.5 * dt * v
        if step <= a.steps - a.nve:
            v = (keep * v + np.sqrt((1 - keep**2) * KB * a.temperature / m) * rng.normal(size=v.shape)) * free[:, None]
        positions = positions + 0.5 * dt * v
        energies, forces = committee.forces(positions)
        v += 0.5 * dt * forces.mean(0) * free[:, None] / m
        if step % a.every == 0 or step > a.steps - a.nve:
            if step % a.every == 0:
                total, near = report(step, energies, forces)
                closest = min(closest, near)
            if step > a.steps - a.nve:
                ends.append(energies.mean() + 0.5 * (m * v**2).sum())
    if ends:
        ends = np.array(ends)
        t = np.arange(len(ends)) * a.timestep / 1000
        slope = np.polyfit(t, ends, 1)[0] if len(ends) > 2 else 0
        print(f"NVE: {len(ends)} steps, drift {1e3 * slope / free.sum():.3f} meV/atom/ps, fluctuation {1e3 * (ends - np.polyval(np.polyfit(t, ends, 1), t)).std():.3f} meV")
    print(f"closest pair {closest:.3f} A; {1e3 * (time.time() - began) / a.steps:.1f} ms a step")


if __name__ == "__main__":
    main()
