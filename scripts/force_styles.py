#!/usr/bin/env python3
"""Runs LAMMPS' own force-style cases (unittest/force-styles/tests/*.yaml of lammps/lammps) with mdrun and compares the numbers.

    scripts/force_styles.py FOLDER [--only 'manybody-pair-*' ...] [--program COMMAND] [--potentials FOLDER] [--keep FOLDER]
                            [--factor 1] [--output Benchmarks/force_styles]

FOLDER has the YAML files and their input decks and data files; potential files are found there or in --potentials (LAMMPS' folder `potentials`).
COMMAND takes -in DECK -log none; LAMMPS itself can stand there. Needs Python 3 alone.

As LAMMPS' test program does (test_pair_style.cpp, test_bond_style.cpp and the like), each case is run as

  plain      pre_commands, the input deck, the style, its coefficients, post_commands, run 0, write_restart, write_data, write_coeff, run 4 with fix nve
  newton off the same with newton off
  restart    read_restart, and post_commands; style and coefficients again only where LAMMPS' program gives them
  nofdotr    the same and pair_modify nofdotr (pair styles)
  data       the input deck on the data file that was written, coefficients, post_commands, run 0
  respa      newton off with run_style respa 2 1 inner 1 4.8 5.5 outer 2, for the pair styles that have it in LAMMPS

and energies (van der Waals and Coulomb, or of the bonds, angles ...), the six stresses and all forces are compared. LAMMPS' criterion is
|a - b| / min(|a|, |b|) <= epsilon (of the file; 5 epsilon for forces after 4 steps, 3 for stresses with newton off) for each number by itself.
Verdicts:

  equal        all numbers by LAMMPS' criterion, times --factor
  close        all numbers within 10 epsilon of the largest of their kind (numbers that nearly cancel have no relative precision)
  differs      some number is further off
  unsupported  mdrun refuses the deck
  skipped      the file says so, or it needs what is not a file here

Not checked: Pair::single and Pair::extract, which no deck reaches.
"""
import argparse, collections, concurrent.futures, csv, fnmatch, math, os, pathlib, re, shlex, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KINDS = ["pair", "bond", "angle", "dihedral", "improper"]
# Pair styles whose coefficients LAMMPS' restart files do not hold, though no file is named in them, and those of which they hold the style only.
STYLE_ONLY = {"table"}
RESPA = {"lj/cut", "lj/cut/coul/long", "lj/charmm/coul/long", "lj/charmmfsw/coul/long", "lj/class2", "lj/class2/coul/long", "lj/long/coul/long",
         "buck/long/coul/long", "lj/cut/tip4p/long", "lj/mdf", "mie/cut", "lj96/cut", "lj/cut/coul/debye"} - {"lj/cut/coul/debye", "lj/mdf"}


def parse(text):
    """The subset of YAML that these files are written in: `key: value`, folded plain lines, `key: ! |` blocks, quoted strings."""
    result, key, lines, block = {}, None, [], False

    def close():
        if key is None:
            return
        if block:
            body = [line for line in lines]
            indent = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=0)
            result[key] = "\n".join(line[indent:] for line in body).strip("\n")
        else:
            value = " ".join(line.strip() for line in lines).strip()
            value = re.sub(r"^!\s*", "", value)
            if len(value) >= 2 and value[0] == '"' and value[-1] == '"':
                # A line that ends with a backslash goes on without a space.
                value = re.sub(r"\\ \s*\\?", "", value[1:-1]).replace("\\n", "\n").replace('\\"', '"')
            result[key] = value

    for line in text.splitlines():
        match = re.match(r"^([A-Za-z_]+):\s*(.*)$", line)
        if match:
            close()
            key, rest = match.groups()
            block = bool(re.match(r"^(!\s*)?[|>][-+0-9]*\s*$", rest))
            lines = [] if block else [rest]
        elif line in ("---", "..."):
            close()
            key = None
        elif key is not None:
            lines.append(line)
    close()
    return result


class Case:
    def __init__(self, path):
        self.path, self.name = path, path.stem
        self.values = parse(path.read_text())
        self.kind = next(kind for kind in KINDS if f"{kind}_style" in self.values)
        self.style = self.values[f"{self.kind}_style"]
        self.epsilon = float(self.values["epsilon"])

    def lines(self, key):
        return [line for line in self.values.get(key, "").splitlines() if line.strip()]

    def numbers(self, key):
        return [float(word) for word in self.values.get(key, "").split()]

    def forces(self, key):
        rows = [line.split() for line in self.lines(key)]
        return {int(row[0]): [float(word) for word in row[1:4]] for row in rows if len(row) >= 4}

    def names_files(self, folders):
        words = " ".join([self.style, *self.lines(f"{self.kind}_coeff")]).split()
        words = [word.split("}/")[-1] for word in words]
        return any(re.search(r"[A-Za-z]", word) and any((folder / word).is_file() for folder in folders) for word in words)


def decks(case, folder, folders):
    """Names and texts of the decks, in order: later ones read what the first one wrote."""
    kind, style = case.kind, case.style
    coefficients = [f"{kind}_coeff {line}" for line in case.lines(f"{kind}_coeff")]
    pre, post = case.lines("pre_commands"), case.lines("post_commands")
    deck = f"include {folder}/{case.values['input_file']}"
    energies = "evdwl ecoul etail" if kind == "pair" else {"bond": "ebond", "angle": "eangle", "dihedral": "edihed", "improper": "eimp"}[kind]

    def look(tag):
        return [f"compute look_p all pressure NULL {kind}", f"thermo_style custom step {energies} vol c_look_p[*]",
                "thermo_modify format float %.17g", f"dump look all custom 1 {tag}.dump id fx fy fz",
                "dump_modify look sort id format float %.17g"]

    def init(newton):
        word = "newton_pair" if kind == "pair" else "newton_bond"
        lines = [f"variable {word} index {newton}", f"variable input_dir index {folder}", *pre, deck, f"{kind}_style {style}", *coefficients]
        if kind == "pair":
            lines += ["pair_modify table 0", "pair_modify table/disp 0"]
        return lines + post

    def run(tag):
        nve = [] if any(line.split()[:1] == ["fix"] and "nve" in line for line in post) else ["fix look_nve all nve"]
        return ["compute look_pe all pe/atom " + kind, "compute look_sum all reduce sum c_look_pe", *nve, f"dump look all custom 4 {tag}.dump id fx fy fz",
                "dump_modify look sort id format float %.17g", f"thermo_style custom step {energies} vol c_look_p[*] c_look_sum",
                "thermo_modify format float %.17g", "thermo 2", "run 4 post no"]

    write = ["undump look"]
    if kind == "pair":
        write += ["variable write_data_pair index ii", "write_restart case.restart", "write_data case.data pair ${write_data_pair}", "write_coeff case-coeffs.in"]
    else:
        write += ["write_restart case.restart", "write_data case.data nofix", "write_coeff case-coeffs.in"]
    result = {"plain": init("on") + look("plain.init") + ["run 0 post no"] + write + run("plain.run")}
    result["newton off"] = init("off") + look("off.init") + ["run 0 post no", "undump look"] + run("off.run")
    has_files = case.names_files(folders)
    again = []
    first = style.split()[0]
    if has_files and first not in STYLE_ONLY:
        again.append(f"{kind}_style {style}")
    if has_files or first.startswith("hybrid"):
        again += coefficients
    # LAMMPS' clear keeps variables.
    kept = [line for line in pre if line.split()[:1] == ["variable"] and "delete" not in line]
    start = [f"variable input_dir index {folder}", *kept, "newton on", "read_restart case.restart", *again, *post]
    result["restart"] = start + look("restart.init") + ["run 0 post no"]
    if kind == "pair":
        result["nofdotr"] = start + ["pair_modify nofdotr"] + look("nofdotr.init") + ["run 0 post no"]
    word = "newton_pair" if kind == "pair" else "newton_bond"
    result["data"] = [f"variable input_dir index {folder}", f"variable {word} index on", *pre, f"variable {kind}_style index '{style}'",
                      "variable data_file index case.data", deck, *coefficients, *post] + look("data.init") + ["run 0 post no"]
    if kind == "pair" and first in RESPA:
        result["respa"] = (init("off") + ["run 0 post no", "run_style respa 2 1 inner 1 4.8 5.5 outer 2"]
                           + [line for line in look("respa.init") if line.startswith("compute")] + run("respa.run"))
    return {tag: "\n".join(lines) + "\n" for tag, lines in result.items()}


def tables(text):
    """Rows, as dictionaries, of each thermo table."""
    found, head, rows = [], None, []
    for line in text.splitlines() + ["Loop time"]:
        words = line.split()
        if words[:1] == ["Step"] and len(words) > 2:
            head, rows = words, []
        elif head and line.startswith("Loop time"):
            found.append([dict(zip(head, row)) for row in rows])
            head = None
        elif head and len(words) == len(head):
            try:
                rows.append([float(word) for word in words])
            except ValueError:
                pass
    return found


def dumped(path):
    """Forces by id of a dump's last frame."""
    frame = path.read_text().split("ITEM: ATOMS")[-1].splitlines()[1:]
    return {int(row[0]): [float(word) for word in row[1:4]] for row in (line.split() for line in frame) if len(row) == 4}


class Errors:
    """The largest errors over epsilon, by LAMMPS' criterion and by the scale of the kind of number."""

    def __init__(self):
        self.own, self.scaled, self.where = 0.0, 0.0, ""

    def add(self, label, mine, theirs, epsilon):
        scale = max((abs(value) for value in theirs), default=0.0)
        if len(mine) != len(theirs):
            self.own, self.scaled, self.where = math.inf, math.inf, f"{label}: {len(mine)} numbers instead of {len(theirs)}"
            return
        for a, b in zip(mine, theirs):
            difference, small = abs(a - b), min(abs(a), abs(b))
            error = (difference if small == 0 else difference / small) / epsilon
            by_scale = (difference / scale if scale > 0 else difference) / epsilon
            if not error <= self.own:
                self.own = error if error == error else math.inf
                self.where = f"{label}: {a!r} instead of {b!r}"
            if not by_scale <= self.scaled:
                self.scaled = by_scale if by_scale == by_scale else math.inf


def judge(case, tag, text, work, pressure_unit):
    errors, epsilon = Errors(), case.epsilon
    short = "off" if tag == "newton off" else tag
    found = tables(text)
    parts = {"plain": ["init", "run"], "newton off": ["init", "run"], "respa": ["run"]}.get(tag, ["init"])
    if len(found) < len(parts):
        raise ValueError("too few tables")
    for part, table in zip(parts, found[-len(parts):] if tag == "respa" else found):
        row = table[-1]
        pressures = [value for key, value in row.items() if key.startswith("c_look_p[")]
        # nktv2p follows from the units; stresses of the files are virials in energy units, xx yy zz xy xz yz.
        stress = [value * row["Volume"] / pressure_unit for value in pressures]
        expected = case.numbers(f"{part}_stress")
        # The test program sets what is smaller than 1e-13 to zero as it writes the file.
        stress = [0.0 if abs(value) < 1e-13 and other == 0 else value for value, other in zip(stress, expected)]
        errors.add(f"{part} stress", stress, expected, epsilon * (3 if tag == "newton off" and part == "init" else 1))
        if case.kind == "pair":
            mine = [row["E_vdwl"] - row.get("E_tail", 0.0), row["E_coul"]]
            theirs = [float(case.values[f"{part}_vdwl"]), float(case.values[f"{part}_coul"])]
        else:
            mine = [row[{"bond": "E_bond", "angle": "E_angle", "dihedral": "E_dihed", "improper": "E_impro"}[case.kind]]]
            theirs = [float(case.values[f"{part}_energy"])]
        for label, a, b in zip(("vdwl", "coul") if case.kind == "pair" else ("energy",), mine, theirs):
            errors.add(f"{part} {label}", [a], [b], epsilon)
        if part == "run" and "c_look_sum" in row and "kim" not in case.style and "pod" not in case.style:
            errors.add("sum of energies of atoms", [row["c_look_sum"]], [sum(mine)], epsilon)
        mine, theirs = dumped(work / f"{short}.{part}.dump"), case.forces(f"{part}_forces")
        flat = lambda forces: [value for key in sorted(forces) for value in forces[key]]
        errors.add(f"{part} forces", flat(mine), flat(theirs), epsilon * (5 if part == "run" else 1))
    return errors


# LAMMPS' nktv2p, force.cpp and update.cpp.
PRESSURE = {"lj": 1.0, "real": 68568.415, "metal": 1.6021765e6, "si": 1.0, "cgs": 1.0, "electron": 2.94210108e13, "micro": 1.0, "nano": 1.0}


def units_of(case, folder):
    """The unit system that a case runs in."""
    def last(lines, pattern):
        found = [match.group(1) for line in lines if (match := re.match(pattern, line.strip()))]
        return found[-1] if found else None

    pre = case.lines("pre_commands")
    text = (folder / case.values["input_file"]).read_text().splitlines()
    return (last(case.lines("post_commands"), r"units\s+(\w+)") or last(pre, r"units\s+(\w+)")
            or (last(pre, r"variable\s+units\s+index\s+(\w+)") or last(text, r"variable\s+units\s+index\s+(\w+)") or last(text, r"units\s+(\w+)") or "lj"))


def message(text):
    line = next((line for line in text.splitlines() if line.startswith("ERROR")), None)
    return re.sub(r"^ERROR( on proc \d+)?:\s*(\S+:\d+(:\d+)?: )?", "", line)[:160] if line else None


def run_case(path, arguments):
    """Verdict and what of each part of a case."""
    case = Case(path)
    folder = path.parent.resolve()
    folders = [folder, *(pathlib.Path(name).resolve() for name in arguments.potentials)]
    if not (folder / case.values["input_file"]).is_file():
        return case, {"plain": ("skipped", f"no {case.values['input_file']}")}
    rows = {}
    with tempfile.TemporaryDirectory() as scratch:
        work = pathlib.Path(arguments.keep) / case.name if arguments.keep else pathlib.Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LAMMPS_POTENTIALS": ":".join(map(str, folders))}
        for each in reversed(folders):
            for file in each.iterdir():
                link = work / file.name
                if file.is_file() and not file.suffix == ".yaml" and not file.name.startswith("in."):
                    link.unlink(missing_ok=True)
                    link.symlink_to(file)
        if (missing := [word for line in case.lines(f"{case.kind}_coeff") for word in line.split()
                        if "." in word and re.search(r"[A-Za-z]", word) and not re.fullmatch(r"[-+0-9.eE]+", word)
                        and "$" not in word and not any((each / word).is_file() for each in folders)]):
            return case, {"plain": ("skipped", f"no file {missing[0]}")}
        for tag, deck in decks(case, folder, folders).items():
            name = "in." + tag.replace(" ", "-")
            (work / name).write_text(deck)
            if tag in ("restart", "nofdotr", "data") and not (work / ("case.data" if tag == "data" else "case.restart")).is_file():
                rows[tag] = ("unsupported", "nothing was written")
                continue
            try:
                done = subprocess.run([*shlex.split(arguments.program), "-in", name, "-log", "none"], cwd=work, env=environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=arguments.seconds)
            except subprocess.TimeoutExpired:
                rows[tag] = ("differs", f"not done after {arguments.seconds:g} s")
                continue
            text = done.stdout.decode(errors="replace")
            (work / (name + ".out")).write_text(text)
            if done.returncode or message(text):
                rows[tag] = ("unsupported", message(text) or f"ended with status {done.returncode}")
                if tag == "plain" and not (work / "case.data").is_file() and arguments.brief:
                    break
                continue
            try:
                errors = judge(case, tag, text, work, PRESSURE[units_of(case, folder)])
            except (ValueError, KeyError, IndexError, FileNotFoundError) as problem:
                rows[tag] = ("differs", f"output not understood: {problem!r}")
                continue
            if errors.own <= arguments.factor:
                rows[tag] = ("equal", f"{errors.own:.2g}")
            elif errors.scaled <= 10 * arguments.factor:
                rows[tag] = ("close", f"{errors.own:.2g} ({errors.scaled:.2g} of scale): {errors.where}")
            else:
                rows[tag] = ("differs", f"{errors.own:.2g} ({errors.scaled:.2g} of scale): {errors.where}")
    return case, rows


ORDER = ["equal", "close", "differs", "unsupported", "skipped"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--only", nargs="*", default=["manybody-pair-*", "atomic-pair-*", "mol-pair-*"])
    parser.add_argument("--program", default=str(ROOT / ".build/release/mdrun"))
    parser.add_argument("--potentials", action="append", default=[])
    parser.add_argument("--factor", type=float, default=1)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", help="a folder for decks and what they print")
    parser.add_argument("--brief", action="store_true", help="leave a case whose first deck is refused")
    parser.add_argument("--output", help="write FILE.md and FILE.csv")
    arguments = parser.parse_args()
    paths = sorted(path for path in pathlib.Path(arguments.folder).glob("*.yaml") if any(fnmatch.fnmatch(path.stem, each) for each in arguments.only))
    results, counts = [], collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for case, rows in pool.map(lambda path: run_case(path, arguments), paths):
            worst = max((verdict for verdict, _ in rows.values()), key=ORDER.index)
            counts[worst] += 1
            results.append((case, worst, rows))
            print(f"{worst:12} {case.name:45} " + "; ".join(f"{tag}: {verdict} {what}" for tag, (verdict, what) in rows.items()
                                                           if verdict != "equal" or arguments.keep), flush=True)
    print(", ".join(f"{counts[verdict]} {verdict}" for verdict in ORDER if counts[verdict]))
    if not arguments.output:
        return
    tags = ["plain", "newton off", "restart", "nofdotr", "data", "respa"]
    with open(arguments.output + ".csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "style", "part", "verdict", "error over epsilon, or why"])
        for case, _, rows in results:
            for tag, (verdict, what) in rows.items():
                writer.writerow([case.name, case.style, tag, verdict, what])
    with open(arguments.output + ".md", "w") as file:
        file.write("# LAMMPS' own force-style cases\n\nMade by `scripts/force_styles.py`, whose head says what is run and compared. ")
        file.write("The number is the largest error over the file's epsilon, by LAMMPS' criterion.\n\n| verdict | cases |\n|---|---|\n")
        for verdict in ORDER:
            if counts[verdict]:
                file.write(f"| {verdict} | {counts[verdict]} |\n")
        file.write("\n| case | style | " + " | ".join(tags) + " |\n|---|---|" + "---|" * len(tags) + "\n")
        for case, worst, rows in results:
            if worst in ("unsupported", "skipped") and all(verdict in ("unsupported", "skipped") for verdict, _ in rows.values()):
                continue
            cells = [f"{rows[tag][0]} {rows[tag][1].split(':')[0] if rows[tag][0] != 'unsupported' else ''}".strip() if tag in rows else "" for tag in tags]
            file.write(f"| {case.name} | {case.style} | " + " | ".join(cells) + " |\n")
        reasons = collections.Counter(rows["plain"][1][:100] for _, _, rows in results if rows["plain"][0] in ("unsupported", "skipped"))
        file.write("\nWhat stopped the others first:\n\n| cases | message |\n|---|---|\n")
        for reason, count in reasons.most_common():
            file.write(f"| {count} | {reason.replace('|', '/')} |\n")


if __name__ == "__main__":
    sys.exit(main())
