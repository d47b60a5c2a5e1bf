"""What the plots of scripts/plot_*.py have in common: fonts, colours that colour-blind readers tell apart, saving. Needs matplotlib."""

import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

# Okabe and Ito's palette.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]

plt.rcParams.update({
    "font.size": 11, "axes.titlesize": 11, "axes.labelsize": 11, "legend.fontsize": 9.5, "xtick.labelsize": 10, "ytick.labelsize": 10,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd", "grid.linewidth": 0.6,
    "axes.axisbelow": True, "legend.frameon": False, "figure.constrained_layout.use": True, "savefig.dpi": 160,
})


def labelled(words):
    """(label, path) of words LABEL=PATH or PATH; a path's own label is its name without suffix."""
    result = []
    for word in words:
        label, equals, path = word.partition("=")
        result.append((label, path) if equals else (pathlib.Path(word).stem, word))
    return result


def complain(message):
    print(f"{pathlib.Path(sys.argv[0]).name}: {message}", file=sys.stderr)


def save(figure, path):
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
    print(path)
