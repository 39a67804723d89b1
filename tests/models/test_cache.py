"""Whatever happens to Redis, the vectors are those that the encoder makes."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from tiny_encoders import Tiny

from infra.local.redis_server import executable
from models.cache import EXPIRE_S, FAILURES, CachedEncoder, pack, unpack
from models.load import load
from models.onnx_encoder import OnnxEncoder

TEXTS = ["more trees", "less cars", "more trees", "more  trees", "", "more and more cars"]
UNIQUE = 4  # of them, after normalisation
PATIENT_S = 10.0  # what is fast must not be called slow because this machine is busy


class Server:
    """A real Redis of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._folder = folder
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self.process = subprocess.Popen(
            [executable(), *options, "--save", "", "--maxmemory", "64mb"],
            stdout=subprocess.DEVNULL,
        )
        patient = Redis(port=self.port)
        while True:
            try:
                patient.ping()
            except RedisConnectionError:
                assert self.process.poll() is None, "Redis ended"
            else:
                break

    def client(self, timeout_s: float = PATIENT_S) -> Redis:
        return Redis(port=self.port, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


class Counting:
    """An encoder that remembers what it was asked."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.model, self.dimension = encoder.model, encoder.dimension
        self.asked: list[str] = []

    def encode(self, texts):
        self.asked += texts
        return self._encoder.encode(texts)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = Server(folder)
    yield server
    server.kill()


@pytest.fixture
def encoder(tmp_path: Path) -> Counting:
    return Counting(load(Tiny(tmp_path / "tiny").write()))


@pytest.fixture
def expected(tmp_path: Path) -> np.ndarray:
    return load(Tiny(tmp_path / "the-same").write()).encode(TEXTS)


def cached(encoder: Counting, server: Server, timeout_s: float = PATIENT_S) -> CachedEncoder:
    made = CachedEncoder(encoder, server.client(timeout_s), monotonic=lambda: 0.0)
    encoder.asked.clear()  # the probe
    return made


def keys(server: Server) -> list[bytes]:
    return Redis(port=server.port).keys("tutti:vector:tiny/*")


def test_each_text_is_encoded_once_and_the_vectors_are_the_same_bit_by_bit(
    encoder: Counting, server: Server, expected: np.ndarray
) -> None:
    cache = cached(encoder, server)
    np.testing.assert_array_equal(cache.encode(TEXTS), expected)
    assert encoder.asked == ["more  trees", "less cars", "", "more and more cars"]
    again = cached(encoder, server)
    np.testing.assert_array_equal(again.encode(TEXTS), expected)
    assert encoder.asked == []
    assert (again.hits, again.misses) == (len(TEXTS), 0)
    assert all(0 < Redis(port=server.port).ttl(key) <= EXPIRE_S for key in keys(server))
    assert again.encode([]).shape == (0, encoder.dimension)


def test_a_flushed_redis_is_filled_again(
    encoder: Counting, server: Server, expected: np.ndarray
) -> None:
    cache = cached(encoder, server)
    for _ in range(2):
        np.testing.assert_array_equal(cache.encode(TEXTS), expected)
        assert len(keys(server)) == UNIQUE
        Redis(port=server.port).flushall()
    assert cache.misses == 2 * UNIQUE


def test_wrong_types_and_wrong_contents_are_not_believed_and_are_mended(
    encoder: Counting, server: Server, expected: np.ndarray
) -> None:
    cache = cached(encoder, server)
    cache.encode(TEXTS)
    admin = Redis(port=server.port)
    one, two, three, four = keys(server)
    admin.delete(one)
    admin.rpush(one, "a", "list")
    admin.set(two, "a text")
    neighbour = admin.get(four)
    admin.set(three, neighbour)  # a whole vector, of another text
    damaged = bytearray(neighbour)
    damaged[3] ^= 1
    admin.set(four, bytes(damaged))
    for _ in range(2):
        np.testing.assert_array_equal(cache.encode(TEXTS), expected)
    fresh = cached(encoder, server)
    np.testing.assert_array_equal(fresh.encode(TEXTS), expected)
    assert fresh.misses == 0
    assert not cache.paused


def test_a_killed_redis_is_asked_three_times_then_left_alone_and_found_again(
    encoder: Counting, server: Server, expected: np.ndarray
) -> None:
    cache = cached(encoder, server)
    server.kill()
    for _ in range(FAILURES + 2):
        np.testing.assert_array_equal(cache.encode(TEXTS), expected)
    assert cache.paused
    server.start()
    cache._breaker.half_open()  # what the pause ends in
    np.testing.assert_array_equal(cache.encode(TEXTS), expected)
    assert not cache.paused
    assert len(keys(server)) == UNIQUE


def test_a_redis_that_hangs_costs_three_time_outs_and_no_more(
    encoder: Counting, server: Server, expected: np.ndarray
) -> None:
    cache = cached(encoder, server, timeout_s=1.0)
    cache.encode(TEXTS)
    server.process.send_signal(signal.SIGSTOP)
    for _ in range(10):
        np.testing.assert_array_equal(cache.encode(TEXTS), expected)
    assert cache.paused
    server.process.send_signal(signal.SIGCONT)
    cache._breaker.half_open()
    # Late answers to earlier questions must not be taken for answers to later ones.
    for text, vector in zip(TEXTS, expected, strict=True):
        np.testing.assert_array_equal(cache.encode([text]), [vector])
    assert not cache.paused


def test_an_answer_that_trickles_in_counts_as_a_failure(
    encoder: Counting, server: Server, expected: np.ndarray
) -> None:
    seconds = iter(range(1000))
    cache = CachedEncoder(encoder, server.client(), monotonic=lambda: float(next(seconds)))
    for _ in range(FAILURES):
        np.testing.assert_array_equal(cache.encode(TEXTS), expected)
    assert cache.paused


def test_a_full_redis_or_a_refused_password_changes_nothing(
    encoder: Counting, server: Server, expected: np.ndarray
) -> None:
    admin = Redis(port=server.port)
    admin.config_set("maxmemory", "1mb")
    cache = cached(encoder, server)
    np.testing.assert_array_equal(cache.encode(TEXTS), expected)
    admin.config_set("requirepass", "other")
    stranger = cached(encoder, server)
    np.testing.assert_array_equal(stranger.encode(TEXTS), expected)


def test_vectors_of_another_arithmetic_are_under_other_keys(
    encoder: Counting, server: Server, tmp_path: Path
) -> None:
    cached(encoder, server).encode(TEXTS)

    class Rounded(Counting):
        def encode(self, texts):
            return super().encode(texts).astype(np.float16).astype(np.float32)

    other = Rounded(encoder._encoder)
    np.testing.assert_array_equal(cached(other, server).encode(TEXTS), other.encode(TEXTS))


def test_many_texts_take_several_requests(encoder: Counting, server: Server) -> None:
    texts = [f"more {'trees ' * n}and cars" for n in range(12)] + [f"word{n}" for n in range(200)]
    cache = cached(encoder, server)
    np.testing.assert_array_equal(cache.encode(texts), encoder._encoder.encode(texts))
    again = cached(encoder, server)
    np.testing.assert_array_equal(again.encode(texts), encoder._encoder.encode(texts))
    assert again.misses == 0


@pytest.mark.parametrize("value", [None, b"", "text", 5, b"x" * 36, b"x" * 35, b"\0" * 36])
def test_what_was_not_packed_is_not_unpacked(value: object) -> None:
    vector = np.arange(5, dtype=np.float32)
    np.testing.assert_array_equal(unpack("key", pack("key", vector), 5), vector)
    assert unpack("key", value, 5) is None
    assert unpack("other", pack("key", vector), 5) is None
    assert unpack("key", pack("key", vector), 4) is None
