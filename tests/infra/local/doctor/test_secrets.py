"""Secrets that others can read are found."""

from patients import levels, patient

from infra.local.doctor.secrets import check_secrets


def test_a_secret_that_others_can_read_is_a_problem(tmp_path):
    who = patient(tmp_path)
    folder = who.settings.home / "secrets"
    folder.mkdir(parents=True, mode=0o700)
    key = folder / "pseudonym.key"
    key.write_text("x" * 32)
    key.chmod(0o600)
    assert levels(check_secrets(who)) == {"ok"}
    key.chmod(0o640)
    [found] = check_secrets(who)
    assert found.level == "problem"
    assert str(key) in found.found
    assert "chmod" in found.cure
