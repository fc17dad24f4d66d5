"""The frame of live figures: a widget where there is a kernel, a script where there is none."""

from __future__ import annotations

import base64
import html
import io
import json
from pathlib import Path

import anywidget
import traitlets
from matplotlib.figure import Figure

FOLDER = Path(__file__).parent


def script(*names: str) -> str:
    """Give the JavaScript of a figure, after that which all figures share.

    Parameters
    ----------
    names
        Files in this folder. The last exports as ``default`` what anywidget expects, an object
        with ``render({ model, el })``; before it stand those that it needs.

    Returns
    -------
    str
        One module without imports.
    """
    return "\n".join((FOLDER / file).read_text(encoding="utf-8") for file in ("figure.js", *names))


class LiveFigure(anywidget.AnyWidget):
    """A figure that computes in the browser.

    A figure is a class derived from this one. Its state are traits tagged ``sync=True``: numbers,
    words and lists of them, and tensors as bytes. ``_esm = script("its_file.js")`` draws the state
    and changes it, and :meth:`still` draws it with matplotlib.

    In JupyterLab the state is shared with Python, in both directions. In a rendered page the same
    script runs on a copy of the state, without kernel or network, and where scripts are off the
    still picture is shown.

    Parameters
    ----------
    label
        What the figure shows, as a sentence: alternative text of the still picture, and name of
        the figure for screen readers.
    state
        Values of traits.

    Raises
    ------
    TypeError, ValueError
        If ``label`` is no string, or empty.
    """

    _css = (FOLDER / "figure.css").read_text(encoding="utf-8")
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, label: str, **state: object) -> None:
        if not isinstance(label, str):
            raise TypeError(
                f"label is {label!r}, but a sentence is expected that says what the figure shows."
            )
        if not label.strip():
            raise ValueError(
                "label is empty, but readers who cannot see the figure need it; write a sentence "
                "that says what the figure shows."
            )
        super().__init__(label=label, **state)

    def still(self) -> Figure:
        """Draw the figure as it is now, for where nothing can move.

        Returns
        -------
        Figure
            Not known to pyplot, so that no notebook shows it by itself.
        """
        return Figure()

    def __repr__(self) -> str:
        """Name the figure, the same in every run."""
        return f"{type(self).__name__}({self.label!r})"

    def _repr_mimebundle_(self, **kwargs: dict) -> tuple[dict, dict]:
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/html": self._page()}, metadata

    def _change(self, **values: object) -> None:
        """Set traits together: the page hears of all of them at once."""
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in values.items():
                setattr(self, name, value)

    def _page(self) -> str:
        """Give the figure for a page without a kernel: still picture, state and scripts."""
        foreign = set(anywidget.AnyWidget.class_trait_names())
        names = [name for name in self.trait_names(sync=True) if name not in foreign]
        state = {name: getattr(self, name) for name in sorted(names) if not name.startswith("_")}
        binary = {name: value for name, value in state.items() if isinstance(value, bytes)}
        parts = {
            "css": self._css,
            "module": self._esm,
            "values": {name: value for name, value in state.items() if name not in binary},
            "bytes": {name: base64.b64encode(value).decode() for name, value in binary.items()},
        }
        file = io.BytesIO()
        self.still().savefig(file, format="png", metadata={"Software": None})
        picture = base64.b64encode(file.getvalue()).decode()
        start = (FOLDER / "start.js").read_text(encoding="utf-8")
        return (
            f'<div class="mml-page">\n'
            f'<img alt="{html.escape(self.label)}" src="data:image/png;base64,{picture}">\n'
            f'<script type="application/json">{_inside_script(json.dumps(parts))}</script>\n'
            f"<script>\n{start}</script>\n</div>"
        )


def _inside_script(text: str) -> str:
    return text.replace("<", "\\u003c")
