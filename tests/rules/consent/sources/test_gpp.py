import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.rules.consent.policy import Policy
from firsthand.rules.consent.sources.gpp import SOURCE
from firsthand.rules.consent.statement import Fault, Say, Statement
from tests.rules.consent.writer import NOV_2, header, tc, vendors

OUT, FINE = "DBABL~CVQVAAAAAACA.Y", "DBABL~CVQqAAAAAACA.Q"
EU = tc()
EU_NO = tc(purposes=(), vendors=vendors())
GRANTED, UNKNOWN, DENIED = Say.GRANTED, Say.UNKNOWN, Say.DENIED


def gpp(**sections: str) -> str:
    ids = [int(name[1:]) for name in sections]
    return "~".join([header(*ids), *sections.values()])


def read(text: str, sections: str | None = None) -> Statement | None:
    values = {"__gpp": (text,)} | ({"__gpp_sid": (sections,)} if sections is not None else {})
    return SOURCE.read(values, Policy())


# Samples of sections 7 and 8: made with an encoder of our own from the sections' tables.
@pytest.mark.parametrize(
    ("text", "analytics", "marketing", "explicit"),
    [
        (OUT, UNKNOWN, DENIED, False),
        (FINE, UNKNOWN, GRANTED, False),
        ("DBABL~BVQqAAAAAg.Q", UNKNOWN, GRANTED, False),
        ("DBABLA~BVQqAAAAAgA.QA", UNKNOWN, GRANTED, False),
        ("DBABBg~BUUAAACA.Y", UNKNOWN, DENIED, False),
        ("DBABBg~BUoAAACA.Q", UNKNOWN, GRANTED, False),
        (gpp(_7="CVQAAAAAAACA"), UNKNOWN, UNKNOWN, False),  # no opt-out applies
        ("DBABT~1YNN", UNKNOWN, GRANTED, False),
        ("DBABT~1YYN", UNKNOWN, DENIED, False),
        ("DBABT~1---", UNKNOWN, UNKNOWN, False),
        ("DBAA", UNKNOWN, UNKNOWN, False),
        (gpp(_2=EU), GRANTED, GRANTED, True),
        (gpp(_2=EU_NO), DENIED, DENIED, True),
        (gpp(_2=EU, _6="1YNN"), GRANTED, GRANTED, True),
        (gpp(_2=EU, _6="1YYN"), GRANTED, DENIED, True),
        (gpp(_2=EU, _6="1---"), GRANTED, GRANTED, True),
        (gpp(_2=EU, _7="CVQVAAAAAACA.Y"), GRANTED, DENIED, True),
        (gpp(_7="CVQqAAAAAACA.Q", _8="BUUAAACA.Y"), UNKNOWN, DENIED, False),
    ],
)
def test_what_the_sections_say(
    text: str, analytics: Say, marketing: Say, *, explicit: bool
) -> None:
    said = read(text)
    assert said is not None
    assert (said.analytics, said.marketing, said.explicit) == (analytics, marketing, explicit)
    assert (said.error, said.notes, said.yields) == (None, (), False)


def test_the_section_of_the_eu_speaks_of_vendors_and_time() -> None:
    said = read(gpp(_2=EU, _6="1YNN"))
    assert said is not None
    assert said.decided_at == NOV_2
    assert "linkedin" in said.without
    assert "ga4" not in said.without


@pytest.mark.parametrize(
    ("sections", "marketing"),
    [
        ("7", DENIED),
        ("8", GRANTED),
        ("7,8", DENIED),
        ("7_8", DENIED),
        ("7%2C8", DENIED),
        ("-1,8", GRANTED),
        ("2", UNKNOWN),  # says it applies, and is not there
        ("8,2", UNKNOWN),
        ("7,2", DENIED),
    ],
)
def test_only_applicable_sections_count(sections: str, marketing: Say) -> None:
    said = read(gpp(_7="CVQVAAAAAACA.Y", _8="BUoAAACA.Q"), sections)
    assert said is not None
    assert said.marketing is marketing


@pytest.mark.parametrize("sections", ["", "-1", " "])
def test_where_it_does_not_apply(sections: str) -> None:
    assert read(OUT, sections) is None


@pytest.mark.parametrize("section", [5, 28, 63])
def test_a_section_that_we_do_not_read_takes_back_grants(section: int) -> None:
    said = read(gpp(**{"_2": EU, f"_{section}": "x"}))
    assert said is not None
    assert (said.analytics, said.marketing) == (UNKNOWN, UNKNOWN)
    assert said.notes == ("unread_section",)


# The platforms' cookie lists (read 2026-11), and the parameters of beacons.
@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("__gpp", "__gpp_sid"),
        ("IABGPP_HDR_GppString", "IABGPP_GppSID"),
        ("OTGPPConsent", "none"),
        ("gpp", "gpp_sid"),
    ],
)
def test_where_a_string_may_be(name: str, sections: str) -> None:
    said = SOURCE.read({name: (OUT,)}, Policy())
    assert said is not None
    assert said.marketing is DENIED
    assert sections == "none" or SOURCE.read({name: (OUT,), sections: ("-1",)}, Policy()) is None
    assert {name, sections} <= {*SOURCE.cookies, *SOURCE.signals, "none"}


@pytest.mark.parametrize("values", [{}, {"__gpp": ("",)}, {"__gpp_sid": ("7",)}])
def test_no_string_says_nothing(values: dict[str, tuple[str, ...]]) -> None:
    assert SOURCE.read(values, Policy()) is None


@pytest.mark.parametrize("copies", [(OUT, FINE), (FINE, OUT)])
def test_any_copy_can_refuse(copies: tuple[str, ...]) -> None:
    for values in ({"__gpp": copies}, {"__gpp": copies[:1], "OTGPPConsent": copies[1:]}):
        said = SOURCE.read(values, Policy())
        assert said is not None
        assert said.marketing is DENIED


def test_several_lists_of_sections_are_one() -> None:
    values = {"__gpp": (OUT,), "__gpp_sid": ("-1", "7")}
    said = SOURCE.read(values, Policy())
    assert said is not None
    assert said.marketing is DENIED


@pytest.mark.parametrize("text", [OUT.replace("~", "%7E"), OUT.replace("~", "%257E")])
def test_encoded_once_or_twice(text: str) -> None:
    assert read(text) == read(OUT)


@pytest.mark.parametrize(
    ("text", "sections", "fault"),
    [
        ("garbage", None, Fault.MALFORMED),
        ("DBABL", "7", Fault.MALFORMED),
        ("DBABL~CVQq", "7", Fault.MALFORMED),
        ("DBABL~DVQqAAAAAACA", "7", Fault.VERSION),
        ("DBABT~1ynn", None, Fault.MALFORMED),
        (gpp(_2=tc(version=1)), None, Fault.VERSION),
        (gpp(_2=EU[:-2], _6="1YNN"), None, Fault.MALFORMED),
        (FINE, "seven", Fault.MALFORMED),
        (FINE, "7,", Fault.MALFORMED),
        (FINE.lower(), None, Fault.MALFORMED),
        (FINE + "\0", None, Fault.MALFORMED),
        (FINE + "A" * 5000, None, Fault.OVERSIZED),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, sections: str | None, fault: Fault) -> None:
    said = read(text, sections)
    assert said is not None
    assert said.error is fault


@given(st.integers(0, len(OUT)), st.text(max_size=3), st.integers(0, 2))
def test_no_mutation_beside_a_refusal_grants(where: int, junk: str, cut: int) -> None:
    mutated = OUT[:where] + junk + OUT[where + cut :]
    said = SOURCE.read({"__gpp": (mutated, OUT)}, Policy())
    assert said is not None
    assert said.marketing is not GRANTED
