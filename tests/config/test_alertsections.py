from firsthand.config.alertsections import AlertingSection, AlertSection


def test_every_key_is_described() -> None:
    for section in (AlertSection, AlertingSection):
        assert all(field.description for field in section.model_fields.values())
