"""Workloads: the data by which votes are drawn, one file each in `loadtests/workloads`."""

import tomllib
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from operators.core.errors import TerminalError
from schemas.events import QUALIFICATIONS, TRUSTS

FOLDER: Final = Path(__file__).parent / "workloads"

Share = Annotated[float, Field(ge=0, le=1)]
Weights = Annotated[dict[str, Annotated[float, Field(ge=0)]], Field(min_length=1)]

MAX_PEOPLE: Final = 100_000_000
MAX_PROPOSALS: Final = 100_000


class Point(BaseModel):
    """A corner of the rate's course: at this second, the rate is multiplied by this factor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_s: float = Field(ge=0)
    factor: float = Field(ge=0)


class Workload(BaseModel):
    """One workload. All draws depend on its `seed` and a vote's number alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    about: str = Field(description="one sentence for the report")
    seed: int = Field(ge=0, lt=2**32)
    votes: int = Field(ge=1, description="size; people arrive in the ratio people / votes")
    people: int = Field(ge=1, le=MAX_PEOPLE)
    proposals: int = Field(ge=1, le=MAX_PROPOSALS)
    rate: int = Field(ge=1, description="votes per second, where none is asked for")
    countries: Weights = Field(description="country -> share of the people, any unit")
    choices: Weights = Field(description="agree, disagree, neutral -> share")
    trust: Weights = Field(description="trust level -> share")
    qualified_share: Share = Field(description="votes with a qualification")
    revote_share: Share = Field(description="votes that repeat a pair of person and proposal")
    revote_within: int = Field(1_000_000, ge=1, description="how many votes back they look")
    withdrawn_share: Share = Field(description="of the re-votes, those that take the ballot back")
    hot_proposals: float = Field(ge=0, lt=3, description="Zipf exponent over proposals; 0: even")
    hot_people: float = Field(ge=0, lt=3, description="the same over the people who have arrived")
    bad_share: Share = Field(description="messages that must be rejected")
    late_share: Share = Field(description="votes that arrive long after they were cast")
    late_s: float = Field(ge=0, description="how long at most, s")
    spread_s: float = Field(1.0, ge=0, description="the others: cast up to so long ago, s")
    cast_days: float = Field(0, ge=0, description="cast over so many days; 0: as they are sent")
    profile: tuple[Point, ...] = Field((), description="course of the rate; none: steady")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not set(self.choices) <= set(QUALIFICATIONS) - {"withdrawn"}:
            raise ValueError("choices: agree, disagree and neutral; see withdrawn_share")
        if not set(self.trust) <= set(TRUSTS):
            raise ValueError(f"trust: {', '.join(TRUSTS)}")
        if any(len(country) != 2 or not country.isupper() for country in self.countries):  # noqa: PLR2004
            raise ValueError("countries: two upper-case letters each")
        for weights in (self.countries, self.choices, self.trust):
            if not sum(weights.values()):
                raise ValueError("shares that are all 0")
        if self.people > self.votes:
            raise ValueError("more people than votes")
        times = [point.at_s for point in self.profile]
        if times != sorted(set(times)) or len(times) == 1 or (times and times[0]):
            raise ValueError("profile: rising times from 0, two or more")
        return self

    @property
    def consultation_id(self) -> str:
        """The consultation that its votes belong to."""
        return f"load-{self.name}"


def names() -> list[str]:
    """Names of all workloads."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def load(name: str) -> Workload:
    """Read a workload.

    Raises:
        TerminalError: There is no workload of that name.
    """
    if name not in names():
        raise TerminalError(f"No workload {name}: there are {', '.join(names())}.")
    return Workload.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text()))
