"""Checks that mdrun's log and extxyz files read in other people's programs: python3 check_logs.py MDRUN

Needs the packages lammps-logfile and ase.
"""

import pathlib
import subprocess
import sys
import tempfile

import ase.io
import lammps_logfile
import numpy

DECK = """
units real
lattice fcc 5.3
region box prism 0 3 0 3 0 3 0.3 0.2 0.1
create_box 2 box
create_atoms 1 box basis 2 2
mass 1 39.95
mass 2 20.18
velocity all create 60 4928
pair_style lj/cut 7.0
pair_coeff * * 0.24 3.4
fix 1 all nve
dump 1 all extxyz 5 x.extxyz
dump_modify 1 sort id element Ar Ne
dump 2 all custom 5 x.custom id type element x y z vx vy vz fx fy fz
dump_modify 2 sort id element Ar Ne format float %.17g
thermo_style custom step temp pe press vol
thermo 5
run 10
run 20
"""

mdrun = str(pathlib.Path(sys.argv[1]).resolve())
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "in.deck").write_text(DECK)
    subprocess.run([mdrun, "in.deck"], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    log = lammps_logfile.File(folder / "log.mdrun")
    assert log.get_num_partial_logs() == 2
    assert list(log.get("Step", run_num=0)) == [0, 5, 10]
    assert list(log.get("Step", run_num=1)) == [10, 15, 20, 25, 30]
    energies = log.get("PotEng", run_num=1)

    frames = ase.io.read(folder / "x.extxyz", ":")
    same = ase.io.read(folder / "x.custom", ":", format="lammps-dump-text")
    assert len(frames) == len(same) == 7
    kcal = 1 / 23.060549  # LAMMPS' kcal/mol in eV
    for frame, other in zip(frames, same):
        assert frame.pbc.all()
        assert frame.get_chemical_symbols() == other.get_chemical_symbols()
        assert numpy.abs(frame.positions - other.positions).max() < 1e-12
        assert numpy.abs(frame.cell - other.cell).max() < 1e-12
        assert frame.get_forces().shape == (108, 3) and frame.get_stress().shape == (6,)
    assert abs(frames[2].get_potential_energy() - energies[0] * kcal) < 1e-6
print("logs and extxyz read well")
