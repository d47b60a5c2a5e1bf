#!/usr/bin/env python3
"""Writes the decks and synthetic parameter files of Tests/Reference/lammps/potentials, runs LAMMPS on the decks (one rank) and keeps its numbers
beside them (DECK.golden: the table, then forces, energies and stresses of the atoms of step 0).

    LMP=lmp scripts/reference/make_potential_reference.py [NAME ...]

Golden files are of LAMMPS 22 Jul 2025. Tests/EndToEndTests/PotentialReferenceTests.swift runs the same decks. Needs Python 3 alone.
"""
import math, os, pathlib, shlex, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent.parent / "Tests/Reference/lammps/potentials"
LMP = shlex.split(os.environ.get("LMP", "lmp"))

# Several types at odd places of a tilted box, hot enough that neighbour lists are rebuilt.
START = """units metal
atom_style charge
lattice {lattice}
region box prism 0 {n} 0 {n} 0 {n} 0.6 -0.4 0.5
create_box 2 box
create_atoms 1 box
set type 1 type/fraction 2 0.4 12393
mass 1 28.0855
mass 2 58.71
set type 1 charge 0.3
set type 2 charge -0.45
displace_atoms all random 0.08 0.08 0.08 31 units box
"""
END = """velocity all create 600 4928 loop geom
neighbor 0.6 bin
compute energy all pe/atom
compute stress all stress/atom NULL
dump atoms all custom 1000 {name}.atoms id fx fy fz c_energy c_stress[*]
dump_modify atoms sort id format float %.15g
timestep 0.001
thermo 10
fix 1 all nve
thermo_style custom step pe etotal press pxx pyy pzz pxy pxz pyz
thermo_modify format float %.15g
run 50
"""
CROWD = dict(lattice="fcc 4.6", n=3)
DIAMOND = dict(lattice="diamond 5.4", n=2)
METAL = dict(lattice="fcc 3.7", n=4)

CASES = {
    "morse": (CROWD, "pair_style morse 6.0\npair_coeff 1 1 0.3 1.4 3.0\npair_coeff 1 2 0.25 1.5 2.9 5.5\npair_coeff 2 2 0.2 1.3 3.1\npair_modify shift yes"),
    "buck": (CROWD, "pair_style buck 7.0\npair_coeff 1 1 900 0.33 20\npair_coeff 1 2 1100 0.31 15 6.5\npair_coeff 2 2 700 0.35 25\npair_modify tail yes"),
    "born": (CROWD, "pair_style born 7.0\npair_coeff 1 1 0.2 0.33 2.4 20 4\npair_coeff 1 2 0.3 0.31 2.3 15 -3 6.5\npair_coeff 2 2 0.25 0.35 2.2 25 7\npair_modify tail yes"),
    "zbl": (CROWD, "pair_style zbl 3.0 4.4\npair_coeff 1 1 14 14\npair_coeff 2 2 28 28"),
    "yukawa": (CROWD, "pair_style yukawa 0.7 6.0\npair_coeff 1 1 30\npair_coeff 2 2 50 5.5\npair_modify shift yes"),
    "soft": (CROWD, "pair_style soft 3.6\npair_coeff 1 1 2.0\npair_coeff 2 2 3.0 3.8"),
    "lj-tail": (CROWD, "pair_style lj/cut 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5\npair_modify tail yes mix arithmetic"),
    "lj96": (CROWD, "pair_style lj96/cut 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5\npair_modify tail yes"),
    "mie": (CROWD, "pair_style mie/cut 7.0\npair_coeff 1 1 0.02 2.9 11 6\npair_coeff 2 2 0.03 3.1 14 7 6.5\npair_modify shift yes"),
    "lj-expand": (CROWD, "pair_style lj/expand 6.5\npair_coeff 1 1 0.02 2.7 0.2\npair_coeff 2 2 0.03 2.9 0.3 6.0\npair_modify shift yes"),
    "lj-smooth": (CROWD, "pair_style lj/smooth 4.0 6.5\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 4.5 6.0\npair_modify shift yes"),
    "lj-smooth-linear": (CROWD, "pair_style lj/smooth/linear 6.5\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.0"),
    "lj-gromacs": (CROWD, "pair_style lj/gromacs 4.0 6.5\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 4.5 6.0"),
    "lj-coulomb": (CROWD, "pair_style lj/cut/coul/cut 6.0 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5 5.5\npair_modify shift yes"),
    "lj-coulomb-one": (CROWD, "pair_style lj/cut/coul/cut 6.0 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5\npair_modify shift yes"),
    "lj-class2": (CROWD, "pair_style lj/class2 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5\npair_modify tail yes"),
    "class2-coulomb": (CROWD, "pair_style lj/class2/coul/cut 6.0 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5\npair_modify shift yes"),
    "lj-cubic": (CROWD, "pair_style lj/cubic\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1"),
    "lj-mdf": (CROWD, "pair_style lj/mdf 4.0 6.5\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 4.5 6.0"),
    "buck-mdf": (CROWD, "pair_style buck/mdf 4.0 6.5\npair_coeff 1 1 900 0.33 20\npair_coeff 1 2 1100 0.31 15 4.5 6.0\npair_coeff 2 2 700 0.35 25"),
    "lennard-mdf": (CROWD, "pair_style lennard/mdf 4.0 6.5\npair_coeff 1 1 28000 48\npair_coeff 1 2 42000 70 4.5 6.0\npair_coeff 2 2 60000 90"),
    "nm": (CROWD, "pair_style nm/cut 7.0\npair_coeff 1 1 0.02 3.2 11 6\npair_coeff 1 2 0.025 3.3 9 7 6.5\npair_coeff 2 2 0.03 3.4 12 6\npair_modify shift yes"),
    "nm-coulomb": (CROWD, "pair_style nm/cut/coul/cut 6.0 7.0\npair_coeff 1 1 0.02 3.2 11 6\npair_coeff 1 2 0.025 3.3 9 7\npair_coeff 2 2 0.03 3.4 12 6\npair_modify shift yes"),
    "lj-wolf": (CROWD, "pair_style lj/cut/coul/wolf 0.25 6.0 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5"),
    "lj-soft": (CROWD, "pair_style lj/cut/soft 2 0.5 7.0\npair_coeff 1 1 0.02 2.9 0.7\npair_coeff 2 2 0.03 3.1 0.7 6.5\npair_modify shift yes"),
    "class2-soft": (CROWD, "pair_style lj/class2/soft 2 0.5 7.0\npair_coeff 1 1 0.02 2.9 0.7\npair_coeff 2 2 0.03 3.1 0.7 6.5\npair_modify shift yes"),
    "lj-coulomb-soft": (CROWD, "pair_style lj/cut/coul/cut/soft 2 0.5 10.0 6.0 7.0\npair_coeff 1 1 0.02 2.9 0.7\npair_coeff 2 2 0.03 3.1 0.7\npair_modify shift yes"),
    "coulomb-forms": (CROWD, "pair_style hybrid/overlay coul/slater/cut 0.8 6.0 coul/cut/global 5.0 coul/cut/soft 2 8.0 5.5 lj/cut 6.0\npair_coeff * * coul/slater/cut\npair_coeff * * coul/cut/global\npair_coeff * * coul/cut/soft 0.6\npair_coeff * * lj/cut 0.02 3.0"),
    "gauss-cut": (CROWD, "pair_style gauss/cut 6.0\npair_coeff 1 1 0.9 2.0 0.9\npair_coeff 2 2 -0.4 3.1 0.6 5.5\npair_modify shift yes"),
    "harmonic-cut": (CROWD, "pair_style harmonic/cut\npair_coeff 1 1 0.8 3.6\npair_coeff 2 2 1.1 3.9"),
    "ufm": (CROWD, "pair_style ufm 6.0\npair_coeff 1 1 1.2 1.9\npair_coeff 2 2 0.9 2.2 5.5\npair_modify shift yes"),
    "buck-coulomb": (CROWD, "pair_style buck/coul/cut 7.0 6.0\npair_coeff 1 1 900 0.33 20\npair_coeff 1 2 1100 0.31 15 6.5 6.8\npair_coeff 2 2 700 0.35 25\npair_modify shift yes"),
    "coulomb": (CROWD, "pair_style hybrid/overlay coul/cut 6.0 coul/debye 0.4 5.0 lj/cut 6.0\npair_coeff * * coul/cut\npair_coeff * * coul/debye\npair_coeff * * lj/cut 0.02 3.0"),
    "morse-smooth-linear": (CROWD, "pair_style morse/smooth/linear 6.0\npair_coeff 1 1 0.3 1.4 3.0\npair_coeff 1 2 0.25 1.5 2.9 5.5\npair_coeff 2 2 0.2 1.3 3.1"),
    "gauss": (CROWD, "pair_style gauss 6.0\npair_coeff 1 1 0.3 0.15\npair_coeff 2 2 -0.2 0.1 5.5\npair_modify shift yes"),
    "born-gauss": (CROWD, "pair_style born/gauss 6.0\npair_coeff 1 1 900 3.1 0.3 0.5 3.2\npair_coeff 1 2 800 3.0 0.25 0.6 3.1\npair_coeff 2 2 700 2.9 0.2 0.4 3.3\npair_modify shift yes"),
    "beck": (CROWD, "pair_style beck 6.0\npair_coeff 1 1 399 50 0.675 2.0 4.390e-4\npair_coeff 1 2 380 45 0.6 1.9 4.1e-4 5.5\npair_coeff 2 2 350 40 0.7 1.95 4.2e-4"),
    "lj-debye": (CROWD, "pair_style lj/cut/coul/debye 0.4 6.0 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5 5.5\npair_modify shift yes"),
    "lj-dsf": (CROWD, "pair_style lj/cut/coul/dsf 0.25 6.0 7.0\npair_coeff 1 1 0.02 2.9\npair_coeff 2 2 0.03 3.1 6.5\npair_modify shift yes"),
    "born-dsf": (CROWD, "pair_style born/coul/dsf 0.25 6.0 7.0\npair_coeff 1 1 0.2 0.33 2.4 20 4\npair_coeff 1 2 0.3 0.31 2.3 15 -3 6.5\npair_coeff 2 2 0.25 0.35 2.2 25 7\npair_modify shift yes"),
    "born-wolf": (CROWD, "pair_style born/coul/wolf 0.25 6.0 7.0\npair_coeff 1 1 0.2 0.33 2.4 20 4\npair_coeff 1 2 0.3 0.31 2.3 15 -3 6.5\npair_coeff 2 2 0.25 0.35 2.2 25 7"),
    "damped": (CROWD, "pair_style hybrid/overlay coul/dsf 0.3 6.0 coul/wolf 0.2 5.5 lj/cut 6.0\npair_coeff * * coul/dsf\npair_coeff * * coul/wolf\npair_coeff * * lj/cut 0.02 3.0"),
    "table-linear": (CROWD, "pair_style table linear 2000\npair_coeff 1 1 both.table FREE\npair_coeff 1 2 both.table EVEN 5.5\npair_coeff 2 2 both.table SQUARE"),
    "table-match": (CROWD, "pair_style table linear 300\npair_coeff * * both.table SQUARE"),
    "table-lookup": (CROWD, "pair_style table lookup 5000\npair_coeff 1 1 both.table FREE\npair_coeff 1 2 both.table EVEN 5.5\npair_coeff 2 2 both.table SQUARE"),
    "table-spline": (CROWD, "pair_style table spline 1000\npair_coeff 1 1 both.table FREE 5.8\npair_coeff 1 2 both.table EVEN\npair_coeff 2 2 both.table SQUARE"),
    "eam": (METAL, "pair_style eam\npair_coeff 1 1 first.eam\npair_coeff 2 2 second.eam"),
    "eam-alloy": (METAL, "pair_style eam/alloy\npair_coeff * * both.eam.alloy Si Ni"),
    "eam-fs": (METAL, "pair_style eam/fs\npair_coeff * * both.eam.fs Ni Si"),
    "eam-null": (METAL, "pair_style hybrid/overlay eam/alloy lj/cut 6.0\npair_coeff * * eam/alloy both.eam.alloy Si NULL\npair_coeff * 2 lj/cut 0.05 2.4"),
    "sw": (DIAMOND, "pair_style sw\npair_coeff * * both.sw Si Ni"),
    "sw-null": (DIAMOND, "pair_style hybrid/overlay sw lj/cut 6.0\npair_coeff * * sw both.sw Si NULL\npair_coeff * 2 lj/cut 0.05 2.2"),
    "sw-two": (DIAMOND, "pair_style hybrid sw threebody on sw threebody off\npair_coeff * * sw 1 both.sw Si NULL\npair_coeff * 2 sw 2 both.sw Si Ni"),
    "tersoff": (DIAMOND, "pair_style tersoff\npair_coeff * * both.tersoff Si Ni"),
    "sw-pairs": (DIAMOND, "pair_style sw threebody off\npair_coeff * * both.sw Si Ni"),
    "tersoff-shift": (DIAMOND, "pair_style tersoff shift -0.02\npair_coeff * * both.tersoff Si Ni"),
    "tersoff-zbl": (DIAMOND, "pair_style tersoff/zbl\npair_coeff * * both.tersoff.zbl Si Ni"),
    "tersoff-mod": (DIAMOND, "pair_style tersoff/mod\npair_coeff * * both.tersoff.mod Si Ni"),
    "tersoff-modc": (DIAMOND, "pair_style tersoff/mod/c\npair_coeff * * both.tersoff.modc Si Ni"),
    "tersoff-null": (DIAMOND, "pair_style hybrid/overlay tersoff lj/cut 6.0\npair_coeff * * tersoff both.tersoff Si NULL\npair_coeff * 2 lj/cut 0.05 2.2"),
}


def numbers(values):
    lines = [values[k:k + 5] for k in range(0, len(values), 5)]
    return "\n".join(" ".join(f"{v:.16e}" for v in line) for line in lines) + "\n"


def fade(r, rc):
    """Twice continuously differentiable to zero at rc."""
    return (1 - (r / rc) ** 2) ** 3 if r < rc else 0.0


def write_eam():
    rc, nr, nrho = 5.2, 120, 100
    dr, drho = rc / (nr - 1), 0.25
    r = [k * dr for k in range(nr)]
    density = lambda a, d0: [a * math.exp(-1.1 * (x - d0)) * fade(x, rc) for x in r]
    embedding = lambda e: [-e * math.sqrt(k * drho + 0.01) + 0.001 * (k * drho) ** 2 for k in range(nrho)]
    pair = lambda d, a, d0: [x * d * (math.exp(-2 * a * (x - d0)) - 0.3 * math.exp(-a * (x - d0))) * fade(x, rc) for x in r]
    grid = f"{nrho} {drho} {nr} {dr:.17g} {rc}\n"
    for name, z, mass, e, a, charge, stretch in [("first", 14, 28.0855, 0.9, 0.8, 2.1, 1.0), ("second", 28, 58.71, 1.1, 1.0, 2.5, 1.05)]:
        step, own = dr * stretch, [k * dr * stretch for k in range(nr)]
        text = f"a synthetic potential, for tests\n{z} {mass} 3.7 fcc\n{nrho} {drho * stretch:.17g} {nr} {step:.17g} {rc}\n"
        text += numbers([-e * math.sqrt(k * drho * stretch + 0.01) + 0.001 * (k * drho * stretch) ** 2 for k in range(nrho)])
        text += numbers([charge * math.exp(-0.9 * x) * fade(x, rc) for x in own])
        text += numbers([a * math.exp(-1.1 * (x - 2.4)) * fade(x, rc) for x in own])
        (HERE / f"{name}.eam").write_text(text)
    heads = ["14 28.0855 5.4 diamond\n", "28 58.71 3.7 fcc\n"]
    pairs = numbers(pair(0.4, 1.6, 2.5)) + numbers(pair(0.5, 1.7, 2.45)) + numbers(pair(0.45, 1.65, 2.55))
    text = "a synthetic potential, for tests UNITS: metal\n\n \n2 Si Ni\n" + grid
    text += heads[0] + numbers(embedding(0.9)) + numbers(density(0.8, 2.4)) + heads[1] + numbers(embedding(1.1)) + numbers(density(1.0, 2.5))
    (HERE / "both.eam.alloy").write_text(text + pairs)
    text = "a synthetic potential, for tests\n#\n#\n2 Si Ni\n" + grid
    text += heads[0] + numbers(embedding(0.9)) + numbers(density(0.8, 2.4)) + numbers(density(0.7, 2.5))
    text += heads[1] + numbers(embedding(1.1)) + numbers(density(1.2, 2.3)) + numbers(density(1.0, 2.5))
    (HERE / "both.eam.fs").write_text(text + pairs)


def write_triples():
    sw = "# synthetic parameters, for tests\n"
    # epsilon sigma a lambda gamma cos A B p q tol, by pair; angles by triple
    radial = {("Si", "Si"): "2.1 2.09 1.8", ("Ni", "Ni"): "1.5 2.2 1.7", ("Si", "Ni"): "1.8 2.15 1.75", ("Ni", "Si"): "1.8 2.15 1.75"}
    tails = {("Si", "Si"): "7.05 0.602 4.0 0.0 0.0", ("Ni", "Ni"): "6.5 0.65 5.0 0.0 0.0", ("Si", "Ni"): "6.8 0.62 4.5 1.0 1e-4", ("Ni", "Si"): "6.8 0.62 4.5 1.0 1e-4"}
    for i in ["Si", "Ni"]:
        for j in ["Si", "Ni"]:
            for k in ["Si", "Ni"]:
                if j == k:
                    sw += f"{i} {j} {k} {radial[i, j]} {21.0 if i == 'Si' else 15.0} {1.2 if i == j else 0.9} -0.3333  # pair\n   {tails[i, j]}\n"
                else:
                    sw += f"{i} {j} {k} 1.9 0 0 18.0 0 -0.35\n  0 0 0 0 0\n"
    (HERE / "both.sw").write_text(sw)
    tersoff = "# synthetic parameters, for tests\n"
    pairs = {("Si", "Si"): "0.787 1.1e-2 1.73 471.0 2.9 0.2 2.48 1830.0", ("Ni", "Ni"): "0.9 2e-2 1.8 400.0 2.95 0.25 2.5 1500.0",
             ("Si", "Ni"): "0.787 1.1e-2 1.75 430.0 2.9 0.25 2.45 1650.0", ("Ni", "Si"): "0.9 2e-2 1.75 430.0 2.9 0.25 2.45 1650.0"}
    for i in ["Si", "Ni"]:
        for j in ["Si", "Ni"]:
            for k in ["Si", "Ni"]:
                m, lambda3 = (3, 1.1) if i == "Si" else (1, 0.4)
                head = f"{i} {j} {k} {m}.0 1.0 {lambda3} 3.9 2.1 {-0.6 if j == k else -0.5}"
                words = pairs[i, j].split() if j == k else ["0.0", "0.0", "0.0", "0.0", *pairs[i, k].split()[4:6], "0.0", "0.0"]
                tersoff += head + " " + words[0] + "\n      " + " ".join(words[1:]) + "\n"
    (HERE / "both.tersoff").write_text(tersoff)
    nuclei = {"Si": 14, "Ni": 28}
    zbl, mod, modc = ("# synthetic parameters, for tests\n" for _ in range(3))
    # n beta lambda2 B R D lambda1 A of a pair
    others = {("Si", "Si"): "1.0 1.0 1.35 121.0 2.9 0.2 3.2 3200.0", ("Ni", "Ni"): "0.9 1.1 1.4 130.0 2.95 0.25 3.1 2900.0",
              ("Si", "Ni"): "1.0 1.0 1.37 125.0 2.9 0.25 3.15 3000.0", ("Ni", "Si"): "0.9 1.1 1.37 125.0 2.9 0.25 3.15 3000.0"}
    entries = [line for line in tersoff.split("\n")[1:] if line]
    for head, tail in zip(entries[::2], entries[1::2]):
        i, j, k = head.split()[:3]
        zbl += f"{head}\n{tail} {nuclei[i]} {nuclei[j]} 1.9 7.0\n"
        m, lambda3 = (1, 1.9) if i == "Si" else (3, 0.6)
        words = others[i, j].split() if j == k else ["0.0"] * 4 + others[i, k].split()[4:6] + ["0.0"] * 2
        delta = 0.53 if i == "Si" else 0.6
        entry = f"{i} {j} {k} {m}.0 {lambda3} {-0.365 if j == k else -0.3} {' '.join(words[:2])}\n  {' '.join(words[2:])}\n  {delta if j == k else 0.0} 0.2 {7.3e5 if i == j else 6e5} 1e6 1.0 26.0"
        mod += entry + "\n"
        modc += entry + f" {-0.05 if j == k else 0.0}\n"
    (HERE / "both.tersoff.zbl").write_text(zbl)
    (HERE / "both.tersoff.mod").write_text(mod)
    (HERE / "both.tersoff.modc").write_text(modc)


def write_table():
    """Morse's function, sampled in three ways."""
    def energy(r):
        return 0.3 * (math.exp(-2.6 * (r - 3)) - 2 * math.exp(-1.3 * (r - 3)))

    def force(r):
        return 0.3 * 2.6 * (math.exp(-2.6 * (r - 3)) - math.exp(-1.3 * (r - 3)))

    def slope(r):
        return 0.3 * 2.6 * (-2.6 * math.exp(-2.6 * (r - 3)) + 1.3 * math.exp(-1.3 * (r - 3)))

    lo, hi = 0.8, 6.0
    sections = {
        "FREE": ("N 260", [lo + (hi - lo) * (k / 259) ** 1.1 for k in range(260)]),
        "EVEN": (f"N 240 R {lo} {hi} FPRIME {slope(lo):.12g} {slope(hi):.12g}", [lo + (hi - lo) * k / 239 for k in range(240)]),
        "SQUARE": (f"N 300 RSQ {lo} {hi}", [math.sqrt(lo * lo + (hi * hi - lo * lo) * k / 299) for k in range(300)]),
    }
    text = "# synthetic tables, for tests UNITS: metal\n"
    for name, (head, places) in sections.items():
        text += f"\n{name}   # a section\n{head}\n\n" + "".join(f"{k + 1} {r:.15g} {energy(r):.15g} {force(r):.15g}\n" for k, r in enumerate(places))
    (HERE / "both.table").write_text(text)


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    write_eam()
    write_triples()
    write_table()
    only = sys.argv[1:]
    for name, (start, pair) in CASES.items():
        if only and name not in only:
            continue
        deck = HERE / f"in.{name}"
        deck.write_text(START.format(**start) + pair + "\n" + END.format(name=name))
        with tempfile.TemporaryDirectory() as folder:
            for file in HERE.iterdir():
                if "eam" in file.suffixes[0:1] + file.suffixes[1:2] or file.name.startswith("both."):
                    os.symlink(file, pathlib.Path(folder) / file.name)
            done = subprocess.run([*LMP, "-in", str(deck), "-log", "log", "-screen", "none"], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            log = (pathlib.Path(folder) / "log").read_text()
            if done.returncode:
                raise SystemExit(f"{name}: {log[-800:]}{done.stdout}{done.stderr}")
            (HERE / "VERSION").write_text(log.split("\n")[0] + "\n")
            lines = [line.strip() for line in log.split("\n")]
            begin = next(k for k, line in enumerate(lines) if line.startswith("Step"))
            end = next(k for k, line in enumerate(lines) if line.startswith("Loop time"))
            atoms = (pathlib.Path(folder) / f"{name}.atoms").read_text().split("ITEM: TIMESTEP")[1].split("ITEM: ATOMS ")[1]
            (HERE / f"{name}.golden").write_text("\n".join(lines[begin:end]) + "\nATOMS " + atoms)
            print(name, "ok")


main()
