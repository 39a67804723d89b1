"""The dashboard of one consultation: who leads, why, where, and what looks arranged."""

from typing import Final

from grafana_foundation_sdk.models import units

from infra.grafana.dashboards import DashboardSpec, RowSpec
from infra.grafana.panels import PanelSpec, TableColumn
from infra.grafana.queries import clickhouse

_NOTHING: Final = "No ballots: choose another consultation, country or range"
_RATE: Final = units.PercentUnit

LIVE_CONSULTATION: Final = DashboardSpec(
    uid="tutti-live-consultation",
    title="Live consultation",
    about="Who leads and why, in which countries, among whom, and what looks arranged.",
    rows=(
        RowSpec(
            "Who takes part",
            (
                PanelSpec(
                    "People and ballots",
                    "People with at least one current ballot, of all countries; their current"
                    " ballots, and the median per person. They are no representative sample.",
                    "reference/dictionary#martsparticipation",
                    units.Short,
                    _NOTHING,
                    (clickhouse("live_consultation/people"),),
                    kind="stat",
                    height=5,
                ),
                PanelSpec(
                    "Newest counted vote, received ago",
                    "How far the counting is behind the clock, over all consultations. The probe"
                    " sends a vote every ten seconds, so more than half a minute means that"
                    " something stands still.",
                    "reference/dictionary#martsfreshness",
                    units.Seconds,
                    "Nothing was counted yet",
                    (clickhouse("live_consultation/newest_vote"),),
                    kind="stat",
                    height=5,
                    orange=15,
                    red=60,
                ),
            ),
        ),
        RowSpec(
            "Who leads",
            (
                PanelSpec(
                    "Leaderboard",
                    "The first twenty by the lower bound of the 95 % interval of their agreement,"
                    " in the order that does not flicker. Consensus is agreement across countries;"
                    " the weakest country is the one that agrees least.",
                    "reference/dictionary#martsleaderboard",
                    units.Short,
                    "No proposal has enough votes for a rank",
                    (clickhouse("live_consultation/leaderboard"),),
                    kind="table",
                    width=24,
                    height=14,
                    columns={
                        "rank": TableColumn("rank", width=60),
                        "proposal_id": TableColumn("id", width=110),
                        "text": TableColumn("proposal"),
                        "votes": TableColumn("votes", width=80),
                        "agree_rate": TableColumn("agree", _RATE, 80),
                        "agree_low": TableColumn("at least", _RATE, 80),
                        "agree_high": TableColumn("at most", _RATE, 80),
                        "consensus": TableColumn("consensus", _RATE, 95),
                        "consensus_low": TableColumn("at least", _RATE, 80),
                        "consensus_high": TableColumn("at most", _RATE, 80),
                        "coverage": TableColumn("weight heard", _RATE, 110),
                        "weakest_country": TableColumn("weakest", width=80),
                        "weakest_country_rate": TableColumn("agrees there", _RATE, 110),
                        "zone": TableColumn("zone", width=100),
                    },
                ),
                PanelSpec(
                    "Agreement of the five leaders",
                    "Share of the ballots cast up to each moment that agree, in the countries"
                    " chosen; not the board as it stood then, because a re-vote leaves its old"
                    " window.",
                    "reference/dictionary#martsagreement_by_window",
                    _RATE,
                    _NOTHING,
                    (clickhouse("live_consultation/agreement_over_time", "timeseries"),),
                    legend="${__field.labels.proposal}",
                    shortest="1m",
                    height=9,
                ),
                PanelSpec(
                    "Ballots by the time they were cast",
                    "Current ballots per second by what they say, in the countries chosen. The time"
                    " is the campaign's, not that of arrival; a re-vote leaves its old window.",
                    "reference/dictionary#martsagreement_by_window",
                    units.CountsPerSecond,
                    _NOTHING,
                    (clickhouse("live_consultation/votes_over_time", "timeseries"),),
                    kind="stacked",
                    shortest="1m",
                    height=9,
                ),
            ),
        ),
        RowSpec(
            "Where, and about what",
            (
                PanelSpec(
                    "Countries",
                    "People and ballots per country, and the share of the people beside the weight"
                    " that the consultation gives the country: far apart, the country is hardly or"
                    " too loudly heard.",
                    "reference/dictionary#martsparticipation",
                    units.Short,
                    _NOTHING,
                    (clickhouse("live_consultation/countries"),),
                    kind="table",
                    height=10,
                    columns={
                        "share_of_participants": TableColumn("share of people", _RATE),
                        "share_of_weight": TableColumn("share of weight", _RATE),
                    },
                ),
                PanelSpec(
                    "Clusters",
                    "Subjects with most ballots. Agreement is the mean over their proposals, which"
                    " may want opposite things: read the spread with it.",
                    "reference/dictionary#martscluster_leaderboard",
                    units.Short,
                    "No clusters yet, or no sentence encoder",
                    (clickhouse("live_consultation/clusters"),),
                    kind="table",
                    height=10,
                    columns={
                        "label": TableColumn("most typical proposal"),
                        "agreement": TableColumn("agreement", _RATE, 95),
                        "agreement_low": TableColumn("at least", _RATE, 80),
                        "agreement_high": TableColumn("at most", _RATE, 80),
                        "spread": TableColumn("spread", _RATE, 80),
                    },
                ),
            ),
        ),
        RowSpec(
            "Who votes alike, and what looks arranged",
            (
                PanelSpec(
                    "Opinion groups",
                    "People who vote alike. The verdict says whether they are more than chance, and"
                    " whether there is a gap between them or a continuum.",
                    "reference/dictionary#martsopinion_groups",
                    units.Short,
                    "Not grouped yet",
                    (clickhouse("live_consultation/opinion_groups"),),
                    kind="table",
                    columns={
                        "dimensions": TableColumn("lines of disagreement", units.NoUnit),
                        "gap": TableColumn("gap", _RATE),
                        "share_error": TableColumn("shares are right to", _RATE),
                        "computed_at": TableColumn("computed", units.DateTimeFromNow),
                    },
                ),
                PanelSpec(
                    "Signals of manipulation",
                    "What looks arranged, and the rank without the flagged ballots. A signal proves"
                    " nothing and nothing is applied: the leaderboard counts every ballot.",
                    "reference/dictionary#martssignals",
                    units.Short,
                    "No signal so far",
                    (clickhouse("live_consultation/signals"),),
                    kind="table",
                    columns={
                        "text": TableColumn("proposal"),
                        "rank_without": TableColumn("rank without"),
                        "largest_shift": TableColumn("largest shift"),
                        "first_seen": TableColumn("first seen", units.DateTimeFromNow),
                        "last_seen": TableColumn("last seen", units.DateTimeFromNow),
                    },
                ),
            ),
        ),
    ),
)
