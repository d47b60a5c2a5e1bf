#!/usr/bin/env python3
"""Kills drivers and ranks of a sweep at random and checks that nothing is lost and nothing happens twice.

    scripts/test_sweep_kill.py [--runs 100] [--drivers 2] [--seed N] [--bin .build/release] [--mount COMMAND --keep FOLDER]

Two drivers share a sweep of short runs on one and two ranks, with restart files. Again and again a driver or a rank gets SIGKILL, or a driver is
stopped (SIGSTOP) for longer than its lease and then goes on. At the end every run must have ended exactly once, with the rows and the trajectory
of a run that nobody disturbed, byte for byte; the index must be sound, and no process be left. Needs Python 3 alone, and Linux.

With --mount, where --keep is a mount point, each driver is on a host of its own, as far as one machine can show that: it has another host name, and mounts the file system of --keep
anew by this command (FOLDER is appended), with caches of its own. scripts/test_sweep_network.sh does so. As root.
"""
import argparse, collections, json, os, pathlib, random, shlex, shutil, signal, sqlite3, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent

COMMON = """pair_style lj/cut 8.5
pair_coeff 1 1 0.0104 3.4
timestep 0.002
fix 1 all nve
thermo_style custom step time temp pe etotal
thermo 200
dump 1 all custom 500 positions.dump id type x y z
dump_modify 1 sort id format float %.17g
restart 1000 a.restart b.restart
run ${steps} upto
"""
FRESH = """units metal
lattice fcc 5.26
region box block 0 3 0 3 0 3
create_box 1 box
create_atoms 1 box
mass 1 39.95
velocity all create 60 ${seed} loop geom
""" + COMMON
RESUMED = "read_restart ${restart}\n" + COMMON
PLAN = """name: killed
deck: in.fresh
seeds: {seeds}
ranks: [1, 2]
limits: {{walltime: 10 min, steps: {steps}, tries: 1000}}
resume: {{deck: in.resumed, files: "*.restart"}}
"""


def marked(work):
    """Processes of this test's runs, by the mark in their environment and where they run: (pid, claim). Other sweeps on this machine are left alone."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if not os.readlink(f"/proc/{name}/cwd").startswith(f"{work}/sweep/runs/"):
                    continue
                environment = pathlib.Path(f"/proc/{name}/environ").read_bytes()
            except OSError:
                continue
            for entry in environment.split(b"\0"):
                if entry.startswith(b"MDSWEEP_CLAIM="):
                    found.append((int(name), entry[14:].decode()))
    return found


def rows(folder):
    """Rows of all attempts' logs; what a later attempt did again replaces what the one before it had."""
    logs = sorted(folder.glob("log*.mdrun.jsonl"), key=lambda p: int(p.name[3:].split(".")[0] or 1))
    table = {}
    for log in logs:
        new = []
        for line in log.read_text().splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # the last line of a killed run
            row.pop("run")
            new.append(row)
        if new:
            table = {step: row for step, row in table.items() if step < new[0]["Step"]}
            table.update((row["Step"], row) for row in new)
    return table


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=100)
    options.add_argument("--drivers", type=int, default=2)
    options.add_argument("--steps", type=int, default=12000)
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--pause", type=float, default=0.5, help="mean time between blows, s")
    options.add_argument("--bin", default=str(ROOT / ".build/release"))
    options.add_argument("--lease", type=float, default=2, help="lease of claims, s")
    options.add_argument("--mdrun")
    options.add_argument("--keep", help="keep the sweep in this folder")
    options.add_argument("--mount", help="each driver mounts FOLDER of --keep by this command for itself, under a host name of its own")
    o = options.parse_args()
    seed = o.seed if o.seed is not None else random.randrange(10**6)
    dice = random.Random(seed)
    mdsweep, mdrun = os.path.abspath(f"{o.bin}/mdsweep"), os.path.abspath(o.mdrun or f"{o.bin}/mdrun")
    work = pathlib.Path(o.keep or tempfile.mkdtemp(prefix="sweep-kill-")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    (work / "in.fresh").write_text(FRESH)
    (work / "in.resumed").write_text(RESUMED)
    (work / "plan.yaml").write_text(PLAN.format(seeds=(o.runs + 1) // 2, steps=o.steps) + f"mdrun: {mdrun}\n")
    sweep = work / "sweep"
    total = 2 * ((o.runs + 1) // 2)

    # What each run should give: one undisturbed run of some seeds.
    references = {}
    for number in dice.sample(range(1, total // 2 + 1), min(6, total // 2)):
        for ranks in (1, 2):
            folder = work / f"reference-{number}-{ranks}"
            folder.mkdir()
            command = [mdrun, "-in", str(work / "in.fresh"), "-screen", "none", "-var", "seed", str(number), "-var", "steps", str(o.steps)]
            if ranks > 1:
                command = ["mpirun.mpich", "-n", str(ranks)] + command
            subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            references[str(number), str(ranks)] = (rows(folder), (folder / "positions.dump").read_bytes())

    errors = tempfile.NamedTemporaryFile(prefix="sweep-kill-", suffix=".log", mode="a+")

    def start(number):
        command = [mdsweep, "run", str(work / "plan.yaml"), "--folder", str(sweep), "--lease", str(o.lease), "--quiet"]
        if o.mount:
            inner = f"hostname node-{number} && umount {shlex.quote(str(work))} && {o.mount} {shlex.quote(str(work))} && cd {shlex.quote(str(work))} && exec {shlex.join(command)}"
            command = ["unshare", "--mount", "--uts", "sh", "-c", inner]
        return subprocess.Popen(command, cwd="/" if o.mount else work, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)

    begun = time.monotonic()
    drivers = [start(n) for n in range(o.drivers)]
    stopped = {}
    blows = collections.Counter()
    next_blow = begun + 1
    while any(d.poll() is None for d in drivers) and time.monotonic() - begun < 1200:
        time.sleep(0.02)
        now = time.monotonic()
        for driver, until in list(stopped.items()):
            if now > until:
                driver.send_signal(signal.SIGCONT)
                del stopped[driver]
        for place, driver in enumerate(drivers):
            code = driver.poll()
            if code is not None and code != 0:
                if code > 0:
                    sys.exit(f"a driver ended with status {code} (seed {seed}):\n{pathlib.Path(errors.name).read_text()[-2000:]}")
                stopped.pop(driver, None)
                drivers[place] = start(place)
        if now < next_blow:
            continue
        next_blow = now + dice.expovariate(1 / o.pause)
        living = [d for d in drivers if d.poll() is None and d not in stopped]
        kind = dice.random()
        if kind < 0.35 and living:
            dice.choice(living).kill()
            blows["drivers killed"] += 1
        elif kind < 0.45 and len(living) > 1:
            driver = dice.choice(living)
            driver.send_signal(signal.SIGSTOP)
            stopped[driver] = now + 2 * o.lease
            blows["drivers stopped for twice their lease"] += 1
        else:
            processes = marked(work)
            if processes:
                try:
                    os.kill(dice.choice(processes)[0], signal.SIGKILL)
                    blows["ranks and launchers killed"] += 1
                except ProcessLookupError:
                    pass
    took = time.monotonic() - begun

    problems = []
    def check(holds, message):
        if not holds:
            problems.append(message)

    tokens = collections.defaultdict(list)
    for place in ("queue/*", "claims", "ended/*"):
        for path in sweep.glob(place + "/*"):
            tokens[path.name.split(".")[0]].append(path)
    runs = [json.loads(line) for line in (sweep / "runs.jsonl").read_text().splitlines()]
    check(len(runs) == total, f"{len(runs)} runs in runs.jsonl, {total} expected")
    compared = attempts = tries = 0
    for run in runs:
        own = tokens.pop(run["id"], [])
        check(len(own) == 1 and own[0].parent.parent.name == "ended", f"{run['id']}: tokens {own}")
        if not own:
            continue
        _, outcome, number = own[0].name.split("@")
        folder = sweep / "runs" / run["folder"] / number
        check(outcome == "finished", f"{folder}: {outcome}")
        end = json.loads((folder / "end.json").read_text())
        check(end["outcome"] == "finished" and end["id"] == run["id"], f"{folder}/end.json: {end['outcome']}")
        attempts += len(list((sweep / "runs" / run["folder"]).glob("try*/attempt*.json")))
        tries += len(list((sweep / "runs" / run["folder"]).glob("try*")))
        variables = {v["name"]: v["value"] for v in run["variables"]}
        found = rows(folder)
        check(len(found) == o.steps // 200 + 1, f"{folder}: {len(found)} rows")
        reference = references.get((variables["seed"], variables["ranks"]))
        if reference:
            compared += 1
            check(found == reference[0], f"{folder}: rows differ from those of an undisturbed run")
            check((folder / "positions.dump").read_bytes() == reference[1], f"{folder}: the trajectory differs")
    check(not tokens, f"tokens of no run: {dict(tokens)}")
    locks = sorted(p.name for p in (sweep / "locks").iterdir())
    time.sleep(0.5)
    own = [claim for _, claim in marked(work)]
    check(not own, f"processes left: {own}")

    status = json.loads(subprocess.run([mdsweep, "status", str(sweep), "--json"], check=True, capture_output=True, text=True).stdout)
    check(len(status) == total and all(line["state"] == "finished" for line in status), "status does not know all runs as finished")
    database = sqlite3.connect(sweep / "index.sqlite")
    check(database.execute("pragma integrity_check").fetchone() == ("ok",), "the index is damaged")
    check(database.execute("select count(*), count(distinct id) from runs").fetchone() == (total, total), "the index has other runs")
    database.close()
    subprocess.run([mdsweep, "report", str(sweep)], check=True, capture_output=True)

    print(f"{total} runs on {o.drivers} drivers in {took:.0f} s (seed {seed}): {dict(blows)}; {attempts} starts in {tries} folders; "
          f"{compared} runs compared with undisturbed ones; locks {locks}")
    if problems:
        print("\n".join(problems[:20]), file=sys.stderr)
        sys.exit(f"{len(problems)} problems; the sweep is in {work}")
    print("every run ended once, nothing lost, nothing damaged")
    if not o.keep:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
