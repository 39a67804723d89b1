"""What ``$name`` stands for in a view's file: the formulas of `operators.core`, by name.

The second of three hops from a column to its formula: the view's file says ``$agreement_low``, this
one says which expression that is and of which columns, and `operators.core` holds the expression
beside its source and its Python. ``$by_NAME`` is a method's name and version, for comments.
"""

from infra.clickhouse.moments import AT, AT_MINUTE
from operators.core.clusters import cluster_agreement, themes
from operators.core.groups import consensus as group_consensus
from operators.core.groups import disagreement, representatives, significance
from operators.core.groups import run as group_run
from operators.core.scores import agreement, consensus, divisiveness, makeorg, stable_rank, zones
from operators.core.votes import tally, windows
from schemas.countries import ALSO, ASK, CODES, INSTEAD, advice
from schemas.rejections import ADVICE
from schemas.reserved import PROBE_CONSULTATION


def formulas() -> dict[str, str]:
    """All of them."""
    return {
        **_counts(),
        **_agreement(),
        **_makeorg(),
        **_countries(),
        **_groups(),
        **_representatives(),
        **_clusters(),
        **_methods(),
        "window_start": windows.START_SQL.format(minute="cells.minute", seconds="window_seconds"),
        **_country_codes(),
        "rejection_cure": _cures(),
        # Every view that reads tallies, windows or ballots leaves the probe's votes out.
        "not_probe": f"consultation_id != '{PROBE_CONSULTATION}'",
        "at": AT,
        "at_minute": AT_MINUTE,
    }


def _country_codes() -> dict[str, str]:
    """The codes that need no advice, and the advice for others, of a column `code`."""
    instead = f"transform(code, {list(INSTEAD)}, {list(INSTEAD.values())}, '{ASK}')"
    before, _, after = advice("\0", "\1").partition("\1")
    return {
        "known_countries": ", ".join(f"'{code}'" for code in sorted(CODES | ALSO)),
        "country_advice": f"concat(code, '{before[1:]}', {instead}, '{after}')",
    }


def _cures() -> str:
    """What the sender of a message with a column `reason` does about it."""
    quoted = ", ".join("'" + a.cure.replace("'", "\\'") + "'" for a in ADVICE.values())
    return f"transform(toString(reason), {list(ADVICE)}, [{quoted}], '')"


def _counts() -> dict[str, str]:
    """Sums over cells, and the lines of the columns that show them, each with its comment."""
    qualifications = [
        f"{name} AS {name},  -- Ballots with the qualification {name}"
        for name in tally.QUALIFICATION_COLUMNS
    ]
    raw = ["votes_all AS votes_all,  -- Ballots of every trust level"] + [
        f"{name}_all AS {name}_all,  -- {name} over every trust level" for name in tally.COUNTERS
    ]
    return {
        "votes_by_series": tally.VOTES_SQL,
        "counts_by_series": tally.COUNTS_SQL,
        "qualification_columns": "\n    ".join(qualifications),
        "raw_columns": "\n    ".join(raw),
    }


def _agreement() -> dict[str, str]:
    columns = {
        "agreement": {"agree": "counts.agree", "total": "counts.votes"},
        "weakest": {"agree": "weakest_agree", "total": "weakest_votes"},
    }
    ends = {
        "rate": agreement.RATE_SQL,
        "low": agreement.LOW_SQL,
        "high": agreement.HIGH_SQL,
    }
    return {
        f"{name}_{end}": sql.format(**counts)
        for name, counts in columns.items()
        for end, sql in ends.items()
    } | {
        "divisiveness": divisiveness.SQL.format(disagree="counts.disagree", **columns["agreement"]),
    }


def _makeorg() -> dict[str, str]:
    return {
        "makeorg_parts": makeorg.PARTS_SQL,
        **makeorg.SQL,
        "zone": zones.SQL,
        "zone_confident": zones.CONFIDENT_SQL.format(zone="zone", enough="counts.ranked"),
    }


def _countries() -> dict[str, str]:
    return {
        **consensus.SQL,
        "country_mean": divisiveness.MEAN_SQL,
        "country_spread": divisiveness.SPREAD_SQL,
    }


def _groups() -> dict[str, str]:
    votes = {"agree": "votes.agree", "disagree": "votes.disagree", "seen": "votes.seen"}
    bounded = {
        "gic": group_consensus.GIC_SQL,
        "gic_geomean": group_consensus.GIC_GEOMEAN_SQL,
        "bridging": group_consensus.BRIDGING_SQL,
    }
    return {
        "groups_significant": significance.SIGNIFICANT_SQL.format(dimensions="dimensions"),
        "groups_separate": significance.SEPARATE_SQL.format(gap="gap", people="grouped"),
        "group_share_error": group_run.SHARE_ERROR_SQL.format(drawn="grouped", of="eligible"),
        "min_deviations": repr(significance.MIN_DEVIATIONS),
        "min_country_people": repr(group_run.MIN_COUNTRY_PEOPLE),
        "max_dimensions": repr(disagreement.MAX_DIMENSIONS),
        "group_pa": group_consensus.PA_SQL.format(**votes),
        "group_pd": group_consensus.PD_SQL.format(**votes),
        "group_spread": group_consensus.SPREAD_SQL.format(**votes),
    } | {
        f"{name}_{end}": sql.format(**votes)
        for name, bounds in bounded.items()
        for end, sql in zip(("value", "low", "high"), bounds, strict=True)
    }


def _representatives() -> dict[str, str]:
    tests = {
        "p": representatives.P_SQL,
        "p_test": representatives.P_TEST_SQL,
        "repness": representatives.REPNESS_SQL,
        "repness_test": representatives.REPNESS_TEST_SQL,
    }
    return {
        f"{side}_{name}": sql.format(
            count=side, others=f"others_{side}", seen="seen", others_seen="others_seen"
        )
        for side in ("agree", "disagree")
        for name, sql in tests.items()
    } | {
        "z90": repr(representatives.Z90),
        "max_representatives": repr(representatives.MAX_REPRESENTATIVES),
    }


def _clusters() -> dict[str, str]:
    ballots = {"agree": "ballots.agree", "total": "ballots.votes"}
    return {
        "cluster_proposals": cluster_agreement.PROPOSALS_SQL.format(**ballots),
        "cluster_mean": cluster_agreement.MEAN_SQL.format(**ballots),
        "cluster_low": cluster_agreement.LOW_SQL.format(**ballots),
        "cluster_high": cluster_agreement.HIGH_SQL.format(**ballots),
        "cluster_between": cluster_agreement.BETWEEN_SQL.format(**ballots),
        "cluster_least": str(cluster_agreement.MIN_BALLOTS),
    }


def _methods() -> dict[str, str]:
    """Names and versions: ``$by_…`` in comments, ``$…_method(s)`` in the column ``method``."""
    within = {
        "agree_rate, rank": agreement.METHOD,
        ", ".join(makeorg.SCORES): makeorg.METHOD,
        "zone": zones.METHOD,
        "zone_confident": zones.CONFIDENT_METHOD,
        "divisiveness": divisiveness.METHOD,
    }
    across = {
        "stable_rank": stable_rank.METHOD,
        "consensus, rank_consensus, coverage, weakest_country": consensus.METHOD,
        "country_spread": divisiveness.SPREAD_METHOD,
        "group_spread": group_consensus.METHOD,
    }
    return {
        "by_agreement": agreement.METHOD,
        "by_makeorg": makeorg.METHOD,
        "by_zone": zones.METHOD,
        "by_zone_confident": zones.CONFIDENT_METHOD,
        "by_consensus": consensus.METHOD,
        "by_divisiveness": divisiveness.METHOD,
        "by_country_spread": divisiveness.SPREAD_METHOD,
        "by_held": stable_rank.METHOD,
        "by_group_spread": group_consensus.METHOD,
        "agreement_method": f"'{agreement.METHOD}'",
        "group_consensus_method": f"'{group_consensus.METHOD}'",
        "representatives_method": f"'{representatives.METHOD}'",
        "cluster_method": f"'{cluster_agreement.METHOD}'",
        "theme_method": f"'{themes.METHOD}'",
        "leaderboard_methods": _listed(within | across),
        "by_country_methods": _listed(within),
    }


def _listed(methods: dict[str, str]) -> str:
    return "'" + "; ".join(f"{columns}: {method}" for columns, method in methods.items()) + "'"
