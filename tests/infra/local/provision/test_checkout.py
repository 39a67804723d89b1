"""What must be made anew after which change."""

import pytest
from small_checkouts import changed, ready

from infra.config.settings import Settings
from infra.local.provision import checkout
from infra.local.provision.checkout import MODEL_SOURCES, MULTILINGUAL, Checkout
from infra.local.provision.main import ROOT


def stale(here: Checkout) -> list[str]:
    """What is not ready."""
    return [product.link.name for product in here.products if not product.ready()]


@pytest.mark.parametrize(
    ("name", "made_anew"),
    [
        ("requirements/dev.lock", [".venv"]),
        ("requirements/build.lock", [".venv"]),
        ("requirements/installer.lock", ["uv"]),
        ("requirements/runtime.lock", []),
        ("requirements/model.lock", ["models"]),
        *((name, ["models"]) for name in MODEL_SOURCES),
    ],
)
def test_a_changed_source_makes_anew_what_is_made_of_it_and_nothing_else(
    here: Checkout, name: str, made_anew: list[str]
) -> None:
    ready(here)
    assert stale(here) == []
    changed(here, name)
    assert stale(here) == made_anew


def test_changed_sums_make_the_archives_anew(here: Checkout) -> None:
    ready(here)
    with (here.root / "infra/jars/SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  kafka/more.jar\n")
    assert stale(here) == ["jars"]


def test_of_the_projects_file_only_what_is_installed_counts(here: Checkout) -> None:
    ready(here)
    pyproject = here.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + "\n[tool.other]\nx = 1\n")
    assert stale(here) == []
    pyproject.write_text(pyproject.read_text().replace('name = "tutti"', 'name = "solo"'))
    assert stale(here) == [".venv"]


def test_each_python_and_each_place_has_an_environment_of_its_own(
    here: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(here)
    moved = here.root.with_name("moved")
    here.root.rename(moved)
    assert stale(Checkout(moved, here.env)) == [".venv"]
    moved.rename(here.root)
    monkeypatch.setattr(checkout, "python_minor", lambda: "3.99")
    assert stale(here) == [".venv"]


def test_the_default_of_the_settings_is_the_encoder_that_is_made() -> None:
    default = Settings.model_fields["model"].default
    assert default == Checkout(ROOT, {}).models.link / MULTILINGUAL / "manifest.toml"
