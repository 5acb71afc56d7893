from pathlib import Path

from firsthand.config.secret import kept_secret
from firsthand.doctor.patient import examined
from tests.doctor.setup import written


async def test_looking_makes_nothing_and_uses_the_secret_that_is_there(tmp_path: Path) -> None:
    path = written(tmp_path)
    async with examined(path, "127.0.0.1:1") as patient:
        assert (patient.keyed, patient.tracking) == (False, "trk.shop.example.com")
        assert patient.pages == ("shop.example.com",)
        assert patient.origins == ("https://shop.example.com",)
    assert [each.name for each in tmp_path.iterdir()] == ["shop.toml"]
    made = kept_secret(tmp_path / "var" / "secret", "site.secret", 32)
    async with examined(path, "127.0.0.1:1") as patient:
        assert patient.keyed
        assert patient.site.secret == made.encode()
