"""In a checkout everything stays there; an installed tutti uses the user's folder of data."""

from pathlib import Path

import pytest
from places import CHECKOUT

from infra.config.folders import data_folder, default_folders, is_checkout


def test_in_a_checkout_everything_stays_there():
    assert is_checkout(CHECKOUT)
    assert default_folders(CHECKOUT, {"XDG_DATA_HOME": "/data"}) == (
        CHECKOUT / "var",
        CHECKOUT / "build" / "jars",
        CHECKOUT / "build" / "models",
    )


def test_an_installed_tutti_uses_the_user_s_folder_of_data(tmp_path: Path):
    data = Path("/data/tutti")
    assert default_folders(tmp_path, {"XDG_DATA_HOME": "/data"}) == (
        data / "var",
        data / "jars",
        data / "models",
    )


@pytest.mark.parametrize("given", [{}, {"XDG_DATA_HOME": ""}, {"XDG_DATA_HOME": "not/absolute"}])
def test_without_a_usable_variable_it_is_the_one_of_the_specification(given):
    assert data_folder(given | {"HOME": "/me"}) == Path("/me/.local/share/tutti")
