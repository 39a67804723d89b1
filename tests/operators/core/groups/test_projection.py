"""The sparse projection against scikit-learn on the dense matrix."""

from dataclasses import replace

import numpy as np
import pytest
from conversations import read_conversation, simulated
from places import FIXTURES
from sklearn.decomposition import PCA

from operators.core.groups.matrix import gram
from operators.core.groups.projection import principal_axes, project


def dense(opinions):
    """The whole matrix as Polis describes it: missing is the column's mean, left out is zero."""
    table = np.full((len(opinions.participants), len(opinions.proposals)), np.nan)
    table[opinions.rows, opinions.columns] = opinions.votes
    voted = ~np.isnan(table)
    table = np.where(voted, table, np.nanmean(table, axis=0))
    table[:, opinions.left_out] = 0
    voted[:, opinions.left_out] = True
    return table, voted


CONVERSATIONS = {
    "fixture": read_conversation(FIXTURES / "polis"),
    "three camps": simulated(1, people=200, proposals=40, camps=3),
    "noise": simulated(2, people=120, proposals=90, camps=1),
    "more proposals than people": simulated(3, people=20, proposals=60, camps=2),
}


@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=list(CONVERSATIONS))
def test_the_projection_is_that_of_a_dense_pca(conversation):
    opinions = conversation.opinions()
    table, voted = dense(opinions)
    expected = PCA(2, svd_solver="full").fit_transform(table)
    expected *= np.sqrt(len(opinions.proposals) / voted.sum(axis=1))[:, None]
    found = project(opinions)
    for axis in range(2):
        sign = np.sign(found[:, axis] @ expected[:, axis])
        assert np.abs(found[:, axis] - sign * expected[:, axis]).max() < 1e-8


def test_the_products_of_columns_are_those_of_the_dense_matrix():
    opinions = CONVERSATIONS["three camps"].opinions()
    table, _ = dense(opinions)
    centred = table - table.mean(axis=0)
    assert np.abs(gram(opinions, opinions.centred()) - centred.T @ centred).max() < 1e-9


def test_a_proposal_that_is_left_out_moves_nobody_by_what_was_voted_on_it():
    opinions = CONVERSATIONS["fixture"].opinions()
    assert opinions.left_out.any()
    on_left_out = opinions.left_out[opinions.columns]
    turned = replace(opinions, votes=np.where(on_left_out, -opinions.votes, opinions.votes))
    assert np.array_equal(project(opinions), project(turned))


def test_one_direction_has_no_second_axis():
    axes = principal_axes(np.outer([1.0, 2.0, 2.0], [1.0, 2.0, 2.0]))
    assert np.allclose(axes, [[1 / 3, 0], [2 / 3, 0], [2 / 3, 0]])


def test_equal_directions_are_both_found():
    axes = principal_axes(np.diag([7.0] * 2 + [1.0] * 40))
    assert np.allclose(np.abs(axes[2:]), 0)
    assert np.allclose(axes.T @ axes, np.eye(2))
