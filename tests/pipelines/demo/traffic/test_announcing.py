"""A consultation goes out before its proposals, and all before the first vote."""

import json

from pipelines.demo.traffic import announcing


def test_the_consultation_goes_first_and_everything_is_acknowledged(monkeypatch) -> None:
    calls: list[tuple[str, ...]] = []

    class Broker:
        def __init__(self, _settings) -> None:
            pass

        def send(self, kind: str, payload: bytes) -> None:
            calls.append((kind, json.loads(payload)["id"]))

        def finish(self) -> None:
            calls.append(("finish",))

    monkeypatch.setattr(announcing, "Sender", Broker)
    announcing.announce(None, {"id": "c"}, ({"id": f"p{n}"} for n in range(2)))
    assert calls == [
        ("consultations", "c"), ("proposals", "p0"), ("proposals", "p1"), ("finish",),
    ]  # fmt: skip
