"""A page's path leaves memory once a crowd has been there, and never before."""

import pytest

from firsthand.edge.crowd import MAX_PAGES, Crowd
from firsthand.rules.standing import OTHER_PAGE, Choice, Stand


def early(page: str) -> Choice:
    return Choice(Stand.UNDECIDED, "none", page)


def test_a_page_is_named_once_enough_addresses_came() -> None:
    crowd = Crowd(3)
    told = [crowd.told(early("/cart"), f"203.0.113.{n}").page for n in (1, 2, 2, 1, 3, 1)]
    assert told == [OTHER_PAGE] * 4 + ["/cart", "/cart"]


def test_one_visitor_is_no_crowd() -> None:
    crowd = Crowd(2)
    assert {crowd.told(early("/u/jane-doe"), "203.0.113.1").page for _ in range(50)} == {OTHER_PAGE}


def test_a_crowd_on_one_page_names_no_other() -> None:
    crowd = Crowd(1)
    assert crowd.told(early("/cart"), "203.0.113.1").page == "/cart"
    crowd = Crowd(2)
    for n in range(9):
        assert crowd.told(early(f"/{n}"), f"203.0.113.{n}").page == OTHER_PAGE


@pytest.mark.parametrize("choice", [Choice(Stand.REFUSED, "onetrust"), early("")])
def test_what_names_no_page_is_left_as_it_is(choice: Choice) -> None:
    assert Crowd(9).told(choice, "203.0.113.1") == choice


def test_pages_that_visitors_make_up_do_not_fill_the_memory() -> None:
    crowd = Crowd(2)
    for n in range(3 * MAX_PAGES):
        crowd.told(early(f"/{n}"), "203.0.113.1")
    assert len(crowd._met) == MAX_PAGES
    crowd = Crowd(1)
    for n in range(3 * MAX_PAGES):
        crowd.told(early(f"/{n}"), "203.0.113.1")
    assert len(crowd._known) == MAX_PAGES
    assert not crowd._met
