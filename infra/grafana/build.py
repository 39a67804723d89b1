"""Write what Grafana reads: the JSON of dashboards, byte for byte the same at each build."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from infra.grafana.campaign_arrivals import CAMPAIGN_ARRIVALS
from infra.grafana.dashboards import DOCS_URL, DashboardSpec, build_dashboard
from infra.grafana.data_quality import DATA_QUALITY
from infra.grafana.live_consultation import LIVE_CONSULTATION
from infra.grafana.pipeline_health import PIPELINE_HEALTH
from infra.grafana.provisioning import provisioning_files

DASHBOARDS: Final[tuple[DashboardSpec, ...]] = (
    LIVE_CONSULTATION,
    CAMPAIGN_ARRIVALS,
    PIPELINE_HEALTH,
    DATA_QUALITY,
)
FOLDER: Final = Path(__file__).parent
"""Where the built files are part of the repository."""


def as_json(thing: object) -> str:
    """Anything of the SDK as text, its keys in order."""
    return json.dumps(thing, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def dashboard_json(spec: DashboardSpec, docs_url: str = DOCS_URL) -> dict[str, Any]:
    """A dashboard as Grafana takes it."""
    found: dict[str, Any] = json.loads(as_json(build_dashboard(spec, docs_url)))
    return found


def built_files(docs_url: str = DOCS_URL) -> dict[Path, str]:
    """Path below `FOLDER` → text of every built file."""
    boards = {
        Path("built", f"{spec.uid}.json"): as_json(build_dashboard(spec, docs_url))
        for spec in DASHBOARDS
    }
    return boards | provisioning_files()


def write_files(
    folder: Path, docs_url: str = DOCS_URL, report: Callable[[Path], None] = lambda _: None
) -> None:
    """Write every built file.

    Args:
        folder: Below which folder.
        docs_url: Address of the documentation, for the links of panels.
        report: Is told each file's path.
    """
    for path, text in built_files(docs_url).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        report(file)
