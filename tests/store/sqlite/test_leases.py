from firsthand.store.sqlite.leases import Leases


def test_leases_run_out_and_can_be_given_back() -> None:
    leases = Leases()
    leases.add(1, [5, 6], until=10)
    leases.add(2, [7], until=10)
    assert set(leases.out(1, 9)) == {5, 6}
    leases.drop([6, 99])
    assert set(leases.out(1, 9)) == {5}
    assert leases.out(1, 10) == {}
    assert set(leases.out(2, 9)) == {7}


def test_what_is_in_flight_is_known_over_all_lanes() -> None:
    leases = Leases()
    leases.add(1, [5, 6], until=10)
    leases.add(2, [7], until=12)
    leases.drop([5])
    assert leases.in_flight(9) == {6, 7}
    assert leases.in_flight(11) == {7}
