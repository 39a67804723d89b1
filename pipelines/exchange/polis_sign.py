"""Whether the votes of an export have the sign that their export says.

Polis's tables write agree as -1, its exports as 1, and files of either kind go by the name
``votes.csv``. ``comments.csv`` counts agree and disagree of every comment, so it tells which one
it is. The counts need not be equal: the files may be of different moments.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from operators.core.errors import TerminalError
from operators.core.printable import printable


class SignCounts(NamedTuple):
    """Votes that agree and disagree."""

    agree: int = 0
    disagree: int = 0


def compare_signs(
    comments: Path,
    counted: Mapping[str, SignCounts],
    votes: Iterable[Mapping[str, Any]],
    sign: Literal["export", "raw"],
) -> list[str]:
    """Compare counts with votes.

    Args:
        comments: The file with the counts.
        counted: Its counts by proposal.
        votes: As events.
        sign: By which their choices were read.

    Returns:
        A sentence if the counts differ, with the comment that differs most, and none otherwise.

    Raises:
        TerminalError: They would agree much better if agree and disagree were exchanged.
    """
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for vote in votes:
        if vote["choice"] in {"agree", "disagree"}:
            found[vote["proposal_id"]][vote["choice"] == "disagree"] += 1
    straight = exchanged = most = 0
    example = ""
    for proposal in sorted(counted.keys() | found.keys()):
        theirs, ours = counted.get(proposal, SignCounts()), SignCounts(*found.get(proposal, (0, 0)))
        difference = abs(theirs.agree - ours.agree) + abs(theirs.disagree - ours.disagree)
        if difference > most:
            most = difference
            example = (
                f"comment {printable(proposal)} ({theirs.agree} and {theirs.disagree} against"
                f" {ours.agree} and {ours.disagree})"
            )
        straight += difference
        exchanged += abs(theirs.agree - ours.disagree) + abs(theirs.disagree - ours.agree)
    if not straight:
        return []
    their_sum = SignCounts(*(sum(tally[side] for tally in counted.values()) for side in (0, 1)))
    our_sum = SignCounts(*(sum(tally[side] for tally in found.values()) for side in (0, 1)))
    finding = (
        f"{comments} counts {their_sum.agree} agree and {their_sum.disagree} disagree, votes.csv"
        f" {our_sum.agree} and {our_sum.disagree}"
    )
    # Half, because counts of another moment differ too, by chance in either direction.
    if 2 * exchanged < straight:
        other = "raw" if sign == "export" else "export"
        raise TerminalError(
            f"{finding}: agree and disagree are exchanged. If votes.csv is right, import it with"
            f" --sign {other}."
        )
    # Named, because differences of one comment may make up for those of another in the sums.
    remark = (
        f"{finding}, most unlike for {example}: the files may be of different moments, or rows are"
        " missing or changed."
    )
    return [remark]
