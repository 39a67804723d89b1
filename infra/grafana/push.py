"""Send dashboards to a running Grafana, and say what differs there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any, Final, Literal

from grafana_api.grafana_api import GrafanaClientError
from grafana_api.grafana_face import GrafanaFace

from infra.grafana.build import DASHBOARDS, dashboard_json
from infra.grafana.connection import NOT_FOUND, as_sentences, status
from infra.grafana.dashboards import FOLDER_TITLE, FOLDER_UID

_GRAFANAS_OWN: Final = frozenset({"id", "version"})
"""What Grafana gives a dashboard, and counts up."""

Change = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class DashboardState:
    """How a dashboard stands in Grafana.

    Attributes:
        uid: The dashboard.
        title: Its title.
        change: What a push would make of it.
        lines: Its JSON there against ours, as `diff -u` writes it.
    """

    uid: str
    title: str
    change: Change
    lines: tuple[str, ...] = ()


class Dashboards:
    """Our dashboards in one Grafana.

    Args:
        grafana: The client.
        url: Its address, for errors.
        docs_url: Address of the documentation, for the links of panels.
    """

    def __init__(self, grafana: GrafanaFace, url: str, docs_url: str) -> None:
        self._grafana, self._url = grafana, url
        self._wanted = [dashboard_json(spec, docs_url) for spec in DASHBOARDS]

    def states(self) -> Iterator[DashboardState]:
        """How each dashboard stands there.

        Raises:
            GrafanaError: It does not answer, or refuses.
        """
        for wanted in self._wanted:
            yield self._state(wanted, self._there(wanted["uid"]))

    def push(self) -> Iterator[DashboardState]:
        """Make the folder, and save those that are new or differ.

        A dashboard is saved on the version that was read: who saved another one meanwhile is not
        overwritten.

        Raises:
            GrafanaError: It does not answer, or refuses; those before are saved.
        """
        self._make_folder()
        for wanted in self._wanted:
            there = self._there(wanted["uid"])
            state = self._state(wanted, there)
            if state.change != "unchanged":
                self._save(wanted, there)
            yield state

    def push_source(self, source: dict[str, Any], secrets: dict[str, str] | None = None) -> Change:
        """Make a data source, or bring it to this state; secrets cannot be compared.

        Raises:
            GrafanaError: It does not answer, or refuses.
        """
        doing = f"writing the data source {source['name']}"
        with as_sentences(doing, self._url):
            found = self._found(f"/datasources/uid/{source['uid']}")
            sent = source | ({"secureJsonData": secrets} if secrets else {})
            if found is None:
                self._grafana.datasource.create_datasource(sent)
                return "new"
            if not secrets and all(found.get(key) == value for key, value in source.items()):
                return "unchanged"
            self._grafana.api.PUT(f"/datasources/uid/{source['uid']}", json=sent)
            return "changed"

    def _make_folder(self) -> None:
        with as_sentences(f"making the folder {FOLDER_TITLE}", self._url):
            if self._found(f"/folders/{FOLDER_UID}") is None:
                self._grafana.folder.create_folder(FOLDER_TITLE, FOLDER_UID)

    def _there(self, uid: str) -> dict[str, Any] | None:
        with as_sentences(f"reading the dashboard {uid}", self._url):
            found = self._found(f"/dashboards/uid/{uid}")
            if found is None:
                return None
            there: dict[str, Any] = found["dashboard"]
            return there

    def _found(self, path: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._grafana.api.GET(path)
        except GrafanaClientError as error:
            if status(error) == NOT_FOUND:
                return None
            raise
        return found

    def _save(self, wanted: dict[str, Any], there: dict[str, Any] | None) -> None:
        own = {key: there[key] for key in _GRAFANAS_OWN} if there else {}
        with as_sentences(f"saving the dashboard {wanted['uid']}", self._url):
            self._grafana.dashboard.update_dashboard(
                {
                    "dashboard": wanted | own,
                    "folderUid": FOLDER_UID,
                    "message": "tutti dashboards push",
                    "overwrite": False,
                }
            )

    @staticmethod
    def _state(wanted: dict[str, Any], there: dict[str, Any] | None) -> DashboardState:
        uid, title = wanted["uid"], wanted["title"]
        if there is None:
            return DashboardState(uid, title, "new")
        ours, theirs = _lines(wanted), _lines(there)
        if ours == theirs:
            return DashboardState(uid, title, "unchanged")
        lines = unified_diff(theirs, ours, f"{uid} in Grafana", f"{uid} here", lineterm="")
        return DashboardState(uid, title, "changed", tuple(lines))


def _lines(dashboard: dict[str, Any]) -> list[str]:
    known = {key: value for key, value in dashboard.items() if key not in _GRAFANAS_OWN}
    return json.dumps(known, indent=2, sort_keys=True, ensure_ascii=False).splitlines()
