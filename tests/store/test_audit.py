from firsthand.store.audit import Act


def test_acts_are_told_apart_in_words_that_stay() -> None:
    assert len({act.value for act in Act}) == len(Act)
    assert Act.ERASE == "erasure"
    assert all(act.value.isprintable() and act.value.islower() for act in Act)
