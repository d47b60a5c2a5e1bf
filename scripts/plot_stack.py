#!/usr/bin/env python3
"""Plots of ensembles against their bases. Each kind says more with --help.

    scripts/plot_stack.py errors errors.csv -o errors.png
    scripts/plot_stack.py parity VALIDATION AVG=avg.extxyz conservative=conservative.extxyz -o parity.png
    scripts/plot_stack.py nve PaiNN=log.base direct=log.direct conservative=log.conservative -o nve.png
    scripts/plot_stack.py cost bases=log.committee direct=log.direct conservative=log.conservative -o cost.png

A word is LABEL=FILE or FILE; files that are missing are named and left out. Needs matplotlib and numpy.
"""
import argparse, re, sys
import numpy as np
import plot_style
import stack_errors
from plot_style import plt
from validate_nve import fit

KINDS = {"base": ("#b0b0b0", "base"), "baseline": ("#56B4E9", "combination without interactions"),
         "network": ("#E69F00", "network without bases"), "stack": ("#0072B2", "stacked ensemble")}


def present(words, read):
    """(label, read(path)) of each file that can be read."""
    found = []
    for label, path in plot_style.labelled(words):
        try:
            found.append((label, read(path)))
        except OSError as error:
            plot_style.complain(f"{path}: {error.strerror}; left out")
        except ValueError as error:
            plot_style.complain(f"{error}; left out")
    if not found:
        sys.exit("plot_stack.py: nothing to draw")
    return found


def errors(o):
    """Bars of force errors, from the file that scripts/stack_errors.py writes (it lists the columns). --mark draws a published MAE."""
    rows = [row for _, file in present([o.csv], stack_errors.read_csv) for row in file]
    figure, axes = plt.subplots(1, 2, figsize=(10, 1.4 + 0.36 * len(rows)), sharey=True)
    places = np.arange(len(rows))[::-1]
    for axis, key, title in zip(axes, ["force_mae_meV_per_A", "force_rmse_meV_per_A"], ["MAE", "RMSE"]):
        values = [row.get(key, np.nan) for row in rows]
        axis.barh(places, values, color=[KINDS.get(row["kind"], KINDS["base"])[0] for row in rows], height=0.72)
        for y, value in zip(places, values):
            if np.isfinite(value):
                axis.annotate(f"{value:.1f}", (value, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9.5,
                              bbox={"fc": "white", "ec": "none", "pad": 0.8, "alpha": 0.85}, zorder=3)
        axis.set_xlim(0, 1.12 * np.nanmax(values))
        axis.set_xlabel(f"force {title} (meV/Å)")
        axis.grid(axis="y", visible=False)
    axes[0].set_yticks(places, [row["name"] for row in rows])
    present_kinds = [kind for kind in KINDS if any(row["kind"] == kind for row in rows)]
    handles = [plt.Rectangle((0, 0), 1, 1, color=KINDS[kind][0], label=KINDS[kind][1]) for kind in present_kinds]
    for n, word in enumerate(o.mark):
        label, _, value = word.rpartition("=")
        handles.append(axes[0].axvline(float(value), color="#D55E00", lw=1.4, ls=["--", ":", "-."][n % 3], label=f"{label}: MAE {value}"))
    figure.legend(handles=handles, loc="outside upper center", ncols=min(3, len(handles)))
    plot_style.save(figure, o.output)


def coloured_by_density(axis, x, y, bins=400):
    """Points, those in the densest places last and brightest. Returns the points for a colour bar."""
    counts, xs, ys = np.histogram2d(x, y, bins=bins)
    at = lambda v, edges: np.clip(np.searchsorted(edges, v, side="right") - 1, 0, bins - 1)
    density = counts[at(x, xs), at(y, ys)]
    order = np.argsort(density, kind="stable")
    return axis.scatter(x[order], y[order], c=density[order], s=3, cmap="viridis", linewidths=0, rasterized=True)


def parity(o):
    """Force components against the reference, and their errors below; colours say how many points share a cell of a 400 x 400 grid."""
    reference = stack_errors.read_forces(o.data, o.every)
    panels = present(o.frames, lambda path: stack_errors.pooled(stack_errors.read_forces(path), reference, path))
    figure, axes = plt.subplots(
        2, len(panels), figsize=(0.9 + 3.5 * len(panels), 5.6), sharex=True, sharey="row", squeeze=False, height_ratios=[1.5, 1])
    truth = panels[0][1][1].ravel()
    ends, points = np.array([truth.min(), truth.max()]), []
    for (label, (_, truth, forces)), (above, below) in zip(panels, axes.T):
        x, y = truth.ravel(), forces.ravel()
        points += [coloured_by_density(above, x, y), coloured_by_density(below, x, y - x)]
        above.plot(ends, ends, color="black", lw=0.8, zorder=0)
        below.axhline(0, color="black", lw=0.8, zorder=0)
        error = 1e3 * (y - x)
        above.set_title(label)
        above.annotate(
            f"RMSE {np.sqrt(np.mean(error**2)):.1f} meV/Å\nMAE {np.mean(abs(error)):.1f} meV/Å", (0.04, 0.96), xycoords="axes fraction",
            va="top", fontsize=9.5)
        below.set_xlabel("reference force (eV/Å)")
    axes[0, 0].set_ylabel("predicted force (eV/Å)")
    axes[1, 0].set_ylabel("error (eV/Å)")
    norm = plt.matplotlib.colors.LogNorm(1, max(2, *(p.get_array().max() for p in points)))
    for p in points:
        p.set_norm(norm)
    figure.colorbar(points[0], ax=axes, label=f"points in a cell ({len(truth) * 3} in all)", pad=0.01, aspect=40)
    plot_style.save(figure, o.output)


def read_log(path):
    """The last run of a log: thermo rows by column, seconds of the loop, steps, atoms, time step, members' seconds, warnings."""
    run, log, table = None, {"warnings": [], "step": None}, None
    with open(path) as file:
        for line in file:
            words = line.split()
            if line.startswith("WARNING"):
                log["warnings"].append(line)
            elif line.startswith("  Time step") and len(words) == 4:
                log["step"] = float(words[3])
            elif words[:1] == ["Step"]:
                run, table = {"columns": words, "rows": [], "members": []}, "thermo"
            elif found := re.match(r"Loop time of (\S+) on (\d+) procs for (\d+) steps with (\d+) atoms", line):
                table = None
                if run is not None:
                    run |= {"loop": float(found[1]), "ranks": int(found[2]), "steps": int(found[3]), "atoms": int(found[4])}
                    log["run"] = run
            elif line.startswith("Pair time by member"):
                table = "members"
            elif table == "members" and not words:
                table = None
            elif table == "members" and "|" in line and not line.startswith(("Member", "  ")):
                # A row set in by two blanks is a part of the one above.
                cells = [cell.strip() for cell in line.split("|")]
                run["members"].append((cells[0], float(cells[2])))
            elif table == "thermo" and run is not None and len(words) == len(run["columns"]) and re.fullmatch(r"\d+", words[0]):
                run["rows"].append([float(w) for w in words])
    if "run" not in log:
        raise ValueError(f"{path}: no run that came to its end")
    return log


def energies(path):
    log = read_log(path)
    run = log["run"]
    columns, rows = run["columns"], np.array(run["rows"])
    energy = next((columns.index(c) for c in ("TotEng", "etotal") if c in columns), None)
    if energy is None or len(rows) < 3:
        raise ValueError(f"{path}: no TotEng in the last run's table, or fewer than 3 rows")
    if "Time" not in columns and log["step"] is None:
        raise ValueError(f"{path}: neither a column Time nor a time step")
    time = rows[:, columns.index("Time")] if "Time" in columns else (rows[:, 0] - rows[0, 0]) * log["step"]
    isMean = any(re.search("potential energy.* are those of", w) for w in log["warnings"])
    return time - time[0], 1e3 * (rows[:, energy] - rows[0, energy]) / run["atoms"], isMean


def nve(o):
    """Total energy less its first value against time, of each log's last run, with the slope of the line through it and its standard error.
    The second panel has what stays near zero, where the first is ruled by what drifts."""
    curves = present(o.logs, energies)
    slopes = [fit([[0, t, 0, 0, 0, e] for t, e in zip(time, energy)]) for _, (time, energy, _) in curves]
    spans = [np.ptp(energy) for _, (_, energy, _) in curves]
    small = [k for k, span in enumerate(spans) if span < 0.2 * max(spans)]
    panels = [range(len(curves))] + ([small] if small else [])
    figure, axes = plt.subplots(len(panels), 1, figsize=(8, 1 + 2.9 * len(panels)), sharex=True, squeeze=False)
    for n, (axis, chosen) in enumerate(zip(axes[:, 0], panels)):
        for k in chosen:
            (label, (time, energy, isMean)), (slope, deviation, _) = curves[k], slopes[k]
            # Where a style has no energy of its own, say whose is drawn.
            note = ", energy of the bases' mean" if isMean else ""
            legend = f"{label}{note}: {slope:+.3g} ± {deviation:.1g} meV/atom/ps" if n == 0 else label
            axis.plot(time, energy, lw=1.1, color=plot_style.COLOURS[k % len(plot_style.COLOURS)], label=legend)
        axis.axhline(0, color="black", lw=0.6)
        axis.set_ylabel("E(t) − E(0) (meV/atom)")
        if n == 0:
            figure.legend(loc="outside upper left", handles=axis.get_legend_handles_labels()[0])
        else:
            axis.set_title("enlarged: " + ", ".join(curves[k][0] for k in chosen), loc="left")
    axes[-1, 0].set_xlabel("time (ps)")
    plot_style.save(figure, o.output)


def cost(o):
    """Milliseconds of a step by member, network, exchange and pullbacks: the log's table of pair time by member, means over ranks. Numbers
    beside the bars: the step, and how many times the first log's it is. The rest is what the table does not have."""
    logs = [(label, log["run"]) for label, log in present(o.logs, read_log)]
    members = list(dict.fromkeys(name for _, run in logs for name, _ in run["members"]))
    fixed = {"network": "#D55E00", "members' exchange": "#CC79A7", "pullbacks": "#009E73", "rest": "#d9d9d9"}
    bases = [name for name in members if name not in fixed]
    shades = plt.matplotlib.colormaps["Blues"](np.linspace(0.85, 0.3, max(len(bases), 2)))
    colours = dict(zip(bases, shades)) | fixed
    figure, axis = plt.subplots(figsize=(9, 1.9 + 0.55 * len(logs)))
    places = np.arange(len(logs))[::-1]
    left = np.zeros(len(logs))
    parts = []
    for _, run in logs:
        own, per = dict(run["members"]), 1e3 / max(run["steps"], 1)
        # A log of one potential alone has no table; all of its time is the rest.
        own["rest"] = max(0.0, run["loop"] - sum(own.values()))
        parts.append({name: seconds * per for name, seconds in own.items()})
    for name in bases + list(fixed):
        widths = np.array([part.get(name, 0.0) for part in parts])
        if widths.sum() > 0:
            axis.barh(places, widths, left=left, color=colours[name], height=0.66, label=name)
            left += widths
    for place, total in zip(places, left):
        ratio = f"   {total / left[0]:.2f} ×" if len(logs) > 1 else ""
        axis.annotate(f"{total:.3g} ms{ratio}", (total, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=9.5)
    axis.set_xlim(0, 1.2 * left.max())
    axis.set_yticks(places, [label for label, _ in logs])
    axis.grid(axis="y", visible=False)
    run = logs[0][1]
    sizes = {(r["atoms"], r["ranks"]) for _, r in logs}
    where = f", {run['atoms']} atoms, {run['ranks']} rank{'s' * (run['ranks'] > 1)}" if len(sizes) == 1 else ""
    if len(sizes) > 1:
        plot_style.complain("the logs are of different numbers of atoms or ranks")
    axis.set_xlabel(f"time of a step (ms{where})")
    figure.legend(loc="outside upper center", ncols=min(5, len(axis.get_legend_handles_labels()[0])))
    plot_style.save(figure, o.output)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = options.add_subparsers(dest="kind", required=True)
    for function in (errors, parity, nve, cost):
        kind = kinds.add_parser(function.__name__, help=function.__doc__.split(".")[0], description=function.__doc__)
        kind.set_defaults(draw=function)
        if function is errors:
            kind.add_argument("csv", metavar="ERRORS.csv")
            kind.add_argument("--mark", action="append", default=[], metavar="LABEL=MAE", help="a dashed line, meV/A")
        elif function is parity:
            kind.add_argument("data", help="the reference: extended XYZ file or DeePMD-kit folder")
            kind.add_argument("frames", nargs="+", metavar="[LABEL=]FRAMES.extxyz", help="from mdfit evaluate --write")
            kind.add_argument("--every", type=int, default=1, help="as it was for mdfit evaluate")
        else:
            kind.add_argument("logs", nargs="+", metavar="[LABEL=]LOG")
        kind.add_argument("-o", "--output", default=f"{function.__name__}.png", help="PNG, PDF or SVG")
    o = options.parse_args()
    o.draw(o)


if __name__ == "__main__":
    main()
