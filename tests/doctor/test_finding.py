from firsthand.doctor.finding import Result, worst


def test_the_worst_is_what_fails() -> None:
    assert worst([Result.OK, Result.FAIL, Result.WARN]) is Result.FAIL
    assert worst([Result.UNKNOWN, Result.OK]) is Result.UNKNOWN
    assert worst([Result.UNKNOWN, Result.WARN]) is Result.WARN
    assert worst([]) is Result.OK
