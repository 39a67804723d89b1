"""What generated votes say, in which shares, keeps the contract."""

import numpy as np
import pytest

from pipelines.demo.traffic.statements import STATEMENTS, statement_table
from schemas.events import CHOICES, QUALIFICATION_BITS, QUALIFICATIONS


def test_every_choice_and_qualification_is_said_and_fits() -> None:
    assert {statement.choice for statement in STATEMENTS} == set(CHOICES)
    assert {q for statement in STATEMENTS for q in statement.qualifications} == set(
        QUALIFICATION_BITS
    )
    assert all(set(s.qualifications) <= set(QUALIFICATIONS[s.choice]) for s in STATEMENTS)
    assert any(len(statement.qualifications) == 2 for statement in STATEMENTS)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_qualifications_come_in_the_stated_share_and_evenly(share: float) -> None:
    table = statement_table(share)
    for row, choice in zip(table, CHOICES, strict=True):
        chosen = [STATEMENTS[number] for number in row]
        assert {statement.choice for statement in chosen} == {choice}
        qualified = [s.qualifications for s in chosen if s.qualifications]
        if choice == "withdrawn":
            assert not qualified
            continue
        assert len(qualified) / len(chosen) == pytest.approx(share, abs=1e-4)
        counts = np.unique([",".join(q) for q in qualified], return_counts=True)[1]
        assert np.ptp(counts) <= 1 if len(counts) else share == 0
