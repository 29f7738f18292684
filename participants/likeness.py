"""How likely two people are one: a score with its reasons, from what each has told of themself.

Pure: no rows are read. Points and the line between likely and not are tuned on one half of
`benchmarks/data/likeness/` and measured on both (docs/decisions/0021-likely-duplicates.md).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from rapidfuzz.distance import OSA

from participants.given_names import are_short_for_each_other, full_forms, is_known
from workstreams.free_mail import is_free_mail
from workstreams.names import LETTERS, domain_of, name_key

LIKELY = 60
"""From so many points on, two people are shown to the office as likely one."""


class Reason(TextChoices):
    """What speaks for two people being one, and what against."""

    SAME_NAME = "same name", _("the same name")
    OTHER_ORDER = "other order", _("the same names in another order")
    NICKNAME = "nickname", _("a short form of the same name")
    INITIAL = "initial", _("an initial that fits the name")
    NEARLY = "nearly", _("a name that is spelt nearly the same")
    PART_OF_NAME = "part of name", _("one family name is a part of the other")
    OTHER_FAMILY_NAME = "other family name", _("the same given name, with another family name")
    UNCOMMON = "uncommon", _("an uncommon family name")
    ADDRESS = "address", _("the same email address")
    TELEPHONE = "telephone", _("the same telephone")
    SWITCHBOARD = "switchboard", _("the same telephone, which may be a switchboard")
    EMPLOYER = "employer", _("the same employer")
    GROUP = "group", _("an employer of the same group")
    JOB = "job", _("the same job title")
    REFEREE = "referee", _("the same referee")
    OTHER_MIDDLE_NAME = "other middle name", _("another middle name")
    GENERATION = "generation", _("senior and junior")
    OTHER_EXTENSION = "other extension", _("another extension of the same telephone")
    OTHER_MOBILE = "other mobile", _("another mobile telephone")
    NUMBERED_ADDRESS = "numbered address", _("an address with a number that tells namesakes apart")


POINTS = {
    Reason.UNCOMMON: 12,
    Reason.ADDRESS: 45,
    Reason.TELEPHONE: 38,
    Reason.SWITCHBOARD: 14,
    Reason.EMPLOYER: 16,
    Reason.GROUP: 12,
    Reason.JOB: 8,
    Reason.REFEREE: 4,
    Reason.OTHER_MIDDLE_NAME: -40,
    Reason.GENERATION: -40,
    Reason.OTHER_EXTENSION: -15,
    Reason.OTHER_MOBILE: -8,
    Reason.NUMBERED_ADDRESS: -30,
}


class Fit(TextChoices):
    """How two given names, or two family names, fit each other."""

    SAME = "same"
    SHORT = "short"
    NEARLY = "nearly"
    INITIAL = "initial"
    PART = "part"
    OTHER = "other"


# By how the given names fit, and then the family names. What is not here is another name.
NAMES = {
    (Fit.SAME, Fit.SAME): 50,
    (Fit.SAME, Fit.NEARLY): 40,
    (Fit.SAME, Fit.PART): 34,
    (Fit.SAME, Fit.OTHER): 24,
    (Fit.SHORT, Fit.SAME): 46,
    (Fit.SHORT, Fit.NEARLY): 34,
    (Fit.SHORT, Fit.PART): 28,
    (Fit.SHORT, Fit.OTHER): 18,
    (Fit.NEARLY, Fit.SAME): 40,
    (Fit.NEARLY, Fit.NEARLY): 28,
    (Fit.INITIAL, Fit.SAME): 34,
    (Fit.INITIAL, Fit.NEARLY): 20,
}
TURNED_ROUND = 4
"""What is taken off where one of the two has to be read with the family name first."""

FITS_GIVEN = {
    Fit.SHORT: Reason.NICKNAME,
    Fit.NEARLY: Reason.NEARLY,
    Fit.INITIAL: Reason.INITIAL,
}
FITS_FAMILY = {
    Fit.NEARLY: Reason.NEARLY,
    Fit.PART: Reason.PART_OF_NAME,
    Fit.OTHER: Reason.OTHER_FAMILY_NAME,
}

TITLES = frozenset(
    """
    mr mrs ms miss mx dr prof professor sir dame lord lady baroness baron rev revd reverend
    pc wpc dc ps ds sgt sergeant insp inspector di ci dci supt superintendent dsupt cdr acc dcc cc
    capt captain maj major col colonel lt cllr councillor hon
    obe mbe cbe kcb cb kbe dbe qpm qc kc jp dl phd msc bsc ba ma mba llb fcca csyp
    """.split()  # noqa: SIM905 - fifty quoted words would read worse
)
GENERATIONS = {
    "sr": 1,
    "snr": 1,
    "senior": 1,
    "jr": 2,
    "jnr": 2,
    "junior": 2,
    "ii": 2,
    "iii": 3,
}
APOSTROPHES = re.compile("['’\u2018`\u00b4\u02bc]")
PARTICLES = frozenset("o mc mac van de der den von zu di da dos del della la le al el bin".split())  # noqa: SIM905
# The family names that most people of this country have: two who share one are often two.
COMMON = frozenset(
    """
    smith jones taylor williams brown davies evans wilson thomas roberts johnson lewis walker robinson
    wood thompson white watson jackson wright green harris cooper king lee martin clarke clark james
    morgan hughes edwards hill moore davis harrison scott young morris hall ward turner carter phillips
    mitchell patel adams campbell anderson allen cook bailey parker miller shaw murphy bell kelly price
    khan hussain ahmed ali singh kaur begum shah mahmood akhtar rahman islam malik iqbal chowdhury
    richardson bennett gray collins cox marshall simpson ellis griffiths stevens foster chapman mason
    webb powell gibson rogers hunt mills graham palmer owen stewart murray reid robertson macdonald
    mcdonald ross paterson wallace kennedy gordon hamilton johnston burns byrne ryan walsh obrien
    oconnor doyle gallagher doherty lynch sullivan barker butler holmes dixon russell fisher barnes
    knight lloyd jenkins rees howells pearson grant hunter black fox west stone day hart wells
    sharma kumar gupta das miah uddin abdi mohamed hassan ibrahim chen wang li zhang liu wong nguyen
    """.split()  # noqa: SIM905 - more than a hundred quoted names would read worse
)
OF_ONE_PERSON = frozenset({Reason.ADDRESS, Reason.TELEPHONE})
"""What few share. Only beside it is another family name no other person: many Davids have one employer."""
# What stands before the @ in addresses that several people read.
SHARED_MAILBOX = re.compile(
    r"(info|enquir\w*|contact|office|admin|reception|security|events?|control.?room|duty.?\w*|"
    r"help.?desk|operations|ops|team|licensing|emergency\w*|planning|press|hr|mail|post|ctsa)"
    r"([._-].*)?"
)


@dataclass(frozen=True, kw_only=True)
class Details:
    """What one person has told of themself, as they wrote it; empty where they did not.

    `employer` and `group` are any keys that are equal for the same one. `referee` may be a digest.
    """

    full_name: str
    work_email: str = ""
    log_in_email: str = ""
    telephone: str = ""
    employer: str = ""
    group: str = ""
    role_title: str = ""
    referee: str = ""


@dataclass(frozen=True)
class Likeness:
    """How much speaks for two people being one: at LIKELY or more, somebody should look."""

    score: int
    reasons: tuple[Reason, ...] = ()
    facts: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    """What each reason rests on, the same whichever of the two comes first. Tells of people."""

    @property
    def is_likely(self) -> bool:
        """Say whether the two are likely one person."""
        return self.score >= LIKELY


class Name(NamedTuple):
    """A name taken apart: letters without accents, in lower case."""

    given: str
    middle: tuple[str, ...]
    family: tuple[str, ...]
    """Its parts: of a double-barrelled name, two."""
    generation: int = 0

    @property
    def letters(self) -> str:
        """All letters of the name, in order: "Jean-Luc" and "Jeanluc" are one."""
        return "".join((self.given, *self.middle, *self.family))

    @property
    def words(self) -> tuple[str, ...]:
        """All words of the name, whatever their order."""
        return tuple(sorted((self.given, *self.middle, *self.family)))

    @property
    def surname(self) -> str:
        """The family name in one word; "Mueller" is "Müller"."""
        return re.sub(r"([aou])e", r"\1", "".join(self.family))


# Names ------------------------------------------------------------------------------------------------
def folded(text: str) -> str:
    """Return a text in lower case and without accents, as names are compared."""
    lower = unicodedata.normalize("NFKC", text).casefold().translate(LETTERS)
    apart = unicodedata.normalize("NFKD", lower)
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return plain.casefold()


@lru_cache(maxsize=4096)
def name_of(full_name: str) -> Name:
    """Take a name apart: its title and what follows a name are left out, "Smith, Ann" is turned round."""
    text = APOSTROPHES.sub("", folded(full_name))
    parts = [_words(part) for part in text.split(",")]
    said = [word for part in parts for word in part]
    generations = [GENERATIONS[word] for word in said if word in GENERATIONS]
    parts = [
        [word for word in part if word.strip(".") not in TITLES and word not in GENERATIONS]
        for part in parts
    ]
    filled = [part for part in parts if part] or [said]
    if len(filled) > 1:
        family, rest = filled[0], [word for part in filled[1:] for word in part]
    else:
        words = filled[0]
        start = _start_of_family(words)
        family, rest = words[start:], words[:start]
    *particles, last = family or [""]
    barrels = [word for word in "".join((*particles, last)).replace(".", "").split("-") if word]
    split = [part.strip(".") for word in rest for part in word.split("-")]
    given, *middle = [word for word in split if word] or [""]
    return Name(given, tuple(middle), tuple(barrels), max(generations, default=0))


def _words(text: str) -> list[str]:
    """Return the words of a name; an initial keeps its dot, which tells it from the "O" of Irish names."""
    spaced = re.sub(r"\.(?=\S)", ". ", text)
    kept = "".join(letter if letter.isalnum() or letter in "-." else " " for letter in spaced)
    words = [re.sub(r"\.$", "", word) if len(word) > 2 else word for word in kept.split()]
    return [word for word in (word.strip("-") for word in words) if word.strip(".")]


def _start_of_family(words: list[str]) -> int:
    start = len(words) - 1
    while start > 1 and words[start - 1] in PARTICLES:
        start -= 1
    return max(start, 0)


def turned(name: Name) -> Name:
    """Return a name read with its family name first: its first word is that, and its last the given."""
    words = (name.given, *name.middle, *name.family)
    return Name(words[-1], words[1:-1], words[:1], name.generation)


@dataclass(frozen=True)
class _Named:
    points: int
    reasons: tuple[Reason, ...]
    is_same: bool = False


def _compare_names(one: Name, other: Name) -> _Named | None:
    """Return how two names fit, the best way that they can be read; None for two names."""
    if one.letters and one.letters == other.letters:
        return _Named(NAMES[Fit.SAME, Fit.SAME], (Reason.SAME_NAME,), is_same=True)
    if not one.given or not other.given:  # somebody who has one name only
        return None
    found = [_fit(one, other)]
    if one.words == other.words:
        points = NAMES[Fit.SAME, Fit.SAME] - TURNED_ROUND
        found.append(_Named(points, (Reason.OTHER_ORDER,), is_same=True))
    for mine, yours in ((turned(one), other), (one, turned(other))):
        fit = _fit(mine, yours)
        if fit and not {Reason.OTHER_FAMILY_NAME, Reason.PART_OF_NAME} & set(fit.reasons):
            reasons = [each for each in fit.reasons if each is not Reason.SAME_NAME]
            found.append(_Named(fit.points - TURNED_ROUND, (Reason.OTHER_ORDER, *reasons)))
    fitting = [each for each in found if each]
    return max(fitting, key=lambda each: (each.points, each.reasons), default=None)


def _fit(one: Name, other: Name) -> _Named | None:
    given, family = _fit_given(one.given, other.given), _fit_family(one, other)
    points = NAMES.get((given, family))
    if points is None or (given == Fit.SAME and family == Fit.OTHER and len(one.given) == 1):
        return None
    reasons = [FITS_GIVEN.get(given), FITS_FAMILY.get(family)]
    told = tuple(dict.fromkeys(reason for reason in reasons if reason)) or (Reason.SAME_NAME,)
    return _Named(points, told, is_same=(given, family) == (Fit.SAME, Fit.SAME))


def _fit_given(one: str, other: str) -> Fit:
    if one == other:
        return Fit.SAME
    short, long = sorted((one, other), key=lambda word: (len(word), word))
    if len(short) == 1:
        initials = {form[0] for form in full_forms(long)}
        return Fit.INITIAL if short in initials else Fit.OTHER
    if are_short_for_each_other(one, other):
        return Fit.SHORT
    if is_known(one) and is_known(other):
        return Fit.OTHER  # two names, however near: Jean and Joan
    if re.fullmatch(rf"{re.escape(short)}(a|e|l?le|ne|ina|ia|ette)", long):
        return Fit.OTHER  # a woman's name made of a man's
    return Fit.NEARLY if _is_slip(one, other, once=5, twice=8) else Fit.OTHER


def _fit_family(one: Name, other: Name) -> Fit:
    if one.surname == other.surname:
        return Fit.SAME
    mine, yours = set(one.family), set(other.family)
    if mine < yours or yours < mine:
        return Fit.PART
    if _is_slip(one.surname, other.surname, once=5, twice=8):
        return Fit.NEARLY
    return Fit.OTHER


def _is_slip(one: str, other: str, *, once: int, twice: int) -> bool:
    """Say whether one is the other with a letter wrong, missing, too many or changed round.

    `once` and `twice` say how long a word must be for so many slips.
    """
    length = min(len(one), len(other))
    allowed = 2 if length >= twice else 1 if length >= once else 0
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def _has_other_middle_name(one: Name, other: Name) -> bool:
    """Say whether both have middle names, and none of the one's fits any of the other's."""
    if not one.middle or not other.middle or one.words == other.words:
        return False
    return all(
        _fit_given(mine, yours) == Fit.OTHER for mine, yours in product(one.middle, other.middle)
    )


# Addresses and telephones -----------------------------------------------------------------------------
def address_key(address: str) -> str:
    """Return what two spellings of one person's address have in common; empty where several read it.

    What follows a plus is left out, and the dots of an address at Gmail.
    """
    local, _at, domain = address.strip().casefold().rpartition("@")
    local = local.partition("+")[0]
    if domain in {"gmail.com", "googlemail.com"}:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}" if local and not SHARED_MAILBOX.fullmatch(local) else ""


class Telephone(NamedTuple):
    """A telephone number in digits, as it is dialled in the United Kingdom, and its extension."""

    number: str
    extension: str = ""

    @property
    def is_mobile(self) -> bool:
        """Say whether it is a mobile's, which few people share."""
        return len(self.number) == 11 and self.number.startswith("07") and self.number[2] != "0"


def telephone_of(text: str) -> Telephone:
    """Return a telephone number however it is written: +44 (0)20 7946 0857 is 020 7946 0857."""
    main, _word, extension = re.sub(r"(?i)\s*(extension|ext\.?|x)\s*", "x", text).partition("x")
    digits = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", main))
    digits = re.sub(r"^(\+44|0044)0?", "0", digits).lstrip("+")
    return Telephone(digits, re.sub(r"[^0-9]", "", extension))


# The whole --------------------------------------------------------------------------------------------
def likeness_of(one: Details, other: Details) -> Likeness:
    """Return how likely two people are one, and why; the same whichever comes first.

    Nothing but the names can carry it alone, and nothing carries it against the names: two people who
    share a telephone, an employer or a referee are two.
    """
    mine, yours = name_of(one.full_name), name_of(other.full_name)
    named = _compare_names(mine, yours)
    if named is None:
        return Likeness(0)
    told = {**dict.fromkeys(named.reasons, ()), **dict(_evidence(one, other, named, mine, yours))}
    score = named.points + sum(POINTS.get(reason, 0) for reason in told)
    if Reason.OTHER_FAMILY_NAME in told and not OF_ONE_PERSON & set(told):
        score = min(score, LIKELY - 1)
    names = tuple(sorted((" ".join(mine.words), " ".join(yours.words))))
    facts = (names, *((reason.value, *shared) for reason, shared in sorted(told.items())))
    return Likeness(max(score, 0), tuple(told), facts)


def _evidence(
    one: Details, other: Details, named: _Named, mine: Name, yours: Name
) -> Iterator[tuple[Reason, tuple[str, ...]]]:
    """Yield what speaks for and against beside how the names fit, each with what it rests on."""
    if Reason.OTHER_FAMILY_NAME not in named.reasons and not _is_common(mine, yours):
        yield Reason.UNCOMMON, ()
    if _has_other_middle_name(mine, yours):
        yield Reason.OTHER_MIDDLE_NAME, ()
    if mine.generation != yours.generation:
        yield Reason.GENERATION, ()
    addresses = tuple(sorted(_addresses(one) & _addresses(other)))
    if addresses:
        yield Reason.ADDRESS, addresses
    elif named.is_same and _are_numbered(one, other):
        yield Reason.NUMBERED_ADDRESS, ()
    yield from _by_telephone(telephone_of(one.telephone), telephone_of(other.telephone))
    yield from _by_work(one, other)


def _by_work(one: Details, other: Details) -> Iterator[tuple[Reason, tuple[str, ...]]]:
    if one.employer and one.employer == other.employer:
        yield Reason.EMPLOYER, (one.employer,)
    elif one.group and one.group == other.group:
        yield Reason.GROUP, (one.group,)
    elif (domain := _own_domain(one)) and domain == _own_domain(other):
        yield Reason.EMPLOYER, (domain,)
    job = name_key(one.role_title)
    if job and job == name_key(other.role_title):
        yield Reason.JOB, (job,)
    if one.referee and one.referee == other.referee:
        yield Reason.REFEREE, (one.referee,)


def _is_common(one: Name, other: Name) -> bool:
    return bool(COMMON & {one.surname, other.surname, "".join(one.family), "".join(other.family)})


def _addresses(details: Details) -> set[str]:
    return {address_key(details.work_email), address_key(details.log_in_email)} - {""}


def _own_domain(details: Details) -> str:
    domain = domain_of(details.work_email)
    return "" if is_free_mail(domain) else domain


def _are_numbered(one: Details, other: Details) -> bool:
    """Say whether their employer gave each an address, and numbers at least one: smith2 is not smith."""
    if not _own_domain(one) or _own_domain(one) != _own_domain(other):
        return False
    mine, yours = (
        re.sub(r"[^0-9]", "", each.work_email.partition("@")[0]) for each in (one, other)
    )
    return mine != yours


def _by_telephone(one: Telephone, other: Telephone) -> Iterator[tuple[Reason, tuple[str, ...]]]:
    if not one.number or not other.number:
        return
    if one.number != other.number:
        if one.is_mobile and other.is_mobile:
            yield Reason.OTHER_MOBILE, ()
    elif one.extension and other.extension and one.extension != other.extension:
        yield Reason.OTHER_EXTENSION, (one.number,)
    elif one.is_mobile or (one.extension and one.extension == other.extension):
        yield Reason.TELEPHONE, (one.number, one.extension)
    else:
        yield Reason.SWITCHBOARD, (one.number,)
