"""Given names and their short forms: a published list of English ones, and what this country adds."""

from functools import cache, lru_cache

from nicknames import NickNamer, name_triplets

# Spellings and short forms that the list lacks, each line one name.
_ALSO = """
    catherine katherine katharine kathryn cathryn kate katie katy kath cath kat kathleen
    mohammed muhammad mohammad mohamed muhammed mohamad mo
    ahmed ahmad
    stephen steven stephan steve
    jonathan jonathon jon
    sean shaun shawn
    sarah sara
    alistair alastair alasdair alister
    philippa phillipa pippa pip
    lindsay lindsey
    matthew mathew matt
    geoffrey jeffrey geoff jeff
    deirdre deidre
    darren daz
    gareth gaz
    gary gaz
    rajesh raj
    rajinder raj
    isobel isabel isabelle isabella
    siobhan shivaun
    yusuf yousef youssef
    hussein hussain husayn
    iain ian
    hywel howell
    rhys reece
    owain owen
    gillian gill jill
    harriet hattie
    bethany beth
    eleanor ellie nell
    theodora thea theo
    vijay vijaya
"""
_LINES = tuple(frozenset(line.split()) for line in _ALSO.strip().splitlines())
# The list has them of another time or country; nobody here takes the one for the other.
_NOT = frozenset(
    frozenset(pair.split())
    for pair in (
        "robert bill",
        "robert billy",
        "robert dick",
        "john nathan",
        "jacqueline jack",
        "helen ellen",
        "helena ellen",
        "louis lewis",
    )
)
# Names of their own that the list lacks, so that the one is not taken for a slip of the other.
_OTHERS = frozenset(
    """
    adil aileen alma amir amira amrit anjali anil anwar arjun asif ayesha bilal bronwen carys ceri cerys
    dawn deepa deepak dilip eifion eira elin emeka ewan ewen farah faisal farid farida fatima fiona gail
    gavin gethin gita gurpreet hamid hamida hana hania imran ingrid jamal jamila jaspreet javed kamal
    kamila karim karima keith khalid khalida leona lionel manjit manpreet martyn mina nadia nadim nadir
    nasir nasira neil niall nigel noel noelle norma norman omar owen parveen priya rachid rafiq rashid
    rashida ravi rita rohan sadia saeed saeeda salim salima samir samira sandeep sanjay shaheen shahid
    shahida shakil shakila stella sunil sunita tariq usman vikram wahid wahida yasin yasmin zahid zahida
    zahra zara
    """.split()  # noqa: SIM905 - a hundred quoted names would read worse
)


@cache
def _list() -> NickNamer:
    return NickNamer()


@cache
def _names() -> frozenset[str]:
    listed = {name for row in name_triplets() for name in (row.name1, row.name2)}
    return frozenset(listed.union(_OTHERS, *_LINES))


def is_known(name: str) -> bool:
    """Say whether it is a name of its own, and no slip of another."""
    return name in _names()


@lru_cache(maxsize=8192)
def full_forms(name: str) -> frozenset[str]:
    """Return the names that it may be short for, itself among them."""
    listed = {form for form in _list().canonicals_of(name) if frozenset((form, name)) not in _NOT}
    ours = [line for line in _LINES if name in line]
    return frozenset(listed.union({name}, *ours))


def are_short_for_each_other(one: str, other: str) -> bool:
    """Say whether one is short for the other, or both for one name: Bill and Will for William."""
    return bool(full_forms(one) & full_forms(other))
