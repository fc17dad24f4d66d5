"""Check an answer in the notebook in which it was written."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence

from mmlearn_helpers.homework.calls import call_function
from mmlearn_helpers.homework.examples import homeworks, read_examples
from mmlearn_helpers.homework.judging import Finding, examine


class Report:
    """What a check found, printed as a table.

    Parameters
    ----------
    findings
        One for each property.

    Attributes
    ----------
    findings
        The same.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)

    def __repr__(self) -> str:
        """Write one line for what holds, four for what does not."""
        lines = []
        for finding in self.findings:
            lines.append(f"{'✓' if finding.holds else '✗'} {finding.title}")
            if not finding.holds:
                lines += [f"    expected  {finding.expected}", f"    came      {finding.came}"]
                lines += [f"    {finding.message}"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return table(self.findings)


def check(question: str, function: Callable) -> Report:
    """Try a function on the examples of its question.

    The grader tries it on others, drawn anew, and on some properties that are not shown here.

    Parameters
    ----------
    question
        Homework and question, such as ``"hw1.q2"``.
    function
        What you wrote.

    Returns
    -------
    Report
        Prints as a table: what holds, what was expected, what came, and what to look at.

    Raises
    ------
    TypeError
        If ``function`` cannot be called.
    ValueError
        If there is no such question.
    """
    homework = str(question).partition(".")[0]
    asked = read_examples(homework) if homework in homeworks() else {}
    known = {f"{homework}.{number}": entry for number, entry in asked.items()}
    if question not in known:
        names = ", ".join(known) or ", ".join(f"{name}.q1" for name in homeworks())
        raise ValueError(f"There is no check for {question!r}; there are checks for {names}.")
    name, examples = known[question]
    if not callable(function):
        raise TypeError(
            f"check was given a {type(function).__name__}, but the function {name} is expected: "
            f'check("{question}", {name}), without brackets behind the name.'
        )
    return Report(examine(examples, lambda arguments: call_function(function, arguments)))


def table(findings: Iterable[Finding], points: bool = False) -> str:
    """Write findings as an HTML table.

    Parameters
    ----------
    findings
        One for each row.
    points
        Whether to show them.

    Returns
    -------
    str
        The table, with everything that came from a student escaped.
    """
    headings = ["", "property", "expected", "came", *(["points"] if points else [])]
    rows = ["".join(f"<th>{heading}</th>" for heading in headings)]
    for finding in findings:
        cells = ["✓" if finding.holds else "✗", finding.title, finding.expected, finding.came]
        if points:
            cells.append(f"{finding.points} of {finding.out_of}")
        rows.append("".join(f"<td>{html.escape(cell)}</td>" for cell in cells))
        if finding.message:
            message = html.escape(finding.message)
            rows.append(f'<td></td><td colspan="{len(cells) - 1}">{message}</td>')
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
