#!/usr/bin/env python3
"""Pressure tensor of potentials in bulk systems against differences of their energy: P_ab = -(1/V) dU/de_ab.

    scripts/validate_pressure.py --mdrun .build/release/mdrun inputs/methanol/stack.in [DECK ...] [--out FILE]

DECK: a deck of a potential for Cu C O H, as for mdfit evaluate. Two systems, periodic in all directions, whose positions are random by a
seed: fcc copper (108 atoms, 0.1 A about its sites), and 27 methanol molecules on a lattice in random orientations (162 atoms). The box is
strained along each of six components together with the atoms; dU/de by central differences of two strains (Richardson), whose own error is
of the fourth order. No atom moves, so the pressure is the virial's. Prints (and with --out writes) a Markdown table. Needs numpy.
"""
import argparse, pathlib, subprocess, sys, tempfile
import numpy as np
from stack_bases import absolute_pairs

ROOT = pathlib.Path(__file__).resolve().parent.parent
BAR = 1602176.634  # bar in 1 eV/A^3
COMPONENTS = {"xx": (0, 0), "yy": (1, 1), "zz": (2, 2), "xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}


def copper(cells=3, lattice=3.63, spread=0.1):
    """Types, positions, edge of the cube."""
    random = np.random.default_rng(1)
    sites = [np.array(base) + (i, j, k) for i in range(cells) for j in range(cells) for k in range(cells)
             for base in ((0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0))]
    positions = lattice * np.array(sites) + spread * random.standard_normal((len(sites), 3))
    return [1] * len(sites), positions, lattice * cells


def methanol(cells=3, lattice=4.6):
    random = np.random.default_rng(2)
    tetrahedron = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]) / np.sqrt(3)
    oxygen = 1.43 * tetrahedron[0]
    molecule = np.array([(0, 0, 0), oxygen, *(1.10 * tetrahedron[1:]), oxygen - 0.97 * tetrahedron[1]])
    molecule -= molecule.mean(axis=0)
    positions = []
    for site in np.ndindex(cells, cells, cells):
        turn, _ = np.linalg.qr(random.standard_normal((3, 3)))
        positions += list(lattice * np.array(site) + molecule @ turn + 0.03 * random.standard_normal(molecule.shape))
    return [2, 3, 4, 4, 4, 4] * cells**3, np.array(positions), lattice * cells


def data_file(types, positions, cell):
    """cell: rows a, b, c of a right-handed cell with a along x and b in the xy plane."""
    lines = ["strained cell", "", f"{len(types)} atoms", "4 atom types", ""]
    lines += [f"0 {cell[d, d]:.17g} {n}lo {n}hi" for d, n in enumerate("xyz")]
    lines += [f"{cell[1, 0]:.17g} {cell[2, 0]:.17g} {cell[2, 1]:.17g} xy xz yz", "", "Masses", ""]
    lines += [f"{k} {m}" for k, m in enumerate((63.546, 12.011, 15.999, 1.008), 1)]
    lines += ["", "Atoms # atomic", ""]
    lines += [f"{i} {t} " + " ".join(f"{x:.17g}" for x in p) for i, (t, p) in enumerate(zip(types, positions), 1)]
    return "\n".join(lines) + "\n"


def evaluate(o, pair, types, positions, cell):
    """Energy in eV and the pressure tensor in bar."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "cell.data").write_text(data_file(types, positions, cell))
        (folder / "in.cell").write_text(f"""units metal
boundary p p p
read_data cell.data
labelmap atom 1 Cu 2 C 3 O 4 H
{pair}
thermo_style custom step pe pxx pyy pzz pxy pxz pyz
thermo_modify norm no format float %.17g
run 0
""")
        done = subprocess.run(
            ["mpirun.mpich", "-n", str(o.ranks), o.mdrun, "in.cell"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"mdrun failed:\n{done.stdout[-2000:]}{done.stderr}")
        lines = (folder / "log.mdrun").read_text().splitlines()
        at = next(n for n, line in enumerate(lines) if line.split()[:2] == ["Step", "PotEng"])
        row = [float(w) for w in lines[at + 1].split()]
        return row[1], dict(zip(COMPONENTS, row[2:]))


def check(o, pair, types, positions, edge):
    """Pressure by the virial and by differences, bar, of each component."""
    cell = edge * np.eye(3)
    _, virial = evaluate(o, pair, types, positions, cell)

    def slope(a, b, h):
        # Row vectors: x' = x (1 + e)^T; a sheared cell stays in LAMMPS' form for a < b.
        energies = []
        for sign in (1, -1):
            strain = np.eye(3)
            strain[b, a] += sign * h
            energies.append(evaluate(o, pair, types, positions @ strain, cell @ strain)[0])
        return (energies[0] - energies[1]) / (2 * h)

    differences = {}
    for name, (a, b) in COMPONENTS.items():
        derivative = (4 * slope(a, b, o.strain / 2) - slope(a, b, o.strain)) / 3
        differences[name] = -derivative / edge**3 * BAR
    return virial, differences


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("decks", nargs="+", metavar="DECK")
    options.add_argument("--mdrun", default=str(ROOT / ".build/release/mdrun"))
    options.add_argument("--ranks", type=int, default=1)
    options.add_argument("--strain", type=float, default=5e-4)
    options.add_argument("--out")
    o = options.parse_args()
    o.mdrun = str(pathlib.Path(o.mdrun).resolve())
    lines = ["| potential | system | pressure, virial (bar) | pressure, -dU/dV (bar) | largest difference of a component (bar) | relative |",
             "|---|---|---|---|---|---|"]
    for path in o.decks:
        for name, system in (("fcc copper", copper()), ("methanol lattice", methanol())):
            virial, differences = check(o, absolute_pairs(path), *system)
            worst = max(abs(virial[c] - differences[c]) for c in COMPONENTS)
            scale = max(abs(v) for v in virial.values())
            mean = lambda p: (p["xx"] + p["yy"] + p["zz"]) / 3
            label = "/".join(pathlib.Path(path).parts[-2:])
            lines.append(f"| {label} | {name} | {mean(virial):.4f} | {mean(differences):.4f} | {worst:.2g} | {worst / scale:.1e} |")
            print(lines[-1], flush=True)
    if o.out:
        pathlib.Path(o.out).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
