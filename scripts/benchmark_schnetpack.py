#!/usr/bin/env python3
"""Forces of a SchNetPack model on PyTorch and in mdrun, one thread each, interleaved in one run.

    python scripts/benchmark_schnetpack.py painn=../shared/data/methanol-cu100/models/painn.schnetpack \\
        schnet=../shared/data/methanol-cu100/models/schnet-sch1.schnetpack --mdrun .build/release/mdrun

The system is inputs/methanol/start.data repeated N x N times. PyTorch evaluates energy and forces of it with a neighbour list that
is made before the clock starts (which favours PyTorch): stock SchNetPack, and with gathers by index_select, which are faster on
CPUs. mdrun takes NVE steps, everything in a step counted; its time is that of 2 S + 1 steps less that of 1 step, so that start-up cancels.

Times are CPU time of the one thread, since machines may be shared, and wall time. Medians over rounds; microseconds an atom and step.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "train"), HERE]
from dataset import ATOMIC_NUMBERS, neighbours
from schnetpack_compat import load, torch, use_index_select

START = os.path.join(HERE, "..", "inputs", "methanol", "start.data")
ELEMENTS = ["Cu", "C", "O", "H"]


def read_start():
    lines = open(START).read().split("\n")
    box = [float(line.split()[1]) for line in lines if line.endswith("hi")]
    rows = [line.split() for line in lines[lines.index("Atoms # atomic") + 2 :] if line.strip()]
    return np.array(box), np.array([int(r[1]) for r in rows]), np.array([[float(x) for x in r[2:5]] for r in rows])


class PyTorch:
    """SchNetPack's modules on one thread."""

    def __init__(self, path, dtype, repeats):
        box, types, positions = read_start()
        shifts = [np.array([i, j, 0]) * box for j in range(repeats) for i in range(repeats)]
        positions = np.concatenate([positions + s for s in shifts])
        cell = np.diag(box * [repeats, repeats, 1])
        numbers = np.array([ATOMIC_NUMBERS[ELEMENTS[t - 1]] for t in np.tile(types, repeats**2)])
        self.dtype = dtype
        self.model = load(path).to(dtype).eval()
        self.pairs = neighbours(positions, cell, float(self.model.representation.cutoff_fn.cutoff))
        i, j, offsets = self.pairs
        self.atoms = len(numbers)
        self.inputs = {
            "_atomic_numbers": torch.tensor(numbers), "_positions": torch.tensor(positions, dtype=dtype), "_idx_i": torch.tensor(i),
            "_idx_j": torch.tensor(j), "_offsets": torch.tensor(offsets, dtype=dtype), "_idx_m": torch.zeros(len(numbers), dtype=torch.long),
            "_n_atoms": torch.tensor([len(numbers)]), "_cell": torch.tensor(cell, dtype=dtype)[None],
        }  # fmt: skip

    def forces(self):
        torch.set_default_dtype(self.dtype)  # SchNetPack makes some tensors of the default type
        inputs = dict(self.inputs)
        r = inputs["_positions"] = inputs["_positions"].clone().requires_grad_(True)
        for module in self.model.input_modules:
            inputs = module(inputs)
        inputs = self.model.representation(inputs)
        energy = self.model.output_modules[0].outnet(inputs["scalar_representation"]).sum()
        return energy, -torch.autograd.grad(energy, r)[0]

    def time(self):
        cpu, wall = time.process_time(), time.perf_counter()
        self.forces()
        return time.process_time() - cpu, time.perf_counter() - wall


def mdrun(executable, folder, style, model, repeats, steps):
    deck = os.path.join(folder, "in.benchmark")
    with open(deck, "w") as stream:
        stream.write(
            f"units metal\natom_style atomic\nboundary p p p\nread_data {os.path.abspath(START)}\nreplicate {repeats} {repeats} 1\n"
            f"labelmap atom 1 Cu 2 C 3 O 4 H\npair_style {style}\npair_coeff * * {model} {' '.join(ELEMENTS)}\nneighbor 1.0 bin\n"
            f"timestep 0.0005\nvelocity all create 300 1\nfix 1 all nve\nthermo {steps}\nrun {steps}\n"
        )
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([executable, deck], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=folder)
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    loop = float(re.search(r"Loop time of (\S+)", done.stdout)[1])
    return cpu, loop


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("models", nargs="+", help="STYLE=FILE, STYLE schnet or painn; models that you trust")
    p.add_argument("--mdrun", default=os.path.join(HERE, "..", ".build", "release", "mdrun"))
    p.add_argument("--repeats", type=int, default=4, help="N: N x N copies of 54 atoms")
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--rounds", type=int, default=5)
    a = p.parse_args()
    torch.set_num_threads(1)
    executable = os.path.abspath(a.mdrun)
    stock = {}
    print(f"torch {torch.__version__}, {54 * a.repeats**2} atoms, medians of {a.rounds} interleaved rounds")
    print("model | program | CPU us/atom/step | wall us/atom/step | CPU time over mdrun double")
    for word in a.models:
        style, path = word.split("=", 1)
        with tempfile.TemporaryDirectory() as folder:
            exported = os.path.join(folder, "model")
            subprocess.run(
                [sys.executable, os.path.join(HERE, "export_schnetpack.py"), path, "--output", exported], check=True, capture_output=True
            )
            programs = {("PyTorch", str(d).split(".")[1]): PyTorch(path, d, a.repeats) for d in (torch.float32, torch.float64)}
            atoms = next(iter(programs.values())).atoms
            times = {}

            def note(key, cpu, wall):
                times.setdefault(key, []).append((cpu / atoms * 1e6, wall / atoms * 1e6))

            for round in range(a.rounds + 1):  # the first warms up
                results = []
                for key, program in programs.items():
                    results.append((" ".join(key), *program.time()))
                for precision in ("single", "double"):
                    words = [executable, folder, f"{style} precision {precision}", exported + ".json", a.repeats]
                    one, many = mdrun(*words, 1), mdrun(*words, 2 * a.steps + 1)
                    results.append((f"mdrun {precision}", (many[0] - one[0]) / (2 * a.steps), (many[1] - one[1]) / (2 * a.steps)))
                if round:
                    for result in results:
                        note(*result)
            medians = {key: [statistics.median(x) for x in zip(*rows)] for key, rows in times.items()}
            stock[style, path] = (programs, medians)
            for key, (cpu, wall) in medians.items():
                print(f"{os.path.basename(path)} | {key} | {cpu:.1f} | {wall:.1f} | {cpu / medians['mdrun double'][0]:.2f}", flush=True)
    use_index_select()  # changes SchNetPack's classes, hence last
    for (style, path), (programs, medians) in stock.items():
        for key, program in programs.items():
            rows = [program.time() for _ in range(a.rounds + 1)][1:]
            cpu, wall = [statistics.median(x) / program.atoms * 1e6 for x in zip(*rows)]
            print(
                f"{os.path.basename(path)} | {' '.join(key)}, index_select | {cpu:.1f} | {wall:.1f} | {cpu / medians['mdrun double'][0]:.2f}", flush=True
            )


if __name__ == "__main__":
    main()
