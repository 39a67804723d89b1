"""The dashboard of what campaigns send: how much, from where, what is rejected, who fell silent."""

from typing import Final

from grafana_foundation_sdk.models import units

from infra.grafana.dashboards import DashboardSpec, RowSpec
from infra.grafana.panels import NoteSpec, PanelSpec, TableColumn
from infra.grafana.queries import clickhouse, series

_NOTHING: Final = "No ballots within the range, in the countries chosen"
_PER_S: Final = units.CountsPerSecond

CAMPAIGN_ARRIVALS: Final = DashboardSpec(
    uid="tutti-campaign-arrivals",
    title="Campaign arrivals",
    about="What campaigns send: how much, from which countries, what is rejected, who fell silent.",
    rows=(
        RowSpec(
            "What arrives, of all consultations",
            (
                NoteSpec(
                    "Every message by its arrival",
                    "Received, accepted, rejected, late and replaced, by source, country and minute"
                    " of **arrival**: `tutti arrivals` and the views `marts.arrivals`,"
                    " `marts.refusals` and `marts.manifests`. Here messages per second are those"
                    " of intake, over all consultations; sources are shown by the ballots that"
                    " stand, in quarters of an hour; countries by the time at which their votes"
                    " were *cast*, as the campaigns say it.",
                    height=3,
                ),
                PanelSpec(
                    "Messages read",
                    "Messages per second that intake read, and of them accepted and rejected."
                    " The probe sends one every ten seconds, so zero means that intake stands"
                    " still or Kafka does not answer.",
                    "reference/metrics#intake",
                    _PER_S,
                    "Intake is not scraped: see Pipeline health",
                    (
                        series(
                            "sum(rate(tutti_intake_messages_total[$__rate_interval]))", "read", "A"
                        ),
                        series(
                            "sum(rate(tutti_intake_accepted_total[$__rate_interval]))",
                            "accepted",
                            "B",
                        ),
                        series(
                            "sum(rate(tutti_intake_rejected_total[$__rate_interval]))",
                            "rejected",
                            "C",
                        ),
                    ),
                ),
                PanelSpec(
                    "Messages that wait for intake",
                    "In the log and not read yet. It grows when votes arrive faster than intake"
                    " reads: start another intake.",
                    "reference/metrics#intake",
                    units.Short,
                    "Intake is not scraped: see Pipeline health",
                    (series("sum by (topic) (tutti_intake_lag_messages)", "{{topic}}"),),
                ),
                PanelSpec(
                    "Ballots by source",
                    "Ballots that the broker received in the quarter of an hour before each minute,"
                    " of the 20 consultations and 10 sources of each with most in a day; the rest"
                    " is other. Who votes again moves the ballot to the newer time.",
                    "reference/metrics#periodic",
                    units.Short,
                    "Periodic is not scraped: see Pipeline health",
                    (
                        series(
                            "sum by (consultation, source) (tutti_source_recent_votes)",
                            "{{consultation}}: {{source}}",
                        ),
                    ),
                ),
                PanelSpec(
                    "Silent by source and country",
                    "1: at least 60 ballots an hour within three hours, and none in the last"
                    " quarter of an hour. After as much again there is an alert, if the"
                    " consultation is open and others vote.",
                    "howto/operators/alerts#do-votes-arrive",
                    units.Short,
                    "Nobody is silent who sent a lot",
                    (
                        series(
                            "1 + (tutti_source_recent_votes == 0"
                            " and max_over_time(tutti_source_earlier_votes[3h]) >= 60)",
                            "{{consultation}}: source {{source}}",
                            "A",
                        ),
                        series(
                            "1 + (tutti_country_recent_votes == 0"
                            " and max_over_time(tutti_country_earlier_votes[3h]) >= 60)",
                            "{{consultation}}: {{country}}",
                            "B",
                        ),
                    ),
                    red=1,
                ),
            ),
        ),
        RowSpec(
            "Countries of the consultation",
            (
                PanelSpec(
                    "Ballots by country",
                    "Current ballots per second and country by the time at which they were cast;"
                    " every trust level. A campaign that sends late fills its old minutes.",
                    "reference/dictionary#martsagreement_by_window",
                    _PER_S,
                    _NOTHING,
                    (clickhouse("campaign_arrivals/votes_by_country", "timeseries"),),
                    legend="${__field.labels.country}",
                    shortest="1m",
                    height=10,
                ),
                PanelSpec(
                    "Silent countries",
                    "Countries with ballots within the range, quietest first: time since the start"
                    " of their newest window, and the ballots of the last hour against the hour"
                    " before. Silence of a small country at night means little.",
                    "reference/dictionary#martsagreement_by_window",
                    units.Short,
                    _NOTHING,
                    (clickhouse("campaign_arrivals/silent_countries"),),
                    kind="table",
                    height=10,
                    columns={
                        "newest_window": TableColumn("newest window", units.DateTimeFromNow),
                        "silent_for": TableColumn("silent for", units.Seconds),
                        "ballots_last_hour": TableColumn("ballots, last hour"),
                        "ballots_hour_before": TableColumn("hour before"),
                    },
                ),
                PanelSpec(
                    "People by hour",
                    "People who cast a current ballot in each hour, and those whose first one it"
                    " was. People do not add up over hours.",
                    "reference/dictionary#martsparticipation",
                    units.Short,
                    "Nobody within the range: choose at least two hours",
                    (clickhouse("campaign_arrivals/participants_by_hour", "timeseries"),),
                    shortest="1h",
                ),
                PanelSpec(
                    "Proposals by status",
                    "What moderators said: pending ones wait for them and take no part in the"
                    " leaderboard.",
                    "reference/dictionary#martsproposals",
                    units.Short,
                    "No proposal was sent",
                    (clickhouse("campaign_arrivals/proposals_by_status"),),
                    kind="table",
                    columns={"newest": TableColumn("newest submitted", units.DateTimeFromNow)},
                ),
            ),
        ),
        RowSpec(
            "What is rejected, of all consultations",
            (
                PanelSpec(
                    "Rejected messages by reason",
                    "By the time at which the broker received them. Whose they say they are is in"
                    " `marts.refusals`.",
                    "reference/rejection-reasons",
                    units.Short,
                    "Nothing was rejected within the range",
                    (clickhouse("campaign_arrivals/rejected_by_reason", "timeseries"),),
                    kind="stacked",
                    legend="${__field.labels.reason}",
                    shortest="1m",
                ),
                PanelSpec(
                    "What was rejected",
                    "Reason, field and what was expected, the most frequent first, with the"
                    " coordinates of the newest one; the contents are not kept. The page says what"
                    " the sender does about each.",
                    "reference/rejection-reasons",
                    units.Short,
                    "Nothing was rejected within the range",
                    (clickhouse("campaign_arrivals/rejected_messages"),),
                    kind="table",
                    columns={
                        "newest": TableColumn("newest", units.DateTimeFromNow),
                        "newest_at": TableColumn("partition/offset"),
                    },
                ),
            ),
        ),
    ),
)
