"""The encoders of this installation, for the processes that need one."""

from collections.abc import Sequence

import structlog

from infra import redis
from infra.config.folders import MODELS
from infra.config.settings import Settings
from models import choice, manifest
from models.cache import TIMEOUT_S, CachedEncoder
from models.load import load
from models.manifest import Manifest
from operators.core.clusters.thresholds import Thresholds
from operators.core.errors import TerminalError

log = structlog.get_logger()


class InstalledEncoders:
    """The default encoder and those in the folder of encoders, by name; none is loaded.

    Raises:
        TerminalError: The default one is not there. Another one that cannot be read is left out.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        default = manifest.path_of(settings.model)
        self._paths = {manifest.read(default).name: default}
        [self.default] = self._paths
        self._manifests: dict[str, Manifest] = {self.default: manifest.read(default)}
        for path in sorted(MODELS.glob(f"*/{manifest.NAME}")):
            try:
                found = manifest.read(path)
            except TerminalError as error:
                log.warning("encoder_left_out", manifest=str(path), reason=str(error))
                continue
            if found.recorded and found.name not in self._paths:
                self._paths[found.name], self._manifests[found.name] = path, found

    @property
    def models(self) -> str:
        """Names with versions, the default one first: what decides who clusters what."""
        first, *others = (found.model for found in self._manifests.values())
        return " ".join((first, *sorted(others)))

    def choose(self, languages: Sequence[str], wanted: str) -> str:
        """The name of a consultation's encoder: see `models.choice`."""
        return choice.encoder_for(languages, wanted, self._paths, self.default)

    def thresholds(self, name: str) -> Thresholds:
        """The cosines that clusters begin with, as the manifest says."""
        calibration = self._manifests[name].calibration
        return Thresholds(macro=calibration.t_macro, micro=calibration.t_micro)

    def load(self, name: str) -> CachedEncoder:
        """Load an encoder, with Redis before it.

        Raises:
            TerminalError: Its files are missing or not those of the manifest.
        """
        path = self._paths.get(name)
        if path is None:
            raise TerminalError(
                f"The encoder {name} is not here any more: put it back, or let tutti cluster anew."
            )
        vectors = redis.connect(self._settings, timeout_s=TIMEOUT_S)
        return CachedEncoder(load(path), vectors)
