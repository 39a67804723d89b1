"""The dashboard of trust in the numbers: do they add up, whose mistakes, what looks arranged."""

from typing import Final

from grafana_foundation_sdk.models import units

from infra.grafana.dashboards import DashboardSpec, RowSpec
from infra.grafana.panels import PanelSpec, TableColumn
from infra.grafana.queries import clickhouse, series

_RATE: Final = units.PercentUnit
_NO_BALLOTS: Final = "No ballots: choose another consultation"

DATA_QUALITY: Final = DashboardSpec(
    uid="tutti-data-quality",
    title="Data quality",
    about="Do the numbers add up, what do campaigns send wrongly, what looks arranged.",
    refresh="1m",
    since="now-24h",
    rows=(
        RowSpec(
            "Do the numbers add up",
            (
                PanelSpec(
                    "Checks that differ",
                    "Comparisons of tables that differ, and all there are, of all consultations."
                    " More than zero is an alarm; those in flight are pending and no difference.",
                    "howto/operators/watch#is-it-right",
                    units.Short,
                    "Nothing to compare yet",
                    (clickhouse("data_quality/different"),),
                    kind="stat",
                    width=6,
                    height=8,
                ),
                PanelSpec(
                    "Checks",
                    "Tallies with windows and with the archive of ballots, messages read with"
                    " accepted and rejected ones. Pending: votes are in flight.",
                    "reference/dictionary#martsreconciliation",
                    units.Short,
                    "Nothing to compare yet",
                    (clickhouse("data_quality/reconciliation"),),
                    kind="table",
                    width=18,
                    columns={"as_of": TableColumn("as of", units.DateTimeFromNow)},
                ),
            ),
        ),
        RowSpec(
            "What campaigns send wrongly",
            (
                PanelSpec(
                    "Share of rejected messages",
                    "Of the messages that intake read, over all consultations. One hostile sender"
                    " can raise it and never stops the count.",
                    "reference/metrics#intake",
                    _RATE,
                    "Intake is not scraped, or nothing arrived",
                    (
                        series(
                            "sum(rate(tutti_intake_rejected_total[$__rate_interval]))"
                            " / sum(rate(tutti_intake_messages_total[$__rate_interval]))",
                            "rejected",
                        ),
                    ),
                    orange=0.05,
                    red=0.5,
                ),
                PanelSpec(
                    "Warnings",
                    "Unknown countries, proposals and consultations that have votes and were never"
                    " sent, with the cure. Everything is counted all the same.",
                    "reference/dictionary#martswarnings",
                    units.Short,
                    "No warning",
                    (clickhouse("data_quality/warnings"),),
                    kind="table",
                ),
                PanelSpec(
                    "How far ballots are trusted",
                    "Share of each trust level among the current ballots, per country. Ballots of"
                    " trolls count in no score.",
                    "reference/dictionary#martsparticipation",
                    _RATE,
                    _NO_BALLOTS,
                    (clickhouse("data_quality/trust"),),
                    kind="table",
                    columns={
                        "ballots": TableColumn("ballots", units.Short),
                        "troll_share": TableColumn("troll"),
                        "trusted_share": TableColumn("trusted"),
                        "sequence_share": TableColumn("sequence"),
                        "segment_share": TableColumn("segment"),
                    },
                ),
                PanelSpec(
                    "What stands behind the board",
                    "Share of ballots that belong to no country of the consultation; half of the"
                    " proposals have at least the median coverage (weight of countries with 30"
                    " votes or more); proposals without a rank, of all accepted ones.",
                    "explain/scores#consensus-across-countries",
                    units.Short,
                    _NO_BALLOTS,
                    (clickhouse("data_quality/coverage"),),
                    kind="stat",
                    columns={
                        "outside": TableColumn("ballots outside", _RATE),
                        "median_coverage": TableColumn("median coverage", _RATE),
                        "unranked": TableColumn("without a rank"),
                        "accepted": TableColumn("accepted"),
                    },
                ),
            ),
        ),
        RowSpec(
            "What looks arranged, and what repeats",
            (
                PanelSpec(
                    "What each signal changes",
                    "Proposals with flagged ballots as they stand, and as they would without all"
                    " flagged ballots of that signal. Nothing is applied.",
                    "reference/dictionary#martssignal_effects",
                    units.Short,
                    "No signal so far",
                    (clickhouse("data_quality/signal_effects"),),
                    kind="table",
                    columns={
                        "text": TableColumn("proposal"),
                        "rank_without": TableColumn("rank without"),
                        "agree_low": TableColumn("agrees at least", _RATE),
                        "agree_low_without": TableColumn("without", _RATE),
                    },
                ),
                PanelSpec(
                    "Repeated proposals",
                    "Later proposals with the text of an earlier one, word for word or nearly."
                    " Their votes are never merged.",
                    "reference/dictionary#martsduplicates",
                    units.Short,
                    "No proposal repeats another one",
                    (clickhouse("data_quality/duplicates"),),
                    kind="table",
                    columns={"similarity": TableColumn("similarity", _RATE)},
                ),
            ),
        ),
    ),
)
