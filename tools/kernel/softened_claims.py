"""IPython extension of the kernels that execute chapters: an assertion that falls stops nothing.

It is said in words where it stands, and the cell goes on. `claims_tried()` gives every assertion
that was evaluated, and whether it held each time.
"""

import ast
import builtins
import html
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from IPython import InteractiveShell, get_ipython
from IPython.display import display

TRIED: dict[tuple[int, int], dict] = {}
LIBRARIES = ("torch", "numpy", "scikit-learn")


class Softened(ast.NodeTransformer):
    """Put a call of `claim` in the place of every assert."""

    def visit_Assert(self, node: ast.Assert) -> ast.Expr:
        """Keep the expression, its text and its line."""
        arguments = [node.test, ast.Constant(ast.unparse(node.test)), ast.Constant(node.lineno)]
        call = ast.Call(ast.Name("__claim__", ast.Load()), arguments, [])
        return ast.copy_location(ast.Expr(call), node)


def claim(value: object, text: str, line: int) -> None:
    """Note whether an assertion holds, and say so where it does not for the first time."""
    cell = get_ipython().execution_count
    known = TRIED.setdefault(
        (cell, line), {"cell": cell, "line": line, "claim": text, "holds": True}
    )
    if not value and known["holds"]:
        known["holds"] = False
        show(text)


def show(text: str) -> None:
    """Say on the page that a claim fell, and where."""
    words = f"The text claims this of its runs, and it does not hold for a run on {machine()}."
    display(
        {
            "text/plain": f"This claim did not hold here: {text}. {words}",
            "text/html": '<div class="admonition warning claim-fell"><p class="admonition-title">'
            f"This claim did not hold here</p><p><code>{html.escape(text)}</code></p>"
            f"<p>{html.escape(words)} The rest of the chapter does not need it.</p></div>",
        },
        metadata={"claim": text},
        raw=True,
    )


def machine() -> str:
    """Name the processor, its instructions and the versions."""
    about = Path("/proc/cpuinfo")
    models = [
        line.partition(":")[2].strip()
        for line in (about.read_text().splitlines() if about.exists() else [])
        if line.startswith("model name")
    ]
    parts = [models[0] if models else platform.processor() or platform.machine()]
    if "torch" in sys.modules:
        parts.append(sys.modules["torch"].backends.cpu.get_cpu_capability())
    parts.append(f"Python {platform.python_version()}")
    parts += [f"{name} {version(name)}" for name in LIBRARIES]
    return ", ".join(parts)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Change every cell on its way to be run."""
    builtins.__claim__ = claim
    builtins.claims_tried = lambda: list(TRIED.values())
    shell.ast_transformers.append(Softened())
