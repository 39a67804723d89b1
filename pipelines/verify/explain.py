"""Explaining a proposal: its counts, every part of its scores, and SQL that recomputes them.

The SQL holds the counts as numbers and the formulas of `operators.core`, and reads no table: who
has it can check each step. What is explained is that SQL's answer, so they cannot differ.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from infra.clickhouse.moments import as_of
from infra.clickhouse.state import active_cut
from infra.clickhouse.tallies import counts_by_country
from operators.core.errors import TerminalError
from operators.core.scores import agreement, consensus, divisiveness, makeorg, stable_rank, zones
from operators.core.votes.tally import COUNTERS

METHODS: Final = {
    "agreement": agreement.METHOD,
    "scores of Make.org": makeorg.METHOD,
    "zone": zones.METHOD,
    "zone_confident": zones.CONFIDENT_METHOD,
    "consensus": consensus.METHOD,
    "divisiveness": divisiveness.METHOD,
    "country_spread": divisiveness.SPREAD_METHOD,
    "stable_rank": stable_rank.METHOD,
}
RANKS: Final = ("rank", "stable_rank", "rank_consensus")
DEFAULT_MIN_VOTES: Final = 30

_SERIES: Final = {
    "trusted": "trust != 'troll'",
    "sequence": "trust IN ('sequence', 'segment')",
    "all": "true",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind one row of a board.

    Attributes:
        status: Of the proposal, now; empty: not known.
        shown_at: The minute's end that is explained; None: now.
        as_of: Broker time of the newest vote wholly counted then.
        ranks: By name; empty unless the proposal is on the board and ranks were asked for.
        counts: The counters by series: trusted, sequence (and segment), all.
        countries: Per country: votes and agree of the trusted series with Wilson's interval,
            votes_all, and what it does to the consensus: weight, informs (f_c), rate (a_c).
        numbers: Every other column that the SQL answers.
        sql: What an analyst can paste into ``tutti query``.
    """

    consultation_id: str
    proposal_id: str
    text: str
    status: str
    shown_at: datetime | None
    as_of: datetime | None
    ranks: dict[str, int | None]
    counts: dict[str, dict[str, int]]
    countries: list[dict[str, Any]]
    numbers: dict[str, Any]
    methods: dict[str, str]
    sql: str


def explain(
    clickhouse: Client,
    consultation: str,
    proposal: str,
    at: datetime | None = None,
    *,
    ranked: bool = True,
) -> Explanation:
    """Explain a proposal as it stands, or as it stood.

    Args:
        clickhouse: Any client that may read `tutti`.
        consultation: Its id.
        proposal: Its id.
        at: As it stood then; None: now.
        ranked: Also its ranks. They alone need every proposal of the consultation, and are asked
            for only if it has any; everything else reads this one.

    Raises:
        TerminalError: Nobody has voted on such a proposal by then.
    """
    ids: dict[str, Any] = {"consultation": consultation, "proposal": proposal}
    where = "WHERE consultation_id = {consultation:String} AND proposal_id = {proposal:String}"
    rows = counts_by_country(clickhouse, consultation, proposal, _SERIES, at)
    if not rows:
        raise TerminalError(
            f"There are no votes on {consultation}/{proposal}{' at that moment' if at else ''}."
        )
    about = clickhouse.query(f"SELECT text, status FROM marts.proposals {where}", parameters=ids)
    text, status = about.first_row or ("", "")
    cut = active_cut(clickhouse, at)
    setting = clickhouse.query(
        "SELECT rank_min_votes, countries, weights FROM marts.consultations"
        " WHERE consultation_id = {consultation:String}",
        parameters=ids,
    ).first_row or (0, [], [])
    counts = {
        name: {c: sum(row[f"{name}_{c}"] for row in rows) for c in COUNTERS} for name in _SERIES
    }
    sql = recomputing(
        rows, counts, setting[0] or DEFAULT_MIN_VOTES, dict(zip(*setting[1:], strict=True))
    )
    numbers = next(iter(clickhouse.query(sql).named_results()))
    on_board = ranked and status == "accepted"
    enough = bool(numbers["ranked"])
    return Explanation(
        consultation,
        proposal,
        text,
        status,
        at.replace(second=0, microsecond=0) if at else None,
        cut.as_of if cut else None,
        _ranks(clickhouse, ids, at, enough=enough) if on_board else {},
        counts,
        _countries(rows, numbers),
        numbers,
        METHODS,
        sql,
    )


def _ranks(
    clickhouse: Client, ids: dict[str, Any], at: datetime | None, *, enough: bool
) -> dict[str, int | None]:
    """The ranks of a proposal on the board, which is read only if its votes are enough for one."""
    if not enough:
        return dict.fromkeys(RANKS)
    board = clickhouse.query(
        f"SELECT {', '.join(RANKS)} FROM {as_of('marts.leaderboard', at)} AS board"
        " WHERE consultation_id = {consultation:String} AND proposal_id = {proposal:String}",
        parameters=ids | ({"at": at} if at else {}),
    ).first_row
    return dict(zip(RANKS, board, strict=True)) if board else {}


def votes(counts: dict[str, int], prefix: str = "") -> int:
    """The ballots of a series."""
    return sum(counts[f"{prefix}{choice}"] for choice in makeorg.CHOICES)


def recomputing(
    rows: list[dict[str, Any]],
    counts: dict[str, dict[str, int]],
    min_votes: int,
    weights: dict[str, float],
) -> str:
    """A SELECT without tables that answers every score, with its parts."""
    total, cast = votes(counts["trusted"]), votes(counts["sequence"])
    inside = [row for row in rows if row["country"] != consensus.UNKNOWN and votes(row, "trusted_")]
    listed = {c: w for c, w in weights.items() if w > 0 and c != consensus.UNKNOWN}
    literals = [f"{total}::UInt64 AS votes", f"{cast}::UInt64 AS sequence_votes"]
    literals += [f"{counts['trusted'][c]}::UInt64 AS {c}" for c in COUNTERS]
    literals += [f"{counts['sequence'][c]}::UInt64 AS sequence_{c}" for c in makeorg.KEYS]
    codes = _array([row["country"] for row in inside], "String")
    agree = _array([row["trusted_agree"] for row in inside], "UInt64")
    ballots = _array([votes(row, "trusted_") for row in inside], "UInt64")
    literals += [
        f"({codes}, {agree}, {ballots}) AS by_country",
        f"{_array(list(listed), 'String')} AS listed",
        f"{_array(list(listed.values()), 'Float64')} AS listed_weights",
        f"votes >= {min_votes} AS ranked",
    ]
    trusted = {"agree": "counts.agree", "total": "counts.votes"}
    agreed = {
        "agree_rate": agreement.RATE_SQL.format(**trusted),
        "agree_low": agreement.LOW_SQL.format(**trusted),
        "agree_high": agreement.HIGH_SQL.format(**trusted),
        "divisiveness": divisiveness.SQL.format(disagree="counts.disagree", **trusted),
    }
    scored = dict(makeorg.SQL)
    for score in makeorg.SCORES:
        scored |= {
            f"{score}_low": f"{score} - {score}_half",
            f"{score}_high": f"{score} + {score}_half",
        }
    scored["zone"] = zones.SQL
    scored["zone_confident"] = zones.CONFIDENT_SQL.format(zone="zone", enough="ranked")
    across = dict(consensus.SQL) | {
        "country_informs": "arrayMap((n, w) -> if(w > 0 AND n > 0,"
        f" least(1, {consensus.PRIOR_BALLOTS} / n), 0), country_votes, country_weights)",
        "weakest_country": "if(weakest = 0, NULL, country_codes[weakest])",
        "country_mean": divisiveness.MEAN_SQL,
        "country_spread": divisiveness.SPREAD_SQL,
    }
    return "\n".join(
        [
            f"WITH counts AS (SELECT {', '.join(literals)}),",
            f"agreed AS (SELECT *, {_columns(agreed)}, {makeorg.PARTS_SQL} FROM counts),",
            f"scored AS (SELECT *, {_columns(scored)} FROM agreed),",
            f"across AS (SELECT *, {_columns(across)} FROM scored)",
            "SELECT * FROM across",
        ]
    )


def _columns(expressions: dict[str, str]) -> str:
    return ",\n    ".join(f"{text} AS {name}" for name, text in expressions.items())


def _array(values: list[Any], kind: str) -> str:
    # Codes of countries are two capital letters: nothing to escape.
    shown = ", ".join(f"'{value}'" if kind == "String" else repr(value) for value in values)
    return f"CAST([{shown}], 'Array({kind})')"


def _countries(rows: list[dict[str, Any]], numbers: dict[str, Any]) -> list[dict[str, Any]]:
    names = ("codes", "weights", "informs", "rates")
    across = zip(*(numbers[f"country_{name}"] for name in names), strict=True)
    of = {code: values for code, *values in across}
    counted = {row["country"]: row for row in rows}
    found = []
    for country in sorted(of.keys() | counted.keys()):
        row = counted.get(country, {})
        total, agree = votes(row, "trusted_") if row else 0, row.get("trusted_agree", 0)
        interval = agreement.agreement(agree, total)
        weight, informs, rate = of.get(country, (0.0, 0.0, None))
        found.append(
            {
                "country": country,
                "votes": total,
                "agree": agree,
                "agree_rate": interval.rate,
                "agree_low": interval.low,
                "agree_high": interval.high,
                "votes_all": votes(row, "all_") if row else 0,
                "agree_all": row.get("all_agree", 0),
                "weight": weight,
                "informs": informs,
                "rate": rate,
            }
        )
    return found
