"""Email domains that anybody can have an address at: they are no organisation's."""

from workstreams.names import domains_above

FREE_MAIL = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.co.uk hotmail.com hotmail.co.uk live.com live.co.uk
    msn.com yahoo.com yahoo.co.uk ymail.com rocketmail.com icloud.com me.com mac.com aol.com
    aol.co.uk gmx.com gmx.co.uk gmx.net mail.com email.com proton.me protonmail.com pm.me zoho.com
    fastmail.com tutanota.com tuta.com hushmail.com yandex.com btinternet.com btopenworld.com
    virginmedia.com ntlworld.com blueyonder.co.uk sky.com talktalk.net tiscali.co.uk plus.net plusnet.com
    o2.co.uk orange.net orange.co.uk freeserve.co.uk wanadoo.co.uk lineone.net mailinator.com
    """.split()  # noqa: SIM905 - sixty quoted names would read worse
)


def is_free_mail(domain: str) -> bool:
    """Say whether anybody can have an address there, or under it, so that it tells of no organisation."""
    return not FREE_MAIL.isdisjoint(domains_above(domain))
