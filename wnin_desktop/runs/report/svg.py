"""Figures as SVG and PNG: the same bits each time, ids unique on a page, colours a page can retheme."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path

from wnin_desktop import __version__
from wnin_desktop.runs.report.look import DARK, LIGHT, PALETTE, ArmStyle, Theme, readable

PNG_SCALE = 2
FONTS = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "axes.unicode_minus": True,
}


def new_figure(width_pt: float, height_pt: float) -> Figure:
    """Return an empty figure of that size in points, on the light panel's ground."""
    figure = Figure(figsize=(width_pt / 72, height_pt / 72), dpi=72)
    figure.set_facecolor("none")
    FigureCanvasAgg(figure)
    return figure


def svg_text(figure: Figure, name: str, metadata: Mapping[str, str]) -> str:
    """Return a figure as an SVG document; `name` decides its ids, so equal figures are equal bits."""
    out = io.StringIO()
    with mpl.rc_context({**SETTINGS, "svg.hashsalt": name}), _any_letters():
        figure.savefig(
            out,
            format="svg",
            transparent=True,
            metadata={"Creator": f"WNIN Desktop {__version__}", "Date": None, **metadata},
        )
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", out.getvalue(), count=1)
    text = text.replace("'DejaVu Sans'", FONTS)
    return _unique_ids(text, name)


def png_bytes(figure: Figure, metadata: Mapping[str, str], *, scale: float = PNG_SCALE) -> bytes:
    """Return a figure as PNG on the light panel's ground, at `scale` times 72 pixels an inch."""
    out = io.BytesIO()
    with mpl.rc_context(SETTINGS), _any_letters():
        figure.savefig(
            out,
            format="png",
            dpi=72 * scale,
            facecolor=LIGHT.panel,
            metadata={"Software": f"WNIN Desktop {__version__}", **metadata},
        )
    return out.getvalue()


@contextlib.contextmanager
def _any_letters() -> Iterator[None]:
    """Allow names in scripts that the font for measuring lacks; a page's own fonts have them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _unique_ids(text: str, name: str) -> str:
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)


def inline(text: str, label: str) -> str:
    """Return an SVG document as an element of a page: themed by the page's variables, spoken as `label`."""
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, count=1, flags=re.DOTALL)
    # matplotlib's own rule would reach every other picture of the page.
    text = re.sub(r"<style type=\"text/css\">[^<]*</style>", "", text, count=1)
    head, body = text.split(">", 1)
    box = re.search(r'viewBox="[^"]+"', head)
    attributes = f'{box[0] if box else ""} role="img" aria-label="{_attribute(label)}"'
    head = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {attributes} stroke-linejoin="round"'
    body = re.sub(r"#[0-9a-fA-F]{6}\b", _variable, body)
    return f"{head}>{body}".strip()


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def theme_variables(theme: Theme) -> dict[str, str]:
    """Return the page's CSS variables for one lightness: interface colours, arms and arms as text."""
    variables = {f"--{name}": getattr(theme, name) for name in Theme.__dataclass_fields__}
    for name in ("good", "warning", "danger"):  # words are written in them
        variables[f"--{name}"] = readable(variables[f"--{name}"], theme.panel)
    for place, colour in enumerate(PALETTE):
        variables[f"--arm{place}"] = colour if theme is LIGHT else readable(colour, theme.panel)
        variables[f"--ink{place}"] = readable(colour, theme.panel)
    return variables


def _variable(found: re.Match[str]) -> str:
    name = _NAMES.get(found[0].lower())
    return f"var({name},{found[0]})" if name else found[0]


def _names() -> dict[str, str]:
    names = {value.lower(): name for name, value in reversed(theme_variables(LIGHT).items())}
    # Where arm and ink are one colour, the line's name serves both.
    return names | {colour.lower(): f"--arm{place}" for place, colour in enumerate(PALETTE)}


_NAMES = _names()
assert theme_variables(DARK).keys() == theme_variables(LIGHT).keys()


def swatch(style: ArmStyle, place: int) -> str:
    """Return the sign of an arm for tables: a short line with its dash and marker, as inline SVG."""
    colour = f"var(--arm{place % len(PALETTE)})"
    dash = f' stroke-dasharray="{" ".join(f"{2 * part:g}" for part in style.dash)}"' if style.dash else ""
    return (
        '<svg class="swatch" viewBox="0 0 34 12" width="34" height="12" aria-hidden="true">'
        f'<line x1="1" y1="6" x2="33" y2="6" stroke="{colour}" stroke-width="2"{dash}/>'
        f'<path d="{marker_path(style.marker)}" transform="translate(17 6)" fill="{colour}" '
        'stroke="var(--panel)" stroke-width="0.8"/></svg>'
    )


def marker_path(marker: str, size: float = 8.0) -> str:
    """Return the outline of a marker as SVG path data, centred on 0, `size` wide."""
    sign = MarkerStyle(marker)
    path = sign.get_path().transformed(sign.get_transform())
    parts = []
    for points, code in path.iter_segments(curves=True, simplify=False):
        letter = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}.get(code)
        if letter is None:
            parts.append("Z")
            continue
        pairs = [f"{size * x:.2f} {-size * y:.2f}" for x, y in points.reshape(-1, 2)]
        parts.append(letter + " ".join(pairs))
    return "".join(parts)
