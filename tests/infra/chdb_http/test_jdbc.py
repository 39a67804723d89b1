"""The official JDBC driver, as BI tools use it: a Java program, with the driver's own defaults."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from places import CHECKOUT

HERE = Path(__file__).parent / "java"
JAR = (
    Path(os.environ.get("TUTTI_TEST_JARS", CHECKOUT / "build" / "test-jars"))
    / "clickhouse-jdbc.jar"
)
JARS = Path(os.environ.get("TUTTI_JARS", CHECKOUT / "build" / "jars"))
HOME_JAVA = Path(os.environ.get("JAVA_HOME", "/nowhere")) / "bin" / "java"
JAVA = str(HOME_JAVA) if HOME_JAVA.exists() else shutil.which("java")

EXPECTED = {
    "product": "ClickHouse",
    "major": "26",
    "valid": "true",
    "table": "jdbc",
    "columns": "a:UInt64 b:String c:DateTime",
    "string": "true",
    "long": "true",
    "date": "2026-01-02",
    "time": "2026-01-02T03:04:05.678Z",
    "double": "0.5",
    "null": "1",
    "empty": "false a b",
    "batch": "20000",
    "stored": "20000 199990000 20000 3",
    "large": "2000000 1999999000000",
    "error": "60 true",
    "late error": "seen",
    "cancel": "394",
    "schemas": "true false",
    "mart": "7",
    "write": "164",
    "catalog": "",
    "marts": "jdbc:VIEW",
    "internal": "hidden",
    "columns of a mart": "a b c",
}


@pytest.fixture(scope="module")
def jar():
    if not JAR.is_file():
        pytest.skip("the JDBC driver is not there: make test-jars fetches it")
    if not JAVA:
        pytest.skip("no java on PATH or at JAVA_HOME")
    digest = hashlib.sha256(JAR.read_bytes()).hexdigest()
    assert digest == (HERE / "SHA256SUMS").read_text().split()[0], "not the expected driver"
    return JAR


def test_the_jdbc_driver_works_with_its_default_settings(server, jar):
    server.sql(
        "CREATE TABLE tutti.jdbc (a UInt64, b String, c DateTime) ENGINE = MergeTree ORDER BY a"
    )
    server.sql("CREATE VIEW marts.jdbc AS SELECT * FROM tutti.jdbc")
    # The driver logs through slf4j and does not bring it; the broker's archives do.
    logging = next(JARS.joinpath("kafka").glob("slf4j-api-*.jar"))
    done = subprocess.run(
        [
            JAVA,
            "-Xmx256m",
            "-Duser.timezone=UTC",
            "-cp",
            f"{jar}:{logging}",
            str(HERE / "Jdbc.java"),
            f"jdbc:ch://127.0.0.1:{server.port}",
            f"jdbc:ch://127.0.0.1:{server.analyst_port}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    output = dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)
    assert output == EXPECTED, done.stderr[-4000:]
