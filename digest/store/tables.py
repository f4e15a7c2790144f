"""The tables of the ledger. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

# The newest migration; a database at this revision needs no look at Alembic, which is slow to import.
REVISION = "0006"


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC; a naive one is a bug and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"naive datetime {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Bytes(LargeBinary):
    """Bytes as drivers take and give them; SQLAlchemy would wrap each one, which takes longer than to store it."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:
        """None is needed."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """None is needed."""


metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

meta = Table(
    "meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", String, nullable=False),
    Column("address_key", String, nullable=False, unique=True),  # case folded: one person, one row
    Column("name", String, nullable=False, server_default=""),
    Column("status", String, nullable=False),
    Column("digests", String, nullable=False, server_default=""),  # names joined by ";", "" means every digest
    Column("selection", String, nullable=False, server_default=""),  # category keys joined by ";", "" means all
    Column("language", String, nullable=False, server_default=""),
    Column("timezone", String, nullable=False, server_default=""),
    Column("reason", String, nullable=False, server_default=""),
    Column("created", Instant, nullable=False),
    Column("changed", Instant, nullable=False),
    Column(
        "every", Integer, nullable=False, server_default="1"
    ),  # edition of a digest that they get: each, every second
    Column("paused", Instant),  # nothing before then
    Index("subscribers_status", "status"),
    sqlite_autoincrement=True,  # an id is never used twice: it stands in signed links
)

# What was asked on a page. Confirmed, it is the proof of consent, and goes with the person.
requests = Table(
    "requests",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("address", String, nullable=False),
    Column("address_key", String, nullable=False, index=True),
    Column("inbox", String, nullable=False),  # the key without its tag: who would be bothered
    Column("subscriber", ForeignKey("subscribers.id", ondelete="CASCADE"), index=True),
    Column("former", String, nullable=False, server_default=""),  # the address that a move leaves
    Column("choices", JSON, nullable=False),
    Column("page", String, nullable=False, server_default=""),
    Column("wording", String, nullable=False, server_default=""),
    Column("client", String, nullable=False, server_default=""),  # a keyed hash, like confirmed_client
    Column("created", Instant, nullable=False),
    Column("due", Instant),  # when its letter is to be handed over; empty when it was, or never will be
    Column("mailed", Instant),
    Column("reply", String, nullable=False, server_default=""),
    Column("confirmed", Instant),
    Column("confirmed_client", String, nullable=False, server_default=""),
    Index("requests_inbox", "inbox", "created"),
    Index("requests_client", "client", "created"),
    Index("requests_due", "due"),
    sqlite_autoincrement=True,  # an id is never used twice: it stands in signed links
)

erased = Table(
    "erased",
    metadata,
    Column("address_hash", String, primary_key=True),  # salted with meta.erasure_salt: keeps out, tells nothing
    Column("erased", Instant, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("period", String, nullable=False),
    Column("starts", Instant, nullable=False),
    Column("ends", Instant, nullable=False),
    Column("title", String, nullable=False),
    Column("frozen", Instant, nullable=False),
    Column("stopped", Instant),
    Column("sender", JSON, nullable=False),
    Column("content", JSON, nullable=False),  # the sections, for whoever reads the record
    Column("deliveries", Integer, nullable=False),  # how many rows were frozen: the sum every report must reach
    Column("exclusions", JSON, nullable=False),  # reason -> subscribers who get no delivery
    UniqueConstraint("digest", "period"),
    UniqueConstraint("digest", "number"),
)

edition_articles = Table(
    "edition_articles",
    metadata,
    Column("edition", ForeignKey("editions.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("key", String, nullable=False),
    Column("path", String, nullable=False),
    Column("included", Boolean, nullable=False),
)

renditions = Table(
    "renditions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition", ForeignKey("editions.id"), nullable=False, index=True),
    Column("selection", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("preheader", String, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("attachments", JSON, nullable=False),  # Content-IDs in order; the data stands in attachments
    Column("trimmed", JSON, nullable=False, server_default="[]"),  # keys of the articles it had no room for
    Column("language", String, nullable=False, server_default=""),  # "" is the site's
)

attachments = Table(
    "attachments",
    metadata,
    Column("edition", ForeignKey("editions.id"), primary_key=True),
    Column("cid", String, primary_key=True),
    Column("media_type", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

senders = Table(
    "senders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started", Instant, nullable=False),
    Column("host", String, nullable=False),
    Column("process", Integer, nullable=False),
    Column("space", String, nullable=False, server_default=""),  # where this number means one process; empty: unknown
    Column("missed", Instant),  # when its lock was found missing first, by the database's clock; empty: it is held
    sqlite_autoincrement=True,  # an id is never used twice: it names a lock
)

deliveries = Table(
    "deliveries",
    metadata,
    # 32 bits would last ten million readers of a weekly digest for four years; SQLite's are of 64 bits anyway.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("edition", ForeignKey("editions.id"), nullable=False),
    Column("subscriber", ForeignKey("subscribers.id", ondelete="SET NULL")),
    Column("rendition", ForeignKey("renditions.id"), nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_tried", Instant),
    Column("due", Instant),  # empty means at once
    Column("sender", Integer),
    Column("token", String),  # of the claim: whoever writes an outcome must name it
    Column("lease", Instant),
    Column("reply", String, nullable=False, server_default=""),
    Column("server", String, nullable=False, server_default=""),
    Column("changed", Instant),
    UniqueConstraint("edition", "subscriber"),
    Index("deliveries_subscriber", "subscriber"),
    Index("deliveries_status", "edition", "status", "due"),
    Index(
        "deliveries_held",
        "edition",
        "status",
        sqlite_where=text("status IN ('claimed', 'handing')"),
        postgresql_where=text("status IN ('claimed', 'handing')"),
    ),
)

# When the deliveries of an edition are due that leaves at each reader's own hour; there only while it is frozen.
moments = Table(
    "moments",
    metadata,
    Column("edition", ForeignKey("editions.id"), primary_key=True),
    Column("timezone", String, primary_key=True),
    Column("slice", Integer, primary_key=True),  # of the window over which the load is spread
    Column("due", Instant, nullable=False),
)

# What limits allow all senders together, fetched by each some at a time; on PostgreSQL alone.
allowances = Table(
    "allowances",
    metadata,
    Column("name", String, primary_key=True),  # of a server, or of a domain
    Column("due", Instant),  # until then its rate is spent
)
takings = Table(
    "takings",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", Instant, primary_key=True),  # when they count as gone: after the last moment at which they may go
    Column("count", Integer, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),  # the same report, read twice, counts once
    Column("at", Instant, nullable=False),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("subscriber", ForeignKey("subscribers.id", ondelete="SET NULL"), index=True),
    Column("edition", ForeignKey("editions.id")),
    Column("status", String, nullable=False, server_default=""),
    Column("text", String, nullable=False, server_default=""),
    Column("proven", Boolean, nullable=False),  # else anybody could have written it, and it counts for nothing
    Column("raw", LargeBinary),  # what was not understood, for a person to read
)

# What providers prove reports with, where it says nothing of the report: good for one, until it is too old for any.
proofs = Table(
    "proofs",
    metadata,
    Column("proof", String, primary_key=True),
    Column("report", String, nullable=False),  # a hash of it
    Column("until", Instant, nullable=False, index=True),
)

acts = Table(
    "acts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("edition", ForeignKey("editions.id"), index=True),
    Column("act", String, nullable=False),  # what an operator did: stop, settle, retry
    Column("detail", String, nullable=False),
)

# What was seen of the files of each folder: a file is read again only when its stamp has changed. Nothing of an article
# is kept but when it was published; instants are microseconds since 1970, since 100,000 rows are read at once.
sightings = Table(
    "sightings",
    metadata,
    Column("source", String, primary_key=True),  # the folder
    Column("path", Bytes, primary_key=True),  # below the folder; the name of a file need not be text
    Column("modified", BigInteger, nullable=False),  # nanoseconds, as the file system has it
    Column("changed", BigInteger, nullable=False),  # likewise: when anything of the file was
    Column("size", BigInteger, nullable=False),
    Column("hash", Bytes, nullable=False),  # of its beginning
    Column("published", BigInteger),  # empty where it has no date, or is no article
    Column("seen", BigInteger),  # when it was first met; empty: it has been there from the beginning
    Column("reader", BigInteger, nullable=False),  # the way in which it was read: by another one, all is read again
    sqlite_with_rowid=False,  # the rows of a folder lie together
)

feeds = Table(
    "feeds",
    metadata,
    Column("url", String, primary_key=True),  # as it is configured
    Column("address", String, nullable=False),  # where it has moved for good (RFC 9110, 15.4.2), else the same
    Column("title", String, nullable=False, server_default=""),
    Column("etag", String, nullable=False, server_default=""),
    Column("modified", String, nullable=False, server_default=""),  # Last-Modified, as the server wrote it
    Column("asked", Instant),  # when it was last asked
    Column("answered", Instant),  # when it last gave an answer that could be read
    Column("due", Instant),  # when it may be asked again; empty means at once
    Column("not_before", Instant),  # when its server allows that, where it has asked for patience (Retry-After)
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("fault", String, nullable=False, server_default=""),  # the last one's
    Column("gone", Boolean, nullable=False, server_default="0"),  # 410: it says itself that it is never coming back
)

entries = Table(
    "entries",
    metadata,
    Column("feed", String, primary_key=True),  # feeds.url
    Column("key", String, primary_key=True),  # its id, else its link, else a hash of what it says
    Column("identity", String, nullable=False),  # the key of its article, as it was when it was first met
    Column("seen", Instant, nullable=False),  # when it was first met
    Column("kept", Instant, nullable=False),  # when the feed last had it
    Column("published", Instant),  # as it says; empty where it does not
    Column("content", JSON, nullable=False),  # the fields of digest.model.Entry
    Index("entries_published", "feed", "published"),
    Index("entries_seen", "feed", "seen"),
)
