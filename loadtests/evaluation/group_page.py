"""The page docs/groups.md: which verdicts on opinion groups are right, by kind of consultation."""

from collections import Counter
from collections.abc import Iterable, Sequence
from string import Template
from typing import Final

from infra.config.folders import CHECKOUT
from loadtests.evaluation.group_cases import LEANINGS, MIN_VOTED, SHARES_VOTED, SIZES, Kind
from loadtests.evaluation.group_verdicts import (
    EXPECTED,
    JUDGED,
    LEARNT,
    Measured,
    Rule,
    Verdict,
    choose,
    former_verdict,
    lines,
    verdict,
)
from loadtests.evaluation.signals.page import table
from operators.core.groups import significance
from operators.core.groups.partition import METHOD

PAGE: Final = CHECKOUT / "docs" / "groups.md"

_WORDS: Final[dict[Verdict, str]] = {
    "chance": "no disagreement beyond chance",
    "continuum": "a continuum",
    "separate": "separate groups",
}
_AMOUNT: Final[dict[Verdict, int]] = {"chance": 0, "continuum": 1, "separate": 2}
"""How much a verdict says there is."""

_PAGE: Final = Template("""\
# Opinion groups, measured

Written by `python -m loadtests.evaluation groups`. Method `$method`: \
[how groups are found](explain/groups.md), [why the verdict is made so]\
(decisions/0079-verdict-in-two-parts.md).

## Verdicts on simulated consultations

$judged consultations of each kind, of $sizes people and proposals, on which a person votes on \
$voted of the proposals on average (at least $least). *Right* is a verdict in both parts: whether \
people disagree more than by chance, and whether they fall into separate groups.

- *Left out*: the three constants were chosen anew on $learnt consultations of each other kind, of \
other seeds, and judged on this kind.
- *Other null*: the same rule, with votes dealt among all voters of a proposal, and not among \
those who agree about as readily.
- *Former rule*: the silhouette of base clusters against the greatest of 19 deals. It knew no \
continuum: right is here whether it says that there are distinct groups.

$kinds

The constants in use are $deviations standard deviations, a dip of $dip, and $root for the dip \
times the root of the people. Chosen on all kinds at once they would be $chosen; \
the bounds of the dip in use are no lower than those that people spread evenly exceed less than \
once in 20 times, because camps that are none do more harm than a gap that is not seen.

## Where it is wrong

By size, over all kinds:

$by_size

A gap that a few people show in few ballots is not seen: of the $wrong wrong verdicts $less say \
less than there is, and $more more. So *a continuum* means that no gap is seen, which in a small \
consultation is no proof.

## Public consultations

What is true of them, nobody knows.

$polis

""")


def render(
    judged: Sequence[Measured], learnt: Sequence[Measured], polis: Sequence[Measured]
) -> str:
    """The page, in Markdown.

    Args:
        judged: Simulated consultations, measured with what stands beside the rule.
        learnt: Others, on which constants are chosen.
        polis: Public ones.
    """
    rule = Rule()
    wrong = [case for case in judged if verdict(case, rule) != EXPECTED[_kind(case)]]
    less = sum(_AMOUNT[verdict(case)] < _AMOUNT[EXPECTED[_kind(case)]] for case in wrong)
    return _PAGE.substitute(
        method=METHOD,
        judged=len(JUDGED),
        learnt=len(LEARNT),
        sizes=", ".join(f"{people:,} x {proposals}" for people, proposals in SIZES),
        voted=", ".join(f"{share:.0%}" for share in SHARES_VOTED),
        least=MIN_VOTED,
        kinds=table(
            ("kind", "should be", "right", "left out", "other null", "former rule", "said instead"),
            [_row(kind, judged, learnt) for kind in LEANINGS],
        ),
        deviations=significance.MIN_DEVIATIONS,
        dip=significance.MIN_DIP,
        root=significance.MIN_DIP_ROOT,
        chosen=_constants(choose(learnt)),
        by_size=table(("people x proposals", "right", "of"), _sizes(judged)),
        wrong=len(wrong),
        less=less,
        more=len(wrong) - less,
        polis=table(
            ("consultation", "people", "lines of disagreement", "first line, chance reaches",
             "gap", "verdict", "former rule"),
            [_public(case) for case in polis],
        ),
    )  # fmt: skip


def _row(kind: str, judged: Sequence[Measured], learnt: Sequence[Measured]) -> tuple[str, ...]:
    cases = [case for case in judged if case.name == kind]
    expected = EXPECTED[_kind(cases[0])]
    others = choose(learnt, without=kind)

    def count(found: Iterable[Verdict]) -> str:
        return f"{sum(one == expected for one in found)} of {len(cases)}"

    instead = Counter(found for case in cases if (found := verdict(case)) != expected)
    former = [(former_verdict(case) == "separate") == (expected == "separate") for case in cases]
    return (
        kind,
        _WORDS[expected],
        count(verdict(case) for case in cases),
        f"{count(verdict(case, others) for case in cases)} ({_constants(others)})",
        count(verdict(case, null=case.column) for case in cases),
        f"{sum(former)} of {len(cases)}",
        ", ".join(f"{_WORDS[other]} {times}" for other, times in sorted(instead.items())),
    )


def _sizes(judged: Sequence[Measured]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for people, proposals in SIZES:  # no two have as many proposals
        cases = [case for case in judged if case.proposals == proposals]
        right = sum(verdict(case) == EXPECTED[_kind(case)] for case in cases)
        rows.append((f"{people:,} x {proposals}", str(right), str(len(cases))))
    return rows


def _public(case: Measured) -> tuple[str, ...]:
    limit = case.ready[0] + significance.MIN_DEVIATIONS * case.ready[1]
    return (
        case.name,
        f"{case.people:,}",
        str(lines(case)),
        f"{case.shares[0]:.1%}, {limit:.1%}",
        f"{case.gap:.1%}",
        _WORDS[verdict(case)],
        "distinct groups" if former_verdict(case) == "separate" else "no distinct groups",
    )


def _constants(rule: Rule) -> str:
    return f"{rule.deviations:g}, {rule.dip:g}, {rule.dip_root:g}"


def _kind(case: Measured) -> Kind:
    return next(kind for kind in EXPECTED if kind == case.name)
