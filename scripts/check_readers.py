"""Checks that what mdrun writes reads in other people's programs with the numbers that the run had: python3 check_readers.py MDRUN

Log: lammps-logfile. LOG.jsonl: json. extxyz, LAMMPS dump, data file: ASE. LAMMPS dump, DCD, netCDF, data file: MDAnalysis.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import ase.io
import lammps_logfile
import MDAnalysis
import numpy

DECK = """
units {units}
lattice fcc 5.3
region box prism 0 3 0 3 0 3 0.3 0.2 0.1
create_box 2 box
create_atoms 1 box basis 2 2
mass 1 39.95
mass 2 20.18
velocity all create 60 4928
pair_style lj/cut 7.0
pair_coeff * * {epsilon} 3.4
fix 1 all nve
dump 1 all extxyz 5 x.extxyz
dump_modify 1 element Ar Ne
dump 2 all custom 5 x.custom id type element x y z vx vy vz fx fy fz
dump_modify 2 sort id element Ar Ne format float %.17g
dump 3 all dcd 5 x.dcd
dump 4 all netcdf 5 x.nc id type x y z vx vy vz fx fy fz
dump_modify 4 double yes
dump 5 all custom 5 x.custom.gz id type x y z
dump_modify 5 sort id
dump 6 all atom 5 x.lammpstrj
dump_modify 6 sort id
write_data start.data
thermo_style custom step temp pe press vol
thermo 5
run 10
run 20
"""


def close(a, b, tolerance):
    a, b = numpy.asarray(a), numpy.asarray(b)
    assert a.shape == b.shape, (a.shape, b.shape)
    assert numpy.abs(a - b).max() <= tolerance, numpy.abs(a - b).max()


def check(units, epsilon, mdrun, ranks):
    # In the deck's units: an eV, a picosecond.
    volt, picosecond = {"metal": (1, 1), "real": (23.060549, 1000)}[units]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "in.deck").write_text(DECK.format(units=units, epsilon=epsilon))
        subprocess.run(
            ["mpirun.mpich", "-n", str(ranks), mdrun, "in.deck"], cwd=folder, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

        log = lammps_logfile.File(folder / "log.mdrun")
        assert log.get_num_partial_logs() == 2
        assert list(log.get("Step", run_num=0)) == [0, 5, 10]
        assert list(log.get("Step", run_num=1)) == [10, 15, 20, 25, 30]
        rows = [json.loads(line) for line in open(folder / "log.mdrun.jsonl")]
        assert [(row["run"], row["Step"]) for row in rows] == [(1, 0), (1, 5), (1, 10), (2, 10), (2, 15), (2, 20), (2, 25), (2, 30)]
        close([row["PotEng"] for row in rows[3:]], log.get("PotEng", run_num=1), 1e-6 * volt)

        frames = ase.io.read(folder / "x.extxyz", ":")
        same = ase.io.read(folder / "x.custom", ":", format="lammps-dump-text")
        assert len(frames) == len(same) == 7
        table = rows[:3] + rows[4:]
        for frame, other, row in zip(frames, same, table):
            assert frame.pbc.all()
            assert frame.get_chemical_symbols() == other.get_chemical_symbols()
            close(frame.positions, other.positions, 1e-12)
            close(frame.cell, other.cell, 1e-12)
            assert frame.get_forces().shape == (108, 3) and frame.get_stress().shape == (6,)
            assert abs(frame.get_potential_energy() - row["PotEng"] / volt) < 1e-12
            close(frame.get_stress(voigt=False) * -frame.get_volume(), frame.info["virial"], 1e-12)

        atoms = ase.io.read(folder / "start.data", format="lammps-data", style="atomic")
        assert len(atoms) == 108

        universes = {
            "custom": MDAnalysis.Universe(folder / "start.data", folder / "x.custom", format="LAMMPSDUMP", atom_style="id type x y z"),
            "atom": MDAnalysis.Universe(folder / "start.data", folder / "x.lammpstrj", format="LAMMPSDUMP", atom_style="id type x y z"),
            "gz": MDAnalysis.Universe(folder / "start.data", folder / "x.custom.gz", format="LAMMPSDUMP", atom_style="id type x y z"),
            "dcd": MDAnalysis.Universe(folder / "start.data", folder / "x.dcd", format="DCD", atom_style="id type x y z"),
            "nc": MDAnalysis.Universe(folder / "start.data", folder / "x.nc", format="NCDF", atom_style="id type x y z"),
        }
        for kind, universe in universes.items():
            assert len(universe.trajectory) == 7, kind
            for step, frame in zip(universe.trajectory, frames):
                # Single precision, and six digits in gz and atom; atoms on a face may be on the other side of the box.
                shift = universe.atoms.positions - frame.positions
                shift -= numpy.round(shift @ numpy.linalg.inv(frame.cell)) @ frame.cell
                assert numpy.abs(shift).max() < 2e-4, (kind, numpy.abs(shift).max())
                close(step.dimensions, frame.cell.cellpar(), 1e-4)
        nc = universes["nc"]
        for step, frame, number in zip(nc.trajectory, frames, range(7)):
            assert abs(step.time - 5 * number * {"metal": 0.001, "real": 0.001}[units]) < 1e-9
            close(step.velocities, frame.arrays["vel"], 1e-5)
            # MDAnalysis converts AMBER's kcal/mol/Angstrom to kJ/mol/Angstrom.
            close(step.forces, frame.get_forces() * 23.060549 * 4.184, 1e-4)
    print(f"units {units} on {ranks} ranks: logs, extxyz, dumps, DCD, netCDF and data files read well")


warnings.simplefilter("ignore")
program = str(pathlib.Path(sys.argv[1]).resolve())
check("real", 0.24, program, 2)
check("metal", 0.0104, program, 1)
