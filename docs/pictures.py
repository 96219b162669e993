"""Draws the pictures of the site, at each build: one for the light theme and one for the dark."""

import json
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

matplotlib.rcParams["svg.hashsalt"] = "functorch-compat"  # Each build draws the same picture.

THEMES = {
    "light": {"text": "#202020", "shim": "#2f6f9f", "torch's own": "#c8a06a"},
    "dark": {"text": "#d0d0d0", "shim": "#5aa2d6", "torch's own": "#8a6a3f"},
}


def draw(folder):
    folder.mkdir(exist_ok=True)
    data = json.loads((Path(__file__).parent / "overhead.json").read_text())
    for theme, colors in THEMES.items():
        _overhead(data, colors, folder / f"overhead-{theme}.svg")


def _overhead(data, colors, file):
    # The picture is narrow, so that a phone can show it without making the text small.
    figure = Figure(figsize=(4.4, 0.5 * len(data) + 1))
    axes = figure.subplots()
    places = range(len(data))
    for shift, key, name in ((-0.2, "shim", "shim"), (0.2, "shipped", "torch's own")):
        ratios = [row[key] for row in data.values()]
        bars = axes.barh([p + shift for p in places], ratios, 0.36, color=colors[name], label=name)
        axes.bar_label(bars, [f"{ratio:.2f}" for ratio in ratios], padding=3, color=colors["text"])
    floors = [row["floor"] for row in data.values()]
    axes.vlines(
        *(floors, [p - 0.38 for p in places], [p + 0.38 for p in places]),
        colors=colors["text"],
        linewidth=1,
        label="floor",
    )
    axes.set_yticks(places, [f"torch {release}" for release in data])
    axes.set(xlabel="time per call of vjp (torch.func.vjp = 1); lower is better", xlim=(0, 1.35))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=colors["text"])
    axes.xaxis.label.set_color(colors["text"])
    for spine in axes.spines.values():
        spine.set_color(colors["text"])
    legend = axes.legend(loc="lower center", ncols=3, frameon=False, bbox_to_anchor=(0.4, 1))
    for text in legend.texts:
        text.set_color(colors["text"])
    figure.savefig(file, bbox_inches="tight", transparent=True, metadata={"Date": None})
