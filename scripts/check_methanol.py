#!/usr/bin/env python3
"""Looks for unphysical events in a run of inputs/in.methanol, and counts what happened to the molecules.

    scripts/check_methanol.py methanol.extxyz log.mdrun

Unphysical: a distance below 0.6 A, a mobile temperature above 900 K, a copper atom 2 A off its site, a value that is not finite.
Reported, not failed: scission of C-H, O-H or C-O (1.6, 1.5 and 2.2 A), molecules more than 4 A above the top copper layer.
Exit code 1 if anything unphysical happened. Needs numpy.
"""
import re, sys
import numpy as np


def frames(path):
    with open(path) as file:
        while line := file.readline():
            n = int(line)
            comment = file.readline()
            cell = np.array([float(w) for w in re.search(r'Lattice="([^"]*)"', comment)[1].split()]).reshape(3, 3)
            rows = [file.readline().split() for _ in range(n)]
            yield cell, np.array([r[0] for r in rows]), np.array([[float(w) for w in r[1:4]] for r in rows])


def wrap(d, cell):
    return d - np.rint(d @ np.linalg.inv(cell)) @ cell


def main():
    trajectory, log = sys.argv[1:3]
    problems, count = [], 0
    closest, furthest = np.inf, 0.0
    events = {"C-H": 0, "O-H": 0, "C-O": 0}
    for cell, symbols, x in frames(trajectory):
        if not np.isfinite(x).all():
            problems.append(f"frame {count}: positions that are not finite")
            break
        if count == 0:
            copper, start = symbols == "Cu", x
            # Bonds of the start: what each molecule is.
            d = np.linalg.norm(wrap(x[:, None] - x[None], cell), axis=-1)
            bonds = [(i, j) for i in range(len(x)) for j in range(len(x)) if (symbols[i], symbols[j]) in (("C", "H"), ("O", "H"), ("C", "O"))
                     and d[i, j] < 1.6]
            top = x[copper, 2].max()
        d = np.linalg.norm(wrap(x[:, None] - x[None], cell), axis=-1)
        np.fill_diagonal(d, np.inf)
        closest = min(closest, d.min())
        if d.min() < 0.6:
            i, j = np.unravel_index(d.argmin(), d.shape)
            problems.append(f"frame {count}: atoms {i + 1} and {j + 1} are {d.min():.3f} A apart")
        off = np.linalg.norm(wrap(x[copper] - start[copper], cell), axis=-1)
        furthest = max(furthest, off.max())
        if off.max() > 2:
            problems.append(f"frame {count}: a copper atom is {off.max():.2f} A off its site")
        limits = {"C-H": 1.6, "O-H": 1.5, "C-O": 2.2}
        broken = {k: sum(d[i, j] > limits[k] for i, j in bonds if f"{symbols[i]}-{symbols[j]}" == k) for k in events}
        desorbed = int(sum(x[symbols == "O", 2] > top + 4))
        events = {k: max(events[k], broken[k]) for k in events}
        count += 1
    temperatures, inside = [], False
    for line in open(log):
        words = line.split()
        if words[:1] == ["Step"]:
            inside, column = True, words.index("c_mobile")
        elif line.startswith("Loop time"):
            inside = False
        elif inside and words and re.fullmatch(r"\d+", words[0]):
            values = [float(w) for w in words]
            if not np.isfinite(values).all():
                problems.append(f"step {words[0]}: a thermo value is not finite")
            temperatures.append(values[column])
    if temperatures and max(temperatures) > 900:
        problems.append(f"mobile temperature {max(temperatures):.0f} K")
    print(f"{count} frames; closest pair {closest:.3f} A; copper at most {furthest:.2f} A off its site; "
          f"mobile temperature {min(temperatures):.0f} to {max(temperatures):.0f} K, mean of the second half {np.mean(temperatures[len(temperatures) // 2:]):.0f} K")
    print(f"most broken bonds in a frame: {events}; molecules off the surface at the end: {desorbed} of {int(sum(symbols == 'O'))}")
    for problem in problems[:10]:
        print("UNPHYSICAL:", problem)
    print("no unphysical event" if not problems else f"{len(problems)} unphysical events")
    sys.exit(1 if problems else 0)


main()
