"""Makes chains of receipts as files: a test names only what matters to it."""

from firsthand.rules.chain import Closing, Head
from firsthand.rules.receipts import Record, genesis, record, seal, whole

NAME = "0" * 32


def chained(whats: list[object], *, after: Head | None = None, name: str = NAME) -> list[bytes]:
    """Return the lines of a file whose records say ``whats``."""
    last = after or Head(0, genesis(name))
    closing = Closing(name, last)
    lines = [closing.header()]
    for what in whats:
        bare: Record = record(last.seq + 1, 1_795_500_000 + last.seq, "event", what, last.hash)
        bare["event"] = f"{last.seq:032x}"
        last = Head(last.seq + 1, seal(bare))
        lines.append(closing.take(last, whole(bare, last.hash)))
    return [*lines, closing.footer()]
