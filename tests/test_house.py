"""The house stands: arrows of imports point down, and none of them leads round in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx
import pytest

import mmlearn_helpers

GROUND = {
    "batches",
    "binary",
    "checks",
    "data",
    "evaluation",
    "files",
    "hints",
    "likelihood",
    "moved",
    "networks",
    "plots",
    "retrieval",
    "tables",
    "training",
}
PARTS = {"autoencoders", "boltzmann", "multimodal", "variational"}
TOP = {"homework", "live"}
COMMAND = {"__main__"}


def modules(package):
    """Every module below a folder: its full name and its file."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(tree, known):
    """What is imported anywhere in a module, also in functions, but not for types alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write the full name of what is imported"
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield below if below in known else node.module
        else:
            yield from imports_of(node, known)


def arrows(package):
    """Who imports whom; whoever imports a module from outside its package imports that, too."""
    known = modules(package)
    result = networkx.DiGraph()
    result.add_nodes_from(known)
    for name, path in known.items():
        for target in imports_of(ast.parse(path.read_text()), known):
            while target.partition(".")[0] == package.name:
                if target in known:
                    result.add_edge(name, target)
                target = target.rpartition(".")[0]
                if f"{name}.".startswith(f"{target}."):
                    break
    return result


def circles(graph):
    """The sets of modules that lead to one another."""
    round_trips = [set(c) for c in networkx.strongly_connected_components(graph) if len(c) > 1]
    return round_trips + [{name} for name in networkx.nodes_with_selfloops(graph)]


def room(name):
    """What stands directly below the package: a module or a folder."""
    return [*name.split("."), ""][1]


def allowed(source, target):
    """Whether an arrow from one room to another points down."""
    if source == target or not target:
        return True
    if source in COMMAND:
        return True
    if source in TOP:
        return target in GROUND | PARTS
    return target in GROUND and source in GROUND | PARTS | {""}


def wrong_arrows(graph):
    """The imports that do not point down."""
    return {
        f"{source} -> {target}"
        for source, target in graph.edges
        if not allowed(room(source), room(target))
    }


GRAPH = arrows(Path(mmlearn_helpers.__file__).parent)


def test_every_room_has_its_floor():
    rooms = {room(name) for name in GRAPH} - {""}
    assert rooms == GROUND | PARTS | TOP | COMMAND


def test_arrows_point_down():
    assert not wrong_arrows(GRAPH)


def test_nothing_leads_round_in_a_circle():
    assert not circles(GRAPH)


def test_the_arrows_that_everybody_knows_are_found():
    known = [
        ("training.fit", "batches"),
        ("training", "training.fit"),
        ("multimodal.fusion", "multimodal.missing"),
        ("__main__", "homework.command"),  # in a function
        ("variational.vae", "checks"),  # from mmlearn_helpers import checks
        ("live.completion", "plots"),
    ]
    for source, target in known:
        assert GRAPH.has_edge(f"mmlearn_helpers.{source}", f"mmlearn_helpers.{target}"), source


def plant(folder, files):
    """Write a small package: the text of each module by its path without the ending."""
    package = folder / "small"
    for name, text in files.items():
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for above in (package, path.parent):
            (above / "__init__.py").touch()
    return package


IN_A_FUNCTION = "def f():\n    if f:\n        from small import hints"
FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from small.files import x"
CIRCLES = {
    "two modules": (
        {"files": "from small.hints import a", "hints": "import small.files"},
        {"files", "hints"},
    ),
    "in a function": (
        {"files": IN_A_FUNCTION, "hints": "import small.files"},
        {"files", "hints"},
    ),
    "three modules": (
        {
            "files": "from small import hints",
            "hints": "from small.checks import x",
            "checks": "from small.files import y",
        },
        {"files", "hints", "checks"},
    ),
    "a module and its package": (
        {"data/__init__": "from small.data.a import z", "data/a": "from small.data import load"},
        {"data", "data.a"},
    ),
    "through a package that is entered": (
        {
            "data/__init__": "from small.data.a import z",
            "data/a": "from small.files import x",
            "data/b": "",
            "files": "from small.data.b import y",
        },
        {"data", "data.a", "files"},
    ),
    "itself": ({"files": "from small.files import x"}, {"files"}),
}


@pytest.mark.parametrize("kind", CIRCLES)
def test_a_planted_circle_is_found(tmp_path, kind):
    files, expected = CIRCLES[kind]
    assert circles(arrows(plant(tmp_path, files))) == [{f"small.{name}" for name in expected}]


@pytest.mark.parametrize(
    "files",
    [
        {"files": "from small.hints import a", "hints": FOR_TYPES},
        {
            "data/__init__": "from small.data.a import z",
            "data/a": "import small.data.b",
            "data/b": "",
        },
    ],
    ids=["for types alone", "a package that gathers its modules"],
)
def test_what_is_no_circle_is_let_through(tmp_path, files):
    assert not circles(arrows(plant(tmp_path, files)))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("data/sets", "boltzmann/machine"),
        ("plots/curves", "live/figure"),
        ("evaluation", "homework/marks"),
        ("multimodal/fusion", "autoencoders/deep"),
        ("variational/vae", "live/figure"),
        ("boltzmann/machine", "homework/marks"),
        ("live/figure", "homework/marks"),
        ("homework/marks", "live/figure"),
        ("files", "__main__"),
    ],
)
@pytest.mark.parametrize("text", ["from {} import x", "def f():\n    import {}"])
def test_a_planted_arrow_that_points_up_is_found(tmp_path, source, target, text):
    above, below = (f"small.{name.replace('/', '.')}" for name in (target, source))
    package = plant(tmp_path, {source: text.format(above), target: ""})
    assert f"{below} -> {above}" in wrong_arrows(arrows(package))
