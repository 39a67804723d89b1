"""Can whoever reads every publication of `open` learn about fewer than five people?"""

from typing import Any

import attacker
import pytest
from crowd import Crowd, Script, observe, trickle

from operators.core.disclosure import changes, entries, merging, states, windows
from operators.core.disclosure.cohorts import TROLL, Cohort
from pipelines.periodic import publish as subject


def leaving(crowd: Crowd, n: int, tick_ms: int) -> list[dict[str, Any]]:
    """Five of the six people of a country withdraw."""
    if n == 0:
        first = [crowd.vote(tick_ms, "p1", p, choice="agree", country="FR") for p in range(6)]
        return [
            *first,
            *(crowd.vote(tick_ms, "p1", p, choice="agree", country="DE") for p in range(6, 20)),
        ]
    return [crowd.vote(tick_ms, "p1", p, choice="withdrawn") for p in range(5)] if n == 1 else []


def returning(crowd: Crowd, n: int, tick_ms: int) -> list[dict[str, Any]]:
    """Five people disagree after all, then four of them agree again and another one disagrees."""
    voters = (range(30), range(5), range(4), range(5, 6))[n : n + (2 if n == 2 else 1)]
    choices = ("agree", "disagree", "agree", "disagree")[n:]
    return [
        crowd.vote(tick_ms, "p1", person, choice=choice)
        for people, choice in zip(voters, choices, strict=False)
        for person in people
    ]


def recounted(seen: attacker.Observed) -> list[dict[attacker.Block, tuple[int, ...]]]:
    return [
        {
            block: counts
            for block, people in tick.items()
            if any(counts := tuple(int(n) for n in people[:, :3].sum(axis=0)))
        }
        for tick in seen.people
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_difference_of_numbers_concerns_fewer_than_five_people(clickhouse, analyst, seed):
    name = f"attacked-{seed}"
    seen = observe(clickhouse, analyst, name, seed=seed, ticks=12, proposals=("p1", "p2"))
    assert recounted(seen) == seen.numbers  # the test knows who is behind each number
    last = seen.numbers[-1]
    assert {block[0] for block in last} == {"total", "raw", "country", "window"}
    assert any(block[2:] == ("XX",) for block in last)
    assert attacker.attack(seen) == []
    assert attacker.solve(seen) == []
    assert {
        row[0]
        for row in analyst.query(
            "SELECT DISTINCT as_of FROM open.agreement_by_country "
            f"WHERE consultation_id = '{name}' AND toSecond(as_of) + toMillisecond(as_of) != 0"
        ).result_rows
    } == set()  # no vote's own time


@pytest.mark.parametrize("script", [leaving, returning])
def test_neither_do_changes_of_mind(clickhouse, analyst, script):
    seen = observe(clickhouse, analyst, f"minds-{script.__name__}", script=script, ticks=3)
    assert recounted(seen) == seen.numbers
    assert attacker.attack(seen) == []
    assert attacker.solve(seen) == []


def at_once(cell: str, groups: Any) -> tuple[list[Cohort], list[Any]]:
    return [windows.around(cell, groups)], []


def each_country_alone(waiting: Any, published: int) -> Any:
    cell, groups = next(iter(waiting.items()), ("", []))
    return windows.around(cell, groups) if groups else None


def windows_of_a_minute(cell: str, groups: Any) -> tuple[list[Cohort], list[Any]]:
    """Enough people in the cell, whatever the window."""
    groups = list(groups)
    if sum(group.people for group in groups) < 5:
        return [], groups
    minutes = {group.minute for group in groups}
    return [
        Cohort(cell, m * 60, 60, tuple(g for g in groups if g.minute == m)) for m in minutes
    ], []


def trolls_at_once(cell: str, groups: Any) -> tuple[list[Cohort], list[Any]]:
    return (at_once if cell == TROLL else windows.by_window)(cell, groups)


def entries_and_changes_together(groups: Any, standing: Any) -> list[tuple[str, Cohort]]:
    """Five changed ballots of any kind, as if an entry and a re-vote hid each other."""
    found = []
    cells = {group.cell for kind in groups.values() for group in kind} - {TROLL, ""}
    for cell in sorted(cells):
        ours = {kind: [g for g in all_ if g.cell == cell] for kind, all_ in groups.items()}
        if sum(group.people for kind in ours.values() for group in kind) >= 5:
            found += [(kind, windows.around(cell, g)) for kind, g in ours.items() if g]
    return found


PROTECTIONS: dict[str, tuple[Any, str, Any, Script, str]] = {
    "a cohort has five people": (entries, "by_window", at_once, trickle, "successive"),
    "XX has five people": (merging, "MIN_PEOPLE", 1, trickle, "cell"),
    "small countries merge": (entries, "merge_small", each_country_alone, trickle, "cell"),
    "a window has five people": (entries, "by_window", windows_of_a_minute, trickle, "cell"),
    "trolls enter five at a time": (
        entries, "by_window", trolls_at_once, trickle, "raw less trusted",
    ),
    "five people change together": (changes, "MIN_CHANGED", 1, trickle, "total less windows"),
    "a cell keeps five people": (changes, "shows_nobody", lambda _: True, leaving, "cell"),
    "entries and changes count apart": (
        subject, "_cohorts", entries_and_changes_together, trickle, "total less windows",
    ),
    "no ballot returns": (states, "MAY_BECOME_SQL", "1 = 1", returning, "over time"),
}  # fmt: skip


@pytest.mark.parametrize("protection", PROTECTIONS)
def test_every_protection_is_needed(clickhouse, analyst, monkeypatch, protection):
    module, name, without, script, expected = PROTECTIONS[protection]
    monkeypatch.setattr(module, name, without)
    consultation = f"without-{list(PROTECTIONS).index(protection)}"
    ticks = 10 if script is trickle else 3
    seen = observe(clickhouse, analyst, consultation, script=script, ticks=ticks)
    assert expected in {leak[0] for leak in attacker.attack(seen)}
