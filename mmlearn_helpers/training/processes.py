"""The processes that train one model together: a single one, or those that torchrun started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Processes:
    """Share batches, gradients and sums between processes.

    Parameters
    ----------
    device
        ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Attributes
    ----------
    rank, size
        Number of this process, from 0, and how many there are.
    device
        Where this process computes.

    Raises
    ------
    ValueError
        If there is no such kind of device.
    RuntimeError
        If the device is not available here.
    ImportError
        If there are several processes and Lightning Fabric is missing.
    """

    def __init__(self, device: str | torch.device) -> None:
        self.device = _device(device)
        self.rank, self.size, self._fabric = 0, 1, None
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            self._join()

    def _join(self) -> None:
        try:
            from lightning_fabric import Fabric
        except ImportError as error:
            raise ImportError(
                "torchrun has started several processes, and they need Lightning Fabric to work "
                "together; install it with: python -m pip install 'mmlearn-helpers[distributed]'"
            ) from error
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // here
        fabric = Fabric(accelerator=self.device.type, strategy="ddp", devices=here, num_nodes=nodes)
        fabric.launch()
        self._fabric, self.device = fabric, fabric.device
        self.rank, self.size = fabric.global_rank, fabric.world_size

    @contextmanager
    def random_numbers_of_their_own(self) -> Iterator[None]:
        """Leave torch's random state, here and on every device in use, as the caller had it."""
        n_gpus = torch.cuda.device_count() if torch.cuda.is_initialized() else 0
        with torch.random.fork_rng(range(n_gpus)):
            yield

    def seed(self, number: int) -> None:
        """Seed the random numbers of the processor and of the device.

        ``torch.manual_seed`` does the same for every device that could be, which takes half a
        millisecond; that is too long for something done in every epoch.

        Parameters
        ----------
        number
            The seed.
        """
        torch.default_generator.manual_seed(number)
        if self.device.type == "cuda":
            torch.cuda.manual_seed_all(number)
        elif self.device.type == "mps":
            torch.mps.manual_seed(number)

    def prepare(
        self, model: nn.Module, optimiser: torch.optim.Optimizer
    ) -> tuple[nn.Module, torch.optim.Optimizer]:
        """Make the gradients of all processes be averaged in every backward pass.

        Parameters
        ----------
        model
            A module with a method ``loss``.
        optimiser
            The optimiser of its weights.

        Returns
        -------
        tuple[nn.Module, torch.optim.Optimizer]
            What to call ``loss`` and ``step`` of; the very same things for a single process.
        """
        if self._fabric is None:
            return model, optimiser
        network, optimiser = self._fabric.setup(model, optimiser)
        network.mark_forward_method("loss")
        return network, optimiser

    def share(self, rows: torch.Tensor) -> tuple[torch.Tensor, float]:
        """Give this process its part of a batch.

        Parameters
        ----------
        rows
            Numbers of the examples in the whole batch, ``(B,)``.

        Returns
        -------
        tuple[torch.Tensor, float]
            The part, and the weight of its mean: the weighted means, averaged over the processes,
            are the mean over the whole batch. A process for which nothing is left gets one example
            of weight zero.
        """
        mine = rows[self.rank :: self.size]
        if len(mine) == 0:
            return rows[:1], 0.0
        return mine, len(mine) * self.size / len(rows)

    def mean(self, values: dict[str, float]) -> dict[str, float]:
        """Average named numbers over the processes.

        Parameters
        ----------
        values
            The numbers of this process.

        Returns
        -------
        dict[str, float]
            The averages, the same in every process.
        """
        if self._fabric is None:
            return values
        numbers = torch.tensor(list(values.values()), dtype=torch.float64, device=self.device)
        return dict(zip(values, self._fabric.all_reduce(numbers).tolist(), strict=True))


def _device(device: str | torch.device) -> torch.device:
    """Find a device, or say what is wrong with its name."""
    name, _, number = str(device).partition(":")
    if name not in ("cpu", "cuda", "mps") or not (number or "0").isdecimal():
        raise ValueError(
            f"device is {device!r}, but 'cpu', 'cuda' or 'mps' is expected; 'cuda:1' is the second "
            "of several."
        )
    if name != "cpu" and int(number or 0) >= getattr(torch, name).device_count():
        raise RuntimeError(f"There is no {device} device here; use device='cpu'.")
    return torch.device(device)
