#!/usr/bin/env python3
"""Trains stacked ensembles and what they must beat on one set of bases, measures all of them, and draws the results.

    scripts/study_stack.py --published ../shared/data/methanol-cu100/models --train ../shared/data/methanol-cu100/train \\
        --validation ../shared/data/methanol-cu100/validation --out output/study
    scripts/study_stack.py --potential inputs/methanol/committee.in --train ... --validation ... --out output/study-own \\
        --core 1,3 --bad 2 --duplicate 1
    scripts/study_stack.py ... --epochs 1 --connected 1 --every 100 --nve-picoseconds 0.02 --warm 0        a rehearsal of minutes
    scripts/study_stack.py ... --print                                                                     commands only

The bases: --potential is a deck for mdfit evaluate whose pair_style is an ensemble of them (without options); --published exports the
models of the methanol data set, and trains on them in single precision (MD is in double). Steps, in this order (--steps names some):

    report        errors of bases and all linear combinations; weights of LWA
    LNC           a network of each atom's own members (direct, no interactions)
    LSM           the same networks without bases, direct and conservative
    direct        ensemble/direct
    conservative  ensemble/conservative, first with features held constant (conservative-detached), then --connected epochs from there
    robustness    direct ensembles on --core bases, on these and the --bad one, on these and --duplicate once more
    evaluate      mdfit evaluate of everything that is trained; errors.csv, errors.md, robustness.md
    nve           constant-energy runs of the best base, direct, conservative (decks of Cu C O H only)
    cost          time of a step of bases, direct, conservative, in turn; the fastest of --rounds
    plots         training.png, errors.png, parity.png, nve.png, cost.png of what there is

What is done already (NAME.done) is skipped, and a training that was cut off goes on from its checkpoint, so the same command continues. To
train something again, delete its NAME.done and NAME.ckpt; what is measured on it follows. Every command is printed; VALIDATION is only
measured on, never used in training. Needs numpy, and matplotlib for plots.
"""
import argparse, os, pathlib, re, shlex, subprocess, sys

import stack_errors
import validate_nve
from stack_bases import Bases, export_published

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "scripts"
STEPS = ["report", "LNC", "LSM", "direct", "conservative", "robustness", "evaluate", "nve", "cost", "plots"]


class Study:
    def __init__(self, o):
        self.o, self.out = o, pathlib.Path(o.out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.bases = Bases(export_published(o.published, self.out) if o.published else o.potential, self.out)
        self.environment = dict(os.environ, OPENBLAS_NUM_THREADS="1")
        self.launcher = ["mpirun.mpich", "-n", str(o.ranks)] if o.ranks > 1 else []
        for option in ("train", "validation", "mdrun", "mdfit"):
            setattr(self, option, os.path.abspath(getattr(o, option)))
        self.write("bases.in", self.bases.deck(self.bases.pair("ensemble/average")))
        # Wrong numbers of bases are told before hours of training.
        _ = self.robust

    def write(self, name, text):
        path = self.out / name
        # A file that stays as it was makes nothing out of date.
        if not path.exists() or path.read_text() != text:
            path.write_text(text)

    def has(self, *names):
        return all((self.out / name).exists() for name in names)

    def run(self, name, command, needs=()):
        """Runs a command in the folder of results; what it prints is in NAME.log, and NAME.done says that it came to its end. It is run
        again when one of the files that it needs is newer.
        """
        done, log = self.out / f"{name}.done", self.out / f"{name}.log"
        if done.exists() and all(self.has(f) and (self.out / f).stat().st_mtime <= done.stat().st_mtime for f in needs):
            isSame = done.read_text() == shlex.join(command)
            print(f"# {name}: done already" + ("" if isSame else f", but by another command: {done.read_text()}"))
            return True
        print(f"(cd {self.o.out} && {shlex.join(command)} > {log.name})", flush=True)
        if self.o.print:
            return False
        with open(log, "w") as file:
            code = subprocess.run(
                command, cwd=self.out, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=self.environment).returncode
        if code != 0:
            sys.exit(f"study_stack.py: {name} failed with code {code}:\n{log.read_text()[-2000:]}")
        done.write_text(shlex.join(command))
        return True

    @property
    def data_options(self):
        return ["--every", str(self.o.every), *shlex.split(self.o.data_options)]

    def fit(self, name, *options, deck="bases.in", epochs=None, seed=None):
        o = self.o
        self.run(name, [
            *self.launcher, self.mdfit, "stack", "train", deck, self.train, f"{name}.safetensors", "--epochs", str(epochs or o.epochs),
            "--batch", str(o.batch), "--hold", str(o.hold), "--seed", str(seed or o.seed), *self.data_options, "--curve", f"{name}.csv",
            "--checkpoint", f"{name}.ckpt", "--cache", "cache", *options, *shlex.split(o.train_options)])

    def stacked(self, kind, name, chosen=None, double=False):
        return self.bases.pair(f"ensemble/{kind} {name}.safetensors", chosen, double)

    @property
    def potentials(self):
        """Name, kind for errors.csv, file that it needs, and its pair lines."""
        # A network without bases still wants a member: one that does nothing.
        return [
            ("AVG", "baseline", "bases.in", self.bases.pair("ensemble/average")),
            ("LWA", "baseline", "LWA.json", self.bases.pair("ensemble/weighted LWA.json unnormalised")),
            ("LNC", "baseline", "LNC.done", self.stacked("direct", "LNC")),
            ("LSM-direct", "network", "LSM-direct.done", f"pair_style ensemble/direct LSM-direct.safetensors"),
            ("LSM-conservative", "network", "LSM-conservative.done",
             f"pair_style ensemble/conservative LSM-conservative.safetensors"),
            ("direct", "stack", "direct.done", self.stacked("direct", "direct")),
            ("conservative-detached", "stack", "conservative-detached.done", self.stacked("conservative", "conservative-detached")),
            ("conservative", "stack", "conservative.done", self.stacked("conservative", "conservative")),
        ]

    # MARK: steps

    def report(self):
        self.run("report", [
            *self.launcher, self.mdfit, "stack", "report", "bases.in", self.train, self.validation, *self.data_options, "--csv",
            "report.csv", "--write-weights", "LWA.json", "--unnormalised", "--bases", "all", "--cache", "cache"])

    def LNC(self):
        self.fit("LNC", "--kind", "direct", "--interactions", "0")

    def LSM(self):
        self.fit("LSM-direct", "--kind", "direct", "--without-bases")
        self.fit("LSM-conservative", "--kind", "conservative", "--without-bases")

    def direct(self):
        self.fit("direct", "--kind", "direct")

    def conservative(self):
        o = self.o
        self.fit("conservative-detached", "--kind", "conservative")
        if o.connected and (o.print or self.has("conservative-detached.safetensors")):
            self.fit("conservative", "--kind", "conservative", "--from", "conservative-detached.safetensors", "--connected",
                     str(o.connected), "--rate", str(o.connected_rate), "--warm-up", "50", epochs=o.connected)

    @property
    def robust(self):
        """Name, words and bases of each row of the study of robustness."""
        numbers = [int(w) - 1 for w in self.o.core.split(",")]
        cases = [("core", "the core", numbers)]
        if self.o.bad:
            cases.append(("core-and-bad", "the core and a bad base", numbers + [self.o.bad - 1]))
        if self.o.duplicate:
            at = numbers.index(self.o.duplicate - 1) if self.o.duplicate - 1 in numbers else len(numbers)
            again = numbers[:at] + [self.o.duplicate - 1] + numbers[at:]
            cases.append(("core-and-duplicate", "the core and one of it once more", again))
        if not all(0 <= k < len(self.bases.members) for _, _, chosen in cases for k in chosen):
            if "robustness" in self.o.steps:
                sys.exit(f"--core {self.o.core} --bad {self.o.bad} --duplicate {self.o.duplicate}: the deck has bases 1 to "
                         f"{len(self.bases.members)} (0: none; or leave robustness out of --steps)")
            return []
        return [(f"robust-{name}", words, chosen) for name, words, chosen in cases]

    @property
    def seeds(self):
        return range(self.o.seed, self.o.seed + self.o.robust_seeds)

    def robustness(self):
        for name, _, chosen in self.robust:
            self.write(f"{name}.bases.in", self.bases.deck(self.bases.pair("ensemble/average", chosen)))
            for seed in self.seeds:
                self.fit(f"{name}-{seed}", "--kind", "direct", deck=f"{name}.bases.in", epochs=self.o.robust_epochs, seed=seed)

    def measure(self, name, needs, pair):
        self.write(f"{name}.in", self.bases.deck(pair))
        return self.run(f"evaluate-{name}", [
            *self.launcher, self.mdfit, "evaluate", f"{name}.in", self.validation, "--every", str(self.o.every), "--write",
            f"{name}.extxyz"], needs=[f"{name}.in", needs])

    def evaluate(self):
        measured = [(name, kind) for name, kind, needs, pair in self.potentials if self.has(needs) and self.measure(name, needs, pair)]
        robust = [(words, chosen, [f"{name}-{seed}" for seed in self.seeds]) for name, words, chosen in self.robust]
        robust = [case for case in robust if all(
            self.has(f"{name}.done") and self.measure(name, f"{name}.done", self.stacked("direct", name, case[1])) for name in case[2])]
        if self.o.print or not measured:
            return
        reference = stack_errors.read_forces(self.validation, self.o.every)
        row = lambda name, kind: stack_errors.evaluation(
            name, kind, self.out / f"evaluate-{name}.log", self.out / f"{name}.extxyz", reference)
        rows = stack_errors.bases(self.out / "evaluate-AVG.log", self.out / "report.csv") + [row(*m) for m in measured]
        stack_errors.write_csv(rows, self.out / "errors.csv")
        title = f"Errors on {len(reference)} frames; forces in meV/A, energies in meV/atom after an offset of each element.\n\n"
        self.write("errors.md", title + stack_errors.markdown(rows))
        print(stack_errors.markdown(rows), end="")
        if robust:
            text = self.robustness_table(
                rows, [(words, chosen, [row(name, "stack") for name in names]) for words, chosen, names in robust])
            self.write("robustness.md", text)
            print(text, end="")

    def robustness_table(self, rows, robust):
        rmse, mae, _ = stack_errors.ERRORS
        bases = [r for r in rows if r["kind"] == "base"]
        mean = lambda seeds, key: sum(r[key] for r in seeds) / len(seeds)
        lines = ["| bases | force RMSE | change | of seeds | force MAE | change | of seeds | within 3 % |", "|---" * 8 + "|"]
        first = robust[0][2]
        for words, chosen, seeds in robust:
            cells, changes = [], []
            for key in (rmse, mae):
                changes.append(mean(seeds, key) / mean(first, key) - 1)
                values = [r[key] for r in seeds]
                cells += [f"{mean(seeds, key):.2f}", f"{100 * changes[-1]:+.1f} %", f"{min(values):.2f} to {max(values):.2f}"]
            verdict = "" if seeds is first else "yes" if all(abs(c) <= 0.03 for c in changes) else "no"
            lines.append(f"| {words}: {' '.join(bases[k]['name'] for k in chosen)} | {' | '.join(cells)} | {verdict} |")
        text = f"Direct ensembles; epochs: {self.o.robust_epochs}, seeds: {len(first)} (means over them); forces in meV/A on VALIDATION."
        if self.o.bad:
            bad = bases[self.o.bad - 1]
            text += f" The bad base is {bad['name']}, with {bad[rmse] / min(b[rmse] for b in bases):.1f} times the best base's force RMSE."
        return text + "\n\n" + "\n".join(lines) + "\n"

    @property
    def runs(self):
        """The best base, direct and conservative, as far as they are trained: name, pair lines in double precision."""
        pairs = []
        if self.has("errors.csv"):
            bases = [r for r in stack_errors.read_csv(self.out / "errors.csv") if r["kind"] == "base"]
            k = min(range(len(bases)), key=lambda k: bases[k][stack_errors.ERRORS[0]])
            pairs.append((bases[k]["name"].replace(":", "-"), self.bases.alone(k)))
        pairs += [(kind, self.stacked(kind, kind, double=True)) for kind in ("direct", "conservative") if self.has(f"{kind}.done")]
        return pairs

    def dynamics(self, name, text, log):
        self.write(f"in.{name}", text)
        trained = [f"{kind}.done" for kind in ("direct", "conservative") if f"{kind}.safetensors" in text]
        return self.run(name, [*self.launcher, self.mdrun, f"in.{name}", "-log", log], needs=[f"in.{name}", *trained])

    def nve(self):
        if not self.bases.isMethanol:
            return print("# nve: only for decks with labelmap atom 1 Cu 2 C 3 O 4 H")
        o = self.o
        steps = round(o.nve_picoseconds / o.timestep)
        for name, pair in self.runs:
            text = validate_nve.deck(pair, o.timestep, steps, 300, warm=o.warm, every=max(1, steps // 2000))
            self.dynamics(f"nve-{name}", text, f"log.nve-{name}")

    def cost(self):
        if not self.bases.isMethanol:
            return print("# cost: only for decks with labelmap atom 1 Cu 2 C 3 O 4 H")
        pairs = [("bases", self.bases.pair("ensemble/average", double=True))] + [p for p in self.runs if p[0] in ("direct", "conservative")]
        for turn in range(self.o.rounds):
            for name, pair in pairs:
                text = validate_nve.deck(pair, 0.0005, self.o.cost_steps, 300, cells=2, warm=0, every=self.o.cost_steps)
                self.dynamics(f"cost-{name}-{turn + 1}", text, f"log.cost-{name}-{turn + 1}")

    def fastest(self, name):
        logs = [path for path in self.out.glob(f"log.cost-{name}-*")]
        times = {path: re.findall(r"^Loop time of (\S+)", path.read_text(), re.M) for path in logs}
        done = [path for path in logs if times[path]]
        return min(done, key=lambda path: float(times[path][-1])).name if done else None

    def plots(self):
        python = [sys.executable]
        def draw(script, *words):
            self.run_plot([*python, str(SCRIPTS / script), *words])
        curves = {"direct": "direct.csv", "conservative": "conservative-detached.csv,conservative.csv", "LNC": "LNC.csv",
                  "LSM-direct": "LSM-direct.csv", "LSM-conservative": "LSM-conservative.csv"}
        words = []
        for label, files in curves.items():
            there = [f for f in files.split(",") if self.has(f)]
            words += [f"{label}={','.join(there)}"] if there else []
        if words:
            draw("plot_training.py", *words, "-o", "training.png")
        if self.has("errors.csv"):
            draw("plot_stack.py", "errors", "errors.csv", *[w for m in self.o.mark for w in ("--mark", m)], "-o", "errors.png")
        frames = [f"{name}={name}.extxyz" for name in ("LWA", "direct", "conservative") if self.has(f"evaluate-{name}.done")]
        if frames:
            draw("plot_stack.py", "parity", self.validation, *frames, "--every", str(self.o.every), "-o", "parity.png")
        logs = [f"{name}=log.nve-{name}" for name, _ in self.runs if self.has(f"nve-{name}.done")]
        if logs:
            draw("plot_stack.py", "nve", *logs, "-o", "nve.png")
        logs = [f"{name}={log}" for name in ("bases", "direct", "conservative") if (log := self.fastest(name))]
        if logs:
            draw("plot_stack.py", "cost", *logs, "-o", "cost.png")

    def run_plot(self, command):
        print(f"(cd {self.o.out} && {shlex.join(command)})", flush=True)
        # A plot that fails is no reason to lose the others.
        if not self.o.print and subprocess.run(command, cwd=self.out).returncode != 0:
            print("# that plot failed", file=sys.stderr)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = options.add_mutually_exclusive_group(required=True)
    source.add_argument("--potential", help="deck of the bases")
    source.add_argument("--published", help="folder of nep.txt and *.schnetpack")
    add = options.add_argument
    add("--train", required=True, help="extended XYZ file or DeePMD-kit folder")
    add("--validation", required=True)
    add("--out", required=True, help="folder of results")
    add("--steps", nargs="+", choices=STEPS, default=STEPS, metavar="STEP", help="which steps; default all")
    add("--print", action="store_true", help="print commands, run nothing")
    add("--mdrun", default=str(ROOT / ".build/release/mdrun"))
    add("--mdfit", default=str(ROOT / ".build/release/mdfit"))
    add("--ranks", type=int, default=1, help="MPI ranks of every command")
    add("--every", type=int, default=1, help="use every N-th frame, for rehearsals")
    add("--epochs", type=int, default=100)
    add("--connected", type=int, default=5, help="epochs of the conservative ensemble with connected features; 0: none")
    add("--connected-rate", type=float, default=2e-4, help="highest learning rate of these")
    add("--batch", type=int, default=6)
    add("--hold", type=float, default=0.03, help="fraction of training frames that trainings are judged by")
    add("--seed", type=int, default=1)
    add("--data-options", default="", help="more options of mdfit stack for the data, such as '--part stack --block 10'")
    add("--train-options", default="", help="more options of mdfit stack train, such as '--width 32'")
    add("--core", default="1,2,3", help="numbers of the bases that robustness is studied on")
    add("--bad", type=int, default=4, help="number of a base with much larger errors; 0: none")
    add("--duplicate", type=int, default=2, help="number of the base that comes twice; 0: none")
    add("--robust-epochs", type=int, default=40)
    add("--robust-seeds", type=int, default=2, help="trainings of each row, from --seed on")
    add("--timestep", type=float, default=0.0005, help="ps, of nve")
    add("--nve-picoseconds", type=float, default=2)
    add("--warm", type=int, default=400, help="steps with a thermostat before nve")
    add("--rounds", type=int, default=3, help="of cost")
    add("--cost-steps", type=int, default=20)
    add("--mark", action="append", default=[], metavar="LABEL=MAE", help="a line in errors.png")
    o = options.parse_args()
    try:
        study = Study(o)
        for step in STEPS:
            if step in o.steps:
                getattr(study, step)()
    except (ValueError, OSError) as error:
        sys.exit(f"study_stack.py: {error}")


if __name__ == "__main__":
    main()
