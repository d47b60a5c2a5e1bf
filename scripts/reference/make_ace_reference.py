#!/usr/bin/env python3
"""Makes Tests/Reference/ace: small ACE models with random coefficients and what python-ace gives for them.

    python3 -m venv venv && venv/bin/pip install python-ace==0.4.0rc1
    venv/bin/python scripts/reference/make_ace_reference.py [FOLDER]

Each JSON names the program, its version and this command. The models are ours: numbers from a seeded generator, no training. With FOLDER,
published.json is made too: numbers for the models there, which are not part of this repository.
"""
import importlib.metadata
import json
import os
import sys

import numpy as np
from ase import Atoms
from ase.build import bulk
from pyace import ACEBBasisSet, PyACECalculator

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Tests", "Reference", "ace")
basis_functions = {
    1: [([1], [0], []), ([2], [0], []), ([3], [0], [])],
    2: [([1, 1], [0, 0], []), ([1, 2], [0, 0], []), ([1, 1], [1, 1], []), ([1, 2], [1, 1], []), ([2, 2], [2, 2], [])],
    3: [([1, 1, 1], [0, 0, 0], [0]), ([1, 1, 2], [1, 1, 0], [0]), ([1, 2, 1], [1, 1, 2], [2]), ([1, 1, 1], [2, 2, 2], [2])],
    4: [([1, 1, 1, 1], [1, 1, 1, 1], [0, 0]), ([1, 1, 1, 1], [1, 1, 1, 1], [2, 2]), ([1, 2, 1, 1], [1, 1, 0, 0], [0, 0]),
        ([1, 1, 2, 2], [1, 1, 2, 2], [2, 2])],
    5: [([1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [0, 0, 0]), ([1, 1, 1, 1, 2], [1, 1, 1, 1, 2], [2, 2, 2])],
}


def functions(random, block, densities, scale):
    """Functions of a block of two elements, which may be the same: neighbours all of the second, or one of it."""
    lines = []
    for rank, list_ in basis_functions.items():
        for ns, ls, lint in list_:
            own, other = block
            combinations = {(other,) * rank, (own,) * (rank - 1) + (other,)}
            for combination in sorted(combinations):
                kinds = [own] + list(combination)
                c = random.normal(0, scale[rank - 1], densities)
                entry = f"type: {' '.join(kinds)}, nr: {ns}, nl: {ls}"
                if lint:
                    entry += f", lint: {lint}"
                lines.append(f"      - {{{entry}, c: {[float(x) for x in c]}}}")
    return lines


def radial(random, kind, rcut, core, inner, k=4, n=2, l=2):
    c = random.normal(0, 0.4, (n, l + 1, k))
    for i in range(n):
        c[i, :, i] += 1
    return [
        f"    nradmaxi: {n}", f"    lmaxi: {l}", f"    rcutij: {rcut}", "    dcutij: 0.3", "    NameOfCutoffFunctionij: cos",
        f"    nradbaseij: {k}", f"    radbase: {kind[0]}", f"    radparameters: [{kind[1]}]", f"    radcoefficients: {c.tolist()}",
        f"    core-repulsion: {core}",
    ] + ([f"    r_in: {inner[1]}", f"    delta_in: {inner[2]}", f"    inner_cutoff_type: {inner[0]}"] if inner else [])


def model(elements, kinds, embedding, inner, core, seed, rho_core=None, scale=(0.6, 0.25, 0.1, 0.05, 0.02)):
    random = np.random.default_rng(seed)
    lines = ["global:", "  DeltaSplineBins: 0.001", "species:"]
    for a, element in enumerate(elements):
        npoti, parameters = embedding[a]
        densities = len(parameters) // 2
        lines += [f"  - speciesblock: {element}", f"    ndensityi: {densities}", f"    npoti: {npoti}", f"    parameters: {parameters}"]
        if rho_core:
            lines += [f"    rho_core_cut: {rho_core[0]}", f"    drho_core_cut: {rho_core[1]}"]
        lines += radial(random, kinds[a], 4.4 + 0.3 * a, core, inner)
        lines += ["    nbody:"] + functions(random, [element, element], densities, scale)
    pairs = [(a, b) for a in elements for b in elements if a != b]
    shared = radial(random, kinds[-1], 4.5, core, inner)
    for i, (a, b) in enumerate(pairs):
        densities = len(embedding[elements.index(a)][1]) // 2
        lines += [f"  - speciesblock: {a} {b}"] + (shared if i == 0 else [])
        lines += ["    nbody:"] + functions(random, [a, b], densities, scale)
    return "\n".join(lines) + "\n"


def write_yace(path, source, bonds, head, tail=()):
    """The elements, embeddings and functions of another .yace file with other bonds."""
    with open(source) as file:
        text = file.read()
    lines = [text[:text.index("deltaSplineBins")].rstrip()] + head + [text[text.index("embeddings:"):text.index("bonds:")].rstrip(), "bonds:"]
    lines += [f"  [{i}, {j}]: {v if isinstance(v, str) else json.dumps(v)}" for (i, j), v in bonds.items()]
    with open(path, "w") as file:
        file.write("\n".join(lines + list(tail) + [text[text.index("functions:"):]]))


def polynomials(random, rcut, inner, pl, pr, count=4, p=2, r0=2.5):
    """Radial functions of ACE.jl: they end at rcut, and, with pr > 0, below `inner`."""
    def x(r):
        return ((1 + r0) / (1 + r)) ** p
    a, b, c = random.uniform(0.8, 1.5, count), random.uniform(-1.5, -0.5, count), random.uniform(-0.9, -0.3, count)
    b[0] = c[0] = c[1] = 0
    return {"radbasename": "ACE.jl.base", "rcut": rcut, "xl": x(rcut), "xr": x(inner), "pl": pl, "pr": pr, "r0": r0, "p": p, "maxn": count,
            "recursion_coefficients": {"A": a.tolist(), "B": b.tolist(), "C": c.tolist()}}


def polynomials_text(spec):
    rows = "\n".join(f" {a:.17g} {b:.17g} {c:.17g}" for a, b, c in zip(*(spec["recursion_coefficients"][k] for k in "ABC")))
    return (f"transform parameters: p={spec['p']} r0={spec['r0']!r}\ncutoff parameters: rcut={spec['rcut']!r} xl={spec['xl']:.17g} xr={spec['xr']:.17g} "
            f"pl={spec['pl']} pr={spec['pr']}\nrecursion coefficients: maxn = {spec['maxn']}\n{rows}\ntests: ntests = 0\n")


def chebyshev(r, count, rcut, width, lam):
    """g_k of ChebExpCos and its derivative."""
    y1, y2 = np.exp(-lam * r / rcut), np.exp(-lam)
    x, dx = 1 - 2 * (y1 - y2) / (1 - y2), 2 * lam / rcut * y1 / (1 - y2)
    theta = np.arccos(np.clip(x, -1, 1))
    end = rcut - width
    fc = 0.5 * (1 + np.cos(np.pi * r / rcut)) * np.where(r > end, 0.5 * (1 + np.cos(np.pi * (r - end) / width)), 1)
    d = -0.5 * np.sin(np.pi * r / rcut) * np.pi / rcut * np.where(r > end, 0.5 * (1 + np.cos(np.pi * (r - end) / width)), 1) \
        + 0.5 * (1 + np.cos(np.pi * r / rcut)) * np.where(r > end, -0.5 * np.sin(np.pi * (r - end) / width) * np.pi / width, 0)
    values, slopes = [fc], [d]
    for k in range(1, count):
        sine = np.sin(theta)
        second = np.where(sine > 1e-9, np.sin(k * theta) / np.where(sine > 1e-9, sine, 1), k * np.sign(x) ** (k + 1))
        g, dg = 0.5 - 0.5 * np.cos(k * theta), -0.5 * k * second * dx
        values.append(g * fc)
        slopes.append(dg * fc + g * d)
    return values, slopes


def other_formats():
    """Files that no program converts to: functions of the models above with radial functions of ACE.jl, and an .ace of two elements."""
    def path(name):
        return os.path.join(folder, name)

    random = np.random.default_rng(21)
    # ACE.jl's polynomials with a pair potential.
    elements = ["Al", "Ni"]
    bonds = {(i, j): polynomials(random, rcut, 1.3, 2, 2) for (i, j), rcut in zip([(0, 0), (0, 1), (1, 0), (1, 1)], [4.6, 4.4, 4.4, 4.7])}
    pair = polynomials(random, 5.0, 1.0, 2, 0)
    keys = [(i, j) for i in (0, 1) for j in (0, 1)]
    coefficients = {k: random.normal(0, 0.3, 4).tolist() for k in keys[:2] + keys[3:]}
    coefficients[(1, 0)] = coefficients[(0, 1)]
    tail = ["polypairpot:"] + [f"  {k}: {json.dumps(v)}" for k, v in pair.items() if k != "radbasename"] + ["  coefficients:"]
    tail += [f"    [{i}, {j}]: {json.dumps(coefficients[(i, j)])}" for i, j in keys] + ["reppot:", "  coefficients:"]
    tail += [f"    [{i}, {j}]: {json.dumps({'ri': 1.9, 'e0': 0.5 + 0.1 * (i + j), 'A': 4.0, 'B': 1.5})}" for i, j in keys]
    write_yace(path("julia.yace"), path("density.yace"), bonds, ["deltaSplineBins: 0.001", "lmax: 2"], tail)
    calculator = PyACECalculator(path("julia.yace"))
    write("julia", "julia.yace", elements, [frame(n, a, elements, calculator, False) for n, a in structures(elements, 11)])

    # The same in the text format, for one element.
    with open(path("single.ace")) as file:
        text = file.read()
    start, end = text.index("radbasename="), text.index("rankmax=")
    radial = "radbasename=ACE.jl.Basic\nhaspair: t\n" + polynomials_text(polynomials(random, 4.6, 1.3, 2, 2))
    radial += "begin repulsive potential\nbegin polypairpot\n" + polynomials_text(polynomials(random, 5.0, 1.0, 2, 0)) + "coefficients\n"
    radial += "".join(f"{x:.17g}\n" for x in random.normal(0, 0.3, 4)) + "end polypairpot\nspline parameters\n"
    radial += "   e_0 + B  exp(-A*(r/ri-1)) * (ri/r)\nri=1.9\ne0=0.5\nA=4.0\nB=1.5\nend repulsive potential\n\n"
    with open(path("julia.ace"), "w") as file:
        file.write(text[:start] + radial + text[end:])
    calculator = PyACECalculator(path("julia.ace"))
    write("julia-text", "julia.ace", ["Cu"], [frame(n, a, ["Cu"], calculator, False) for n, a in structures(["Cu"], 11)])

    # Nodes and slopes as ACEpotentials.jl writes them, here of ChebExpCos with unit coefficients: python-ace evaluates that from the same nodes.
    rcut, width, lam, k, spacing = 4.4, 0.3, 3.1, 4, 0.02
    unit = [[[float(i == n) for i in range(k)] for _ in range(3)] for n in range(k)]
    bonds = {key: {"nradmax": k, "lmax": 2, "nradbasemax": k, "radbasename": "ChebExpCos", "radparameters": [lam], "radcoefficients": unit, "prehc": 0,
                   "lambdahc": 1, "rcut": rcut, "dcut": width} for key in keys}
    write_yace(path("nodes-python-ace.yace"), path("distance.yace"), bonds, [f"deltaSplineBins: {spacing}"])
    calculator = PyACECalculator(path("nodes-python-ace.yace"))
    write("nodes", "nodes.yace", elements, [frame(n, a, elements, calculator, False) for n, a in structures(elements, 11)])
    os.remove(path("nodes-python-ace.yace"))
    bins = int(rcut / spacing)
    values, slopes = chebyshev(np.arange(bins + 1) * (rcut / bins), k, rcut, width, lam)
    # One bond has the lists, the others refer to it.
    lists = [f"{what}: {{{', '.join(f'{n}: {row.tolist()}' for n, row in enumerate(rows))}}}"
             for what, rows in (("splinenodalvals", values), ("splinenodalderivs", slopes))]
    bond = f"&bond {{radbasename: ACE.jl, rcut: {rcut}, nradial: {k}, nbins: {bins}, {', '.join(lists)}}}"
    write_yace(path("nodes.yace"), path("distance.yace"), {key: bond if key == (0, 0) else "*bond" for key in keys}, ["lmax: 2"])

    # Two elements in the text format, which has one embedding and one kind of radial functions: python-ace writes such files and cannot read them.
    both = [("FinnisSinclairShiftedScaled", [1, 1, 1, 0.5])] * 2
    with open(path("shared.yaml"), "w") as file:
        file.write(model(["Al", "Ni"], [("ChebPow", 2.0)] * 2, both, None, "[12, 0.5]", 5, (9.0, 6.0)))
    basis = ACEBBasisSet(path("shared.yaml")).to_ACECTildeBasisSet()
    basis.save(path("shared.ace"))
    calculator = PyACECalculator(basis, recursive_evaluator=False, recursive=False)
    write("shared", "shared.yaml as a C-tilde basis", ["Al", "Ni"], [frame(n, a, ["Al", "Ni"], calculator, False) for n, a in structures(["Al", "Ni"], 11)])
    os.remove(path("shared.yaml"))


def structures(elements, seed, closest=1.6):
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
            if all(d > closest for d in apart):
                positions.append(trial)
        symbols = [elements[i % len(elements)] for i in range(count)]
        yield name, Atoms(symbols, scaled_positions=positions, cell=cell, pbc=True)
    symbols = [elements[i % len(elements)] for i in range(3)]
    yield "dimer and an atom alone", Atoms(symbols, positions=[[1, 2, 3], [2.1, 3.2, 3.9], [12, 12, 12]], cell=[20, 21, 22], pbc=True)


def frame(name, atoms, elements, calculator, graded):
    atoms = atoms.copy()
    atoms.calc = calculator
    energy, forces, stress = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()
    cell = atoms.cell.array
    result = {
        "name": name, "cell": [cell[0, 0], cell[1, 1], cell[2, 2], cell[1, 0], cell[2, 0], cell[2, 1]],
        "positions": atoms.get_positions().tolist(), "types": [elements.index(s) + 1 for s in atoms.get_chemical_symbols()],
        "energy": float(energy), "forces": forces.tolist(),
        # xx yy zz xy xz yz, as sums of r f
        "virial": [float(-stress[k] * atoms.get_volume()) for k in (0, 1, 2, 5, 4, 3)],
        "atomEnergies": np.asarray(calculator.results["energies"]).tolist(),
    }
    if graded:
        result["gamma"] = np.asarray(calculator.results["gamma"]).tolist()
    return result


def write(name, model, elements, frames):
    reference = {
        "program": f"python-ace {importlib.metadata.version('python-ace')}", "command": "scripts/reference/make_ace_reference.py",
        "model": model, "elements": elements, "frames": frames,
    }
    with open(os.path.join(folder, name + ".json"), "w") as file:
        json.dump(reference, file, indent=1)
        file.write("\n")


def main():
    os.makedirs(folder, exist_ok=True)
    two = [("FinnisSinclairShiftedScaled", [1, 1, 1, 0.5]), ("FinnisSinclairShiftedScaled", [0.8, 1, 1.1, 0.7])]
    exp, power, bessel, linear = ("ChebExpCos", 3.1), ("ChebPow", 2.0), ("SBessel", 1.0), ("ChebLinear", 1.0)
    models = {
        "distance": model(["Al", "Ni"], [exp, power], two, ("distance", 2.2, 0.8), "[30, 0.8]", 1),
        "density": model(["Al", "Ni"], [power, exp], [("FinnisSinclair", [1, 1]), ("FinnisSinclair", [1, 0.5, 0.4, 2, 0.3, 1])], None,
                         "[12, 0.5]", 2, (6.0, 4.0)),
        "zbl": model(["Al", "Ni"], [bessel, linear], two, ("zbl", 2.4, 0.9), "[1, 1]", 3),
        "single": model(["Cu"], [exp], two[:1], None, "[25, 0.9]", 4, (20.0, 12.0)),
    }
    for name, text in models.items():
        elements = ["Cu"] if name == "single" else ["Al", "Ni"]
        path = os.path.join(folder, name + ".yaml")
        with open(path, "w") as file:
            file.write(text)
        basis = ACEBBasisSet(path)
        basis.to_ACECTildeBasisSet().save_yaml(os.path.join(folder, name + ".yace"))
        if name == "single":
            basis.to_ACECTildeBasisSet().save(os.path.join(folder, name + ".ace"))
        random = np.random.default_rng(7)
        calculator = PyACECalculator(path)
        graded = name in ("distance", "single")
        if graded:
            sets = {}
            for a, element in enumerate(elements):
                size = len(basis.basis_rank1[a]) + len(basis.basis[a])
                if name == "single":
                    size *= 2
                sets[element] = random.normal(0, 0.3, (size, size))
            with open(os.path.join(folder, name + ".asi"), "wb") as file:
                np.savez(file, **sets)
            calculator.set_active_set(os.path.join(folder, name + ".asi"))
        write(name, name + ".yaml", elements, [frame(n, a, elements, calculator, graded) for n, a in structures(elements, 11)])

    other_formats()
    if len(sys.argv) > 1:
        published = []
        for name, elements, atoms in [
            ("Cu-I.yaml", ["Cu"], bulk("Cu", cubic=True) * (2, 2, 2)), ("Al-Ni_opt_all.yace", ["Al", "Ni"], None),
            ("Al-Ni_opt_all.yaml", ["Al", "Ni"], None), ("Al.pbe.rhocore.ace", ["Al"], bulk("Al", cubic=True) * (2, 2, 2)),
            ("FitSNAP_InP_PACE.yace", ["In", "P"], bulk("InP", "zincblende", 5.83, cubic=True) * (2, 1, 1)),
            ("FitSNAP_Ta_PACE.yace", ["Ta"], bulk("Ta", cubic=True) * (3, 2, 2)),
            ("Cu-PBE-core-rep.ace", ["Cu"], bulk("Cu", cubic=True) * (2, 2, 2)),
        ]:
            path = os.path.join(sys.argv[1], name)
            if not os.path.exists(path):
                print("not there:", path)
                continue
            if atoms is None:
                atoms = bulk("Al", cubic=True) * (2, 2, 1)
                atoms.symbols[::3] = "Ni"
            atoms.rattle(0.12, seed=5)
            calculator = PyACECalculator(path)
            graded = name == "Cu-I.yaml"
            if graded:
                calculator.set_active_set(path.replace(".yaml", ".asi"))
            published.append({"file": name, "elements": elements, "frame": frame(name, atoms, elements, calculator, graded)})
        with open(os.path.join(folder, "published.json"), "w") as file:
            json.dump({
                "program": f"python-ace {importlib.metadata.version('python-ace')}",
                "command": "scripts/reference/make_ace_reference.py FOLDER", "models": published}, file, indent=1)
            file.write("\n")


main()
