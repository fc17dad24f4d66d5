"""The variational bound: what the grader knows of this homework."""

from mmlearn_helpers.homework.answers.hw2 import (
    bits_per_pixel,
    divergence,
    information,
    log_posterior,
)
from mmlearn_helpers.homework.questions import Homework

HOMEWORK = Homework(
    questions={
        "q1": divergence.QUESTION,
        "q2": log_posterior.QUESTION,
        "q3": bits_per_pixel.QUESTION,
        "q4": information.QUESTION,
    },
    experiment="q5",
    rubric={
        "The panels show what is asked for, with all seeds, labelled axes and units": 2,
        "All numbers are per picture, summed over latents and averaged over the same pictures": 1,
        "A sentence says how rate and information change with β, with numbers": 1,
        "A sentence says that the estimate cannot exceed log N, and where it is at that ceiling": 1,
        "A sentence compares the two counts of active units, and claims no more than three seeds "
        "show": 1,
    },
)
