"""Sections of the configuration file that are about alerts."""

from pydantic import Field

from firsthand.config.section import Section, Source
from firsthand.rules.alerts import On


class AlertSection(Section):
    """[[alerts]]: a rule, looked at every minute; it shows on the pages and in /metrics."""

    name: str = Field(
        pattern=r"^[a-z0-9_-]{1,40}$", description="its name, in lower case, of its own"
    )
    on: On = Field(
        description="match_rate (fires below limit), refused, unexplained (shares; fire above it),"
        " no_accepted (for minutes), script_held, token_failing"
    )
    limit: float = Field(0.5, ge=0, le=1, description="of a share: 0.8 is 80 %")
    slack: float = Field(
        0.02, ge=0, le=0.5, description="a share clears only when better than limit by this much"
    )
    hours: int = Field(3, ge=1, le=720, description="of a share: how far back it looks, hours")
    at_least: int = Field(
        50, ge=1, le=1_000_000, description="of a share: of fewer events it says nothing"
    )
    minutes: int = Field(
        60, ge=1, le=43_200, description="of no_accepted: for how long no event, minutes"
    )
    vendor: str = Field("", description="only this vendor's accounts; default: every vendor's")


class AlertingSection(Section):
    """[alerting]: who is told of alerts."""

    webhook: Source = Field(
        Source(),
        description="holds the address that each alert is posted to as JSON, once when it fires"
        " and once when it clears: https, or http on this machine; default: none",
    )
