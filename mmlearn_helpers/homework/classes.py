"""Grade a class: many submissions at a time, each kept as soon as it is done."""

from __future__ import annotations

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib import import_module, util
from pathlib import Path

from mmlearn_helpers import __version__
from mmlearn_helpers.hints import did_you_mean
from mmlearn_helpers.homework.examples import homeworks
from mmlearn_helpers.homework.grading import Graded, Mark, grade_submission
from mmlearn_helpers.homework.questions import Homework, draw_all
from mmlearn_helpers.homework.results import file_name, keep_name, keep_seed, store, stored
from mmlearn_helpers.homework.sandbox import ANSWERS, check_sandbox
from mmlearn_helpers.homework.submissions import Submission, find_submissions


def load_homework(name: str) -> Homework:
    """Load what the grader knows of a homework.

    Parameters
    ----------
    name
        Its name, such as ``"hw1"``.

    Returns
    -------
    Homework
        Questions, right answers and well-known mistakes.

    Raises
    ------
    ValueError
        If there is no such homework.
    FileNotFoundError
        If this is the package that students get.
    """
    if name not in homeworks():
        raise ValueError(
            f"There is no homework {name!r}, but {', '.join(homeworks())}."
            f"{did_you_mean(name, homeworks())}"
        )
    if util.find_spec(f"mmlearn_helpers.homework.answers.{name}") is None:
        raise FileNotFoundError(
            "The right answers are not here: this is the package that students install. Grade in a "
            "copy of the book's repository, after 'make book'."
        )
    return import_module(f"mmlearn_helpers.homework.answers.{name}").HOMEWORK


def grade_class(folder: Path, name: str, to: Path, sandbox: bool = True) -> list[Graded]:
    """Grade all submissions in a folder, as many at a time as there are cores.

    What is done is kept in ``to/results`` and not done again, unless the submission, the homework
    or the package has changed since.

    Parameters
    ----------
    folder
        The submissions, see :func:`~mmlearn_helpers.homework.submissions.find_submissions`.
    name
        Name of the homework.
    to
        Folder for the results; also holds the seed, drawn when it is first needed.
    sandbox
        Whether to run the students' code in a sandbox.

    Returns
    -------
    list[Graded]
        In the order of the students' names.

    Raises
    ------
    FileNotFoundError
        If the folder or the right answers are not there.
    ValueError
        If there are no submissions, no such homework, or ``to`` is within ``folder``.
    RuntimeError
        If a sandbox is asked for and cannot be had.
    """
    homework = load_homework(name)
    submissions = find_submissions(folder)
    if to.resolve().is_relative_to(folder.resolve()):
        raise ValueError(
            f"The results should go to {to}, which is within {folder}, among the submissions; name "
            "another folder with --to."
        )
    if sandbox:
        check_sandbox()
    else:
        print(
            "Warning: without a sandbox, students' code can read and change whatever you can.",
            file=sys.stderr,
        )
    keep_name(to, name)
    seed = keep_seed(to)
    examples = draw_all(homework, seed)
    results = to / "results"
    results.mkdir(parents=True, exist_ok=True)
    stamps = {item.student: _stamp(item, name, seed, sandbox) for item in submissions}
    done = {
        graded.student: graded
        for graded, stamp in stored(results)
        if stamps.get(graded.student) == stamp
    }
    if done:
        print(f"{len(done)} of {len(submissions)} were graded before.")

    def grade(submission: Submission) -> Graded:
        graded = grade_submission(submission, name, homework, examples, sandbox)
        store(results, graded, stamps[submission.student])
        return graded

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            waiting = [pool.submit(grade, item) for item in submissions if item.student not in done]
            for future in as_completed(waiting):
                graded = future.result()
                done[graded.student] = graded
                words = ", ".join(f"{mark.question} {show(mark)}" for mark in graded.marks)
                print(f"{len(done)} of {len(submissions)}  {graded.student}: {words}", flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    kept = {results / f"{file_name(student)}.json" for student in done}
    for path in set(results.glob("*.json")) - kept:
        path.unlink()
    return [done[item.student] for item in submissions]


def show(mark: Mark) -> str:
    """Say what a mark is, in a word: points, or why there are none yet."""
    return f"{mark.points}/{mark.out_of}" if mark.points is not None else mark.status


def _stamp(submission: Submission, name: str, seed: int, sandbox: bool) -> str:
    """Hash everything that the result depends on."""
    total = hashlib.sha256(f"{__version__} {name} {seed} {sandbox}".encode())
    for path in sorted((ANSWERS / name).glob("*.py")):
        total.update(path.read_bytes())
    for path in submission.paths:
        about = path.lstat()
        total.update(
            f"{path} {about.st_mode} {about.st_size} {about.st_mtime_ns}".encode(errors="replace")
        )
    return total.hexdigest()
