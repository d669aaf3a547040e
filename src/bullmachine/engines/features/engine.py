"""The Python face of the features engine."""

from __future__ import annotations

from bullmachine.core.engine import StepEngine
from bullmachine.engines.features.kernels import features_run
from bullmachine.engines.features.records import FeaturesOut, FeaturesParams, FeaturesState

__all__ = ["Features"]


class Features(StepEngine):
    """ATR, two means, the distance from the mean and the relative volume of one stream.

    >>> features = Features()
    >>> features.update((0, 10.0, 11.0, 9.0, 10.5, 100.0)).ready
    0
    >>> features.warm_up
    49
    """

    name = "features"
    Params = FeaturesParams
    State = FeaturesState
    Output = FeaturesOut
    kernel = features_run

    @property
    def warm_up(self) -> int:
        """Until the slow mean and the ATR exist; the relative volume may take longer, where volume is missing."""
        p: FeaturesParams = self.params
        return max(p.sma_slow.length - 1, p.atr.length)
