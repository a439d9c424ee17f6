"""The contours as a figure of their own: legend above, caption below, and what stands inside its file."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPicture

from wnin_desktop.qt.pages.landscape.contour.view import ContourView
from wnin_desktop.qt.pages.landscape.model import LandscapeModel
from wnin_desktop.qt.pages.landscape.terrain import Terrain
from wnin_desktop.qt.pages.landscape.words import caption, height_title
from wnin_desktop.qt.plots.figure_info import FigureInfo
from wnin_desktop.qt.plots.recording import light_ink
from wnin_desktop.qt.plots.ticks import short
from wnin_desktop.qt.text import tr
from wnin_desktop.qt.theme import Space, theme
from wnin_desktop.qt.widgets.swatch import paint_swatch
from wnin_desktop.schema.fingerprint import fingerprint

if TYPE_CHECKING:
    from wnin_desktop.runs.watch.experiment import WatchedExperiment

SWATCH = QSizeF(26, 14)
LEAST = QSize(420, 320)
"""A figure is never smaller than this, however narrow its view is now."""
TALL = 10_000


def info_of(model: LandscapeModel, experiment: WatchedExperiment | None) -> FigureInfo | None:
    """Return where the surface that is shown comes from; None where there is none."""
    terrain = model.terrain
    if terrain is None:
        return None
    runs = tuple(terrain.plane.runs)
    name = experiment.name if experiment is not None else runs[0].partition("/")[0]
    config = experiment.config if experiment is not None else None
    return FigureInfo(
        title=f"{name}: {height_title(terrain)}, {terrain.plane.kind}",
        experiment=experiment.experiment_id if experiment is not None else runs[0].partition("/")[0],
        name=name,
        runs=runs,
        seeds=tuple(sorted({path.seed for path in terrain.paths})),
        fingerprint=terrain.surface.fingerprint if terrain.surface is not None else _of_config(config),
        view=_view(model, terrain),
    )


def _of_config(config: object) -> str:
    return fingerprint(config) if config is not None else ""  # type: ignore[arg-type] - a configuration


def _view(model: LandscapeModel, terrain: Terrain) -> str:
    parts = [caption(terrain)]
    if model.sigma > 0:
        parts.append(tr("smoothed, sigma {0}", short(model.sigma, 3)))
    if model.step is not None:
        parts.append(tr("up to step {0}", model.step))
    return ", ".join(parts)


def record(
    view: ContourView, model: LandscapeModel, info: FigureInfo, *, light: bool
) -> tuple[QPicture, QSizeF]:
    """Return the contours as a recording and its size; painting it on pixels is for another thread.

    Args:
        view: What shows them.
        model: What is shown.
        info: What the caption says.
        light: Whether in the colours of paper, whatever the window shows.
    """
    picture, painter = QPicture(), QPainter()
    painter.begin(picture)
    try:
        with light_ink() if light else contextlib.nullcontext():
            size = _paint(painter, view, model, info)
    finally:
        painter.end()
    return picture, size


def _paint(painter: QPainter, view: ContourView, model: LandscapeModel, info: FigureInfo) -> QSizeF:
    inner = view.size().expandedTo(LEAST)
    head = _legend_height(model, inner.width())
    foot = _caption_height(info, inner.width())
    size = QSizeF(inner.width(), inner.height() + head + foot)
    painter.fillRect(QRectF(QPointF(0, 0), size), theme().colour("panel"))
    _paint_legend(painter, model, inner.width())
    painter.save()
    painter.translate(0, head)
    view.paint_figure(painter, inner)
    painter.restore()
    painter.setFont(theme().font("small"))
    painter.setPen(theme().colour("muted"))
    box = QRectF(Space.S, size.height() - foot, inner.width() - 2 * Space.S, foot)
    painter.drawText(box, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, info.caption())
    return size


def _caption_height(info: FigureInfo, width: int) -> float:
    metrics = QFontMetricsF(theme().font("small"))
    room = QRectF(0, 0, width - 2 * Space.S, TALL)
    return math.ceil(metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, info.caption()).height()) + Space.S


def _chips(model: LandscapeModel, width: int) -> list[tuple[str, QPointF]]:
    """Return where the arms of the legend stand."""
    metrics = QFontMetricsF(theme().font("ui"))
    x, y, found = float(Space.S), float(Space.S), []
    for arm in dict.fromkeys(path.arm for _, path in model.shown_paths):
        room = SWATCH.width() + Space.XS + metrics.horizontalAdvance(arm) + Space.L
        if x > Space.S and x + room > width:
            x, y = float(Space.S), y + metrics.height() + Space.XS
        found.append((arm, QPointF(x, y)))
        x += room
    return found


def _legend_height(model: LandscapeModel, width: int) -> float:
    chips = _chips(model, width)
    return (
        math.ceil(chips[-1][1].y() + QFontMetricsF(theme().font("ui")).height() + Space.S) if chips else 0.0
    )


def _paint_legend(painter: QPainter, model: LandscapeModel, width: int) -> None:
    painter.setFont(theme().font("ui"))
    height = QFontMetricsF(painter.font()).height()
    for arm, place in _chips(model, width):
        swatch = QRectF(place + QPointF(0, (height - SWATCH.height()) / 2), SWATCH)
        paint_swatch(painter, swatch, theme().arm(model.colour_of(arm)))
        painter.setPen(theme().colour("text"))
        box = QRectF(swatch.right() + Space.XS, place.y(), width, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, arm)


def table(terrain: Terrain, values: np.ndarray, se: np.ndarray | None) -> bytes:
    """Return a surface as tab-separated numbers, a line for each point."""
    a, b = np.meshgrid(terrain.a, terrain.b)
    columns = [a.ravel(), b.ravel(), values.ravel()] + ([se.ravel()] if se is not None else [])
    head = ["alpha", "beta", terrain.metric] + ([f"{terrain.metric}_se"] if se is not None else [])
    lines = ["\t".join(head)]
    lines += ["\t".join(map(repr, row)) for row in np.stack(columns, 1).tolist()]
    return ("\n".join(lines) + "\n").encode()
