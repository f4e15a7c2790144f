"""The nouns: frozen values that every layer speaks in. Datetimes are aware and UTC, collections are tuples.

The glossary with the words to avoid is in ``docs/glossary.md``.
"""

from digest.model.articles import EXCERPT_MAXIMUM, Article, Dated, Fault, Image, Problem
from digest.model.curation import Chosen, Curation
from digest.model.deliveries import FINAL_STATUSES, Claim, Delivery, DeliveryStatus, Outcome, Receipt, Settlement
from digest.model.editions import (
    HTML_MAXIMUM,
    Attachment,
    Cover,
    Covers,
    Edition,
    EditionRecord,
    History,
    Period,
    Picture,
    Rendition,
    Section,
    Selection,
    Sender,
    Variant,
)
from digest.model.languages import is_read, primary, spoken
from digest.model.messages import Message, Reply, Stage
from digest.model.notices import Concerned, Noted, Notice, NoticeKind
from digest.model.people import (
    ADDRESS_MAXIMUM,
    FREQUENCIES,
    LOCAL_PART_MAXIMUM,
    Address,
    Audience,
    Subscriber,
    SubscriberStatus,
)
from digest.model.requests import Choices, Request, RequestKind
from digest.model.sightings import Entry, FeedState, FolderState, SeenEntry, Sighting

__all__ = [
    "ADDRESS_MAXIMUM",
    "EXCERPT_MAXIMUM",
    "FINAL_STATUSES",
    "FREQUENCIES",
    "HTML_MAXIMUM",
    "LOCAL_PART_MAXIMUM",
    "Address",
    "Article",
    "Attachment",
    "Audience",
    "Choices",
    "Chosen",
    "Claim",
    "Concerned",
    "Cover",
    "Covers",
    "Curation",
    "Dated",
    "Delivery",
    "DeliveryStatus",
    "Edition",
    "EditionRecord",
    "Entry",
    "Fault",
    "FeedState",
    "FolderState",
    "History",
    "Image",
    "Message",
    "Noted",
    "Notice",
    "NoticeKind",
    "Outcome",
    "Period",
    "Picture",
    "Problem",
    "Receipt",
    "Rendition",
    "Reply",
    "Request",
    "RequestKind",
    "Section",
    "SeenEntry",
    "Selection",
    "Sender",
    "Settlement",
    "Sighting",
    "Stage",
    "Subscriber",
    "SubscriberStatus",
    "Variant",
    "is_read",
    "primary",
    "spoken",
]
