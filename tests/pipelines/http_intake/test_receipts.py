"""Receipts of batches sent before, on a real Redis; without it nothing but the repeat is lost."""

import socket

import pytest
from own_redis import own_redis

from infra import redis
from infra.config.settings import Settings
from pipelines.http_intake.problems import ProblemError
from pipelines.http_intake.receipts import (
    MAX_KEPT_BYTES,
    Receipts,
    digest_of_batch,
    rejected,
)
from schemas.rejections import Rejection

BATCH = digest_of_batch("votes", b"{}")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with own_redis(tmp_path_factory.mktemp("redis")) as settings:
        yield settings


@pytest.fixture
def receipts(server) -> Receipts:
    return Receipts(redis.connect(server, timeout_s=5))


def test_a_batch_gets_its_receipt_again_and_another_one_is_refused(receipts):
    with receipts.taking("web", "key") as place:
        assert receipts.find(place, BATCH) is None
        receipts.keep(place, BATCH, b'{"accepted":1}')
        assert receipts.find(place, BATCH) == b'{"accepted":1}'
        with pytest.raises(ProblemError) as error:
            receipts.find(place, digest_of_batch("proposals", b"{}"))
        assert error.value.kind == "other-batch"
    with receipts.taking("app", "key") as place:  # of another source
        assert receipts.find(place, BATCH) is None


def test_a_key_is_taken_once_at_a_time(receipts):
    with receipts.taking("web", "now"):
        with pytest.raises(ProblemError) as error, receipts.taking("web", "now"):
            pass
        assert error.value.status == 409
        with receipts.taking("app", "now"):
            pass
    with receipts.taking("web", "now"):
        pass


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\nb"])
def test_what_is_no_key_is_refused(receipts, key):
    with pytest.raises(ProblemError) as error, receipts.taking("web", key):
        pass
    assert error.value.kind == "bad-idempotency-key"


def test_a_large_receipt_is_not_kept(receipts):
    with receipts.taking("web", "large") as place:
        receipts.keep(place, BATCH, b" " * (MAX_KEPT_BYTES + 1))
        assert receipts.find(place, BATCH) is None


def test_without_redis_a_batch_is_taken_again(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings = Settings(home=tmp_path, port_base=free.getsockname()[1] - 5)
        receipts = Receipts(redis.connect(settings, timeout_s=0.5))
        with receipts.taking("web", "key") as place:
            receipts.keep(place, BATCH, b"{}")
            assert receipts.find(place, BATCH) is None


def test_a_rejection_is_told_with_its_cure():
    letter = rejected(3, Rejection("bad_time", "cast_at", "a time"))
    assert (letter.line, letter.reason, letter.field, letter.expected) == (
        3,
        "bad_time",
        "cast_at",
        "a time",
    )
    assert letter.cure.endswith(".")
