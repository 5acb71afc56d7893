from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.admin.course import Column, Course, Part, course
from firsthand.admin.timeline import Point


def test_nothing_is_no_columns() -> None:
    assert course([]) == Course((), 0)
    assert course([Point(0, 0, 0, 0, 0)] * 3) == Course((), 0)


def test_a_column_is_what_came_through_where() -> None:
    drawn = course([Point(0, 10, 6, 7, 5), Point(1, 0, 0, 0, 0), Point(2, 20, 20, 20, 20)])
    assert drawn.most == 20
    first, last = drawn.columns
    assert first == Column(
        x=3.667,
        width=26.0,
        parts=(
            Part("both", 0.75, 0.25),
            Part("browser", 0.7, 0.05),
            Part("server", 0.6, 0.1),
            Part("gone", 0.5, 0.1),
        ),
    )
    assert last.parts == (Part("both", 0.0, 1.0),)


counts = st.integers(0, 10**7)


@given(st.lists(st.tuples(counts, counts, counts, counts), max_size=30))
@settings(max_examples=60)
def test_no_column_leaves_the_drawing_and_none_is_invisible(
    rows: list[tuple[int, int, int, int]],
) -> None:
    points = [
        Point(at, both + browser + server + gone, both + browser, both + server, both)
        for at, (both, browser, server, gone) in enumerate(rows)
    ]
    drawn = course(points)
    assert len(drawn.columns) == sum(point.total > 0 for point in points)
    for column in drawn.columns:
        assert column.x >= 0
        assert column.x + column.width <= 100
        for part in column.parts:
            assert part.y >= 0
            assert part.height > 0
            assert part.y + part.height <= 1.001
