"""Brings ClickHouse to this version: numbered tables once, views as they are written now.

A mart's file in `schemas/clickhouse/marts` is one SELECT. Its first comment describes the view,
and the comment behind ``AS name,`` describes that column; ``$agreement_low`` and the like are the
formulas of `operators.core`, and ``$by_agreement`` names a method in a comment. ``$not_probe``
leaves the probe's votes out; every view that reads tallies, windows or ballots has it.

A view ``NAME_at`` shows a past moment: ``SELECT * FROM marts.leaderboard_at(at = '2026-05-01
20:00:00')``. Unless it has a file of its own, it is made from that of ``NAME``, reading the views
below it ``_at`` the same moment, so that a board of now and one of then are one text.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from string import Template
from typing import Final

from clickhouse_connect.driver.client import Client

from operators.core import agreement, consensus, divisiveness, held, makeorg, zones
from operators.core.errors import TerminalError
from operators.core.groups import consensus as group_consensus
from operators.core.groups import representatives, support
from operators.core.meaning import cluster_agreement
from schemas.reserved import PROBE_CONSULTATION

VIEWS: Final = (
    "tutti.cells",
    "tutti.minute_cells",
    "tutti.shown_cut",
    "tutti.held",
    "tutti.shown_epoch_at",
    "tutti.cells_at",
    "tutti.shown_cut_at",
    "tutti.held_at",
    "tutti.opinion_runs",
    "tutti.group_votes",
    "marts.consultations",
    "marts.proposals",
    "marts.group_consensus",
    "marts.leaderboard",
    "marts.leaderboard_at",
    "marts.leaderboard_by_country",
    "marts.leaderboard_by_country_at",
    "marts.agreement_by_country",
    "marts.agreement_by_country_at",
    "marts.agreement_by_window",
    "marts.opinion_groups",
    "marts.agreement_by_group",
    "marts.group_representatives",
    "marts.participation",
    "marts.dead_letters",
    "tutti.shown_generation",
    "marts.clustering",
    "marts.clusters",
    "marts.cluster_members",
    "tutti.cluster_ballots",
    "marts.cluster_leaderboard",
    "marts.cluster_leaderboard_by_country",
    "marts.cluster_events",
    "marts.duplicates",
    "marts.duplicate_suggestions",
    "marts.vectors",
    "marts.freshness",
    "marts.reconciliation",
    "tutti.releases",
    "open.leaderboard",
    "open.agreement_by_country",
    "open.agreement_by_window",
    "open.participation",
    "marts.signal_effects",
    "marts.signals",
)
"""In the order in which they build on one another."""

_AT: Final = "{at:DateTime64(3, 'UTC')}"
_AT_MINUTE: Final = f"intDiv(toUnixTimestamp64Milli({_AT}), 60000)"
"""The minute that had not ended yet, minutes since 1970."""
_NOW: Final = re.compile(
    "|".join(rf"\b{re.escape(name.removesuffix('_at'))}\b" for name in VIEWS if name[-3:] == "_at")
)
"""Views that exist a second time, as of a past moment."""

_CREATE: Final = re.compile(
    r"^(CREATE (?:TABLE|DATABASE|MATERIALIZED VIEW) )(?!IF NOT EXISTS)", re.MULTILINE
)
_COLUMN: Final = re.compile(r"(\w+),? +-- (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class View:
    """A view as its file states it."""

    name: str
    comment: str
    columns: dict[str, str]
    select: str


def _formulas() -> dict[str, str]:
    """What ``$name`` stands for in a view's file; ``$by_name`` is a method in a comment."""
    trusted = {"agree": "counts.agree", "total": "counts.votes"}
    weakest = {"agree": "weakest_agree", "total": "weakest_votes"}
    ballots = {"agree": "ballots.agree", "total": "ballots.votes"}
    methods = {
        "agreement": agreement.METHOD,
        "makeorg": makeorg.METHOD,
        "zone": zones.METHOD,
        "zone_confident": zones.CONFIDENT_METHOD,
        "consensus": consensus.METHOD,
        "divisiveness": divisiveness.METHOD,
        "country_spread": divisiveness.SPREAD_METHOD,
        "held": held.METHOD,
        "group_spread": group_consensus.METHOD,
    }
    within = {
        "agree_rate, rank": agreement.METHOD,
        ", ".join(makeorg.SCORES): makeorg.METHOD,
        "zone": zones.METHOD,
        "zone_confident": zones.CONFIDENT_METHOD,
        "divisiveness": divisiveness.METHOD,
    }
    across = {
        "rank_shown": held.METHOD,
        "consensus, rank_consensus, coverage, weakest_country": consensus.METHOD,
        "country_spread": divisiveness.SPREAD_METHOD,
        "group_spread": group_consensus.METHOD,
    }
    return {
        "agreement_rate": agreement.RATE_SQL.format(**trusted),
        "agreement_low": agreement.LOW_SQL.format(**trusted),
        "agreement_high": agreement.HIGH_SQL.format(**trusted),
        "agreement_method": f"'{agreement.METHOD}'",
        "weakest_rate": agreement.RATE_SQL.format(**weakest),
        "weakest_low": agreement.LOW_SQL.format(**weakest),
        "weakest_high": agreement.HIGH_SQL.format(**weakest),
        "makeorg_parts": makeorg.PARTS_SQL,
        "zone": zones.SQL,
        "zone_confident": zones.CONFIDENT_SQL.format(zone="zone", enough="counts.ranked"),
        "divisiveness": divisiveness.SQL.format(disagree="counts.disagree", **trusted),
        "country_mean": divisiveness.MEAN_SQL,
        "country_spread": divisiveness.SPREAD_SQL,
        "cluster_proposals": cluster_agreement.PROPOSALS_SQL.format(**ballots),
        "cluster_mean": cluster_agreement.MEAN_SQL.format(**ballots),
        "cluster_low": cluster_agreement.LOW_SQL.format(**ballots),
        "cluster_high": cluster_agreement.HIGH_SQL.format(**ballots),
        "cluster_between": cluster_agreement.BETWEEN_SQL.format(**ballots),
        "cluster_method": f"'{cluster_agreement.METHOD}'",
        "cluster_least": str(cluster_agreement.MIN_BALLOTS),
        "leaderboard_methods": _listed(within | across),
        "by_country_methods": _listed(within),
        **_group_formulas(),
        "not_probe": f"consultation_id != '{PROBE_CONSULTATION}'",
        "at": _AT,
        "at_minute": _AT_MINUTE,
        **makeorg.SQL,
        **consensus.SQL,
        **{f"by_{name}": method for name, method in methods.items()},
    }


def _listed(methods: dict[str, str]) -> str:
    return "'" + "; ".join(f"{columns}: {method}" for columns, method in methods.items()) + "'"


def _group_formulas() -> dict[str, str]:
    votes = {"agree": "votes.agree", "disagree": "votes.disagree", "seen": "votes.seen"}
    bounded = {
        "gic": group_consensus.GIC_SQL,
        "gic_geomean": group_consensus.GIC_GEOMEAN_SQL,
        "bridging": group_consensus.BRIDGING_SQL,
    }
    tests = {
        "p": representatives.P_SQL,
        "p_test": representatives.P_TEST_SQL,
        "repness": representatives.REPNESS_SQL,
        "repness_test": representatives.REPNESS_TEST_SQL,
    }
    return {
        "groups_supported": support.SUPPORTED_SQL.format(
            silhouette="silhouette", noise="noise_silhouette"
        ),
        "group_pa": group_consensus.PA_SQL.format(**votes),
        "group_pd": group_consensus.PD_SQL.format(**votes),
        "group_spread": group_consensus.SPREAD_SQL.format(**votes),
        "group_consensus_method": f"'{group_consensus.METHOD}'",
        **{
            f"{name}_{end}": sql.format(**votes)
            for name, bounds in bounded.items()
            for end, sql in zip(("value", "low", "high"), bounds, strict=True)
        },
        **{
            f"{side}_{name}": sql.format(
                count=side, others=f"others_{side}", seen="seen", others_seen="others_seen"
            )
            for side in ("agree", "disagree")
            for name, sql in tests.items()
        },
        "z90": repr(representatives.Z90),
        "most_representatives": repr(representatives.MOST_REPRESENTATIVES),
        "representatives_method": f"'{representatives.METHOD}'",
    }


def view(name: str) -> View:
    """Read a view's file."""
    file = files("schemas").joinpath(f"clickhouse/marts/{name}.sql")
    if name.endswith("_at") and not file.is_file():
        return _past(view(name.removesuffix("_at")))
    source = file.read_text()
    head = re.match(r"(?:-- .*\n)+", source)
    if head is None:
        raise TerminalError(f"{name}.sql must begin with a comment that describes the view.")
    comment = " ".join(line.removeprefix("-- ") for line in head[0].splitlines())
    body = source[head.end() :].strip().rstrip(";")
    select = Template(body).substitute(_formulas())
    columns = {column: text.strip() for column, text in _COLUMN.findall(select)}
    return View(name, comment, columns, select)


def _past(now: View) -> View:
    """The same view as of a past moment."""
    select = _NOW.sub(lambda found: f"{found[0]}_at(at = {_AT})", now.select)
    shown_at = f"fromUnixTimestamp64Milli({_AT_MINUTE} * 60000, 'UTC')"
    return View(
        f"{now.name}_at",
        "As it was at the end of the last whole minute not after the parameter `at`; texts, status"
        f" and settings of consultations are those of now. {now.comment}",
        now.columns | {"shown_at": "The end of that minute"},
        f"SELECT past.*, {shown_at} AS shown_at FROM (\n{select}\n) AS past",
    )


@dataclass(frozen=True, slots=True)
class Migration:
    """A numbered change of tables."""

    name: str
    text: str

    @property
    def number(self) -> int:
        """Its place in the order."""
        return int(self.name.partition("_")[0])

    @property
    def sha256(self) -> str:
        """What shows that the file was edited."""
        return sha256(self.text.encode()).hexdigest()

    def statements(self) -> list[str]:
        """What to run; each may be run twice, because a start may be killed in between."""
        parts = [part for part in self.text.split(";\n") if part.strip()]
        return [_CREATE.sub(r"\1IF NOT EXISTS ", part, count=1) for part in parts]


def migrations() -> list[Migration]:
    """All there are, in their order."""
    folder = files("schemas").joinpath("clickhouse/tables")
    found = [Migration(file.name, file.read_text()) for file in folder.iterdir()]
    return sorted(found, key=lambda migration: migration.number)


def migrate(clickhouse: Client, wanted: list[Migration] | None = None) -> list[str]:
    """Apply what is missing; returns the files applied.

    Args:
        clickhouse: A client that may write.
        wanted: The migrations; all there are by default.

    Raises:
        TerminalError: An applied file has changed since, or the data are of a newer version.
    """
    wanted = migrations() if wanted is None else wanted
    clickhouse.command("CREATE DATABASE IF NOT EXISTS tutti ENGINE = Atomic")
    clickhouse.command(
        "CREATE TABLE IF NOT EXISTS tutti.migrations ("
        "number UInt32 COMMENT 'Number of the file', name String COMMENT 'Its name',"
        " sha256 String COMMENT 'Its checksum',"
        " applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was applied')"
        " ENGINE = MergeTree ORDER BY number COMMENT 'Table migrations that were applied'"
    )
    rows = clickhouse.query("SELECT name, sha256 FROM tutti.migrations").result_rows
    applied: dict[str, str] = {row[0]: row[1] for row in rows}
    newer = sorted(applied.keys() - {migration.name for migration in wanted})
    if newer:
        raise TerminalError(
            f"The data were written by a newer version of tutti ({newer[-1]}): use that one, or"
            " restore a backup of before."
        )
    for migration in wanted:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise TerminalError(
                f"{migration.name} was applied and has changed since: put the change into a new"
                " numbered file."
            )
    missing = [migration for migration in wanted if migration.name not in applied]
    for migration in missing:
        for statement in migration.statements():
            clickhouse.command(statement)
        clickhouse.insert(
            "migrations",
            [[migration.number, migration.name, migration.sha256]],
            column_names=["number", "name", "sha256"],
            database="tutti",
        )
    for name in VIEWS:
        _replace(clickhouse, view(name))
    return [migration.name for migration in missing]


def _replace(clickhouse: Client, wanted: View) -> None:
    """Create the view with its comments; the engine says the columns' types."""
    moment = {"at": "2000-01-01 00:00:00.000"} if "{at:" in wanted.select else None
    described = clickhouse.query(f"DESCRIBE ({wanted.select})", parameters=moment).result_rows
    columns = ", ".join(
        f"`{name}` {kind} COMMENT '{_quote(wanted.columns.get(name, ''))}'"
        for name, kind, *_ in described
    )
    clickhouse.command(
        f"CREATE OR REPLACE VIEW {wanted.name} ({columns}) AS {wanted.select}"
        f" COMMENT '{_quote(wanted.comment)}'"
    )


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
