"""Files with which Grafana sets itself up at its start, for a stack on the same machine.

They are YAML, of which JSON is a part. What depends on the machine comes from Grafana's own
environment: ``TUTTI_DASHBOARDS`` is the folder of the built dashboards.
"""

import json
from pathlib import Path
from typing import Any, Final

from infra.config.settings import Settings
from infra.grafana.dashboards import FOLDER_TITLE, FOLDER_UID
from infra.grafana.data_sources import clickhouse_source, prometheus_source

_HEAD: Final = "# Made by tutti dashboards build. Ports are those of TUTTI_PORT_BASE=18100.\n"


def provisioning_files() -> dict[Path, str]:
    """Path below this package → text."""
    # Nothing of this machine's settings: the files are the same everywhere.
    local = Settings.model_construct(
        port_base=18_100, analyst_user="default", analyst_url=None, clickhouse_url=None
    )
    return {
        Path("provisioning", "datasources", "tutti.yaml"): _yaml(
            {
                "apiVersion": 1,
                "datasources": [clickhouse_source(local), prometheus_source()],
            }
        ),
        Path("provisioning", "dashboards", "tutti.yaml"): _yaml(
            {
                "apiVersion": 1,
                "providers": [
                    {
                        "name": "tutti",
                        "type": "file",
                        "folder": FOLDER_TITLE,
                        "folderUid": FOLDER_UID,
                        "updateIntervalSeconds": 30,
                        "allowUiUpdates": False,
                        "options": {"path": "$TUTTI_DASHBOARDS"},
                    }
                ],
            }
        ),
    }


def _yaml(document: dict[str, Any]) -> str:
    return _HEAD + json.dumps(document, indent=2) + "\n"
