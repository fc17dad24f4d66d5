"""The whole state of a training run in a file."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch

from mmlearn_helpers.files import save_atomically


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
    written = {name: repr(value) for name, value in settings.items()}
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
        If the file is not a checkpoint, or of a run with other settings.
    """
    for leftover in path.parent.glob(f"{path.name}.*.part"):
        leftover.unlink(missing_ok=True)
    if not path.exists():
        return None
    advice = f"remove {path} to start anew, or give this run another file"
    try:
        stored = torch.load(path, map_location=device, weights_only=True)
        known, state = stored["settings"], stored["state"]
    except (EOFError, KeyError, RuntimeError, TypeError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} is not a checkpoint of fit; {advice}.") from error
    for name, value in settings.items():
        if known.get(name) != repr(value):
            raise ValueError(
                f"The checkpoint {path} is of a run with {name} = {known.get(name)}, "
                f"but this one has {name} = {value!r}; use the same, or {advice}."
            )
    return state
