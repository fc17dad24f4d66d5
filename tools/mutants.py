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

import parso
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names
from parso.python.tree import Name

ROOT = Path(__file__).parents[1]
# What a slip of the hand makes; `|` stays, because most of them stand in annotations.
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

    def mutation_positions(self, node: parso.tree.NodeOrLeaf) -> Iterator[tuple]:
        """Give the node's own position if it is of that kind."""
        if node.type == self.kind and self.pattern.fullmatch(node.get_code(False)):
            yield node.start_pos, node.end_pos

    def mutate(self, node: parso.tree.NodeOrLeaf, index: int) -> parso.tree.NodeOrLeaf:
        """Give what stands there instead."""
        code = self.pattern.fullmatch(node.get_code(False)).expand(self.by)
        return Name(code, node.start_pos, node.get_first_leaf().prefix)

    @classmethod
    def examples(cls) -> tuple:
        """Give none, which are for the documentation of cosmic-ray."""
        return ()


def mutants(source: str) -> list[str]:
    """Give every version of the source with one change that Python can read."""
    operators = [get_operator(name)() for name in operator_names() if SLIPS.fullmatch(name)]
    found = {}
    for operator in [*operators, *(Rewrite(*rewrite) for rewrite in REWRITES)]:
        for occurrence in itertools.count():
            mutated = mutate_code(source, operator, occurrence)
            if mutated is None:
                break
            with contextlib.suppress(SyntaxError):
                compile(mutated, "mutant", "exec")
                found[mutated] = None
    return list(found)


def change(source: str, mutated: str) -> str:
    """Say in which line they differ, and how."""
    lines = zip(source.splitlines(), mutated.splitlines(), strict=False)
    for number, (old, new) in enumerate(lines, 1):
        if old != new:
            return f"{number}: {old.strip()}  ->  {new.strip()}"
    return "the last line"


def passes(command: list[str], folder: Path, timeout: float | None) -> bool | None:
    """Say whether the tests pass in the copy; None if they take too long."""
    clean = {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | clean | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        try:
            return running.wait(timeout) == 0
        except subprocess.TimeoutExpired:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


def copy_checkout(folder: Path) -> None:
    """Copy what git knows or would add."""
    names = subprocess.check_output(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, text=True
    )
    for name in names.rstrip("\0").split("\0"):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def main() -> None:
    """Try a random choice of changes, and print what became of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", help="such as boltzmann/machine")
    parser.add_argument("tests", nargs="*", help="test files; else the one that mirrors the module")
    parser.add_argument("-n", type=int, default=30, help="how many changes, at most")
    parser.add_argument("--seed", type=int, default=0, help="of their choice")
    parser.add_argument("--python", default=ROOT / ".venv/bin/python", help="runs the tests")
    options = parser.parse_args()
    name = f"mmlearn_helpers/{options.module}.py"
    source = (ROOT / name).read_text()
    mirror = Path("tests", options.module)
    tests = options.tests or [str(mirror.with_name(f"test_{mirror.name}.py"))]
    command = [str(options.python), "-m", "pytest", "-xq", "-p", "no:cacheprovider", *tests]
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_checkout(folder)
        start = time.monotonic()
        if not passes(command, folder, None):
            raise SystemExit(f"{' '.join(tests)} fail or are not there, without any change.")
        timeout = 10 + 4 * (time.monotonic() - start)
        found = mutants(source)
        tried = random.Random(options.seed).sample(found, min(options.n, len(found)))
        n_survived = 0
        for mutated in tried:
            (folder / name).write_text(mutated)
            outcome = passes(command, folder, timeout)
            n_survived += outcome is True
            word = {True: "SURVIVED", False: "killed", None: "timeout"}[outcome]
            print(f"{word:8} {name}:{change(source, mutated)}", flush=True)
    print(f"{len(tried)} of {len(found)} changes tried, {n_survived} survived.")


if __name__ == "__main__":
    main()
