"""The configuration of supervisord: logs are rotated, matrices take one thread."""

from infra.config.settings import Settings
from infra.local.services import SERVICES
from infra.local.supervisor import LOG_BACKUPS, LOG_BYTES, Supervisor


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
