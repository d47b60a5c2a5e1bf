#!/usr/bin/env python3
"""Runs decks that people have, unmodified, with mdrun and with LAMMPS, and compares the thermo output.

    scripts/deck_compat.py --lammps 'COMMAND' --decks FOLDER [--decks FOLDER ...] [--seconds 60] [--only TEXT] [--output Benchmarks/deck_compat]

FOLDER is searched for files in.*; each runs in a copy of its folder, so that whatever it writes or includes is there. COMMAND starts LAMMPS on
one rank and takes LAMMPS' options (-in DECK -log none). Verdicts:

  equal        every row of the first table up to step 50: step 0 digit for digit, later ones within 1e-6 of the column's scale
  close        step 0 digit for digit, but a later row off by more
  step 0       a number of step 0 differs
  unsupported  mdrun stopped at a word, named with its position
  peer fails   LAMMPS itself does not run the deck (a package or a file is missing)
  no table     nothing to compare

Columns that cannot agree are left out: wall times, and whatever follows from them. Tables of csv and markdown go to OUTPUT.csv and OUTPUT.md.
"""
import argparse
import collections
import csv
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLOCKS = {"CPU", "T/CPU", "S/CPU", "CPULeft", "Elapsed_time"}
TOLERANCE = 1e-6
LAST_STEP = 50


def run(command, folder, seconds):
    """Output of a command that is ended after some seconds; what it has printed by then counts."""
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
    try:
        out, _ = process.communicate(timeout=seconds)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        status = None
    return out.decode(errors="replace"), status


def first_table(text):
    """Header and rows (as words) of the first thermo table."""
    header, rows = None, []
    for line in text.splitlines():
        words = line.split()
        if header is None:
            if words and words[0] == "Step" and len(words) > 1:
                header = words
        elif words and re.fullmatch(r"-?\d+", words[0]) and len(words) == len(header):
            rows.append(words)
        elif rows and (line.startswith("Loop time") or not words):
            break
    return header, rows


def compare(ours, theirs):
    """Verdict on two tables, and what differs."""
    (head_a, rows_a), (head_b, rows_b) = ours, theirs
    if not head_b or not rows_b:
        return "no table", "LAMMPS printed none"
    if not head_a or not rows_a:
        return "no table", "mdrun printed none"
    if head_a != head_b:
        return "step 0", f"columns {' '.join(head_a)} instead of {' '.join(head_b)}"
    columns = [c for c, name in enumerate(head_b) if name not in CLOCKS]
    steps_a = {row[0]: row for row in rows_a}
    shared = [(steps_a[row[0]], row) for row in rows_b if row[0] in steps_a and int(row[0]) - int(rows_b[0][0]) <= LAST_STEP]
    if not shared or shared[0][1] is not rows_b[0]:
        return "step 0", f"first step {rows_a[0][0]} instead of {rows_b[0][0]}"
    mine, other = shared[0]
    for c in columns:
        if mine[c] != other[c] and float(mine[c]) != float(other[c]):
            return "step 0", f"{head_b[c]} {mine[c]} instead of {other[c]}"
    worst, where = 0.0, ""
    for mine, other in shared[1:]:
        for c in columns:
            scale = max(abs(float(row[c])) for _, row in shared)
            off = abs(float(mine[c]) - float(other[c])) / max(scale, 1e-300)
            if off > worst:
                worst, where = off, f"{head_b[c]} at step {other[0]}: {mine[c]} instead of {other[c]}"
    if worst > TOLERANCE:
        return "close", f"{worst:.1e}: {where}"
    return "equal", f"{len(shared)} rows to step {shared[-1][1][0]}"


def deck_files(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("in.*")):
            if path.is_file() and not path.name.endswith((".py", ".sh")):
                yield pathlib.Path(folder), path


def judge(path, arguments):
    with tempfile.TemporaryDirectory() as scratch:
        verdicts = []
        for kind, command in (("mdrun", [arguments.mdrun, path.name, "-log", "none"]),
                              ("lammps", shlex.split(arguments.lammps) + ["-in", path.name, "-log", "none"])):
            folder = pathlib.Path(scratch) / kind
            shutil.copytree(path.parent, folder, symlinks=False, ignore_dangling_symlinks=True)
            text, status = run(command, folder, arguments.seconds)
            table = first_table(text)
            if kind == "mdrun" and status not in (0, None) and not table[1]:
                error = next((line for line in text.splitlines() if line.startswith("ERROR")), "no message")
                return "unsupported", re.sub(r"^ERROR[^:]*: ", "", error)[:200]
            if kind == "lammps" and status not in (0, None) and not table[1]:
                error = next((line for line in text.splitlines() if "ERROR" in line), "no message")
                return "peer fails", error[:160]
            verdicts.append(table)
            if kind == "mdrun":
                late = next((line for line in text.splitlines() if line.startswith("ERROR")), "") if status not in (0, None) else ""
        verdict, what = compare(*verdicts)
        return verdict, what + (f"; later: {re.sub(r'^ERROR[^:]*: ', '', late)[:160]}" if late else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lammps", required=True)
    parser.add_argument("--mdrun", default=str(ROOT / ".build/release/mdrun"))
    parser.add_argument("--decks", action="append", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("--output", default=str(ROOT / "Benchmarks/deck_compat"))
    arguments = parser.parse_args()
    rows, counts = [], collections.Counter()
    for folder, path in deck_files(arguments.decks):
        name = str(path.relative_to(folder))
        if arguments.only not in name:
            continue
        verdict, what = judge(path, arguments)
        counts[verdict] += 1
        rows.append((name, verdict, what))
        print(f"{verdict:12} {name}: {what}", flush=True)
    with open(arguments.output + ".csv", "w", newline="") as file:
        csv.writer(file).writerows([("deck", "verdict", "what"), *rows])
    with open(arguments.output + ".md", "w") as file:
        file.write("# Decks that people have, unmodified\n\nMade by `scripts/deck_compat.py`; see its head for the verdicts.\n\n| verdict | decks |\n|---|---|\n")
        for verdict, count in counts.most_common():
            file.write(f"| {verdict} | {count} |\n")
        file.write("\n| deck | verdict | |\n|---|---|---|\n")
        for name, verdict, what in rows:
            if verdict != "unsupported":
                file.write(f"| {name} | {verdict} | {what.replace('|', '/')} |\n")
        words = collections.Counter(re.sub(r"^\S+: ", "", what)[:90] for _, verdict, what in rows if verdict == "unsupported")
        file.write("\nWhat stopped the unsupported ones first:\n\n| decks | message |\n|---|---|\n")
        for word, count in words.most_common():
            file.write(f"| {count} | {word.replace('|', '/')} |\n")
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))


if __name__ == "__main__":
    sys.exit(main())
