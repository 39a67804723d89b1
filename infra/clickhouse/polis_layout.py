"""Ballots and proposals of a consultation in the layout of Polis's exports.

Participants are numbered anew: the pseudonyms stay inside. Every statement takes the parameter
``consultation``.
"""

from collections.abc import Callable
from typing import Final

from clickhouse_connect.driver.client import Client

from schemas.reserved import PROBE_CONSULTATION

_BALLOTS: Final = f"""
    SELECT proposal_id, participant, choice, cast_at FROM tutti.ballots FINAL
    WHERE consultation_id = {{consultation:String}} AND consultation_id != '{PROBE_CONSULTATION}'
        AND choice != 'withdrawn'
        -- protects: the export in Polis's layout is of the trusted series
        AND trust != 'troll'"""
# Authors and voters are numbered together: whoever is both keeps one number.
_PEOPLE: Final = f"""
    SELECT person, row_number() OVER (ORDER BY person) - 1 AS number FROM (
        SELECT participant AS person FROM ({_BALLOTS})
        UNION DISTINCT
        SELECT reinterpretAsUInt128(reverse(unhex(author))) FROM tutti.proposals FINAL
        WHERE consultation_id = {{consultation:String}} AND author != '')"""
_DATETIME: Final = "formatDateTime({at}, '%a %b %d %H:%i:%S UTC %Y', 'UTC')"

_VOTES: Final = f"""
SELECT
    toUnixTimestamp64Milli(ballots.cast_at) AS timestamp,
    {_DATETIME.format(at="ballots.cast_at")} AS datetime,
    $proposal AS `comment-id`,
    people.number AS `voter-id`,
    multiIf(ballots.choice = 'agree', 1, ballots.choice = 'disagree', -1, 0) AS vote
FROM ({_BALLOTS}) AS ballots JOIN ({_PEOPLE}) AS people ON people.person = ballots.participant
ORDER BY ballots.proposal_id, people.number"""

_COMMENTS: Final = f"""
SELECT
    proposals.submitted_ms AS timestamp,
    {_DATETIME.format(at="fromUnixTimestamp64Milli(proposals.submitted_ms, 'UTC')")} AS datetime,
    $proposal AS `comment-id`,
    if(proposals.author = '', '', toString(people.number)) AS `author-id`,
    votes.agrees AS agrees,
    votes.disagrees AS disagrees,
    multiIf(proposals.status = 'accepted', 1, proposals.status IN ('refused', 'archived'), -1, 0)
        AS moderated,
    proposals.meta AS `is-meta`,
    $text AS `comment-body`
FROM (
    SELECT * FROM tutti.proposals FINAL WHERE consultation_id = {{consultation:String}}
) AS proposals
LEFT JOIN (
    SELECT
        proposal_id,
        countIf(choice = 'agree') AS agrees,
        countIf(choice = 'disagree') AS disagrees
    FROM ({_BALLOTS}) GROUP BY proposal_id
) AS votes USING (proposal_id)
LEFT JOIN ({_PEOPLE}) AS people
    ON people.person = reinterpretAsUInt128(reverse(unhex(proposals.author)))
ORDER BY proposals.submitted_ms DESC, proposals.proposal_id"""

_GROUPS: Final = f"""
SELECT people.number, members.number
FROM (
    SELECT participant, number FROM tutti.group_members FINAL
    ARRAY JOIN participants AS participant, group_ids AS number
    WHERE consultation_id = {{consultation:String}} AND country = ''
) AS members JOIN ({_PEOPLE}) AS people ON people.person = members.participant"""


def votes_sql(text: Callable[[str], str]) -> str:
    """Current ballots.

    Args:
        text: How a text is written: its SQL, made of that of the text itself.
    """
    return _VOTES.replace("$proposal", text("ballots.proposal_id"))


def comments_sql(text: Callable[[str], str]) -> str:
    """Proposals; argument as for `votes_sql`."""
    return _COMMENTS.replace("$proposal", text("proposals.proposal_id")).replace(
        "$text", text("proposals.text")
    )


def groups_by_number(clickhouse: Client, consultation: str) -> dict[int, int]:
    """Number of a participant → opinion group, of those who are grouped."""
    rows = clickhouse.query(_GROUPS, parameters={"consultation": consultation}).result_rows
    return {row[0]: row[1] for row in rows}
