"""Our decoders against the IAB's own, ``@iabtechlabtcf/core`` and ``@iabgpp/cmpapi``.

Wherever ours reads a string, theirs reads it too, and both find the same in it: of strings that
their encoders make, of strings that ours makes in every layout that the format has, and of both
with bits flipped and ends cut off. And nothing is granted that theirs does not call consented.
"""

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firsthand.rules.consent import tcf
from firsthand.rules.consent.bits import Unreadable, unpack
from firsthand.rules.consent.gpp import us
from firsthand.rules.consent.gpp.container import split
from firsthand.rules.consent.gpp.layouts import LAYOUTS
from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.gpp import SOURCE as GPP
from firsthand.rules.consent.statement import Say
from firsthand.rules.consent.tcstring import Vendors, decode
from tests.rules.consent.conftest import Official
from tests.rules.consent.writer import (
    NOV_2,
    core,
    disclosed,
    header,
    number,
    pack,
    publisher,
    ranged,
    tc,
    vendors,
)

MANY = 1500
FEWER = 400  # their encoder takes its time
PURPOSES = list(range(1, 12))
OURS = [755, 804, 986, 1126]
POLICY = Policy()


def ids(held: Vendors | None) -> list[int]:
    if held is None:
        return []
    found = {number for number, bit in enumerate(held.field, 1) if bit == "1"}
    for first, last in held.ranges:
        found.update(range(first, last + 1))
    return sorted(found)


def as_theirs(text: str) -> dict[str, Any]:
    """Return what our decoder finds, in the shape of ``decode.js``."""
    found = decode(text)
    own = found.publisher
    restrictions: dict[tuple[int, int], set[int]] = {}
    for each in found.restrictions:
        restrictions.setdefault((each.purpose, each.kind), set()).update(ids(each.vendors))
    told = {name: getattr(found, name) for name in found.__slots__} | {
        "vendors": ids(found.vendors),
        "vendor_interests": ids(found.vendor_interests),
        "disclosed": ids(found.disclosed),
        "allowed": ids(found.allowed),
        "restrictions": [
            [*key, sorted(held)] for key, held in sorted(restrictions.items()) if held
        ],
        "publisher": own.purposes if own else (),
        "publisher_interests": own.interests if own else (),
        "own": own.own if own else (),
        "own_interests": own.own_interests if own else (),
    }
    return {
        name: sorted(value) if isinstance(value, frozenset | tuple) else value
        for name, value in told.items()
    }


def agree(official: Official, text: str) -> bool:
    """Compare what both make of a TC string; say whether ours could read it."""
    theirs = official.read("tcf", text)
    try:
        ours = as_theirs(text)
    except Unreadable:
        ours = None
    if ours is not None:
        assert theirs is not None, text
        theirs["restrictions"].sort()
        assert ours == theirs, text
    said = tcf.statement("tcf", text, POLICY)
    if Say.GRANTED in {said.analytics, said.marketing}:
        assert theirs is not None
        assert said.marketing is not Say.GRANTED or {1, 3, 4, 7} <= {*theirs["purposes"]}
        assert said.analytics is not Say.GRANTED or {1, 8} <= {
            *theirs["purposes"], *theirs["publisher"],
        }  # fmt: skip
        assert "linkedin" in said.without or 804 in theirs["vendors"]
    return ours is not None


def some(random: Random, members: Iterable[int], most: int | None = None) -> list[int]:
    pool = list(members)
    return sorted(random.sample(pool, random.randint(0, min(len(pool), most or len(pool)))))


def model(random: Random) -> dict[str, Any]:
    """Return what their encoder is to put into a TC string."""
    everybody = random.choice([range(1, 61), range(1, 61), [*range(1, 61), *OURS], range(1, 1201)])
    return {
        "cmp_id": random.randint(2, 4095),
        "country": random.choice(["DE", "FR", "AA", "ZZ"]),
        "created": NOV_2 + random.randint(-400, 20) * 86_400_000,
        "purposes": some(random, PURPOSES),
        "interests": some(random, PURPOSES),
        "special_features": some(random, [1, 2]),
        "vendors": some(random, everybody, random.choice([3, 40, None])),
        "vendor_interests": some(random, everybody, 40),
        "disclosed": list(everybody) if random.random() < 0.5 else some(random, everybody),
        "publisher": some(random, PURPOSES),
        "restrictions": [
            [random.choice(PURPOSES), random.randint(0, 2), some(random, [*OURS, *range(1, 40)], 9)]
            for _ in range(random.choice([0, 0, 1, 3]))
        ],
    }


def test_strings_of_their_encoder(official: Official) -> None:
    random = Random(1)
    for _ in range(FEWER):
        told = model(random)
        text = official.write("tcf", told)
        assert agree(official, text), text
        found = decode(text)
        assert sorted(found.purposes) == told["purposes"]
        assert ids(found.vendors) == told["vendors"]


def section(random: Random) -> str:
    """Return a vendor section in a layout that their encoder would not choose."""
    if random.random() < 0.5:
        return vendors(
            some(random, [*OURS, *range(1, 99)]), highest=random.choice([1126, 1127, 2000])
        )
    starts = some(random, range(1, 1200), 12)
    ranges = [(first, first + random.choice([0, 0, 1, 500])) for first in starts]
    return ranged(*ranges, highest=random.choice([1700, 9999, 65535]))


def own_string(random: Random) -> str:
    """Return a TC string of our own writer: any order of segments, any layout, any padding."""
    bits = core(
        created=NOV_2 + random.randint(-10**9, 10**9) * 100,
        cmp=random.randint(2, 4095),
        language=random.choice(["EN", "AA", "ZZ"]),
        policy=random.choice([2, 4, 5, 6]),
        specific=random.choice([0, 1, 1, 1]),
        texts=random.randint(0, 1),
        features=some(random, range(1, 13)),
        purposes=some(random, range(1, 25)) if random.random() < 0.5 else PURPOSES,
        interests=some(random, range(1, 25)),
        treatment=random.choice([0, 0, 1]),
        vendors=section(random),
        vendor_interests=section(random),
        restrictions=[
            (random.randint(1, 24), random.randint(0, 2), [(each, each + random.randint(0, 9))
             for each in some(random, range(1, 1200), 5)])
            for _ in range(random.choice([0, 1, 4]))
        ],
    )  # fmt: skip
    own = "".join(random.choice("01") for _ in range(random.choice([0, 3, 63])))
    others = [
        number(1, 3) + section(random),
        number(2, 3) + section(random),
        publisher(some(random, PURPOSES), some(random, PURPOSES), own),
    ]
    random.shuffle(others)
    segments = [bits, *others[: random.randint(0, 3)]]
    return ".".join(pack(each, to=random.choice([6, 8, 24])) for each in segments)


def test_strings_of_our_writer(official: Official) -> None:
    random = Random(2)
    for _ in range(MANY):
        text = own_string(random)
        assert agree(official, text), text


SEEDS = [
    tc(disclosed(755, 804), vendors=vendors([755, 804])),
    tc(disclosed(755), vendors=ranged((700, 800), (804, 804), highest=1200)),
    tc(disclosed(755), publisher([1, 8]), restrictions=[(7, 0, [(1, 9)]), (2, 1, [(755, 755)])]),
    tc(purposes=(), vendors=vendors()),
]


def broken(text: str, flips: list[int], cut: int) -> str:
    """Return ``text`` with the bits at ``flips`` flipped (modulo length), shorter by ``cut``."""
    parts = [list(unpack(part)) for part in text.split(".")]
    for flip in flips:
        part = parts[flip % len(parts)]
        place = flip // len(parts) % len(part)
        part[place] = "10"[int(part[place])]
    whole = ".".join(pack("".join(part)) for part in parts)
    return whole[: len(whole) - cut]


places = st.lists(st.integers(0, 10_000), max_size=4)
cuts = st.just(0) | st.integers(0, 60)


@settings(max_examples=600)
@given(st.sampled_from(SEEDS), places, cuts)
def test_flipped_and_cut_strings(official: Official, text: str, flips: list[int], cut: int) -> None:
    agree(official, broken(text, flips, cut))


FIELDS = {layout.name: (section, layout) for section, all_ in LAYOUTS.items() for layout in all_}


def agree_gpp(official: Official, text: str) -> bool:
    """Compare what both make of a GPP string; say whether ours could read all of it."""
    theirs = official.read("gpp", text)
    try:
        sections = split(text)
        ours = {each: us.decode(each, sections[each]) for each in sections if each in LAYOUTS}
    except Unreadable:
        return False
    assert theirs is not None, text
    for each, answers in ours.items():
        told = theirs[str(each)]
        for name, answer in answers.items():
            value = told[name]
            theirs_answer = tuple(map(int, value)) if isinstance(value, list) else (int(value),)
            assert answer[: len(theirs_answer)] == theirs_answer, (text, name)
            # Of the long form of the national version 1 theirs shows what the short one has.
            assert len(answer) == len(theirs_answer) or (each, told["Version"]) == (7, 1)
        assert "Gpc" in answers or not told.get("Gpc")
    return True


def answers_of(random: Random, name: str) -> dict[str, Any]:
    """Return what their encoder is to put into a US section."""
    _, layout = FIELDS[name]
    told: dict[str, Any] = {}
    for field, count in layout.fields:
        lowest = 1 if field == "MspaCoveredTransaction" else 0
        answers = [random.randint(lowest, 2) for _ in range(count)]
        listed = field == "SensitiveDataProcessing" or count > 1
        told[field] = answers if listed else answers[0]
    if layout.tail == "gpc":
        told |= {"GpcSegmentIncluded": random.random() < 0.7, "Gpc": random.random() < 0.5}
    if layout.tail == "sensitive":
        told["SensitiveDataProcessing"] = [random.randint(0, 2) for _ in range(8)]
    return told


@pytest.mark.parametrize("name", FIELDS)
def test_us_sections_of_their_encoder(official: Official, name: str) -> None:
    random = Random(name)
    for _ in range(60):
        told = answers_of(random, name)
        text = official.write("gpp", {name: told})
        assert agree_gpp(official, text), text
        found = us.decode(FIELDS[name][0], split(text)[FIELDS[name][0]])
        for opt_out in ("SaleOptOut", "TargetedAdvertisingOptOut"):
            if told.get(opt_out) == 1:
                assert us.refuses(FIELDS[name][0], found)
                said = GPP.read({"__gpp": (text,)}, POLICY)
                assert said is not None
                assert said.marketing is Say.DENIED


def test_several_sections_of_their_encoder(official: Official) -> None:
    random = Random(3)
    for _ in range(200):
        names = random.sample(list(FIELDS), random.randint(1, 6))
        told = {name: answers_of(random, name) for name in names}
        text = official.write("gpp", told)
        assert agree_gpp(official, text), text
        assert {FIELDS[name][0] for name in names} == split(text).keys()


def test_us_sections_of_our_writer(official: Official) -> None:
    random = Random(4)
    for _ in range(MANY):
        section = random.choice(list(LAYOUTS))
        layout = random.choice(LAYOUTS[section])
        bits = number(layout.version, 6) + "".join(
            number(random.randint(0, 2), 2) for _, count in layout.fields for _ in range(count)
        )
        to = random.choice([6, 8])
        tails = {"gpc": "01" + random.choice("01"), "sensitive": "01" * 8, "": ""}
        tail = (
            f".{pack(tails[layout.tail], to=to)}" if layout.tail and random.random() < 0.5 else ""
        )
        text = f"{header(section, to=to)}~{pack(bits, to=to)}{tail}"
        assert agree_gpp(official, text), text


def test_the_eus_section_is_a_tc_string(official: Official) -> None:
    for seed in SEEDS[:2]:
        theirs = official.read("gpp", f"{header(2)}~{seed}")["2"]
        ours = decode(split(f"{header(2)}~{seed}")[2])
        assert [at for at, said in enumerate(theirs["PurposeConsents"], 1) if said] == sorted(
            ours.purposes
        )
        assert theirs["VendorConsents"] == ids(ours.vendors)


@settings(max_examples=400)
@given(
    st.sampled_from(["DBABL~CVQVAAAAAACA.Y", "DBABL~CVQqAAAAAACA.Q", "DBABBg~BUUAAACA.Y"]),
    st.lists(st.integers(0, 400), max_size=3),
    st.just(0) | st.integers(0, 12),
)
def test_flipped_and_cut_gpp_strings(
    official: Official, text: str, flips: list[int], cut: int
) -> None:
    first, _, rest = text.partition("~")
    mutated = f"{first}~{broken(rest, flips, cut)}"
    agree_gpp(official, mutated)
    said = GPP.read({"__gpp": (mutated,)}, POLICY)
    if said is not None and said.marketing is Say.GRANTED:
        theirs = official.read("gpp", mutated)
        assert theirs is not None
        for told in theirs.values():
            assert 1 not in {told["SaleOptOut"], told["SharingOptOut"]}
            assert not told.get("Gpc")
