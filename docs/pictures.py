"""Draws the pictures of the site, at each build."""

import json
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

matplotlib.rcParams["svg.hashsalt"] = "functorch-compat"  # the same picture at each build

OURS, TORCH, GONE = "#2f6f9f", "#c44e2b", "#b0b0b0"
# What answers for a name, in the order in which Python asks, before and after torch has deleted its
# functorch folder: who, whether it has something to say, and what.
STEPS = [
    ("a functorch.py of your own\nearlier on sys.path", "yours", "yours"),
    ("FunctorchFinder on sys.meta_path:\nfunctorch_compat/functorch/", "functorch", "functorch"),
    ("for its submodules\ntorch's functorch/", "functorch.compile\nfunctorch.dim …", None),
    (
        "then the table of\nlegacy names",
        "functorch._src.*",
        "functorch.compile …\nfunctorch.dim: ImportError",
    ),
    ("every function:\nwarn, guard, delegate", "torch.func", "torch.func"),
]


def draw(folder):
    folder.mkdir(exist_ok=True)
    _resolution(folder / "resolution.svg")
    _overhead(folder / "overhead.svg")


def _resolution(file):
    figure = Figure(figsize=(9, 6.4))
    axes = figure.subplots()
    for x, title in ((1, "while torch has its functorch"), (2, "once torch has deleted it")):
        axes.text(x, 0.9, title, ha="center", weight="bold")
    for n, (who, *answers) in enumerate(STEPS):
        y = -n
        axes.text(0, y, who, ha="center", va="center", size=9)
        for x, answer in enumerate(answers, 1):
            color = GONE if answer is None else TORCH if "torch's" in who or n == 5 else OURS
            axes.text(
                x,
                y,
                answer or "none",
                ha="center",
                va="center",
                size=9,
                color="white",
                bbox={"boxstyle": "round,pad=0.5", "color": color},
            )
            if n:
                arrow = {"arrowstyle": "->", "color": "#606060"}
                axes.annotate("", (x, y + 0.33), (x, y + 0.67), arrowprops=arrow)
    axes.set(xlim=(-0.5, 2.5), ylim=(-len(STEPS) + 0.4, 1.2))
    axes.axis("off")
    _save(figure, file)


def _overhead(file):
    data = json.loads((Path(__file__).parent / "overhead.json").read_text())
    figure = Figure(figsize=(9, 3.6))
    axes = figure.subplots()
    places = range(len(data))
    for shift, name, color in ((-0.2, "shim", OURS), (0.2, "shipped", TORCH)):
        heights = [ratios[name] - 1 for ratios in data.values()]
        bars = axes.bar([p + shift for p in places], heights, 0.38, 1, color=color, label=name)
        axes.bar_label(bars, [f"{ratios[name]:.2f}" for ratios in data.values()], size=8)
    floors = [ratios["floor"] for ratios in data.values()]
    axes.plot(places, floors, "k_", markersize=34, label="floor: one warnings.warn")
    axes.set_xticks(places, data)
    axes.set(xlabel="torch", ylabel="time per vjp, torch.func = 1", ylim=(1, None))
    axes.margins(y=0.25)
    axes.legend(loc="upper center", ncols=3, frameon=False, bbox_to_anchor=(0.5, 1.18))
    _save(figure, file)


def _save(figure, file):
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})
