"""What the tests of both multimodal models share."""

from __future__ import annotations

import pytest

from mmlearn_helpers.training import fit


class StoppedError(Exception):
    """The run ends here."""


def stopped_after(model, n_steps):
    """Let the loss of a model fail from a step on, as if the machine had stopped there."""
    loss, steps = model.loss, iter(range(n_steps))

    def failing(batch):
        if next(steps, None) is None:
            raise StoppedError
        return loss(batch)

    model.loss = failing
    return model


@pytest.fixture
def restarted(tmp_path):
    """Train a model that is stopped and started again from its checkpoint."""

    def run(make, batch, n_steps, **settings):
        with pytest.raises(StoppedError):
            fit(stopped_after(make(), n_steps), batch, checkpoint=tmp_path / "run", **settings)
        again = make()
        fit(again, batch, checkpoint=tmp_path / "run", **settings)
        return again

    return run
