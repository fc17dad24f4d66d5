"""The whole state of a training run in a file."""

from __future__ import annotations

import glob
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mmlearn_helpers.files import save_atomically


def describe(model: nn.Module) -> str:
    """Tell models apart by their class and the names, shapes and kinds of their weights.

    Parameters
    ----------
    model
        Any module.

    Returns
    -------
    str
        The class, the number of weights, and a checksum of all the rest.
    """
    weights = [(n, tuple(w.shape), w.dtype, w.requires_grad) for n, w in model.named_parameters()]
    buffers = [(name, tuple(x.shape), x.dtype) for name, x in model.named_buffers()]
    n_weights = sum(weight.numel() for weight in model.parameters())
    checksum = zlib.crc32(repr((weights, buffers)).encode())
    return f"{type(model).__name__} with {n_weights} weights ({checksum:08x})"


def save_checkpoint(path: Path, settings: dict[str, object], state: dict[str, object]) -> None:
    """Write the state of a run; a process killed meanwhile leaves the one before.

    Parameters
    ----------
    path
        The file.
    settings
        What the run was started with.
    state
        Tensors, numbers, strings, and lists and dictionaries of them.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    written = {name: _written(value) for name, value in settings.items()}
    save_atomically(path, {"settings": written, "state": state})


def load_checkpoint(
    path: Path, settings: dict[str, object], device: torch.device
) -> dict[str, object] | None:
    """Read the state of a run.

    Parameters
    ----------
    path
        The file.
    settings
        What this run is started with.
    device
        Where the tensors are to be.

    Returns
    -------
    dict[str, object] or None
        The state that was saved; ``None`` if there is no such file.

    Raises
    ------
    ValueError
        If no file can be there, or it is not a checkpoint, or one of a run with other settings.
    """
    if path.is_dir():
        raise ValueError(f"checkpoint is the folder {path}, but a file is needed; name one in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"No checkpoint can be kept at {path} ({error}); choose a folder that can be written."
        ) from error
    for leftover in path.parent.glob(f"{glob.escape(path.name)}.????????.part"):
        leftover.unlink(missing_ok=True)
    if not path.exists():
        return None
    advice = f"remove {path} to start anew, or give this run another file"
    try:
        stored = torch.load(path, map_location=device, weights_only=True)
        known, state = dict(stored["settings"]), stored["state"]
    except OSError:
        raise
    except Exception as error:  # what is no checkpoint can raise anything
        raise ValueError(f"{path} is not a checkpoint of fit; {advice}.") from error
    for name, value in settings.items():
        if known.get(name) != _written(value):
            raise ValueError(
                f"The checkpoint {path} is of a run with {name} = {known.get(name)}, "
                f"but this one has {name} = {_written(value)}; use the same, or {advice}."
            )
    return state


def _written(value: object) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)
