"""Numbers in the words of a requirement, which must be thresholds too, so that no test needs to know them."""

import re
from collections.abc import Iterator

from harness.model.requirement import Requirement, ThresholdValue

NAMES = re.compile(  # names that carry digits and are no thresholds
    r"(?:SHA|AES)-\d+|[A-Z]{3}-\d\d|TLS 1\.\d/1\.\d|(?:TLS|SSL) \d\.\d|, 1\.\d(?=,| and)|and 1\.3|of 1\.2|below 1\.2|MD5|SM[234]|IPv\d"
    r"|base\d\d|UTF-\d+|WPA\d(?:/WPA\d)?|3DES|RC4|401/403|\+1 \w+|-1 \w+|step \d"
)
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
UNITS = (1, 1 / 60, 1 / 3600, 1 / 86400, 100, 1e-6, 1 / 1024)  # seconds, minutes, hours, days, shares, MB, KiB


def loose_numbers(requirement: Requirement) -> Iterator[str]:
    """The numbers in procedure, criterion and controls that are no threshold in any unit."""
    words = " ".join([*requirement.procedure, requirement.pass_criterion, *requirement.controls])
    known = {form for threshold in requirement.thresholds.values() for form in _forms(threshold.value)}
    for number in NUMBER.findall(NAMES.sub(" ", words)):
        if round(float(number.replace(",", "")), 6) not in known:
            yield number


def _forms(value: ThresholdValue) -> Iterator[float]:
    if isinstance(value, str):
        return
    for one in value if isinstance(value, tuple) else (value,):
        yield from (round(float(one) * unit, 6) for unit in UNITS)
