#!/usr/bin/env python3
"""Makes Tests/Reference/lennard-jones/*.txt with LAMMPS: energy, forces, per-atom energies and virials of small two-type systems.

usage: lennard_jones.py LMP     (LMP: a LAMMPS executable or a script that runs one)
"""
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Reference" / "lennard-jones"

# name, tilt (xy xz yz), mixing, shift, pair_coeff lines
CASES = [
    ("geometric", (0, 0, 0), "geometric", "no", ["1 1 1.0 1.0 2.5", "2 2 0.7 1.2 2.9"]),
    ("arithmetic-shifted", (1.1, -0.6, 0.8), "arithmetic", "yes", ["1 1 1.0 1.0", "2 2 0.7 1.13 2.2"]),
    ("sixthpower", (0, 0, 0), "sixthpower", "yes", ["1 1 1.0 0.9 2.3", "2 2 1.7 1.17 2.6"]),
    ("given", (-0.9, 0.4, 1.3), "geometric", "no", ["1 1 1.0 1.0", "1 2 2.2 1.05 2.1", "2 2 0.3 1.3"]),
]
EDGE = (4.1, 3.7, 4.6)


def positions(seed):
    """24 atoms on a jittered 2 x 3 x 4 grid of fractional coordinates."""
    r = random.Random(seed)
    return [
        [((i + 0.5) + r.uniform(-0.16, 0.16)) / n for i, n in ((a, 2), (b, 3), (c, 4))]
        for a in range(2) for b in range(3) for c in range(4)
    ]


def make(lmp, name, tilt, mixing, shift, coefficients, seed):
    lx, ly, lz = EDGE
    xy, xz, yz = tilt
    kind = "prism" if any(tilt) else "block"
    tail = f" {xy} {xz} {yz}" if any(tilt) else ""
    atoms = []
    for i, (sx, sy, sz) in enumerate(positions(seed)):
        x = lx * sx + xy * sy + xz * sz
        y = ly * sy + yz * sz
        atoms.append((i + 1, i % 2 + 1, x, y, lz * sz))
    lines = [
        "units lj", "atom_style atomic", "atom_modify map array", "box tilt large",
        f"region box {kind} 0 {lx} 0 {ly} 0 {lz}{tail}", "create_box 2 box",
        *(f"create_atoms {t} single {x!r} {y!r} {z!r}" for _, t, x, y, z in atoms),
        "mass * 1", "pair_style lj/cut 2.4", f"pair_modify mix {mixing} shift {shift}",
        *(f"pair_coeff {c}" for c in coefficients),
        "neighbor 0.3 bin", "compute e all pe/atom", "compute w all stress/atom NULL pair",
        "thermo_style custom step pe pxx pyy pzz pxy pxz pyz", "thermo_modify format float %.17g",
        "dump d all custom 1 forces.txt id type x y z fx fy fz c_e c_w[*]",
        "dump_modify d sort id format float %.17g", "run 0",
    ]
    with tempfile.TemporaryDirectory() as folder:
        deck = pathlib.Path(folder) / "in.reference"
        deck.write_text("\n".join(lines) + "\n")
        subprocess.run([lmp, "-in", str(deck), "-log", "log.txt", "-screen", "none"], cwd=folder, check=True)
        log = (pathlib.Path(folder) / "log.txt").read_text().splitlines()
        version = next(line for line in log if line.startswith("LAMMPS"))
        at = next(i for i, line in enumerate(log) if line.split()[:2] == ["Step", "PotEng"])
        energy = float(log[at + 1].split()[1])  # an lj energy is printed per atom
        dump = (pathlib.Path(folder) / "forces.txt").read_text().splitlines()[9:]
    HERE.mkdir(parents=True, exist_ok=True)
    text = [
        f"# {version}, scripts/reference/lennard_jones.py",
        f"box {lx} {ly} {lz} {xy} {xz} {yz}", f"mixing {mixing}", f"shift {shift}", "cutoff 2.4",
        *(f"coefficient {c}" for c in coefficients), f"energy-per-atom {energy!r}",
        "# atom id type x y z fx fy fz energy, then LAMMPS' stress/atom: -W_xx -W_yy -W_zz -W_xy -W_xz -W_yz",
        *(f"atom {line.strip()}" for line in dump),
    ]
    (HERE / f"{name}.txt").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for seed, case in enumerate(CASES):
        make(sys.argv[1], *case, seed)
