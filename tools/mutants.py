"""Change a module in small ways, one at a time, and see whether its tests notice.

Runs in an environment of its own, which has cosmic-ray: `make mutants MODULE=boltzmann/machine`.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names
from parso.python.tree import Name
from parso.tree import NodeOrLeaf

ROOT = Path(__file__).parents[1]
# What a slip of the hand makes; not of `|`, most of which stand in annotations.
SLIPS = re.compile(
    r"core/(ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Pow_Mul|Mod_Mul"
    r"|BitAnd_BitOr)|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt"
    r"|Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt|Is_IsNot|IsNot_Is)|ReplaceUnaryOperator_Delete_.*|AddNot"
    r"|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd|NumberReplacer"
    r"|ReplaceBreakWithContinue|ReplaceContinueWithBreak|RemoveDecorator|ZeroIterationForLoop)"
)
REWRITES = (
    ("atom_expr", r"(.+)\.(clone|detach|flip|sort|clamp|abs)\([^()]*\)(.*)", r"\1\3"),
    ("return_stmt", r"return (?!None).+", "return None"),
    ("number", r"(\d+\.\d*|\d*\.\d+)(e-?\d+)?", r"(1.1 * \g<0>)"),
)


class Rewrite(Operator):
    """Write something else for code of a kind that a pattern describes."""

    def __init__(self, kind: str, pattern: str, by: str) -> None:
        self.kind, self.pattern, self.by = kind, re.compile(pattern, re.DOTALL), by

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[tuple]:
        """Give the node's own position if it is of that kind."""
        if node.type == self.kind and self.pattern.fullmatch(node.get_code(False)):
            yield node.start_pos, node.end_pos

    def mutate(self, node: NodeOrLeaf, index: int) -> NodeOrLeaf:
        """Give what stands there instead."""
        code = self.pattern.fullmatch(node.get_code(False)).expand(self.by)
        return Name(code, node.start_pos, node.get_first_leaf().prefix)

    @classmethod
    def examples(cls) -> tuple:
        """Give none, which are for the documentation of cosmic-ray."""
        return ()


def mutants(source: str) -> list[str]:
    """Give every version of the source with one change that Python can read."""
    slips = [get_operator(name)() for name in operator_names() if SLIPS.fullmatch(name)]
    found = {}
    for operator in [*slips, *itertools.starmap(Rewrite, REWRITES)]:
        for i in itertools.count():
            if (mutated := mutate_code(source, operator, i)) is None:
                break
            with contextlib.suppress(SyntaxError):
                compile(mutated, "mutant", "exec")
                found[mutated] = None
    return list(found)


def change(source: str, mutated: str) -> str:
    """Say in which line they differ first, and how."""
    lines = zip(source.splitlines(), mutated.splitlines(), strict=False)
    number, old, new = next((i, *pair) for i, pair in enumerate(lines, 1) if len(set(pair)) > 1)
    return f"{number}: {old.strip()}  ->  {new.strip()}"


def outcome(command: list[str], folder: Path, timeout: float | None) -> str:
    """Run the tests in the copy, with nothing left of them afterwards."""
    own = {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    own["PYTHONDONTWRITEBYTECODE"] = "1"
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(
        command, cwd=folder, env=os.environ | own, start_new_session=True, **silent
    )
    try:
        return "killed" if running.wait(timeout) else "SURVIVED"
    except subprocess.TimeoutExpired:
        return "timeout"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def main() -> None:
    """Try a random choice of changes, and print what became of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", help="such as boltzmann/machine")
    parser.add_argument("tests", nargs="*", help="else the file that mirrors the module")
    parser.add_argument("-n", type=int, default=30, help="how many changes, at most")
    parser.add_argument("--seed", type=int, default=0, help="of their choice")
    parser.add_argument("--python", default=ROOT / ".venv/bin/python", help="runs the tests")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing is left behind
    part, idea = os.path.split(options.module)
    name, tests = f"mmlearn_helpers/{options.module}.py", options.tests
    tests = tests or [str(Path("tests", part, f"test_{idea}.py"))]
    command = [str(options.python), "-m", "pytest", "-xq", "-p", "no:cacheprovider", *tests]
    source = (ROOT / name).read_text()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary, "copy")
        left_out = shutil.ignore_patterns(".git", ".venv", "_build", "__pycache__")
        shutil.copytree(ROOT, folder, ignore=left_out)
        start = time.monotonic()
        if outcome(command, folder, None) != "SURVIVED":
            raise SystemExit(f"Without any change, {' '.join(tests)} fail or are not there.")
        timeout = 10 + 4 * (time.monotonic() - start)
        found = mutants(source)
        tried = random.Random(options.seed).sample(found, min(options.n, len(found)))
        outcomes = []
        for mutated in tried:
            (folder / name).write_text(mutated)
            outcomes.append(outcome(command, folder, timeout))
            print(f"{outcomes[-1]:8} {name}:{change(source, mutated)}", flush=True)
    n_survived = outcomes.count("SURVIVED")
    print(f"{len(tried)} of {len(found)} changes tried, {n_survived} survived.")


if __name__ == "__main__":
    main()
