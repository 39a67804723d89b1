"""Simulated consultations of which it is known whether there are opinion groups, and of what kind.

Each has its own seed, size and sparsity. `noise`: every vote is independent. `yea-sayers`: people
differ only in how readily they agree, whatever is proposed. `contrarian`: people agree with each
other, and one votes against them all. `continuum`: people lie along one line, evenly or thickest
in the middle. `two camps`, `four camps`: each camp has views of its own and people waver.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from operators.core.groups.matrix import AGREE, DISAGREE, NEUTRAL, Opinions

Kind = Literal["noise", "yea-sayers", "contrarian", "continuum", "two camps", "four camps"]

SIZES: Final = ((58, 24), (90, 16), (150, 40), (300, 30), (300, 120), (800, 60), (2_000, 100))
"""People and proposals."""

SHARES_VOTED: Final = (0.9, 0.6, 0.35)
"""Ballots of a person on average, as a share of the proposals; at least `MIN_VOTED` of them."""

MIN_VOTED: Final = 12
NEUTRAL_WIDTH: Final = 0.5
"""Leanings nearer to 0 than this are neutral votes; the unit is the noise of a logistic vote."""

Random = np.random.Generator
Leanings = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GroupCase:
    """A simulated consultation.

    Attributes:
        kind: What is in it.
        seed: Of everything that is drawn.
        opinions: Its ballots.
    """

    kind: Kind
    seed: int
    opinions: Opinions


def simulate(kind: Kind, seed: int) -> GroupCase:
    """Draw one consultation.

    >>> case = simulate("noise", 3)
    >>> len(case.opinions.participants), len(case.opinions.proposals)
    (300, 30)
    """
    random = np.random.default_rng([list(LEANINGS).index(kind), seed])
    n, m = SIZES[seed % len(SIZES)]
    share = SHARES_VOTED[seed % len(SHARES_VOTED)]
    leanings = LEANINGS[kind](random, n, m)
    votes = np.full((n, m), NEUTRAL, np.int8)
    drawn = leanings + random.logistic(size=(n, m))
    votes[drawn > NEUTRAL_WIDTH] = AGREE
    votes[drawn < -NEUTRAL_WIDTH] = DISAGREE
    # Activity is skewed: many people vote little and some on nearly everything.
    activity = np.clip(random.gamma(3, share / 3, n), MIN_VOTED / m, 1)
    rows, columns = np.nonzero(random.random((n, m)) < activity[:, None])
    return GroupCase(
        kind,
        seed,
        Opinions.of(
            np.array([f"{person:016d}" for person in range(n)], "S16"),
            tuple(f"p-{proposal:04d}" for proposal in range(m)),
            np.zeros(m, np.bool_),
            rows,
            columns,
            votes[rows, columns],
        ),
    )


def _popularity(random: Random, m: int) -> Leanings:
    """How well each proposal is liked: most more than not."""
    return random.normal(0.6, 1.2, m)


def _noise(random: Random, n: int, m: int) -> Leanings:
    return np.tile(_popularity(random, m), (n, 1))


def _yea_sayers(random: Random, n: int, m: int) -> Leanings:
    return _noise(random, n, m) + random.normal(0, random.uniform(0.7, 1.5), (n, 1))


def _contrarian(random: Random, n: int, m: int) -> Leanings:
    views = random.choice([-1.0, 1.0], m) * random.uniform(1, 4, m)
    leanings = np.tile(views, (n, 1))
    leanings[random.integers(n)] = -3 * np.sign(views)
    return leanings


def _continuum(random: Random, n: int, m: int) -> Leanings:
    evenly = random.random() < 0.5  # noqa: PLR2004 - a coin
    places = random.uniform(-1.7, 1.7, (n, 1)) if evenly else random.normal(0, 1, (n, 1))
    return _popularity(random, m) + places * random.normal(0, random.uniform(0.9, 1.6), m)


def _two_camps(random: Random, n: int, m: int) -> Leanings:
    camp = random.random(n) < random.uniform(0.2, 0.5)
    return _camps(random, camp.astype(np.intp), m)


def _four_camps(random: Random, n: int, m: int) -> Leanings:
    return _camps(random, random.choice(4, n, p=random.dirichlet(np.full(4, 12.0))), m)


def _camps(random: Random, camp: NDArray[np.intp], m: int) -> Leanings:
    """Views of each camp, and people who differ from them a little, together in one direction."""
    views = random.normal(0, random.uniform(1.3, 2.2), (4, m))
    wavering = random.normal(0, 0.3, (len(camp), 1)) * random.normal(0, 1, m)
    return np.asarray(_popularity(random, m) / 2 + views[camp] + wavering)


LEANINGS: Final[dict[Kind, Callable[[Random, int, int], Leanings]]] = {
    "noise": _noise,
    "yea-sayers": _yea_sayers,
    "contrarian": _contrarian,
    "continuum": _continuum,
    "two camps": _two_camps,
    "four camps": _four_camps,
}
"""How much each person leans towards agreeing with each proposal, by kind."""
