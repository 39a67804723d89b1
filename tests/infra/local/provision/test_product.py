"""A link shows whole folders only."""

import os
from pathlib import Path

import pytest

from infra.local.provision.product import Product


@pytest.fixture
def product(tmp_path: Path) -> Product:
    (tmp_path / "build").mkdir()
    return Product(tmp_path / ".thing", tmp_path / "build" / "thing-123", ("a/b",))


def make(product: Product, content: str = "") -> Path:
    with product.made() as folder:
        (folder / "a").mkdir()
        (folder / "a" / "b").write_text(content)
    return folder


def test_it_is_ready_once_it_is_made(product: Product) -> None:
    assert not product.ready()
    folder = make(product)
    assert product.ready()
    assert product.link.resolve() == folder
    target = os.readlink(product.link)  # noqa: PTH115 - the text of the link
    assert target.startswith("build/thing-123-"), "the checkout may be looked at from elsewhere"


def test_what_was_interrupted_is_never_shown_and_the_old_one_stays(product: Product) -> None:
    def interrupted() -> None:
        with product.made() as folder:
            (folder / "a").mkdir()
            (folder / "a" / "b").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not product.ready()
    old = make(product)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert product.link.resolve() == old


def test_one_of_other_sources_or_without_a_file_is_not_ready(product: Product) -> None:
    folder = make(product)
    other = Product(product.link, product.folder.with_name("thing-12"), product.files)
    assert not other.ready()
    (folder / "a" / "b").unlink()
    assert not product.ready()
    (folder / "a" / "b").symlink_to("/nonexistent/python3.11")
    assert not product.ready()


def test_whoever_looks_sees_the_old_one_until_the_new_one_is_whole(product: Product) -> None:
    make(product, "old")
    with product.made() as folder:
        (folder / "a").mkdir()
        (folder / "a" / "b").write_text("new")
        assert (product.link / "a" / "b").read_text() == "old"
    assert (product.link / "a" / "b").read_text() == "new"


def test_only_replaced_and_half_made_folders_are_deleted(product: Product) -> None:
    build = product.folder.parent
    (build / "things-1").mkdir()
    replaced, shown = make(product), make(product)
    half_made = build / "thing-124-0"
    half_made.mkdir()
    product.delete_stale()
    assert not replaced.exists()
    assert not half_made.exists()
    assert {path.name for path in build.iterdir()} == {shown.name, "things-1"}
