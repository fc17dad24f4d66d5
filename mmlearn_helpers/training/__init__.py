"""One training loop for every model that knows its own loss."""

from mmlearn_helpers.training.fit import fit
from mmlearn_helpers.training.history import History
from mmlearn_helpers.training.schedules import one_cycle

__all__ = ["History", "fit", "one_cycle"]
