"""What is kept of a run while it goes on: its history, its best weights, its checkpoint."""

from __future__ import annotations

import copy
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict

import torch
from tqdm import tqdm

from mmlearn_helpers.batches import mixed_seed
from mmlearn_helpers.training.arguments import Arguments
from mmlearn_helpers.training.checkpoints import load_checkpoint, save_checkpoint
from mmlearn_helpers.training.history import History
from mmlearn_helpers.training.processes import Processes


class Run:
    """One run of :func:`mmlearn_helpers.training.fit`, gone on with if there is a checkpoint.

    Parameters
    ----------
    arguments
        What the run was started with.
    optimiser
        The optimiser of the model's weights.
    processes
        Those that train the model.

    Attributes
    ----------
    history
        The terms of every epoch that is done.
    """

    def __init__(
        self, arguments: Arguments, optimiser: torch.optim.Optimizer, processes: Processes
    ) -> None:
        self.history, self._done, self._best = History(), 0, None
        self._arguments, self._model = arguments, arguments.model
        self._optimiser, self._processes = optimiser, processes
        if arguments.checkpoint is not None:
            self._settings = arguments.settings()
            self._resume()
        self._start = time.perf_counter() - self.history.seconds

    def _resume(self) -> None:
        state = load_checkpoint(self._arguments.checkpoint, self._settings, self._processes.device)
        if state is not None:
            self.history, self._done = History(**state["history"]), state["epoch"]
            self._best = state["best"]
            self._model.load_state_dict(state["model"])
            self._optimiser.load_state_dict(state["optimiser"])

    def epochs(self) -> Iterator[int]:
        """Give the numbers, from 0, of the epochs that are left, until patience is at an end.

        A bar shows them where a person would see it; builds set TQDM_DISABLE.

        Yields
        ------
        int
            The number of the epoch to train.
        """
        watched = sys.stderr.isatty() or "ipykernel" in sys.modules
        hidden = not watched or bool(os.environ.get("TQDM_DISABLE"))
        patience = self._arguments.patience
        left = range(self._done, self._arguments.epochs)
        for epoch in tqdm(left, "epochs", leave=False, disable=hidden):
            if patience is not None and epoch - (self.history.best_epoch or 0) >= patience:
                return
            yield epoch

    def record(self, train: Mapping[str, float], validation: Mapping[str, float]) -> None:
        """Keep what an epoch has led to, and let ``after_epoch`` look at it.

        Parameters
        ----------
        train, validation
            Its terms by name; none of validation if there was none.
        """
        self.history.record(train, validation)
        self._done += 1
        if self._arguments.patience is not None and self.history.has_improved():
            self.history.best_epoch = self._done
            self._best = copy.deepcopy(self._model.state_dict())
        self.history.seconds = time.perf_counter() - self._start
        if self._arguments.checkpoint is not None and self._processes.rank == 0:
            self._save()
        if self._arguments.after_epoch is not None:
            self._look()

    def _save(self) -> None:
        state = {
            "epoch": self._done,
            "history": asdict(self.history),
            "best": self._best,
            "model": self._model.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        save_checkpoint(self._arguments.checkpoint, self._settings, state)

    def _look(self) -> None:
        pause = time.perf_counter()
        self._model.eval()
        self._processes.seed(mixed_seed(self._arguments.seed, self._done - 1, 0, 1))
        self._arguments.after_epoch(self._done)
        self._start += time.perf_counter() - pause

    def end(self) -> History:
        """Leave the model with its best weights, in evaluation mode.

        Returns
        -------
        History
            The terms of every epoch.
        """
        if self._best is not None:
            self._model.load_state_dict(self._best)
        self._model.eval()
        return self.history
