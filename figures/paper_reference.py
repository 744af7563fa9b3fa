"""The paper's log-log figure as numbers.

Read off the vector paths of the figure that the authors published with their code (Ye et al.,
arXiv:2003.01794): one run at n = 90, 100, …, 990, no error bars. Losses are natural logarithms.
The set-up behind it (pool size, samples, activation, training time) is not published.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theory.errors import Floats

SMALLEST, LARGEST = 90, 990


@dataclass(frozen=True)
class PaperCurve:
    """One curve: its two end points and the least-squares line of ln loss on ln n."""

    log_loss_at_90: float
    log_loss_at_990: float
    slope: float
    intercept: float

    def line(self, n: ArrayLike) -> Floats:
        """The loss on the fitted line."""
        fitted: Floats = np.exp(self.intercept + self.slope * np.log(np.asarray(n, dtype=float)))
        return fitted


PRUNED = PaperCurve(-7.99, -12.30, slope=-1.91, intercept=0.895)
SCRATCH = PaperCurve(-9.06, -10.75, slope=-0.83, intercept=-5.151)
