"""Linear and deep autoencoders: what the grader knows of this homework."""

from mmlearn_helpers.homework.answers.hw1 import denoiser, reconstruct, sensitivity, tied_gradient
from mmlearn_helpers.homework.questions import Homework

HOMEWORK = Homework(
    questions={
        "q1": reconstruct.QUESTION,
        "q2": denoiser.QUESTION,
        "q3": tied_gradient.QUESTION,
        "q4": sensitivity.QUESTION,
    },
    experiment="q5",
    rubric={
        "The comparison is fair: same examples, same code size, same test digits, three seeds": 2,
        "The figure has labelled axes, a legend, and a point for every seed": 1,
        "The first sentence says which method is better where, with numbers from the figure": 1,
        "The second sentence explains it by training and test errors": 1,
        "The third sentence names something that the experiment leaves open": 1,
    },
)
