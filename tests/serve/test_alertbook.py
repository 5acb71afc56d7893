from pathlib import Path

import orjson
import pytest

from firsthand.rules.alerts import Alert, On
from firsthand.serve.alertbook import LETTERS, TRIES, Book, Letter, read_book, write_book

LOW = Alert("low", On.MATCH_RATE, "meta", "1", 5, 0.8, 0.5, 100)


def test_a_change_is_written_once() -> None:
    book = Book()
    book.turn({LOW.key: LOW}, site="shop", told=True, now=5)
    book.turn({LOW.key: LOW}, site="shop", told=True, now=6)
    book.turn({}, site="shop", told=True, now=7)
    told = [orjson.loads(letter.body) for letter in book.letters]
    assert [(each["state"], each["at"], each["since"]) for each in told] == [
        ("firing", 5, 5),
        ("cleared", 7, 5),
    ]
    assert told[0]["id"] != told[1]["id"]
    assert {"rule", "on", "vendor", "account", "limit", "value", "of", "site"} < set(told[0])


def test_without_a_webhook_nothing_is_written() -> None:
    book = Book()
    book.turn({LOW.key: LOW}, site="shop", told=False, now=5)
    assert (book.letters, set(book.firing)) == ([], {LOW.key})


def test_it_is_kept(tmp_path: Path) -> None:
    book = Book({LOW.key: LOW}, {("meta", "1"): 9}, [Letter("a", "{}", 2)])
    write_book(tmp_path, book)
    assert read_book(tmp_path) == book
    assert (tmp_path / "alerts.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"firing": [{"on": "x"}]}', "\0"])
def test_a_damaged_book_is_begun_anew(tmp_path: Path, text: str) -> None:
    assert read_book(tmp_path) == Book()
    (tmp_path / "alerts.json").write_text(text)
    assert read_book(tmp_path) == Book()


def test_letters_are_given_up_in_the_end() -> None:
    book = Book(letters=[Letter("a", "{}"), Letter("b", "{}")])
    given_up = [book.failed(book.letters[0]) for _ in range(TRIES)]
    assert given_up == [False] * (TRIES - 1) + [True]
    assert [letter.id for letter in book.letters] == ["b"]
    book.letters = [Letter(str(n), "{}") for n in range(LETTERS + 3)]
    assert book.trim() == 3
    assert book.letters[0].id == "3"
