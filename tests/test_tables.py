"""A cell of a table says mean and spread, rounded as asked."""

import torch

from mmlearn_helpers.tables import mean_and_spread

RUNS = torch.tensor([[[1.0, 2, 3], [0.5, 0.5, 0.5]]])


def test_every_cell_is_the_mean_and_the_standard_deviation_of_its_runs():
    assert mean_and_spread(RUNS).tolist() == [["2.00 ± 1.00", "0.50 ± 0.00"]]
    assert mean_and_spread(RUNS, 0).tolist() == [["2 ± 1", "0 ± 0"]]


def test_results_of_one_setting_give_a_single_cell():
    assert mean_and_spread(RUNS[0, 0], 1) == "2.0 ± 1.0"
