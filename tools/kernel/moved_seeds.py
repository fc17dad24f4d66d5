"""IPython extension of the kernels that execute chapters: MMLEARN_SEED_SHIFT moves every seed."""

import os

from IPython import InteractiveShell


def move_seeds(shift: int) -> None:
    """Add a number to every seed that is given to torch, NumPy and scikit-learn."""
    import numpy as np
    import torch

    class Generator(torch.Generator):
        def manual_seed(self, seed: int) -> torch.Generator:
            super().manual_seed((int(seed) + shift) % 2**63)
            return self

    class DefaultGenerator:
        def __getattr__(self, name: str) -> object:
            return getattr(default, name)

        def manual_seed(self, seed: int) -> torch.Generator:
            return default.manual_seed((int(seed) + shift) % 2**63)

    class AnyState(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, State)

    State = np.random.RandomState

    class RandomState(State, metaclass=AnyState):
        def __init__(self, seed: object = None) -> None:
            super().__init__(seed + shift if isinstance(seed, (int, np.integer)) else seed)

    default, torch_seed, rng = torch.default_generator, torch.manual_seed, np.random.default_rng
    torch.Generator, torch.default_generator = Generator, DefaultGenerator()
    torch.manual_seed = torch.random.manual_seed = lambda seed: torch_seed(int(seed) + shift)
    np.random.RandomState = RandomState
    np.random.default_rng = lambda seed=None: rng(seed + shift if isinstance(seed, int) else seed)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Move the seeds if the environment says so."""
    if shift := int(os.environ.get("MMLEARN_SEED_SHIFT", "0")):
        move_seeds(shift)
