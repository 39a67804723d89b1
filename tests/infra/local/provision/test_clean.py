"""`make clean` removes what was made, and nothing that runs."""

from small_checkouts import own_stack, ready

from infra.local.provision.checkout import Checkout
from infra.local.provision.main import main


def test_clean_refuses_while_the_stack_runs(here: Checkout) -> None:
    ready(here)
    with own_stack(here):
        assert main(["clean"], here) == 1
        assert here.environment.ready()
    assert main(["clean"], here) == 0
    assert not here.build.exists()
    assert not here.environment.link.is_symlink()
    assert (here.home / "run").is_dir(), "data stay"
