"""Without the warnings of Gymnasium and NumPy, for commands that say in their own words what is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Within it, or in a function that it decorates, neither warns."""
    import gymnasium
    import numpy as np

    before = gymnasium.logger.min_level
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        gymnasium.logger.min_level = before
