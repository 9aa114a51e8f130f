"""Draws charts with matplotlib, without a display."""

from __future__ import annotations

import io
import struct
import warnings
from typing import BinaryIO

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tools.documents.work.jobs import WorkError, printable

DPI = 100
CROWDED = 12
LABEL = 40


def draw(
    target: BinaryIO,
    *,
    kind: str,
    title: str,
    x_label: str,
    labels: list[str],
    numbers: list[float] | None,
    series: dict[str, list[float | None]],
    width: int,
    height: int,
) -> dict[str, object]:
    """One chart as PNG. `labels` are the x values as text, `numbers` the same where all are numbers. Read back."""
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    shown = [_short(one) for one in labels]
    drawn = {_short(name): [float("nan") if one is None else one for one in values] for name, values in series.items()}
    if kind == "pie":
        ((name, values),) = drawn.items()
        if any(not one >= 0 for one in values) or sum(values) <= 0:
            raise WorkError("bad_arguments", f"a pie has no negative or missing parts: `{name}` has")
        axes.pie(values, labels=shown, autopct="%1.0f%%", startangle=90, counterclock=False)
    elif kind == "histogram":
        for name, values in drawn.items():
            axes.hist([one for one in values if one == one], bins="auto", alpha=0.75, label=name)
    elif kind == "bar":
        wide = 0.8 / len(drawn)
        for at, (name, values) in enumerate(drawn.items()):
            axes.bar([place + (at + 0.5) * wide - 0.4 for place in range(len(shown))], values, wide, label=name)
        axes.set_xticks(range(len(shown)), shown)
    else:
        places = numbers if numbers is not None else list(range(len(shown)))
        for name, values in drawn.items():
            if kind == "scatter":
                axes.scatter(places, values, label=name, s=18)
            else:
                axes.plot(places, values, label=name, marker="o" if len(places) <= 60 else None, markersize=3)
        if numbers is None:
            step = max(1, len(shown) // CROWDED)
            axes.set_xticks(places[::step], shown[::step])
    if kind != "pie":
        axes.set_axisbelow(True)
        axes.grid(True, axis="y", alpha=0.3)
        axes.set_xlabel(_short(x_label))
        if len(drawn) == 1 and kind != "histogram":
            axes.set_ylabel(next(iter(drawn)))
        else:
            axes.legend()
        if kind == "bar" and (len(shown) > 6 or any(len(one) > 10 for one in shown)):
            axes.tick_params(axis="x", rotation=45)
    if title:
        axes.set_title(_math_free(printable(title))[:200])
    kept = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that the font has not are drawn as boxes
        figure.savefig(kept, format="png", dpi=DPI)
    data = kept.getvalue()
    target.write(data)
    target.flush()
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise WorkError("tool_failed", "the chart is no whole picture")
    wide_px, high_px = struct.unpack(">II", data[16:24])
    points = sum(one == one for values in drawn.values() for one in values)
    return {"width": wide_px, "height": high_px, "points": points}


def _short(text: str) -> str:
    text = " ".join(printable(text).split())
    return _math_free(text if len(text) <= LABEL else text[: LABEL - 1] + "\u2026")


def _math_free(text: str) -> str:
    """A dollar sign is one, and begins no formula."""
    return text.replace("$", r"\$")
