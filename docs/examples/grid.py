"""Fits and draws the published grid from the results that stand beside its page.

    python docs/examples/grid.py docs/theory/grid.csv [FIGURE]

prints the tables of docs/theory/grid.md and, given a file name, draws its figure.
"""

import csv
import math
import sys
from pathlib import Path

from gpudem.analysis.power_law import fit_power_law

FILLINGS, SIZES = (0.1, 0.3, 0.5), (1.75, 3.0, 5.0)
#: Exponents of speed and bead size that the paper gives, by filling.
PAPER = {
    "SE": {0.1: (2.31, 3.11), 0.3: (2.39, 3.86), 0.5: (2.62, 3.81)},
    "SF": {0.1: (0.71, -3.60), 0.3: (0.62, -4.21), 0.5: (0.29, -4.02)},
    "P": {0.1: (3.02, -0.49), 0.3: (3.01, -0.35), 0.5: (2.91, -0.21)},
}
COLUMNS = {
    "SE": "SE [uJ]",
    "SF": "SF [1/s]",
    "P": "power [W]",
    "SE_90": "SE_90 [uJ]",
    "SF_90": "SF_90 [1/s]",
}
COLOURS, MARKS = {1.75: "#35608d", 3.0: "#22a884", 5.0: "#b5de2b"}, {1.75: "o", 3.0: "s", 5.0: "D"}
#: Wanted energy [J/g] and powder in the bowl [g].
ENERGY, MASS = 500.0, 17.5


def read(path):
    """Rows as dictionaries; numbers where there are any."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for key in ("diameter [mm]", "filling", "speed [rpm]", *COLUMNS.values()):
            row[key] = float(row[key])
    return rows


def fitted(rows, quantity, filling):
    """The power law of a quantity over speed and bead size at one filling."""
    own = [row for row in rows if row["filling"] == filling]
    variables = {
        "n": [row["speed [rpm]"] for row in own],
        "d": [row["diameter [mm]"] for row in own],
    }
    return fit_power_law(variables, [[row[COLUMNS[quantity]]] for row in own])


def print_laws(rows):
    """The exponents over all sizes."""
    for filling in FILLINGS:
        for quantity in COLUMNS:
            law = fitted(rows, quantity, filling)
            n, d = law.exponents["n"], law.exponents["d"]
            paper = PAPER.get(quantity, {}).get(filling)
            theirs = "|  |  " if paper is None else f"| {paper[0]:.2f} | {paper[1]:.2f} "
            print(
                f"| {filling} | {quantity} | {n.value:.2f} ({n.law[0]:.2f} to {n.law[1]:.2f}) "
                f"| {d.value:.2f} ({d.law[0]:.2f} to {d.law[1]:.2f}) | {100 * law.scatter:.1f} % "
                f"| {100 * law.largest:+.0f} % {theirs}| {law.cases} |"
            )


def print_cases(rows):
    """Power, milling time and collisions of each case."""
    for row in rows:
        power, error = row["power [W]"], row["standard error [W]"]
        minutes = ENERGY * MASS / power / 60.0
        print(
            f"| {row['diameter [mm]']:g} | {row['filling']:g} | {row['speed [rpm]']:.0f} "
            f"| {power:.3g}{f' ± {float(error):.1g}' if error else ''} | {power / MASS:.3g} "
            f"| {minutes:.3g} | {row['SE [uJ]']:.3g} | {1e-3 * row['SF [1/s]']:.4g} "
            f"| {row['SE_90 [uJ]']:.3g} | {1e-3 * row['SF_90 [1/s]']:.3g} | {row['steady']} |"
        )


def draw(rows, path):
    """SE and SF over speed, with the laws and the paper's slopes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(
        2, 3, figsize=(12, 7.2), sharex=True, sharey="row", layout="constrained"
    )
    names = {"SE": "stress energy SE, all collisions  [µJ]", "SF": "stress frequency SF  [10³/s]"}
    for line, (quantity, name) in zip(grid, names.items(), strict=True):
        unit = 1e-3 if quantity == "SF" else 1.0
        line[0].set_ylabel(name)
        for axes, filling in zip(line, FILLINGS, strict=True):
            law, paper = fitted(rows, quantity, filling), PAPER[quantity][filling][0]
            for size in SIZES:
                own = [
                    row for row in rows if (row["filling"], row["diameter [mm]"]) == (filling, size)
                ]
                speeds = [row["speed [rpm]"] for row in own]
                values = [unit * row[COLUMNS[quantity]] for row in own]
                middle = math.sqrt(min(speeds) * max(speeds))
                ends = [min(speeds), max(speeds)]
                at_middle = unit * law.at(n=middle, d=size)
                axes.plot(ends, [unit * law.at(n=n, d=size) for n in ends], color=COLOURS[size])
                theirs = [at_middle * (n / middle) ** paper for n in ends]
                axes.plot(ends, theirs, ":", color=COLOURS[size])
                axes.plot(speeds, values, MARKS[size], color=COLOURS[size], label=f"{size:g} mm")
            exponents = [law.exponents[x].value for x in ("n", "d")]
            axes.text(
                0.96,
                0.05,
                rf"{quantity} ~ $n^{{{exponents[0]:.2f}}}\,d^{{{exponents[1]:.2f}}}$",
                ha="right",
                transform=axes.transAxes,
            )
            axes.set(xscale="log", yscale="log")
            axes.set_xticks([200, 400, 600, 800, 1000], ["200", "400", "600", "800", "1000"])
            axes.minorticks_off()
            axes.grid(alpha=0.3)
    for axes, filling in zip(grid[0], FILLINGS, strict=True):
        axes.set_title(f"filling {filling}")
    for axes in grid[1]:
        axes.set_xlabel("speed n  [rpm]")
    grid[0, 0].plot([], [], "k-", label="power law")
    grid[0, 0].plot([], [], "k:", label="slope of the paper")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=100)


def main():
    rows = read(Path(sys.argv[1]))
    print_laws(rows)
    print()
    print_cases(rows)
    if len(sys.argv) > 2:
        draw(rows, sys.argv[2])


if __name__ == "__main__":
    main()
