"""Every word that the window shows passes here, so that it can be translated and tried in other lengths."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QTranslator

CONTEXT = "wnin"
LONGER = 0.4
"""How much longer the pseudo-language makes each text: about what German needs."""


def tr(text: str, *values: object) -> str:
    """Return `text` in the language of the window, with `{}` or `{0}` filled in from `values`."""
    found = QCoreApplication.translate(CONTEXT, text)
    return found.format(*values) if values else found


class PseudoTranslator(QTranslator):
    """A language that is English, accented and longer: what it clips, a real translation clips too."""

    def translate(
        self,
        context: str,
        sourceText: str,
        disambiguation: str | None = None,  # noqa: ARG002 - Qt's signature
        n: int = -1,  # noqa: ARG002 - Qt's signature
    ) -> str | None:  # type: ignore[override] - None is a null text: Qt's own words stay, "" would empty them
        """Return the longer text; texts of other contexts stay as they are."""
        if context != CONTEXT or not sourceText:
            return None
        more = "~" * max(1, round(LONGER * len(sourceText)))
        return f"[{sourceText}{more}]"

    def isEmpty(self) -> bool:  # noqa: N802 - the name is Qt's
        """Say that there is something to translate with; Qt skips empty translators."""
        return False
