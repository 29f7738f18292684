"""The copy to keep of what was submitted: what it says, and how it is set on paper."""

from participants.copies.content import Copy, copy_of, next_steps
from participants.copies.paper import as_pdf

__all__ = ["Copy", "as_pdf", "copy_of", "next_steps"]
