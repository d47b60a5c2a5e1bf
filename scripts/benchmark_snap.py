#!/usr/bin/env python3
"""Times pair_style snap beside LAMMPS' on one rank, taking turns in one run.

    python3 scripts/benchmark_snap.py --potentials FOLDER --lammps "lmp" [--rounds 5] [--steps 20] [--mdrun PROGRAM]

FOLDER has published models as LAMMPS ships them. Perturbed crystals of 2,000 atoms or so; loop times as the programs print them, without output
but at the first and last step, and processor times (user and system) less those of runs of no steps, for a machine that others use
too.
Medians over rounds, microseconds for an atom and step. LAMMPS runs with `-sf opt`, which SNAP has no variant for.
"""
import argparse
import os
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile

root = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
models = [
    # title, lattice, a, cells, species of the basis, style, coefficients
    ("Ta06A, twojmax 6", "bcc 3.316", 10, 1, "", "snap", "Ta06A.snapcoeff Ta06A.snapparam Ta"),
    ("W 2940, twojmax 8", "bcc 3.1803", 8, 1, "", "snap", "W_2940_2017_2.snapcoeff W_2940_2017_2.snapparam W"),
    ("WBe, twojmax 8, two species", "bcc 3.1803", 8, 2, "basis 2 2", "snap", "WBe_Wood_PRB2019.snapcoeff WBe_Wood_PRB2019.snapparam W Be"),
    ("InP, twojmax 6, two densities", "diamond 5.83", 5, 2, "basis 5 2 basis 6 2 basis 7 2 basis 8 2", "snap",
     "InP_JCPA2020.snapcoeff InP_JCPA2020.snapparam In P"),
    ("Ni, quadratic, twojmax 6", "fcc 3.52", 7, 1, "", "snap", "Ni_Zuo_JPCA2020.quadratic.snapcoeff Ni_Zuo_JPCA2020.quadratic.snapparam Ni"),
    ("W, ML-IAP quadratic, twojmax 6", "bcc 3.1803", 8, 1, "",
     "mliap model quadratic W.quadratic.mliap.model descriptor sna W.quadratic.mliap.descriptor", "W"),
]


def deck(model):
    _, lattice, cells, types, basis, style, coefficients = model
    return f"""units metal
lattice {lattice}
region box block 0 {cells} 0 {cells} 0 {cells}
create_box {types} box
create_atoms 1 box {basis}
mass * 100
pair_style {style}
pair_coeff * * {coefficients}
velocity all create 300 4928459 loop geom
displace_atoms all random 0.05 0.05 0.05 7 units box
timestep 0.2e-3
neighbor 1.0 bin
fix 1 all nve
thermo 1000000
run ${{steps}}
"""


def run(command, folder, steps):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command + ["-in", "in.snap", "-log", "none", "-var", "steps", str(steps)], cwd=folder, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"^Loop time of (\S+) on .* with (\d+) atoms", done.stdout, re.M)
    if done.returncode != 0 or not found:
        sys.exit(f"{shlex.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return float(found[1]), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, int(found[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--potentials", required=True)
    parser.add_argument("--lammps", default="lmp")
    parser.add_argument("--mdrun", default=os.path.join(root, ".build", "release", "mdrun"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    programs = {"mdrun": [options.mdrun], "LAMMPS": shlex.split(options.lammps) + ["-sf", "opt"]}
    print("| model | atoms | mdrun loop | LAMMPS loop | ratio | mdrun processor | LAMMPS processor | ratio |\n|---|---|---|---|---|---|---|---|")
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            for name in os.listdir(options.potentials):
                os.symlink(os.path.join(os.path.abspath(options.potentials), name), os.path.join(folder, name))
            with open(os.path.join(folder, "in.snap"), "w") as file:
                file.write(deck(model))
            loop, used, idle = ({name: [] for name in programs} for _ in range(3))
            for _ in range(options.rounds):
                for name, command in programs.items():
                    idle[name].append(run(command, folder, 0)[1])
                    seconds, both, atoms = run(command, folder, options.steps)
                    loop[name].append(seconds)
                    used[name].append(both)
            median = statistics.median
            row = [median(loop[name]) for name in programs] + [median(used[name]) - median(idle[name]) for name in programs]
            row = [1e6 * value / options.steps / atoms for value in row]
            print(f"| {model[0]} | {atoms} | {row[0]:.2f} | {row[1]:.2f} | {row[1] / row[0]:.1f} | {row[2]:.2f} | {row[3]:.2f} "
                  f"| {row[3] / row[2]:.1f} |", flush=True)


main()
