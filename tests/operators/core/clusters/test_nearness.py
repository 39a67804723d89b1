"""How near is near depends on the encoder, and on whether anybody can say what the two want."""

import pytest

from models.choice import ENGLISH, MULTILINGUAL
from operators.core.clusters.nearness import BY_ENCODER, OTHERS, nearness


def test_the_encoders_of_set_up_have_bounds_and_others_strict_ones():
    assert set(BY_ENCODER) == {ENGLISH, MULTILINGUAL}
    assert nearness("unheard-of/1") == OTHERS
    assert all(OTHERS.near >= bounds.near for bounds in BY_ENCODER.values())


@pytest.mark.parametrize("model", [f"{ENGLISH}/d65d1a", MULTILINGUAL])
def test_what_cannot_be_judged_must_be_nearer(model):
    bounds = nearness(model)
    assert bounds.suggests(bounds.near, "same")
    assert bounds.suggests(bounds.near, "opposite")
    assert not bounds.suggests(bounds.near, "unclear")
    assert bounds.suggests(bounds.unjudged, "unclear")
    assert not bounds.suggests(bounds.near - 0.001, "same")
