"""The closed word lists that catalogue, profile, bench and cases share; order matters where it is said."""

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, StrictBool, WithJsonSchema

State = Literal["factory", "setup", "normal", "privacy", "end"]
Side = Literal["device", "firmware", "storage", "document", "app", "service", "inspection"]
Level = Literal["basic", "enhanced", "leading"]
Effort = Literal["quick", "full"]  # what quick leaves out stays undecided

STATES: tuple[State, ...] = get_args(State)  # in the order in which a run visits them
SIDES: tuple[Side, ...] = get_args(Side)
LEVELS: tuple[Level, ...] = get_args(Level)  # lowest first


def _from_words(value: object) -> object:
    return value == "yes" if value in ("yes", "no") else value


YesNo = Annotated[StrictBool, BeforeValidator(_from_words), WithJsonSchema({"enum": ["yes", "no"]})]
"""A truth value, written as the words yes and no (which are text in YAML 1.2)."""

NEEDS = (
    "network",
    "uart",
    "power",
    "card_access",
    "flash_access",
    "router",
    "interception",
    "radio",
    "app_phone",
    "producer_service",
    "second_account",
    "operator",
    "documents",
    "lab_shell",
    "altered_packages",
    "jtag",
)
DETECTORS = ("survey", "capture", "discovery", "uart", "radio", "image", "web", "app", "inspection", "document")
