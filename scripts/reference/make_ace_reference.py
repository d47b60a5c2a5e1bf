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
