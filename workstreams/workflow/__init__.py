"""The only functions that change the programme's structure."""

from workstreams.workflow.organisations import (
    ORGANISATION,
    merge_organisation,
    propose_organisation,
    publish_organisation,
    refuse_organisation,
    unmerge_organisation,
)
from workstreams.workflow.programme import (
    CALL,
    appoint,
    archive_call,
    close_call,
    close_ended_calls,
    end_term,
    publish_call,
    redate_call,
    settle_co_chairs,
)

__all__ = [
    "CALL",
    "ORGANISATION",
    "appoint",
    "archive_call",
    "close_call",
    "close_ended_calls",
    "end_term",
    "merge_organisation",
    "propose_organisation",
    "publish_call",
    "publish_organisation",
    "redate_call",
    "refuse_organisation",
    "settle_co_chairs",
    "unmerge_organisation",
]
