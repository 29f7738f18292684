"""What an organisation is known by elsewhere: the form of each register's numbers, and their plain writing.

Only the form is checked: whether a number is this organisation's, a person looks up in that register.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from stepchange.transitions import Words

COMPANIES_HOUSE, POLICE_FORCE, GOVERNMENT = "companies house", "police force", "government"
LONGEST = 8

FITS: Mapping[str, tuple[str, ...]] = {
    "private": (COMPANIES_HOUSE,),
    "police": (POLICE_FORCE,),
    "government": (GOVERNMENT, COMPANIES_HOUSE),  # the state owns companies too
}
"""For each sector, the registers that may know its organisations."""

# What Companies House begins the numbers with that are no plain company's of England and Wales: by
# where it is registered (Scotland, Northern Ireland), and by what it is (partnership, charity, from
# overseas). From its list for users of the public data.
PREFIXES = frozenset(
    [
        *("AC", "CE", "CS", "EN", "ES", "FC", "GE", "GN", "GS", "IC", "IP", "LP", "NA", "NC", "NF"),
        *("NI", "NL", "NO", "NP", "NR", "NV", "NZ", "OC", "OE", "PC", "R", "RC", "RS", "SA", "SC"),
        *("SE", "SF", "SG", "SI", "SL", "SO", "SP", "SR", "SZ", "ZC"),
    ]
)
# Societies registered before 2014 end with a letter, or with the two of their register.
SOCIETY = re.compile(r"(IP|RS|SP|NP)\d{5}[A-Z]|(SP|NP)\d{4}RS")
_COMPANY = re.compile(r"([A-Z]{0,2})(\d{1,8})")
_FORCE = re.compile(r"\d{1,2}")
_BODY = re.compile(r"[A-Z]{1,2}\d{1,5}")
# Spaces, and the strokes with which people take numbers apart.
_GAPS = re.compile(r"[\s.\-\u2010-\u2015/]+")


def company_number(typed: str) -> str:
    """Return a Companies House number in its eight characters; empty for what has not their form.

    People leave out the zeros that it is filled with: 1234567 is 01234567, SC1234 is SC001234.
    """
    if SOCIETY.fullmatch(typed):
        return typed
    found = _COMPANY.fullmatch(typed)
    if found is None:
        return ""
    prefix, digits = found.groups()
    if (prefix and prefix not in PREFIXES) or len(prefix + digits) > LONGEST or not int(digits):
        return ""
    return prefix + digits.zfill(LONGEST - len(prefix))


def force_code(typed: str) -> str:
    """Return the Home Office's code of a force, two digits; empty for what has not their form."""
    return typed.zfill(2) if _FORCE.fullmatch(typed) and int(typed) else ""


def body_key(typed: str) -> str:
    """Return the key of a government body: one or two letters and a number; else nothing."""
    return typed if _BODY.fullmatch(typed) else ""


@dataclass(frozen=True)
class Register:
    """One register: how its numbers are written plainly, and what to say to a form that is none."""

    plainly: Callable[[str], str]
    wrong: Words


REGISTERS: Mapping[str, Register] = {
    COMPANIES_HOUSE: Register(
        company_number,
        _(
            "Enter the number as Companies House writes it: 8 digits, or 2 letters and 6 digits, like "
            "01234567 or SC123456."
        ),
    ),
    POLICE_FORCE: Register(
        force_code, _("Enter the Home Office’s code of the force: 2 digits, like 01 or 48.")
    ),
    GOVERNMENT: Register(
        body_key,
        _(
            "Enter the key from the register of government organisations: 1 or 2 letters and a "
            "number, like D16 or EA75."
        ),
    ),
}


def plainly(kind: str, typed: str) -> str:
    """Return an identifier as its register writes it, without gaps; empty where it has not its form."""
    text = _GAPS.sub("", typed).upper()
    return REGISTERS[kind].plainly(text) if text.isascii() else ""


def lock_of(kind: str, identifier: str) -> str:
    """Return the name that is held while somebody gives an entry this number, or lets it count again."""
    return f"organisation {kind} {identifier}"
