"""The configuration of supervisord: logs are rotated, matrices take one thread."""

from datetime import UTC, datetime

from infra.config.settings import Settings
from infra.local.services import SERVICES
from infra.local.supervisor import LOG_BACKUPS, LOG_BYTES, Supervisor, unexpected_ends


def test_the_log_of_every_service_is_rotated(tmp_path):
    configuration = Supervisor(Settings(home=tmp_path))._configuration()
    for service in SERVICES:
        program = configuration[f"program:{service.name}"]
        assert program["redirect_stderr"] == "true"
        assert int(program["stdout_logfile_maxbytes"]) == LOG_BYTES <= 10 * 2**20
        assert int(program["stdout_logfile_backups"]) == LOG_BACKUPS <= 3


def test_no_service_multiplies_matrices_on_more_than_one_thread(tmp_path):
    configuration = Supervisor(Settings(home=tmp_path))._configuration()
    for service in SERVICES:
        assert 'OPENBLAS_NUM_THREADS="1"' in configuration[f"program:{service.name}"]["environment"]


def test_services_that_ended_unexpectedly_are_counted_since_a_moment(tmp_path):
    settings = Settings(home=tmp_path)
    assert unexpected_ends(settings, datetime.fromtimestamp(0, UTC)) == {}
    settings.logs.mkdir(parents=True)
    (settings.logs / "supervisord.log").write_text(
        "2026-05-01 19:00:00,123 WARN exited: sink (terminated by SIGKILL; not expected)\n"
        "2026-05-01 20:00:00,123 INFO spawned: 'sink' with pid 7\n"
        "2026-05-01 20:00:01,123 WARN exited: sink (exit status 1; not expected)\n"
        "2026-05-01 20:00:02,123 WARN exited: http_intake (exit status 1; not expected)\n"
        "2026-05-01 20:00:03,123 WARN stopped: votes (terminated by SIGTERM)\n"
        "a line of \x00 nobody\n"
    )
    since = datetime(2026, 5, 1, 19, 30).astimezone()  # the supervisor writes this machine's time
    assert unexpected_ends(settings, since) == {"sink": 1, "http_intake": 1}
