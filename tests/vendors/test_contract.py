"""What every vendor keeps, whatever it is."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import date
from itertools import combinations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.mapping import Table
from firsthand.model import (
    Beacon,
    Hit,
    Kind,
    Reading,
    Recorded,
    TryLater,
)
from firsthand.rules.doors import Doors
from firsthand.vendor import Auth, Door, Edit, Script, Vendor
from firsthand.vendors import VENDORS
from tests.factories import NOW, make_beacon, make_hit, make_reading, make_reply

vendors = pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))

_HOST = re.compile(r"[a-z0-9*.-]+")
_PATH = re.compile(r"/[A-Za-z0-9_.~*{}/-]*")


def settings_of(vendor: Vendor) -> object:
    return vendor.settings()


def doors(vendor: Vendor) -> Iterator[Door | Script]:
    yield from (*vendor.beacons, *vendor.scripts, *vendor.never, *vendor.sinks)


def overlap(one: str, other: str) -> bool:
    """Say whether two patterns of addresses can mean one address (where at most one has holes)."""
    holes = re.compile(r"\*|\{account\}")
    patterns = ["[^/]+".join(map(re.escape, holes.split(each))) for each in (one, other)]
    filled = [holes.sub("x1", each) for each in (one, other)]
    return bool(re.fullmatch(patterns[0], filled[1]) or re.fullmatch(patterns[1], filled[0]))


def addresses(found: tuple[Door, ...]) -> Iterator[str]:
    for door in found:
        for host in door.hosts:
            yield from (host + path for path in door.paths)


@vendors
def test_names_and_words(vendor: Vendor) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", vendor.key)
    assert vendor.title
    assert vendor.token_help
    assert re.fullmatch(vendor.account_pattern, vendor.account_example)
    assert bool(vendor.auth_param) == (vendor.auth in {Auth.QUERY, Auth.HEADER, Auth.OAUTH1})
    assert vendor.account_params


@vendors
def test_doors_are_closed_patterns(vendor: Vendor) -> None:
    assert vendor.beacons
    for door in doors(vendor):
        assert door.hosts
        assert door.paths
        assert all(_HOST.fullmatch(host) for host in door.hosts)
        assert all(_PATH.fullmatch(path) for path in door.paths)
        assert "*" not in {host.rpartition(".")[0] for host in door.hosts}
    for door in vendor.beacons:
        assert all("*" not in host for host in door.hosts), "a beacon door names its host"


@vendors
def test_script_queries_are_bounded_patterns(vendor: Vendor) -> None:
    for script in vendor.scripts:
        assert script.sentinels
        for pattern in script.query.values():
            re.compile(pattern.replace("{account}", "x").replace("{site}", "x"))
            assert not re.search(r"(?<!\\)[*+]", pattern.replace("{site}", "")), "unbounded"


@vendors
def test_a_tag_shows_an_address_of_its_script(vendor: Vendor) -> None:
    found = Doors([vendor])
    entries = [script for script in vendor.scripts if not script.chained]
    assert entries
    for script in entries:
        for path in (script.shown,) if script.shown else script.paths:
            door = found.find(script.hosts[0], path)
            assert door is not None
            assert door.script is script


def is_sound(edit: Edit) -> bool:
    """Say whether an edit stays where it may be made: no text of it ends a string or a comment."""
    lines_end = re.search(r"[\r\n\u2028\u2029]", edit.find + edit.put)
    if not edit.reason or lines_end or edit.find == edit.put:
        return False
    if not edit.find:
        return edit.put.startswith("//")
    return not re.search(r"[\"'`\\]|\$\{", edit.find + edit.put)


@vendors
def test_listed_edits_are_sound(vendor: Vendor) -> None:
    for script in vendor.scripts:
        assert all(is_sound(edit) for edit in script.edits)


@pytest.mark.parametrize(
    ("edit", "sound"),
    [
        (Edit("tr.a.example", "tr.b.example", "why"), True),
        (Edit("", "//# sourceURL=https://a.example/x.js", "why"), True),
        (Edit("a", "b", ""), False),
        (Edit("a", "a", "why"), False),
        (Edit("a", "b'", "why"), False),
        (Edit('"a', "b", "why"), False),
        (Edit("a", "${b}", "why"), False),
        (Edit("a", "\\u0062", "why"), False),
        (Edit("a", "b\nc", "why"), False),
        (Edit("", "x()", "why"), False),
        (Edit("", "// a\u2028x()", "why"), False),
    ],
)
def test_what_a_sound_edit_is(edit: Edit, *, sound: bool) -> None:
    assert is_sound(edit) is sound


def test_no_beacon_door_belongs_to_two_vendors() -> None:
    for one, other in combinations(VENDORS.values(), 2):
        for first in addresses(one.beacons):
            assert not any(overlap(first, second) for second in addresses(other.beacons))


@vendors
def test_an_address_of_one_vendor_has_one_use(vendor: Vendor) -> None:
    uses = (vendor.beacons, vendor.never, vendor.sinks)
    scripts = tuple(Door(each.hosts, each.paths) for each in vendor.scripts)
    for one, other in combinations((*uses, scripts), 2):
        for first in addresses(one):
            assert not any(overlap(first, second) for second in addresses(other)), first


@vendors
def test_table_rows_are_sound(vendor: Vendor) -> None:
    wires = [row.wire for row in vendor.fields]
    assert len(wires) == len(set(wires)), "a second row of a parameter is never reached"
    kinds: dict[str, Kind] = {}
    for row in vendor.fields:
        assert row.path.count(".") <= 1 or row.path.endswith(".*")
        assert "*" not in row.path or row.wire.endswith("*")
        if row.path:
            assert kinds.setdefault(row.path, row.kind) is row.kind, row.path


@vendors
def test_free_keys_are_custom(vendor: Vendor) -> None:
    for row in vendor.fields:
        if row.path.endswith("*"):
            assert row.kind is Kind.CUSTOM, row.wire


@vendors
def test_click_ids_and_cookies_have_patterns(vendor: Vendor) -> None:
    for click in vendor.click_ids:
        assert re.fullmatch(click.pattern, "") is None
    paths = {row.path for row in vendor.fields}
    params = {click.param for click in vendor.click_ids}
    for cookie in vendor.cookies:
        assert re.fullmatch(cookie.pattern, "") is None
        assert 0 < cookie.days <= 400, "browsers keep none longer"
        assert not cookie.field or cookie.field in paths
        assert not cookie.click or cookie.click in params


@vendors
def test_settings_explain_themselves_and_hold_no_secret(vendor: Vendor) -> None:
    for each in dataclasses.fields(vendor.settings):
        assert each.metadata.get("doc"), f"{each.name} has no doc"
        assert not re.search(r"secret|token|password|api_key", each.name), "credentials join last"
    assert vendor.settings.__doc__


@vendors
def test_limits_are_sane(vendor: Vendor) -> None:
    limits = vendor.limits
    assert limits.max_batch >= 1
    assert limits.max_bytes >= 1000
    assert limits.max_age.total_seconds() > 0
    assert limits.calls_per_second > 0
    assert limits.in_flight >= 1
    assert vendor.dedup.window.total_seconds() > 0


@vendors
def test_a_version_lives_and_none_ended_before_this_was_written(vendor: Vendor) -> None:
    ends = [version.ends for version in vendor.versions]
    assert all(version.name for version in vendor.versions)
    assert any(end is None or end > date(2026, 12, 31) for end in ends)
    assert all(end is None or end > date(2026, 1, 1) for end in ends), "nobody can use it"


@vendors
def test_canonical_names_are_words(vendor: Vendor) -> None:
    assert all(re.fullmatch(r"[a-z][a-z_]*", name) for name in vendor.event_names.values())


def hosts_and_paths(vendor: Vendor) -> list[tuple[str, str]]:
    found = [
        (host, path.replace("*", "x").replace("{account}", vendor.account_example))
        for door in vendor.beacons
        for host in door.hosts
        for path in door.paths
    ]
    assert found
    return found


def wires(vendor: Vendor) -> list[str]:
    names = [row.wire for row in vendor.fields if not row.wire.startswith("@")]
    return [name.replace("*", "x]") for name in names] + [
        "",
        "ev",
        "id",
        "en",
        "tid",
        "@ip",
        "a%00",
    ]


VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["1", "-1e9999", "9" * 400, "purchase", "Purchase", "%ff%fe", "\ud800", "~~~"]),
    st.sampled_from(['{"a":' * 9, "[" * 5000, "https://[", "https://a b/", "tv.1~em.~", "{}"]),
)


@st.composite
def hostile(draw: st.DrawFn, vendor: Vendor) -> Hit:
    host, path = draw(st.sampled_from(hosts_and_paths(vendor)))
    pairs = st.tuples(st.sampled_from(wires(vendor)), VALUES)
    fixed = [f"id={vendor.account_example}&ev=Purchase&tid={vendor.account_example}&en=purchase"]
    parts = [f"{name}={value}" for name, value in draw(st.lists(pairs, max_size=12))]
    query = "&".join(draw(st.sampled_from([[], fixed])) + parts)
    body = draw(st.one_of(st.binary(max_size=80), st.just(query.encode("utf-8", "replace"))))
    kinds = [
        "",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ]
    headers = {"content-type": draw(st.sampled_from(kinds)), "user-agent": draw(VALUES)}
    headers["referer"] = draw(VALUES)
    return dataclasses.replace(
        make_hit(method=draw(st.sampled_from(["GET", "POST"])), headers=headers, body=body),
        host=host,
        path=path,
        query=query,
    )


def assert_fit_to_send(vendor: Vendor, reading: Reading) -> None:
    assert re.fullmatch(vendor.account_pattern, reading.account)
    assert len(reading.name) <= 100
    orjson.dumps(reading.fields)
    beacon = make_beacon(reading, vendor=vendor.key)
    call = vendor.write([beacon], settings_of(vendor), now=reading.at)
    assert orjson.loads(call.body)


@vendors
@given(data=st.data())
def test_hostile_hits_never_raise_and_what_is_read_can_be_sent(
    vendor: Vendor, data: st.DataObject
) -> None:
    for reading in vendor.read(data.draw(hostile(vendor))):
        assert_fit_to_send(vendor, reading)


@vendors
@given(data=st.data())
def test_parameters_that_no_row_lists_are_not_forwarded(
    vendor: Vendor, data: st.DataObject
) -> None:
    name = data.draw(st.from_regex(r"zz[a-z]{3,8}", fullmatch=True))
    hit = data.draw(hostile(vendor))
    spoilt = dataclasses.replace(hit, query=f"{hit.query}&{name}=canary-7d1f&@canary=canary-7d1f")
    for reading in vendor.read(spoilt):
        assert "canary-7d1f" not in repr(reading.fields)


@vendors
@given(data=st.data())
def test_every_field_has_a_row(vendor: Vendor, data: st.DataObject) -> None:
    table = Table(vendor.fields)
    for reading in vendor.read(data.draw(hostile(vendor))):
        assert all(table.row(path) for path in reading.fields), reading.fields


@vendors
@given(data=st.data())
def test_the_same_hit_reads_the_same(vendor: Vendor, data: st.DataObject) -> None:
    hit = data.draw(hostile(vendor))
    assert list(vendor.read(hit)) == list(vendor.read(hit))


STATUSES = (200, 204, 302, 400, 401, 403, 404, 413, 429, 500, 503)
BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff",
    b'{"error":{}}',
    b'{"error":{"code":"x"}}',
    b"<html>",
)


def sent(vendor: Vendor, count: int) -> list[Beacon]:
    reading = make_reading(account=vendor.account_example)
    return [make_beacon(reading, vendor=vendor.key, id=f"{n:032d}") for n in range(count)]


@vendors
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("count", [1, 3])
def test_judge_gives_one_outcome_for_each_beacon(
    vendor: Vendor, status: int, body: bytes, count: int
) -> None:
    beacons = sent(vendor, count)
    for judge in (vendor.judge, vendor.judge_probe or vendor.judge):
        outcomes = judge(make_reply(status, body), beacons)
        assert len(outcomes) == count


@vendors
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_vendor_in_trouble_is_asked_again(vendor: Vendor, status: int) -> None:
    outcomes = vendor.judge(make_reply(status), sent(vendor, 2))
    assert all(isinstance(each, TryLater) for each in outcomes)


@vendors
def test_a_refused_token_loses_nothing(vendor: Vendor) -> None:
    outcomes = vendor.judge(make_reply(401), sent(vendor, 2))
    assert all(isinstance(each, TryLater) for each in outcomes)


@vendors
def test_a_call_goes_to_a_named_host_and_holds_no_credential(vendor: Vendor) -> None:
    beacons = sent(vendor, 1)
    call = vendor.write(beacons, settings_of(vendor), now=NOW)
    assert (call.vendor, call.account) == (vendor.key, vendor.account_example)
    assert call.url.split("/")[2] in vendor.api_hosts
    assert call.url.startswith("https://")
    assert {name.lower() for name in call.headers}.isdisjoint({"authorization", "cookie"})
    assert not vendor.auth_param or f"{vendor.auth_param}=" not in call.url


@vendors
def test_a_probe_goes_to_another_door_of_the_same_vendor(vendor: Vendor) -> None:
    assert (vendor.probe is None) == (vendor.judge_probe is None)
    if vendor.probe is None or vendor.judge_probe is None:
        return
    beacons = sent(vendor, 2)
    call = vendor.write(beacons, settings_of(vendor), now=NOW)
    probe = vendor.probe(call)
    assert probe is not None
    assert (probe.url, probe.body) != (call.url, call.body)
    assert probe.url.split("/")[2] in vendor.api_hosts
    outcomes = vendor.judge_probe(make_reply(503), beacons)
    assert all(not each.validated for each in outcomes if isinstance(each, Recorded))
