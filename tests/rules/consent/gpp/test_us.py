import pytest

from firsthand.rules.consent.bits import Unreadable
from firsthand.rules.consent.gpp.layouts import LAYOUTS, Layout
from firsthand.rules.consent.gpp.us import Answers, decode, marketing, refuses
from firsthand.rules.consent.statement import Fault, Say
from tests.rules.consent.writer import number, pack

NATIONAL = [(7, each) for each in LAYOUTS[7]]
EVERY = [(section, layout) for section, layouts in LAYOUTS.items() for layout in layouts]
layouts = pytest.mark.parametrize(("section", "layout"), EVERY)
CHILD = "KnownChildSensitiveDataConsents"


def fine(layout: Layout, **changed: tuple[int, ...]) -> str:
    """Return a core segment in which notice was given and nobody opted out, but for ``changed``."""
    told = {name: (_usual(name),) * count for name, count in layout.fields} | changed
    bits = number(layout.version, 6)
    return pack(bits + "".join(number(each, 2) for name, _ in layout.fields for each in told[name]))


def _usual(name: str) -> int:
    if name.endswith("Notice"):
        return 1
    return 2 if name.endswith("OptOut") or name == "MspaCoveredTransaction" else 0


# Made with an encoder of our own from the sections' field tables; ``BVQqAAAAAgA.QA`` is padded to
# whole octets, as a common encoder does.
@pytest.mark.parametrize(
    ("section", "text", "refused"),
    [
        (7, "CVQVAAAAAACA.Y", True),
        (7, "CVQqAAAAAACA.Q", False),
        (7, "CVQqAAAAAACA.Y", True),
        (7, "CVQqAAAAAACA", False),
        (7, "BVQqAAAAAg.Q", False),
        (7, "BVQqAAAAAgA.QA", False),
        (7, "BVQqAAAAAAKA.QA", False),  # version 1 with the fields of version 2, as OneTrust has it
        (7, "BVQVAAAAAAKA.QA", True),
        (7, "BVQqAAAACZA.QA", True),  # service provider
        (8, "BUUAAACA.Y", True),
        (8, "BUoAAACA.Q", False),
    ],
)
def test_samples(section: int, text: str, *, refused: bool) -> None:
    assert refuses(section, decode(section, text)) is refused


@layouts
def test_what_follows_for_marketing(section: int, layout: Layout) -> None:
    nothing = {f"{name}OptOut": (0,) for name in ("Sale", "Sharing", "TargetedAdvertising")}
    for text, said in (
        (fine(layout), Say.GRANTED),
        (fine(layout, **nothing), Say.UNKNOWN),
        (fine(layout, SaleOptOut=(1,)), Say.DENIED),
        (fine(layout, **{**nothing, "SaleOptOutNotice": (2,)}), Say.DENIED),
    ):
        assert marketing(section, decode(section, text)) is said


@layouts
def test_nobody_objected(section: int, layout: Layout) -> None:
    told = decode(section, fine(layout))
    assert {name: len(answers) for name, answers in told.items()} == dict(layout.fields)
    assert not refuses(section, told)


@layouts
def test_each_refusal(section: int, layout: Layout) -> None:
    refusals: dict[str, list[tuple[int, ...]]] = {
        name: _refusals(name, count) for name, count in layout.fields
    }
    for name, answers in refusals.items():
        for answer in answers:
            assert refuses(section, decode(section, fine(layout, **{name: answer}))), (name, answer)


def _refusals(name: str, count: int) -> list[tuple[int, ...]]:
    """Return the answers of one field that are refusals."""
    if name == "MspaOptOutOptionMode":
        return []
    if name.endswith("Notice") or name == "MspaMode":
        return [(2,)]
    if name == "MspaCoveredTransaction":
        return [(0,)]
    return [tuple(int(each == place) for each in range(count)) for place in range(count)]


@pytest.mark.parametrize("optout", ["SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"])
@layouts
def test_a_choice_without_its_notice_is_not_believed(
    section: int, layout: Layout, optout: str
) -> None:
    if optout not in dict(layout.fields):
        return
    assert refuses(section, decode(section, fine(layout, **{f"{optout}Notice": (0,)})))
    not_applicable = fine(layout, **{f"{optout}Notice": (0,), optout: (0,)})
    assert not refuses(section, decode(section, not_applicable))


@pytest.mark.parametrize(
    ("consents", "refused"),
    [
        ((0, 0, 0), False),
        ((2, 0, 0), False),
        ((2, 0, 2), False),
        ((1, 0, 0), True),
        ((0, 2, 0), True),
        ((0, 1, 0), True),
        ((2, 0, 1), True),
    ],
)
@pytest.mark.parametrize(("section", "layout"), NATIONAL)
def test_children_in_the_national_section(
    section: int, layout: Layout, consents: tuple[int, ...], *, refused: bool
) -> None:
    told = consents[: dict(layout.fields)[CHILD]]
    if refused and 1 not in told and not told[1]:
        return
    assert refuses(section, decode(section, fine(layout, **{CHILD: told}))) is refused


def test_a_known_child_in_a_state() -> None:
    for section, layout in EVERY:
        count = dict(layout.fields).get(CHILD)
        if section != 7 and count:
            consented = fine(layout, **{CHILD: (2,) * count})
            assert refuses(section, decode(section, consented))


def test_what_may_follow_the_core() -> None:
    gpc, sensitive = {"Y": (1,), "Q": (0,)}, {"AAA": (0,) * 8, "QAA": (1,) + (0,) * 7}
    for section, layout in EVERY:
        core = fine(layout)
        for tail, name, told in (
            ("gpc", "Gpc", gpc),
            ("sensitive", "SensitiveDataProcessing", sensitive),
        ):
            for text, answer in told.items():
                if layout.tail == tail:
                    found: Answers = decode(section, f"{core}.{text}")
                    assert found[name] == answer
                    assert refuses(section, found) is (1 in answer)
        if layout.tail == "":
            with pytest.raises(Unreadable):
                decode(section, f"{core}.Y")


@pytest.mark.parametrize(
    ("section", "text", "fault"),
    [
        (7, "", Fault.MALFORMED),
        (7, "CVQqAAAAAAC", Fault.MALFORMED),
        (7, "CVQqAAAAAACAAB", Fault.MALFORMED),
        (7, "DVQqAAAAAACA", Fault.VERSION),
        (8, "CUoAAACA", Fault.VERSION),
        (7, "C_QqAAAAAACA", Fault.MALFORMED),  # an answer of 3
        (7, "CVQqAAAAAACA.", Fault.MALFORMED),
        (7, "CVQqAAAAAACA.A", Fault.MALFORMED),  # a tail of another type
        (7, "CVQqAAAAAACA.Z", Fault.MALFORMED),
        (7, "CVQqAAAAAACA.Q.Q", Fault.MALFORMED),
        (26, "aB", Fault.VERSION),  # a section header
    ],
)
def test_what_is_odd_cannot_be_read(section: int, text: str, fault: Fault) -> None:
    with pytest.raises(Unreadable) as found:
        decode(section, text)
    assert found.value.fault is fault
