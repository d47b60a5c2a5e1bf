#!/usr/bin/env python3
"""Collects errors of potentials into one CSV file, which scripts/plot_stack.py draws, and a Markdown table.

    scripts/stack_errors.py --bases avg.out --report report.csv --data VALIDATION --csv errors.csv --markdown errors.md \\
        --evaluation AVG:baseline:avg.out:avg.extxyz --evaluation direct:stack:direct.out:direct.extxyz

--evaluation is NAME:KIND:OUTPUT[:FRAMES]: what `mdfit evaluate POTENTIAL.in VALIDATION --write FRAMES > OUTPUT` printed and wrote. --bases
is such an OUTPUT of an ensemble, whose members are taken; --report adds their errors for each element from what `mdfit stack report --csv`
wrote. KIND is base, baseline (AVG, LWA, LNC), network (LSM: no bases) or stack. With FRAMES and --data, errors for each element are worked
out here, and the error over all must be what mdfit printed. Pieces that are missing are named and left out.

Columns: name, kind, force_rmse_meV_per_A, force_mae_meV_per_A, energy_rmse_meV_per_atom (after an offset of each element; empty where there
is no energy of which the forces are the gradient), force_rmse_on_X_meV_per_A for each element X. Empty: not known. Needs numpy.
"""
import argparse, csv, os, re, sys
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "train"))
from dataset import Frames

ERRORS = ["force_rmse_meV_per_A", "force_mae_meV_per_A", "energy_rmse_meV_per_atom"]
KINDS = ["base", "baseline", "network", "stack"]


def read_forces(path, every=1):
    """Symbols and forces of each frame of an extended XYZ file or a DeePMD-kit folder; every N-th, beginning with the first."""
    if os.path.isdir(path):
        frames = Frames(path)
        return [(frames.symbols, f) for f in frames.forces[::every]]
    result = []
    with open(path) as file:
        while line := file.readline():
            count, comment = int(line), file.readline()
            properties = re.search(r'[Pp]roperties="?([^" \n]*)', comment)
            fields, column, places = properties[1].split(":") if properties else [], 0, {}
            for name, width in zip(fields[::3], fields[2::3]):
                places[name] = column
                column += int(width)
            force = places.get("forces", places.get("force"))
            rows = [file.readline().split() for _ in range(count)]
            if "species" not in places or force is None or not rows or len(rows[-1]) < column:
                raise ValueError(f"{path}: frame {len(result) + 1} has no complete species and forces")
            symbols = [row[places["species"]] for row in rows]
            result.append((symbols, np.array([row[force:force + 3] for row in rows], dtype=float)))
    return result[::every]


def pooled(predicted, reference, path):
    """Symbols, reference forces and predicted forces of all atoms of all frames."""
    if [s for s, _ in predicted] != [s for s, _ in reference]:
        raise ValueError(f"{path} and the data have not the same {len(reference)} frames of the same atoms")
    symbols = np.array([s for frame, _ in reference for s in frame])
    return symbols, np.concatenate([f for _, f in reference]), np.concatenate([f for _, f in predicted])


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


def element_errors(predicted, reference, path):
    """RMSE in meV/A over all components and of each element."""
    symbols, truth, forces = pooled(predicted, reference, path)
    return 1e3 * rms(forces - truth), {s: 1e3 * rms((forces - truth)[symbols == s]) for s in dict.fromkeys(symbols)}


def evaluation(name, kind, output, frames=None, reference=None):
    """The row of one `mdfit evaluate`."""
    row = {"name": name, "kind": kind}
    with open(output) as file:
        text = file.read()
    for key in ERRORS:
        if found := re.search(rf"^{key} (\S+)$", text, re.M):
            row[key] = float(found[1])
    if ERRORS[0] not in row:
        raise ValueError(f"{output}: no {ERRORS[0]}; expected what mdfit evaluate prints")
    if "forces are not the gradient of an energy" in text:
        del row[ERRORS[2]]
    if frames and reference and os.path.exists(frames):
        total, elements = element_errors(read_forces(frames), reference, frames)
        if abs(total / row[ERRORS[0]] - 1) > 1e-6:
            raise ValueError(f"{frames} has a force RMSE of {total} meV/A, {output} says {row[ERRORS[0]]}")
        row |= {f"force_rmse_on_{s}_meV_per_A": value for s, value in elements.items()}
    return row


def bases(output, report=None):
    """Rows of the members that one `mdfit evaluate` of an ensemble printed, with errors for elements from a report's CSV file."""
    with open(output) as file:
        rows = {}
        for name, key, value in re.findall(r"^member (\S+) (\S+) (\S+)$", file.read(), re.M):
            rows.setdefault(name, {"name": name, "kind": "base"})[key] = float(value)
    if report and os.path.exists(report):
        with open(report) as file:
            for row in csv.DictReader(file):
                if row["size"] == "1" and row["method"] == "AVG" and (known := rows.get(row["bases"])):
                    if abs(float(row[ERRORS[0]]) / known[ERRORS[0]] - 1) > 1e-4:
                        raise ValueError(f"{report} and {output} disagree on {row['bases']}: not measured on the same data")
                    known |= {k: float(v) for k, v in row.items() if k.startswith("force_rmse_on_")}
    return list(rows.values())


def heading(rows):
    elements = dict.fromkeys(k for row in rows for k in row if k.startswith("force_rmse_on_"))
    return ["name", "kind", *ERRORS, *elements]


def write_csv(rows, path):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, heading(rows), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path):
    with open(path) as file:
        reader = csv.DictReader(file)
        for name in ["name", "kind", *ERRORS[:2]]:
            if name not in (reader.fieldnames or []):
                raise ValueError(f"{path}:1: no column {name}; expected what scripts/stack_errors.py writes")
        return [{k: v if k in ("name", "kind") else float(v) for k, v in row.items() if v not in (None, "")} for row in reader]


def markdown(rows):
    """A table; forces in meV/A, energies in meV/atom."""
    keys = heading(rows)[2:]
    titles = {ERRORS[0]: "force RMSE", ERRORS[1]: "force MAE", ERRORS[2]: "energy RMSE"}
    names = [titles.get(k) or "RMSE " + re.sub(r"force_rmse_on_(.*)_meV_per_A", r"\1", k) for k in keys]
    lines = ["| potential | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for row in rows:
        values = [f"{row[k]:.{2 if k != ERRORS[2] else 3}f}" if k in row else "" for k in keys]
        lines.append(f"| {row['name']} | " + " | ".join(values) + " |")
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bases", help="output of mdfit evaluate on an ensemble of them")
    options.add_argument("--report", help="CSV file of mdfit stack report")
    options.add_argument("--evaluation", action="append", default=[], metavar="NAME:KIND:OUTPUT[:FRAMES]")
    options.add_argument("--data", help="the reference that FRAMES are compared with")
    options.add_argument("--every", type=int, default=1, help="as it was for mdfit evaluate")
    options.add_argument("--csv", default="errors.csv")
    options.add_argument("--markdown")
    o = options.parse_args()
    rows = []
    try:
        reference = read_forces(o.data, o.every) if o.data else None
        if o.bases and os.path.exists(o.bases):
            rows += bases(o.bases, o.report)
        for word in o.evaluation:
            parts = word.split(":")
            if len(parts) not in (3, 4) or parts[1] not in KINDS:
                sys.exit(f"stack_errors.py: --evaluation {word}; expected NAME:KIND:OUTPUT[:FRAMES] with a KIND of {', '.join(KINDS)}")
            if os.path.exists(parts[2]):
                rows.append(evaluation(*parts, reference=reference))
            else:
                print(f"stack_errors.py: {parts[2]} is not there; {parts[0]} left out", file=sys.stderr)
    except (ValueError, KeyError, OSError) as error:
        sys.exit(f"stack_errors.py: {error}")
    if not rows:
        sys.exit("stack_errors.py: nothing to collect")
    write_csv(rows, o.csv)
    if o.markdown:
        with open(o.markdown, "w") as file:
            file.write(markdown(rows))
    print(markdown(rows), end="")


if __name__ == "__main__":
    main()
