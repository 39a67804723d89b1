"""The encoder of this installation, for the processes that need one."""

from infra import redis
from infra.config.settings import Settings
from models.cache import TIMEOUT_S, CachedEncoder
from models.load import load
from models.manifest import path_of, read
from operators.core.clusters.thresholds import Thresholds


def load_encoder() -> tuple[CachedEncoder, Thresholds]:
    """Load it, with Redis before it and the cosines that clusters begin with.

    Flink calls this where its function runs, so it reads the settings itself.

    Raises:
        TerminalError: Its files are missing or not those of the manifest.
    """
    settings = Settings()
    vectors = redis.connect(settings, timeout_s=TIMEOUT_S)
    return CachedEncoder(load(settings.model), vectors), defaults(settings)


def defaults(settings: Settings) -> Thresholds:
    """The cosines that clusters begin with, as the manifest says."""
    calibration = read(path_of(settings.model)).calibration
    return Thresholds(macro=calibration.t_macro, micro=calibration.t_micro)
