"""The frame: what any live figure brings along for a page without a kernel."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import traitlets
from torch import nn

from mmlearn_helpers import live
from mmlearn_helpers.live import LiveFigure
from mmlearn_helpers.live.figure import script

FOLDER = Path(live.__file__).parent
ONLY_GROUND = """
import sys
import mmlearn_helpers.data, mmlearn_helpers.training, mmlearn_helpers.plots
import mmlearn_helpers.evaluation, mmlearn_helpers.autoencoders.deep
print("anywidget" in sys.modules)
"""


class Counter(LiveFigure):
    """The smallest figure: a number and some bytes."""

    _esm = "export default { render() {} };"
    number = traitlets.Int(3).tag(sync=True)
    data = traitlets.Bytes(b"\x00\xff").tag(sync=True)
    own = traitlets.Int(7)


def page(figure):
    return figure._repr_mimebundle_()[0]["text/html"]


def parts(figure):
    return json.loads(re.search(r'application/json">(.*?)</script>', page(figure), re.DOTALL)[1])


def test_a_page_has_the_shared_state_and_nothing_else():
    assert parts(Counter("A counter.")) == {
        "css": Counter("A counter.")._css,
        "module": Counter._esm,
        "values": {"label": "A counter.", "number": 3},
        "bytes": {"data": base64.b64encode(b"\x00\xff").decode()},
    }


def test_a_kernel_gets_a_widget():
    bundle, _ = Counter("A counter.")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_two_runs_give_the_same_page():
    first, second = Counter("A counter."), Counter("A counter.")
    assert first.model_id != second.model_id
    assert page(first) == page(second)
    assert repr(first) == repr(second) == "Counter('A counter.')"


def test_a_label_cannot_leave_its_place():
    label = 'A </script><script>alert("1")</script> & <b>.'
    figure = Counter(label)
    assert page(figure).count("<script") == 2 and page(figure).count("</script>") == 2
    assert "<b>" not in page(figure) and 'alt="A &lt;/script&gt;' in page(figure)
    assert parts(figure)["values"]["label"] == label


def test_the_page_names_no_address():
    pad = live.LatentPad(nn.Sequential(nn.Linear(2, 4)), (2, 2))
    addresses = set(re.findall(r"https?://[\w./-]+", page(pad)))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name; nothing is fetched from there


def test_the_scripts_are_small_and_import_nothing():
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.js")}
    names = {
        "cells",
        "completion",
        "convolution",
        "denoising",
        "figure",
        "latent_pad",
        "memory_grid",
    }
    names |= {"network", "noisy_senses", "start", "text_search"}
    assert {f"{name}.js" for name in names} == set(sizes)
    assert all(size < 8000 for size in sizes.values()), sizes
    for path in FOLDER.glob("*.js"):
        assert not re.search(r"^import |\bfetch\(|XMLHttpRequest", path.read_text(), re.MULTILINE)


def test_a_figure_has_the_common_script_before_its_own():
    both = script("latent_pad.js")
    assert both.index("function halfFloats") < both.index("function makeDecoder")
    three = script("cells.js", "memory_grid.js")
    parts = ("function halfFloats", "function makeCells", "function makeNetwork")
    assert sorted(parts, key=three.index) == list(parts)


@pytest.mark.parametrize("path", [path for path in FOLDER.parent.rglob("*.py")], ids=str)
def test_nothing_else_imports_a_figure(path):
    if path.parent != FOLDER:
        assert "mmlearn_helpers.live" not in path.read_text()


def test_who_needs_no_figure_does_not_load_widgets():
    answer = subprocess.run(
        [sys.executable, "-c", ONLY_GROUND], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "False\n"
