"""What is the same name: organisations compared by a key that ignores how a name happens to be written."""

import unicodedata

# A register says "plc" where a person says nothing; which of them it is tells no two firms apart.
LEGAL_FORMS = frozenset({"ltd", "limited", "plc", "llp", "lp", "llc", "inc", "cic", "cio"})
LITTLE_WORDS = frozenset({"and", "the"})
# Letters that Unicode does not take apart into a letter and an accent.
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})
# They stand in half of the register's names, so that sharing one is no likeness.
COMMON = frozenset(
    [
        "agency",
        "association",
        "centre",
        "company",
        "constabulary",
        "council",
        "department",
        "for",
        "group",
        "holdings",
        "international",
        "ministry",
        "national",
        "of",
        "office",
        "police",
        "security",
        "service",
        "services",
        "uk",
    ]
)
LONGEST_KEY = 400


def name_key(*parts: str) -> str:
    """Return the key of a name, or of a name and its unit: equal keys are the same organisation.

    Ignores case, accents, spaces and punctuation, "and" and "&", "the", and the legal form at the end.
    """
    text = " ".join(parts).casefold().translate(LETTERS)
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter) and letter not in "'’`."
    )
    every = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    words = [word for word in every if word not in LITTLE_WORDS] or every
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return " ".join(words)[:LONGEST_KEY]


def telling_words(key: str) -> list[str]:
    """Return the words of a key that tell one organisation from another; all, if none does."""
    words = list(dict.fromkeys(key.split()))
    return [word for word in words if word not in COMMON and len(word) > 1] or words


def domain_of(address: str) -> str:
    """Return the domain of an email address, in lower case; empty when there is none."""
    return address.rpartition("@")[2].strip().casefold() if "@" in address else ""


def domains_above(domain: str) -> list[str]:
    """Return a domain and those it stands under: mail.force.police.uk is force.police.uk's too."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]
