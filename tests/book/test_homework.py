"""The pages of homework: what they promise, and that nothing of a solution is in the book."""

from __future__ import annotations

import html as markup
import re
import zipfile
from importlib import import_module

import nbformat
import pytest
from chapters import ROOT, is_homework, pages, read

from mmlearn_helpers.homework.examples import examples_json, homeworks, read_examples
from mmlearn_helpers.homework.experiment import SENTENCES
from mmlearn_helpers.homework.release import TELLING
from mmlearn_helpers.homework.source import solutions, without_solutions

HOMEWORKS = homeworks()


def source(name):
    return (ROOT / f"book/homework/{name}.md").read_text()


def known(name):
    return import_module(f"mmlearn_helpers.homework.answers.{name}").HOMEWORK


def solution_lines(name):
    lines = {
        line.strip()
        for cell in read(ROOT, f"book/homework/{name}").cells
        for text in solutions(cell.source)
        for line in text.splitlines()
    }
    return {line for line in lines if len(line) >= TELLING}


def test_every_homework_is_in_the_contents():
    assert [f"book/homework/{name}" for name in HOMEWORKS] == [
        page for page in pages(ROOT) if is_homework(page) and "grading" not in page
    ]


@pytest.mark.parametrize("name", HOMEWORKS)
def test_a_page_says_how_many_points_there_are(name):
    points = {
        f"q{n}": int(p)
        for n, p in re.findall(r"^## (\d)\. .*\((\d+) points\)$", source(name), re.M)
    }
    table = {
        f"q{n}": int(p) for n, p in re.findall(r"^\| (\d)\. .* \| (\d+) \|$", source(name), re.M)
    }
    assert points == table == known(name).points()
    assert 4 <= len(points) <= 6


@pytest.mark.parametrize("name", HOMEWORKS)
def test_a_page_prints_the_rubric(name):
    assert known(name).rubric
    for item, points in known(name).rubric.items():
        assert f"- {item} ({points})\n" in source(name)


@pytest.mark.parametrize("name", HOMEWORKS)
def test_a_page_has_a_check_for_every_function_and_one_experiment(name):
    cells = read(ROOT, f"book/homework/{name}").cells
    tagged = [(cell.metadata.get("tags", []), cell) for cell in cells]
    checks = [cell.source for tags, cell in tagged if "check" in tags]
    questions = known(name).questions
    assert {f'check("{name}.{n}", {q.function})' for n, q in questions.items()} <= set(checks)
    assert sum("experiment" in tags for tags, _ in tagged) == 1
    assert sum(SENTENCES in cell.source for cell in cells) == 1


@pytest.mark.parametrize("name", HOMEWORKS)
def test_the_examples_are_those_of_the_answers(name):
    assert (ROOT / f"mmlearn_helpers/homework/examples/{name}.json").read_text() == examples_json(
        known(name)
    )
    hidden = {p.title for q in known(name).questions.values() for p in q.properties if p.hidden}
    shown = {e.title for _, examples in read_examples(name).values() for e in examples}
    assert hidden and not hidden & shown


@pytest.mark.parametrize("name", HOMEWORKS)
def test_no_line_of_a_solution_is_on_the_page(html, name):
    lines = solution_lines(name)
    assert len(lines) > 10
    for page in (f"book/homework/{name}.html", f"_sources/book/homework/{name}.md"):
        text = markup.unescape(re.sub(r"<[^>]+>", "", (html / page).read_text()))
        assert "# your code here" in text and "SOLUTION" not in text
        assert not lines & {line.strip() for line in text.splitlines()}


def test_the_package_that_students_install_holds_no_answers(html):
    (wheel,) = html.rglob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "mmlearn_helpers/homework/checking.py" in names
    assert "mmlearn_helpers/homework/examples/hw1.json" in names
    assert not [name for name in names if "answers" in name]


@pytest.mark.parametrize("name", HOMEWORKS)
def test_the_download_is_the_students_notebook(html, name):
    notebook = nbformat.read(html / f"_sources/book/homework/{name}.ipynb", 4)
    assert notebook.metadata.homework == name
    sources = [
        cell.source
        for cell in read(ROOT, f"book/homework/{name}").cells
        if cell.cell_type == "code"
    ]
    derived = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert derived[1:] == [without_solutions(code) for code in sources]
    attempts = [code for code in derived if "# your code here" in code]
    assert len(attempts) == len(known(name).points())
    assert "](../" not in "".join(cell.source for cell in notebook.cells)
