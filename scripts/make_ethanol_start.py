#!/usr/bin/env python3
"""Make inputs/ethanol/start.data: an ethanol molecule from textbook bond lengths, angles and torsions (anti conformer).

    python3 scripts/make_ethanol_start.py --output inputs/ethanol/start.data
"""

import argparse
import math

CELL = 15.0
TYPES = [("C", 12.011), ("O", 15.999), ("H", 1.008)]
# element, bonded to, its length (A), angle with, degrees, torsion with, degrees
MOLECULE = [
    ("C", None, 0, None, 0, None, 0),
    ("C", 0, 1.512, None, 0, None, 0),
    ("O", 1, 1.431, 0, 107.8, None, 0),
    ("H", 0, 1.093, 1, 110.5, 2, 180),
    ("H", 0, 1.093, 1, 110.5, 2, 60),
    ("H", 0, 1.093, 1, 110.5, 2, -60),
    ("H", 1, 1.099, 0, 110.3, 2, 120.5),
    ("H", 1, 1.099, 0, 110.3, 2, -120.5),
    ("H", 2, 0.971, 1, 108.0, 0, 180),
]


def sub(a, b):
    return [x - y for x, y in zip(a, b)]


def cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def unit(a):
    length = math.sqrt(sum(x * x for x in a))
    return [x / length for x in a]


def placed(molecule):
    """Cartesian positions of a Z-matrix."""
    xyz = []
    for _, bonded, length, second, angle, third, torsion in molecule:
        if bonded is None:
            xyz.append([0.0, 0.0, 0.0])
            continue
        origin = xyz[bonded]
        if second is None:
            xyz.append([length, 0.0, 0.0])
            continue
        along = unit(sub(origin, xyz[second]))
        # Without a torsion any plane will do.
        before = sub(xyz[second], xyz[third]) if third is not None else [0.0, 1.0, 0.0]
        normal = unit(cross(before, along))
        inward = cross(normal, along)
        a, t = math.radians(angle), math.radians(torsion)
        step = [-math.cos(a), math.sin(a) * math.cos(t), math.sin(a) * math.sin(t)]
        xyz.append([origin[d] + length * (step[0] * along[d] + step[1] * inward[d] + step[2] * normal[d]) for d in range(3)])
    return xyz


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", required=True)
    output = parser.parse_args().output
    xyz = placed(MOLECULE)
    middle = [sum(p[d] for p in xyz) / len(xyz) for d in range(3)]
    names = [name for name, _ in TYPES]
    with open(output, "w") as file:
        file.write("Ethanol: anti conformer of textbook geometry in the middle of a cell (scripts/make_ethanol_start.py)\n\n")
        file.write(f"{len(xyz)} atoms\n{len(TYPES)} atom types\n\n")
        for axis in "xyz":
            file.write(f"0.0 {CELL} {axis}lo {axis}hi\n")
        file.write("\nMasses\n\n")
        for number, (name, mass) in enumerate(TYPES, 1):
            file.write(f"{number} {mass} # {name}\n")
        file.write("\nAtoms # atomic\n\n")
        for number, (row, p) in enumerate(zip(MOLECULE, xyz), 1):
            place = " ".join(f"{p[d] - middle[d] + CELL / 2:.6f}" for d in range(3))
            file.write(f"{number} {names.index(row[0]) + 1} {place}\n")


main()
