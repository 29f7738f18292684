"""What `make run` prints once the portal is ready: the address, and whom to sign in as."""

from __future__ import annotations

import tomllib

from scripts.environment import ROOT

CAST = {
    "volunteer1@stepchange.example": "a volunteer whose form is in",
    "volunteer5@stepchange.example": "a volunteer with nothing begun",
    "business.transport@cochairs.example": "the business co-chair of Transport",
    "police.transport@cochairs.example": "the police co-chair of Transport",
    "board@stepchange.example": "the programme board",
    "ethics@stepchange.example": "the ethics reviewer",
    "office@stepchange.example": "the coordination office",
}


def welcome(address: str) -> str:
    """Return the lines of welcome for a portal at this address (with its closing slash)."""
    demonstration = tomllib.loads((ROOT / "fixtures" / "demonstration.toml").read_text())
    widest = max(map(len, CAST))
    cast = "\n".join(f"    {account:{widest}}  {who}" for account, who in CAST.items())
    return f"""
  Step-Change is ready:  {address}

  Sign in as
{cast}
  Password       {demonstration["password"]}
  Second factor  .venv/bin/python manage.py demo_code
  Office console {address}admin/
  Emails sent    {address}demo/mailbox/
  Logs           var/log/

  Everybody here is invented. Ctrl-C stops the portal.
"""
