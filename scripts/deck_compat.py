#!/usr/bin/env python3
"""Runs decks that people have with mdrun and with LAMMPS, and compares every thermo table.

    scripts/deck_compat.py --lammps 'COMMAND' [--again 'COMMAND'] --decks FOLDER [--decks FOLDER ...] [--seconds 60] [--only TEXT] [--output Benchmarks/deck_compat]

FOLDER is searched for files in.*; each runs in a copy of its folder, so that whatever it writes or includes is there. Links (LAMMPS'
examples have some into its folder of potentials) are copied as files; one that leads nowhere is, for both programs, the file of that name in the
environment's LAMMPS_POTENTIALS. In the copies `run N`
becomes at most 50 steps (`run N upto` stays as it is), the same for both programs, so that what comes after a long run is compared too;
--whole leaves decks as they are. COMMAND starts LAMMPS on one rank and takes LAMMPS' options (-in DECK -log none). Verdicts:

  equal        the first row of the first table digit for digit (one unit in the last digit is let pass and told), all other rows of all
               tables, to their 50th step, within 1e-6 of the column's scale
  close        within 1e-3
  differs      more than that, or another number in the first row, other columns or other steps; the first difference is told
  chaotic      differs, but LAMMPS started by --again (on two ranks, say) differs from itself as well, one table later at most: rounding grows
               with every iteration of a minimiser in a rough landscape
  stops        equal or close as far as it goes, but mdrun stops at a word that LAMMPS takes, after some tables
  unsupported  mdrun stops at a word before the first table
  peer fails   LAMMPS itself does not run the deck (a package or a file is missing)
  no table     nothing to compare

Columns that cannot agree are left out: wall times, and whatever follows from them. A deck with random streams that mdrun draws in its own way
(fix langevin, temp/csvr ...) is marked; its rows after the first of a run are not compared. Tables of csv and markdown go to OUTPUT.csv and
OUTPUT.md.
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
TOLERANCE, LOOSE = 1e-6, 1e-3
LAST_STEP = 50
RANDOM = re.compile(r"^\s*\"?fix\s+\S+\s+\S+\s+(langevin|temp/csvr|temp/csld|press/langevin|wall/reflect/stochastic)\b", re.M)


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


def copy(source, folder):
    """Copies a deck's folder with what its links lead to; where that is missing, the file of that name in LAMMPS_POTENTIALS."""
    # copytree's ignore_dangling_symlinks takes relative links for dangling (it looks from the working folder).
    shutil.copytree(source, folder, symlinks=True)
    places = [pathlib.Path(name) for name in os.environ.get("LAMMPS_POTENTIALS", "").split(":") if name]
    for link in source.rglob("*"):
        if not link.is_symlink():
            continue
        own, target = folder / link.relative_to(source), pathlib.Path(os.readlink(link)).name
        own.unlink()
        found = next((path for path in [link, *(place / target for place in places)] if path.is_file()), None)
        if found:
            shutil.copy(found, own)


def shorten(folder):
    """Makes runs of the decks in a folder short. A number that is not known here is compared when the deck runs."""
    def line(match):
        space, count, rest = match.groups()
        if re.fullmatch(r"\d+", count):
            return f"{space}run {min(int(count), LAST_STEP)}{rest}" if not rest.split()[:1] == ["upto"] else match.group(0)
        if '"' in rest or "'" in rest or "upto" in rest or "&" in rest:
            return match.group(0)
        rest = rest.split("#")[0].rstrip()
        return f'{space}if "{count} > {LAST_STEP}" then "run {LAST_STEP}{rest}" else "run {count}{rest}"'

    for path in folder.iterdir():
        if not path.is_file() or path.stat().st_size > 1_000_000:
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        new = re.sub(r"^([ \t]*)run[ \t]+(\S+)([^\n]*)$", line, text, flags=re.M)
        if new != text:
            path.chmod(0o644)
            path.write_text(new)


def tables(text):
    """Heads and rows (as words) of all thermo tables."""
    found, head, rows = [], None, []
    for line in text.splitlines() + ["Loop time"]:
        words = line.split()
        if words and words[0] == "Step" and len(words) > 1 and not re.fullmatch(r"-?\d+", words[1]):
            if head and rows:
                found.append((head, rows))
            head, rows = words, []
        elif head and words and re.fullmatch(r"-?\d+", words[0]) and len(words) == len(head):
            rows.append(words)
        elif head and line.startswith("Loop time"):
            if rows:
                found.append((head, rows))
            head, rows = None, []
    return found


def last_digit(a, b):
    """Whether two printed numbers differ by one unit in the last digit."""
    if a == b:
        return False
    try:
        digits = max(len(x.split("e")[0].split(".")[1]) if "." in x else 0 for x in (a, b))
        exponent = int(a.lower().split("e")[1]) if "e" in a.lower() else 0
        return abs(float(a) - float(b)) <= 1.01 * 10.0 ** (exponent - digits)
    except (ValueError, IndexError):
        return False


def compare_table(number, ours, theirs, is_random):
    """Verdict (equal, close, differs) on one table, what differs, and whether a last digit does."""
    (head_a, rows_a), (head_b, rows_b) = ours, theirs
    where = f"table {number}"
    if head_a != head_b:
        return "differs", f"{where}: columns {' '.join(head_a)} instead of {' '.join(head_b)}", False
    columns = [c for c, name in enumerate(head_b) if name not in CLOCKS]
    first = int(rows_b[0][0])
    theirs = [row for row in rows_b if int(row[0]) - first <= LAST_STEP]
    ours = {row[0]: row for row in rows_a}
    if rows_a[0][0] != rows_b[0][0]:
        return "differs", f"{where}: first step {rows_a[0][0]} instead of {rows_b[0][0]}", False
    ends = False
    for c in columns:
        mine, other = ours[rows_b[0][0]][c], rows_b[0][c]
        # Numbers that would be 0 in exact arithmetic are told apart by nothing.
        if number == 1 and mine != other and float(mine) != float(other) and max(abs(float(mine)), abs(float(other))) > 1e-12:
            if not last_digit(mine, other):
                return "differs", f"{where}, first row: {head_b[c]} {mine} instead of {other}", False
            ends = True
    if is_random:
        return "equal", "", ends
    worst, what = 0.0, ""
    for c in columns:
        try:
            scale = max(abs(float(row[c])) for row in theirs)
        except ValueError:
            continue
        for row in theirs:
            if row[0] not in ours:
                # The last row of a minimisation may be another step.
                if row is theirs[-1] and len(theirs) > 1:
                    continue
                return "differs", f"{where}: no row for step {row[0]}", ends
            mine = ours[row[0]][c]
            off = abs(float(mine) - float(row[c])) / max(scale, 1e-300)
            # Where everything cancels, only rounding is left.
            if scale < 1e-10:
                off = 0.0
            if (off > worst or off != off) and not last_digit(mine, row[c]):
                worst, what = off, f"{where}: {off:.1e}: {head_b[c]} at step {row[0]}: {mine} instead of {row[c]}"
    if worst != worst or worst > LOOSE:
        return "differs", what, ends
    return ("close", what, ends) if worst > TOLERANCE else ("equal", "", ends)


def compare(ours, theirs, is_random):
    """Verdict on all tables, what differs first, and how many there are."""
    if not theirs:
        return "no table", "LAMMPS printed none"
    if not ours:
        return "no table", "mdrun printed none"
    verdict, what, ends = "equal", "", False
    # Atoms are elsewhere after a run with other random numbers: what comes then is another system.
    pairs = list(zip(ours, theirs))[: 1 if is_random else None]
    for number, (a, b) in enumerate(pairs, 1):
        one, difference, end = compare_table(number, a, b, is_random)
        ends = ends or end
        if one == "differs":
            return one, difference
        if one == "close" and verdict == "equal":
            verdict, what = one, difference
    rows = sum(len(a[1]) for a, _ in pairs)
    remarks = [what or f"{len(pairs)} of {len(theirs)} tables, {rows} rows"]
    if ends:
        remarks.append("one unit in a last digit of the first row")
    if is_random:
        remarks.append("random streams: first table's first row only")
    return verdict, "; ".join(remarks)


def whole_text(path, depth=5):
    """A deck's text with that of the files of its folder that it includes."""
    text = path.read_text(errors="replace")
    names = set(re.findall(r"^\s*include\s+(\S+)", text, re.M)) if depth else ()
    return "\n".join([text, *(whole_text(path.parent / name, depth - 1) for name in names if (path.parent / name).is_file())])


def deck_files(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("in.*")):
            if path.is_file() and not path.name.endswith((".py", ".sh")):
                yield pathlib.Path(folder), path


def message(text):
    line = next((line for line in text.splitlines() if line.startswith("ERROR")), "no message")
    return re.sub(r"^ERROR[^:]*: ", "", line)[:200]


def table_of(difference):
    """The number of the table that a difference is in; None where it is in the tables' number."""
    found = re.match(r"table (\d+)", difference)
    return int(found.group(1)) if found else None


def judge(path, arguments):
    with tempfile.TemporaryDirectory() as scratch:
        found, refusal = {}, ""
        for kind, command in (("mdrun", [arguments.mdrun, path.name, "-log", "none"]),
                              ("lammps", shlex.split(arguments.lammps) + ["-in", path.name, "-log", "none"])):
            folder = pathlib.Path(scratch) / kind
            copy(path.parent, folder)
            if not arguments.whole:
                shorten(folder)
            text, status = run(command, folder, arguments.seconds)
            table = tables(text)
            if kind == "mdrun" and status not in (0, None) and not table:
                refusal = message(text)
                # A file that the deck's folder lacks may be missing for LAMMPS too.
                if "cannot read" not in refusal:
                    return "unsupported", refusal
            if kind == "lammps" and status not in (0, None) and not table:
                error = next((line for line in text.splitlines() if "ERROR" in line), "no message")
                return "peer fails", error[:160]
            if kind == "lammps" and refusal:
                return "unsupported", refusal
            found[kind] = (table, message(text) if status not in (0, None) else "", status is None)
        is_random = bool(RANDOM.search(whole_text(path)))
        verdict, what = compare(found["mdrun"][0], found["lammps"][0], is_random)
        mine, theirs = found["mdrun"], found["lammps"]
        if verdict in ("equal", "close"):
            if mine[1] and len(mine[0]) < len(theirs[0]):
                return "stops", f"{what}; after {len(mine[0])} tables: {mine[1]}"
            if not mine[1] and not mine[2] and not theirs[1] and not theirs[2] and len(mine[0]) != len(theirs[0]):
                return "differs", f"{len(mine[0])} tables instead of {len(theirs[0])}"
            if mine[2] or theirs[2]:
                what += f"; cut after {arguments.seconds:g} s"
        elif arguments.again and verdict == "differs" and (table := table_of(what)):
            folder = pathlib.Path(scratch) / "again"
            copy(path.parent, folder)
            if not arguments.whole:
                shorten(folder)
            text, _ = run(shlex.split(arguments.again) + ["-in", path.name, "-log", "none"], folder, arguments.seconds)
            other, difference = compare(tables(text), theirs[0], is_random)
            # Digits are lost as fast by both, but one may cross the limit a table earlier.
            if other == "differs" and 1 < (table_of(difference) or 0) <= table + 1:
                return "chaotic", f"{what}; LAMMPS against itself: {difference}"
        elif mine[1]:
            what += f"; stops after {len(mine[0])} tables: {mine[1]}"
        return verdict, what


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lammps", required=True)
    parser.add_argument("--again", help="LAMMPS started in another way, to tell chaos from error")
    parser.add_argument("--mdrun", default=str(ROOT / ".build/release/mdrun"))
    parser.add_argument("--decks", action="append", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="")
    parser.add_argument("--whole", action="store_true")
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
        file.write("# Decks that people have\n\nMade by `scripts/deck_compat.py`; see its head for the verdicts and how runs are shortened.\n\n")
        file.write("| verdict | decks |\n|---|---|\n")
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
