#!/usr/bin/env python3
"""Draws the curves that `mdfit stack train --curve FILE.csv` writes: errors on training and held-out frames against epochs.

    scripts/plot_training.py direct.csv -o training.png
    scripts/plot_training.py direct=direct.csv conservative=detached.csv,connected.csv LSM=lsm.csv -o training.png

A word is LABEL=FILE.csv or FILE.csv. Files after a comma continue the one before (a training that was taken up by --from). Above: root
mean square errors of forces on training frames (thin; while the parameters move) and on held-out frames (thick; of the averaged
parameters). Middle: mean absolute error on held-out frames. Below, if a curve has energies: their error. The dot is the epoch whose
parameters were kept: the least held-out objective of the last phase. A vertical line says where features become connected: errors
before and after it are of different forces (docs/StackedEnsembles.md). Curves that cannot be read are left out.
Needs matplotlib.
"""
import argparse, csv, math, sys
import plot_style
from plot_style import plt

NEEDED = ["epoch", "connected", "objective_held", "force_rmse_train", "force_rmse_held", "force_mae_held", "energy_rmse_held", "seconds"]


def number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan


def read(paths):
    """Columns of one training, its epochs counted on over all of its files; rows that a kill has cut off are left out."""
    columns = {name: [] for name in NEEDED}
    for path in paths:
        with open(path) as file:
            rows = csv.DictReader(file)
            missing = [name for name in NEEDED if name not in (rows.fieldnames or [])]
            if missing:
                sys.exit(f"{path}:1: no column {missing[0]}; expected what mdfit stack train --curve writes: {', '.join(NEEDED)}")
            done = columns["epoch"][-1] if columns["epoch"] else 0
            for row in rows:
                # A direct ensemble has no energies: that cell is empty.
                if any(row[name] is None or row[name] == "" and name != "energy_rmse_held" for name in NEEDED):
                    continue
                for name in NEEDED:
                    columns[name].append(number(row[name]) + (done if name == "epoch" else 0))
    return columns


def best(columns):
    """Index of the epoch that was kept."""
    last = columns["connected"][-1]
    return min((k for k, c in enumerate(columns["connected"]) if c == last), key=lambda k: columns["objective_held"][k])


def connection(columns):
    """The epoch after which features are connected; None where they never are, or are from the first."""
    flags = columns["connected"]
    return next((columns["epoch"][k] + 0.5 for k in range(len(flags) - 1) if flags[k] == 0 and flags[k + 1] == 1), None)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("curves", nargs="+", metavar="[LABEL=]CURVE.csv[,CURVE2.csv]")
    options.add_argument("-o", "--output", default="training.png", help="PNG, PDF or SVG")
    options.add_argument("--linear-epochs", action="store_true", help="a linear axis of epochs")
    options.add_argument("--title")
    o = options.parse_args()
    curves = []
    for label, paths in plot_style.labelled(o.curves):
        try:
            columns = read(paths.split(","))
        except OSError as error:
            plot_style.complain(f"{error.filename}: {error.strerror}; left out")
            continue
        if not columns["epoch"]:
            plot_style.complain(f"{paths} has no epoch yet; left out")
            continue
        curves.append((label.split(",")[0].removesuffix(".csv"), columns))
    if not curves:
        sys.exit("plot_training.py: no curve to draw")

    hasEnergy = any(not all(map(math.isnan, c["energy_rmse_held"])) for _, c in curves)
    panels = [("force RMSE (meV/Å)", "force_rmse_held", "force_rmse_train"), ("force MAE (meV/Å)", "force_mae_held", None)]
    if hasEnergy:
        panels.append(("energy RMSE (meV/atom)", "energy_rmse_held", None))
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(10.5, 1.2 + 2.6 * len(panels)), sharex=True, height_ratios=[1.4] + [1] * (len(panels) - 1))
    for axis, (title, held, train) in zip(axes, panels):
        for n, (label, columns) in enumerate(curves):
            colour = plot_style.COLOURS[n % len(plot_style.COLOURS)]
            epochs, k = columns["epoch"], best(columns)
            values = [1e3 * x for x in columns[held]]
            if all(map(math.isnan, values)):
                continue
            legend = f"{label}: {values[k]:.2f} at epoch {epochs[k]:.0f}"
            if train:
                axis.plot(epochs, [1e3 * x for x in columns[train]], color=colour, lw=0.9, alpha=0.55)
            axis.plot(epochs, values, color=colour, lw=2, label=legend)
            axis.plot(epochs[k], values[k], "o", ms=7, mfc="white", mec=colour, mew=1.8, zorder=5)
            if (at := connection(columns)) is not None:
                axis.axvline(at, color=colour, lw=1, ls="--", alpha=0.7)
                if axis is axes[0]:
                    axis.annotate(
                        "connected", (at, 0.98), xycoords=("data", "axes fraction"), rotation=90, fontsize=9, color=colour, ha="right",
                        va="top", xytext=(-2, 0), textcoords="offset points")
        axis.set_yscale("log")
        axis.set_ylabel(title)
        # Decades alone would leave an axis of less than one without numbers.
        axis.yaxis.set_major_locator(plt.matplotlib.ticker.LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 7)))
        axis.yaxis.set_major_formatter(plt.matplotlib.ticker.FormatStrFormatter("%g"))
        axis.yaxis.set_minor_formatter(plt.matplotlib.ticker.NullFormatter())
        axis.yaxis.set_minor_locator(plt.matplotlib.ticker.LogLocator(subs=range(1, 10)))
        axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    if not o.linear_epochs:
        axes[-1].set_xscale("log")
        axes[-1].xaxis.set_major_locator(plt.matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
        axes[-1].xaxis.set_major_formatter(plt.matplotlib.ticker.FormatStrFormatter("%g"))
        axes[-1].xaxis.set_minor_formatter(plt.matplotlib.ticker.NullFormatter())
    axes[-1].set_xlabel("epoch")
    axes[0].set_title((f"{o.title}\n" if o.title else "") + "thick: held-out frames, thin: training frames, dot: kept", loc="left")
    plot_style.save(figure, o.output)


if __name__ == "__main__":
    main()
