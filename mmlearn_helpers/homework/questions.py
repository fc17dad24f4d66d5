"""What a homework asks: questions, their named properties, and the mistakes that are well known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Number = float | int
Argument = np.ndarray | Number


class Property(NamedTuple):
    """One thing that a right answer has, and what it is worth.

    Parameters
    ----------
    title
        What the table calls it, such as ``"agrees with the definition"``.
    points
        What it is worth, a whole number.
    draw
        Makes the function's arguments out of a random generator: arrays and plain numbers.
    hidden
        Whether students see it only in their feedback.
    """

    title: str
    points: int
    draw: Callable
    hidden: bool = False


class Question(NamedTuple):
    """A function to write.

    Parameters
    ----------
    function
        Its name in the student's notebook.
    reference
        Gives the right answer, by another way than the solution's. Gets arrays, not tensors.
    mistakes
        What to tell somebody who makes a well-known mistake, and the function that makes it.
    properties
        What is checked, in the order of the table.
    """

    function: str
    reference: Callable
    mistakes: dict[str, Callable]
    properties: tuple[Property, ...]


class Homework(NamedTuple):
    """Everything that the grader knows about a homework.

    Parameters
    ----------
    questions
        The functions to write, by number: ``"q1"`` and so on.
    experiment
        Number of the question that is marked by hand.
    rubric
        What the experiment is marked for, and with how many points each.
    """

    questions: dict[str, Question]
    experiment: str
    rubric: dict[str, int]

    def points(self) -> dict[str, int]:
        """Give the points that each question is worth."""
        graded = {
            number: sum(item.points for item in question.properties)
            for number, question in self.questions.items()
        }
        return graded | {self.experiment: sum(self.rubric.values())}


class Example(NamedTuple):
    """A property with arguments, the right answer, and the answers of the well-known mistakes.

    Parameters
    ----------
    title, points, hidden
        As in the property.
    arguments
        What the function is called with.
    expected
        The right answer.
    mistaken
        Message and wrong answer of each mistake.
    """

    title: str
    points: int
    hidden: bool
    arguments: tuple[Argument, ...]
    expected: np.ndarray
    mistaken: dict[str, np.ndarray]


def draw_examples(question: Question, seed: int) -> list[Example]:
    """Draw arguments for every property of a question and work out the answers.

    Parameters
    ----------
    question
        The question.
    seed
        Seed of the random numbers; each property has a stream of its own.

    Returns
    -------
    list[Example]
        One for each property, with numbers in single precision, as the student's function gets
        them.
    """
    streams = np.random.default_rng(seed).spawn(len(question.properties))
    examples = []
    for item, stream in zip(question.properties, streams, strict=True):
        arguments = tuple(map(_single, item.draw(stream)))
        with np.errstate(all="ignore"):  # some mistakes overflow, and are known by it
            mistaken = {
                message: np.asarray(wrong(*map(_double, arguments)))
                for message, wrong in question.mistakes.items()
            }
        expected = np.asarray(question.reference(*map(_double, arguments)))
        examples.append(
            Example(item.title, item.points, item.hidden, arguments, expected, mistaken)
        )
    return examples


def draw_all(homework: Homework, seed: int) -> dict[str, list[Example]]:
    """Draw the examples of all questions of a homework.

    Parameters
    ----------
    homework
        The homework.
    seed
        Seed of the random numbers.

    Returns
    -------
    dict[str, list[Example]]
        For each question one for each property.
    """
    return {number: draw_examples(item, seed) for number, item in homework.questions.items()}


def _single(value: Argument) -> Argument:
    """Give arrays the precision in which they travel."""
    return value.astype(np.float32) if isinstance(value, np.ndarray) else value


def _double(value: Argument) -> Argument:
    """Give what has travelled to a reference, which computes in double precision."""
    return value.astype(np.float64) if isinstance(value, np.ndarray) else value
