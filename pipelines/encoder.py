"""The encoder of this installation, for the processes that need one."""

from infra.settings import Settings
from models.load import load
from models.manifest import path_of, read
from models.onnx_encoder import OnnxEncoder
from operators.core.meaning.thresholds import Thresholds


def load_encoder() -> tuple[OnnxEncoder, Thresholds]:
    """Load it, with the cosines that clusters begin with.

    Flink calls this where its function runs, so it reads the settings itself.

    Raises:
        TerminalError: Its files are missing or not those of the manifest.
    """
    settings = Settings()
    return load(settings.model), defaults(settings)


def defaults(settings: Settings) -> Thresholds:
    """The cosines that clusters begin with, as the manifest says."""
    calibration = read(path_of(settings.model)).calibration
    return Thresholds(macro=calibration.t_macro, micro=calibration.t_micro)
