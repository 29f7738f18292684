"""Which organisations count as one (law 3): an entry, what was merged into it, and a firm's group.

For police and government an entry is a force or department with its command or unit, and a group makes
no two of them one: else half the programme would be conflicted.
"""

from collections.abc import Iterable, Mapping

from workstreams.models import Organisation, Sector


def houses() -> Mapping[int, int]:
    """Return the house of every entry of the register, by its key: one query, for comparing many."""
    rows = {
        key: (sector, merged, group)
        for key, sector, merged, group in Organisation.objects.order_by().values_list(
            "pk", "sector", "merged_into", "group"
        )
    }

    def current(key: int) -> int:
        merged = rows[key][1]
        return key if merged is None else merged

    def house(key: int) -> int:
        now = current(key)
        seen = {now}
        while rows[now][0] == Sector.PRIVATE and (group := rows[now][2]) is not None:
            if current(group) in seen:
                break
            now = current(group)
            seen.add(now)
        return now

    return {key: house(key) for key in rows}


def entries_of(entries: Iterable[int]) -> set[int]:
    """Return the keys of every entry that counts as one with any of these, given by their keys."""
    wanted = set(entries)
    if not wanted:
        return set()
    register = houses()
    met = {register[entry] for entry in wanted if entry in register}
    return {entry for entry, house in register.items() if house in met}
