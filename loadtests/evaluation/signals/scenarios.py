"""The consultations that are simulated: attacked ones, and honest ones with their peaks."""

from typing import Final

import numpy as np

from loadtests.evaluation.signals.traffic import Attack, Peak, Scenario, shares

DAY: Final = 1_440
WATCHED: Final = DAY + 7 * 60
"""First minute that is scanned: seven in the morning of the second day."""
ENDS: Final = DAY + 13 * 60
"""Last minute: one in the afternoon."""
SIZES: Final = (20, 50, 100, 300, 1_000)
BACKGROUNDS: Final = (5, 50, 200)
TARGETS: Final = {"rare": 0.1, "median": 0.5, "popular": 0.97}
"""Place of the attacked proposal in the order of popularity."""
ATTACK_MIN: Final = 5
APART_MIN: Final = 22


NINE: Final = DAY + 9 * 60
NEWCOMER: Final = 100
ATTACKED_AFTER: Final = (10, 70, 180)
"""Minutes from a proposal's publication to the attack on it."""


def attacked(background: float, seed: int) -> Scenario:
    """A consultation in which one proposal after the other is attacked for 5 minutes."""
    name = f"attack-{background:g}"
    bare = Scenario(name, "", background, ENDS)
    # The same first draws as the simulation makes, so that popularity is known beforehand.
    order = np.argsort(shares(bare, np.random.default_rng(seed)).mean(axis=0))
    attacks = tuple(
        Attack(
            minute=WATCHED + 15 + APART_MIN * (len(SIZES) * group + member),
            minutes=ATTACK_MIN,
            ballots=size,
            proposal=int(order[int(place * (len(order) - 1)) - member]),
            about=target,
        )
        for group, (target, place) in enumerate(TARGETS.items())
        for member, size in enumerate(SIZES)
    )
    about = f"{background:g} ballots a minute"
    return Scenario(name, about, background, ENDS, attacks=attacks)


def slow() -> Scenario:
    """Attacks spread over an hour, on proposals as they come."""
    attacks = tuple(
        Attack(WATCHED + 20 + 55 * number, 60, size, 10 + number, "as it comes")
        for number, size in enumerate((60, 100, 200, 400, 800))
    )
    return Scenario("slow", "50 ballots a minute", 50, ENDS, attacks=attacks)


def newcomers() -> list[Scenario]:
    """A proposal published at nine is attacked with 300 ballots."""
    return [
        Scenario(
            f"new-attacked-{after}",
            "50 ballots a minute",
            50,
            ENDS,
            born={NEWCOMER: NINE},
            attacks=(Attack(NINE + after, 5, 300, NEWCOMER, f"published {after} min before"),),
        )
        for after in ATTACKED_AFTER
    ]


def honest() -> list[Scenario]:
    """Consultations without an attack; the morning's peak is at nine."""
    peak = Peak(NINE, 20, 20)
    french = Peak(NINE, 20, 20, country="FR")
    born = dict.fromkeys(range(NEWCOMER, NEWCOMER + 5), NINE)
    steady = [
        Scenario(f"steady-{rate}", f"{rate} ballots a minute", rate, ENDS) for rate in BACKGROUNDS
    ]
    return [
        *steady,
        Scenario(
            "lull",
            "traffic falls to a hundredth and comes back",
            50,
            ENDS,
            night=0.01,
            quietest=10,
        ),
        Scenario("peak", "20 times the traffic for 20 minutes", 50, ENDS, peaks=(peak,)),
        Scenario("peak-fr", "the same in one country of five", 50, ENDS, peaks=(french,)),
        Scenario(
            "peak-fr-unknown",
            "the same, where ballots do not say their country",
            50,
            ENDS,
            peaks=(french,),
            countries=False,
        ),
        Scenario(
            "popular",
            "20 times the traffic, and one proposal with 30 % of all ballots",
            50,
            ENDS,
            popular=0.3,
            peaks=(peak,),
        ),
        Scenario("new", "five proposals published at once", 50, ENDS, born=born),
        Scenario(
            "named",
            "one proposal named on television: 50 times its ballots for 20 minutes",
            50,
            ENDS,
            peaks=(Peak(NINE, 20, 50, proposal=10),),
        ),
    ]
