from firsthand.admin.rows import HOUR_MS, span
from firsthand.admin.timeline import Point, points, timeline
from firsthand.model import Client, Reason, Server
from firsthand.store.rollups import Course
from tests.admin.sample import NOW, count

OVER = span("1h", now=NOW + 5)


def test_a_point_for_every_hour_with_both_paths() -> None:
    rows = [
        count(5, Client.OK, Server.ACCEPTED),
        count(2, Client.FAILED, Server.ACCEPTED),
        count(1, Client.OK, Server.REFUSED, Reason.BAD_EVENT),
        count(4, Client.UNKNOWN, Server.WITHHELD, Reason.HOLDOUT),
    ]
    hour = rows[0].at
    points = timeline(rows, span("24h", now=NOW))
    assert len(points) == 25
    assert [point for point in points if point.total] == [
        Point(hour, total=12, browser=6, server=7, both=5)
    ]


def test_hours_without_events_are_there() -> None:
    assert [point.at for point in timeline([], OVER)] == [NOW - HOUR_MS, NOW]


def test_a_course_has_the_same_points() -> None:
    course = Course(NOW, "meta", "1", 12, 6, 7, 5)
    assert points([course], OVER) == (
        Point(NOW - HOUR_MS, 0, 0, 0, 0),
        Point(NOW, total=12, browser=6, server=7, both=5),
    )
