from firsthand.rules.sensitive import ABILITIES, NAMES


def test_every_name_gives_one_ability() -> None:
    assert len(NAMES) == sum(len(each.names) for each in ABILITIES.values())


def test_what_the_requirement_lists_is_an_alarm() -> None:
    for name in (
        "cookie", "localStorage", "toDataURL", "AudioContext", "clipboard", "credentials", "eval",
        "Function", "submit", "keydown", "geolocation", "RTCPeerConnection",
    ):  # fmt: skip
        assert ABILITIES[NAMES[name][0]].grave, name


def test_words_stand_behind_the_new_version() -> None:
    for each in ABILITIES.values():
        assert each.words[0].islower()
        assert each.words.split()[0].endswith("s")
