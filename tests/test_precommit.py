"""Before a commit the same checks run as in CI, with what is installed and without network."""

import re
import shlex

import yaml
from places import CHECKOUT

REPOSITORIES = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text())["repos"]
HOOKS = [hook for repository in REPOSITORIES for hook in repository["hooks"]]


def test_nothing_is_fetched():
    assert {repository["repo"] for repository in REPOSITORIES} == {"local"}
    assert {hook["language"] for hook in HOOKS} == {"system"}
    assert not any("additional_dependencies" in hook for hook in HOOKS)


def test_every_check_of_make_lint_is_a_hook():
    target = re.search(
        r"^lint:.*\n((?:\t.*\n)+)", (CHECKOUT / "Makefile").read_text(), re.MULTILINE
    )
    checks = {line.strip().replace("$(BIN)", ".venv/bin") for line in target[1].splitlines()}
    # make looks at everything, a hook at the files of a commit; of those that ruff leaves out, too.
    checks = {check.removesuffix(" .") for check in checks}
    hooks = {hook["entry"].replace(" --force-exclude", "") for hook in HOOKS}
    assert checks
    assert checks <= hooks


def test_what_hooks_name_is_there():
    for hook in HOOKS:
        for word in shlex.split(hook["entry"]):
            if word.startswith("tests/"):
                assert (CHECKOUT / word).exists(), word
