"""Features: the yardsticks of a stream that every other engine measures with."""

from bullmachine.engines.features.engine import Features
from bullmachine.engines.features.kernels import features_step
from bullmachine.engines.features.records import FeaturesOut, FeaturesParams, FeaturesState, VolumeParams

__all__ = ["Features", "FeaturesOut", "FeaturesParams", "FeaturesState", "VolumeParams", "features_step"]
