"""What is asked to be erased travels as it is, and is not told by a log."""

from firsthand.store.sqlite.codec import erasure_line, read_group
from firsthand.store.subjects import Erasure


def test_an_erasure_is_read_as_it_was_written() -> None:
    erasure = Erasure(at=7, subjects=("ab", "cd"), twins=(1, 2), lines=(3,))
    assert read_group([(0, erasure_line(erasure))]).erasures == [erasure]
    assert "ab" not in repr(erasure)
