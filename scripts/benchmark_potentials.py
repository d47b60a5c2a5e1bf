#!/usr/bin/env python3
"""Times the classical potentials, SNAP and ACE against LAMMPS, taking turns in one run, and prints a table.

    scripts/benchmark_potentials.py --lammps "lmp" --potentials FOLDER [CASE ...] [--ranks 1 2] [--rounds 5] [--mdrun PROGRAM]

FOLDER is LAMMPS' folder of potential files (`share/lammps/potentials` of its distribution). Loop times as the programs print them, without output
but at the first and last step, microseconds for an atom and step; LAMMPS runs with `-sf opt`. The ratio is the median of the rounds' ratios.
--lammps is a command that takes LAMMPS' arguments, with `-n RANKS` before them when there is more than one rank; a case whose style it lacks
is timed for mdrun alone. Needs Python 3 alone.
"""
import argparse, collections, os, pathlib, re, shlex, statistics, subprocess, sys, tempfile

from benchmark import ROOT, interleave, mdrun

Case = collections.namedtuple("Case", "title crystal cells species pair settings steps")
METAL = "neighbor 1.0 bin\nneigh_modify every 1 delay 5 check yes\n"


def hot(temperature, step):
    return f"velocity all create {temperature} 376847 loop geom\ntimestep {step}\n"


def shaken(step=0.0002):
    return f"velocity all create 300 4928459 loop geom\ndisplace_atoms all random 0.05 0.05 0.05 7 units box\ntimestep {step}\n"


CASES = {
    "melt": Case("LJ melt", None, 0, "", "", "", 100),
    "eam": Case("eam, Cu_u3", "fcc 3.615", "20 20 20", "", "eam\npair_coeff 1 1 Cu_u3.eam", hot(1600, 0.005), 100),
    "sw": Case("sw, Si", "diamond 5.431", "20 20 10", "", "sw\npair_coeff * * Si.sw Si", hot(1000, 0.001), 60),
    "tersoff": Case("tersoff, Si", "diamond 5.431", "20 20 10", "", "tersoff\npair_coeff * * Si.tersoff Si", hot(1000, 0.001), 40),
    "snap": Case("SNAP Ta06A, twojmax 6", "bcc 3.316", "12 12 12", "", "snap\npair_coeff * * Ta06A.snapcoeff Ta06A.snapparam Ta", shaken(), 20),
    "snap-W": Case("SNAP W 2940, twojmax 8", "bcc 3.1803", "10 10 10", "",
                   "snap\npair_coeff * * W_2940_2017_2.snapcoeff W_2940_2017_2.snapparam W", shaken(), 12),
    "snap-WBe": Case("SNAP WBe, twojmax 8, two species", "bcc 3.1803", "10 10 10", "basis 2 2",
                     "snap\npair_coeff * * WBe_Wood_PRB2019.snapcoeff WBe_Wood_PRB2019.snapparam W Be", shaken(), 12),
    "snap-InP": Case("SNAP InP, twojmax 6, two densities", "diamond 5.83", "6 6 6", "basis 5 2 basis 6 2 basis 7 2 basis 8 2",
                     "snap\npair_coeff * * InP_JCPA2020.snapcoeff InP_JCPA2020.snapparam In P", shaken(), 10),
    "qsnap": Case("qSNAP Ni, twojmax 6", "fcc 3.52", "8 8 8", "",
                  "snap\npair_coeff * * Ni_Zuo_JPCA2020.quadratic.snapcoeff Ni_Zuo_JPCA2020.quadratic.snapparam Ni", shaken(), 20),
    "mliap": Case("ML-IAP W, quadratic, twojmax 6", "bcc 3.1803", "10 10 10", "",
                  "mliap model quadratic W.quadratic.mliap.model descriptor sna W.quadratic.mliap.descriptor\npair_coeff * * W", shaken(), 20),
    "ace": Case("ACE Cu-PBE-core-rep", "fcc 3.63", "6 6 6", "", "pace\npair_coeff * * Cu-PBE-core-rep.ace Cu", shaken(), 20),
}


def deck(case):
    if case.crystal is None:
        return f"variable every index {case.steps}\n" + (ROOT / "inputs/in.melt").read_text()
    x, y, z = case.cells.split()
    types = 2 if case.species else 1
    return (f"units metal\nlattice {case.crystal}\nregion box block 0 {x} 0 {y} 0 {z}\ncreate_box {types} box\ncreate_atoms 1 box {case.species}\n"
            f"mass * 100\npair_style {case.pair}\n{METAL}{case.settings}fix 1 all nve\nvariable steps index {case.steps}\n"
            "thermo 1000000\nrun ${steps}\n")


def prepare(case, folder, potentials):
    """Writes in.case, with links to all potential files beside it; returns the number of atoms."""
    for file in pathlib.Path(potentials).resolve().iterdir():
        link = pathlib.Path(folder) / file.name
        if not link.exists():
            link.symlink_to(file)
    text = deck(case)
    (pathlib.Path(folder) / "in.case").write_text(text)
    if case.crystal is None:
        return 32000
    per_cell = {"fcc": 4, "bcc": 2, "diamond": 8}[case.crystal.split()[0]]
    x, y, z = map(int, case.cells.split())
    return per_cell * x * y * z


def runs(command, folder):
    return subprocess.run([*command, "-var", "steps", "0"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    options.add_argument("--mdrun", default=str(ROOT / ".build/release/mdrun"))
    options.add_argument("--lammps", default="lmp")
    options.add_argument("--potentials", required=True)
    options.add_argument("--ranks", type=int, nargs="*", default=[1, 2])
    options.add_argument("--rounds", type=int, default=5)
    o = options.parse_args()
    print("| case | atoms | ranks | mdrun | LAMMPS | ratio |\n|---|---|---|---|---|---|")
    for name in o.cases or CASES:
        if name not in CASES:
            sys.exit(f"unknown case '{name}' (known: {', '.join(CASES)})")
        case = CASES[name]
        for ranks in o.ranks:
            with tempfile.TemporaryDirectory() as folder:
                atoms = prepare(case, folder, o.potentials)
                words = ["-in", "in.case", "-log", "none"]
                ours = ["mpirun.mpich", "-n", str(ranks), o.mdrun, *words]
                theirs = shlex.split(o.lammps) + (["-n", str(ranks)] if ranks > 1 else []) + [*words, "-sf", "opt"]
                both = [("mdrun", ours)] + ([("LAMMPS", theirs)] if runs(theirs, folder) else [])
                times = interleave(both, o.rounds, folder)
                unit = 1e6 / atoms / case.steps
                row = [f"{unit * statistics.median(times['mdrun']):.2f}"]
                if "LAMMPS" in times:
                    row += [f"{unit * statistics.median(times['LAMMPS']):.2f}",
                            f"{statistics.median(b / a for a, b in zip(times['mdrun'], times['LAMMPS'])):.2f}"]
                else:
                    row += ["not there", ""]
                print(f"| {case.title} | {atoms:,} | {ranks} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
