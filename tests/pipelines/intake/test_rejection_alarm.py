"""When most messages are refused, a deployment is wrong: said once, and loudly."""

from structlog.testing import capture_logs

from pipelines.intake.rejection_alarm import ALARM_MESSAGES, RejectionAlarm


def alarms(*counts: tuple[int, int]) -> list[tuple[int, int]]:
    alarm = RejectionAlarm()
    with capture_logs() as logs:
        for accepted, rejected in counts:
            alarm.check(accepted, rejected)
    assert all(log["event"] == "most_messages_rejected" for log in logs)
    return [(log["rejected"], log["messages"]) for log in logs]


def test_more_than_half_refused_is_an_alarm() -> None:
    assert alarms((400, 600)) == [(600, 1_000)]


def test_half_refused_or_few_messages_are_none() -> None:
    assert not alarms((500, 500))
    assert not alarms((0, ALARM_MESSAGES - 1))


def test_each_second_is_judged_by_its_own_messages() -> None:
    assert alarms((0, 2_000), (5_000, 2_100), (5_000, 4_100)) == [(2_000, 2_000), (2_000, 2_000)]
