"""Energy and chance: what the grader knows of this homework."""

from mmlearn_helpers.homework.answers.hw3 import flip_costs, free_energy, log_partitions, sweep
from mmlearn_helpers.homework.questions import Homework

HOMEWORK = Homework(
    questions={
        "q1": flip_costs.QUESTION,
        "q2": sweep.QUESTION,
        "q3": free_energy.QUESTION,
        "q4": log_partitions.QUESTION,
    },
    experiment="q5",
    rubric={
        "The panels show what is asked for, with all machines, labelled axes and units": 2,
        "Every estimate costs the same number of sweeps, and is compared with the exact sum over "
        "states": 1,
        "A sentence says how chains and steps should share the sweeps, with numbers": 1,
        "A sentence says that the estimate is too low on average, and why": 1,
        "A sentence says what three machines of 16 units do not show, or how to tell without the "
        "exact value": 1,
    },
)
