from firsthand.ecapi import vocabulary


def test_the_standard_has_45_event_types() -> None:
    # ECAPI 1.0, list of event types: 28 standard ones, 17 additional ones.
    assert len(vocabulary.TYPES) == 45


def test_no_two_objects_share_a_name() -> None:
    groups = (vocabulary.EVENT, vocabulary.PROPERTIES, vocabulary.LISTS, vocabulary.USER)
    names = [name for group in groups for name in group]
    assert len(names) == len(set(names))


def test_aliases_lead_to_fields() -> None:
    known = {
        "user_data": {*vocabulary.USER, *vocabulary.UNUSED, "email_address", "address"},
        "properties": vocabulary.PROPERTIES,
        "items": vocabulary.ITEM,
    }
    for group, aliases in vocabulary.ALIASES.items():
        assert set(aliases.values()) <= set(known[group])
        assert not set(aliases) & set(known[group])
