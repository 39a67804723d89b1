"""Every generated document: whole files, and parts of pages."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from docs.generate import commands, fields, flow, metrics, services, settings, topics, views
from docs.generate.decisions import decisions
from docs.generate.http_answers import http_answers
from docs.generate.live_api import live_fields, live_paths
from docs.generate.regions import filled, names
from docs.generate.rejection_reasons import rejection_reasons
from docs.generate.statements import allowed_on_every_port, allowed_to_analysts
from infra.config.folders import CHECKOUT
from schemas import asyncapi, page

FILES: Final[Mapping[str, Callable[[], str]]] = {
    "schemas/asyncapi.json": asyncapi.text,
    "docs/reference/events.html": page.text,
}
"""Files that are generated as a whole."""

PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "make-targets": commands.make_targets,
    "commands": commands.overview,
    "options": commands.sections,
    "settings": settings.settings,
    "topics-of-campaigns": topics.topics_of_campaigns,
    "topics-of-tutti": topics.topics_of_tutti,
    "fields-of-campaigns": fields.fields_of_campaigns,
    "fields-of-tutti": fields.fields_of_tutti,
    "rejection-reasons": rejection_reasons,
    "http-answers": http_answers,
    "allowed-on-every-port": allowed_on_every_port,
    "allowed-to-analysts": allowed_to_analysts,
    "live-paths": live_paths,
    "live-fields": live_fields,
    "views-marts": partial(views.views, "marts"),
    "views-open": partial(views.views, "open"),
    "metrics": metrics.metrics,
    "ports": services.ports,
    "services": services.services,
    "flow": flow.flow,
    "decisions": decisions,
}
"""Parts of pages, by the names in their comments (`docs.generate.regions`)."""

NEEDS_CLICKHOUSE: Final = {"dictionary": views.dictionary}
"""Parts that ask a ClickHouse for the columns' types."""


def pages(checkout: Path = CHECKOUT) -> dict[Path, list[str]]:
    """The pages with generated parts, and the names of these."""
    found = {
        file: names(file.read_text("utf-8")) for file in sorted((checkout / "docs").rglob("*.md"))
    }
    return {file: parts for file, parts in found.items() if parts}


def documents(
    parts: Mapping[str, Callable[[], str]] = PARTS, checkout: Path = CHECKOUT
) -> dict[Path, Callable[[], str]]:
    """Every generated document with what makes its text.

    Args:
        parts: What makes the parts of pages; a part that is not among them stays as it is.
        checkout: Where the documents are.
    """
    whole = {checkout / name: make for name, make in FILES.items()}
    return whole | {file: partial(_page, file, parts) for file in pages(checkout)}


def _page(file: Path, parts: Mapping[str, Callable[[], str]]) -> str:
    return filled(file.read_text("utf-8"), parts)
