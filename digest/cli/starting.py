"""A site's first configuration, key and database: what ``digest init`` makes, and what it says about it."""

from __future__ import annotations

import os
import re
import secrets
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from digest import config
from digest.app import App
from digest.cli.session import counted
from digest.config.notation import written
from digest.errors import DigestError, UsageError
from digest.generators.generator import Facts
from digest.generators.recognising import Found, recognise
from digest.identity import canonical_url, category_key
from digest.look import ACCENT
from digest.model import Article
from digest.publishing import Told, gather, nobody_is_told
from digest.sources.feeds.opml import legible
from digest.sources.files import SUFFIXES
from digest.sources.pages import linkless
from digest.store.database import Database, file_of

CONFIGURATION = "digest.toml"
PLACEHOLDER_HOST = "example.org"
SHOWN = 5  # folders, before the others are counted


def prepare(
    folder: Path, now: Callable[[], datetime], told: Told = nobody_is_told, feeds: Sequence[str] = ()
) -> Iterator[str]:
    """Makes what is missing of configuration, key and database, and says what it found and made, line by line.

    Nothing that exists is changed. Raises DigestError, before anything is written, where there are neither articles nor
    ``feeds``, or these are none.
    """
    path = folder / CONFIGURATION
    found, made, text = None, [], ""
    if path.exists():
        if feeds:
            hint = 'write them there: [[sources]], then feed = "https://…"; or bring many by `digest feeds import`'
            raise UsageError(f"{path} is there already, and --feed would change it", hint=hint)
        yield f"{path} is there already, and stays as it is."
    else:
        found = recognise(folder.absolute())
        _refuse_nothing(folder, found, feeds)
        feeds = tuple({canonical_url(url): url for url in reversed(feeds)}.values())[::-1]
        text = configuration(folder, found, feeds)
    loaded = config.load(path, instead=text)
    if text:
        _create(path, text, mode=0o644)
        made = [str(path)]
    made += _key(loaded)
    made += _database(loaded)
    if found:
        app = App(loaded, now)
        yield from sample(found, app, told)
        app.database.close()
    if feeds:
        yield f"{counted(len(feeds), 'feed')}, not asked yet"
    if made:
        yield f"Written: {', '.join(made)}"
    yield from ("", *next_steps(folder, loaded))


def _refuse_nothing(folder: Path, found: Found | None, feeds: Sequence[str]) -> None:
    for url in feeds:
        try:
            config.Source.model_validate({"feed": url})
        except ValidationError:
            what = f"--feed {legible(url)!r} is not the address of a feed"
            raise UsageError(what, hint="write it as https://news.example.com/feed.xml") from None
    if found is None and not feeds:
        raise DigestError(
            f"{folder}: no articles found: no file ({', '.join(sorted(SUFFIXES))}) has a date in its front matter or name",
            hint="name the folder of your site: digest init path/to/site; or feeds: digest init --feed URL",
        )


# --- what is written -----------------------------------------------------------------------------------------------


def configuration(folder: Path, found: Found | None, feeds: Sequence[str] = ()) -> str:
    """The text of a ``digest.toml`` that loads as it is, with the questions it leaves open as comments.

    With None found, articles come from ``feeds`` alone.
    """
    facts = _usable(found.facts if found else Facts())
    title = facts.title or _title(folder)
    home = facts.url or f"https://{PLACEHOLDER_HOST}"
    domain = (urlsplit(home).hostname or PLACEHOLDER_HOST).removeprefix("www.")
    sender = re.sub(r'[<>"\\]', "", title).strip() + f" <digest@{domain}>"
    return "\n".join(
        (
            "# How this site's digests are made and sent. `digest check --show` prints every setting with its default.",
            "",
            "[site]",
            f"title = {written(title)}",
            *_site(facts, found),
            "",
            *_sources(found, feeds),
            "[digests.weekly]",
            "# Who the mails come from: put an address of your own here.",
            f"from = {written(sender)}",
            'cadence = "week"  # day, week or month',
            'on = "monday"',
            'at = "07:00"  # in the zone above; the week it covers ends on Monday at 00:00',
            *(_rules(found, facts) if found else ()),
            "",
            "[look]",
            "# The look of the mails; `digest preview --live` shows each change as it is saved.",
            f"# accent = {written(ACCENT)}  # headings and links",
            '# logo = "/images/logo.png"  # in place of the name; a file of the site, or an https address',
            '# density = "cards"  # cards, compact or headlines',
            "",
            "[smtp]",
            "# The mail server that takes the messages. Its password belongs into a file (password_file), or into",
            "# the environment: DIGEST_SMTP__PASSWORD.",
            'host = "localhost"',
            "port = 587",
            'tls = "required"  # required (STARTTLS), implicit (port 465) or none',
            '# username = ""',
            '# password_file = "smtp-password"',
            "",
            *_web(home, domain),
            "",
            *_store(),
            "",
        )
    )


def _site(facts: Facts, found: Found | None) -> Iterator[str]:
    yield (f"url = {written(facts.url)}" if facts.url else f'# url = "https://{PLACEHOLDER_HOST}"') + (
        "  # root-relative links and images are joined to it"
    )
    yield f"timezone = {written(facts.timezone or 'UTC')}  # in which weeks begin and mails leave"
    language = facts.language or "en"
    yield f"{'' if facts.language else '# '}language = {written(language)}"
    further = "en" if language.lower().startswith("de") else "de"
    yield f"# languages = {written([further])}  # further ones that readers may choose"
    yield "# Where post reaches you. Many laws ask for it in every mail: sending refuses without one."
    yield 'postal_address = ""'
    if found is None:
        return
    yield from _article_url(facts, found)
    if found.category_page:
        yield '# A category\'s page: where "7 more in City" leads, when not all of its articles fit into the mail.'
        yield f"# category_url = {written((facts.url or f'https://{PLACEHOLDER_HOST}') + found.category_page)}"
    if folders := [folder.as_posix() for folder in (*found.static, *found.assets)]:
        written_as = ["/photo.jpg"] * bool(found.static) + ["../assets/photo.jpg"] * bool(found.assets)
        yield f"static = {written(folders)}  # holds the images of {' and '.join(written_as)}"


def _article_url(facts: Facts, found: Found) -> Iterator[str]:
    if several := _pages_of_their_own(found):
        yield f"# The pages of articles on this site: each of the {several} [[sources]] below has its own article_url."
        return
    if page := _usable_page(found.sections[0].page):
        yield f"# The page of an article on this site, as {found.generator} makes them; see that one of them is right."
        yield f"article_url = {written(page)}"
        return
    yield "# The page of an article on this site. Until it is set, articles link to the `source` they name" + (
        "." if found.sourced else ", and none does here."
    )
    yield f"# article_url = {written(_guess(facts, found.articles))}"


def _pages_of_their_own(found: Found) -> int:
    """How many sections there are, if there are several, and the pages of one at least can be told."""
    several = len(found.sections) > 1 and any(_usable_page(section.page) for section in found.sections)
    return len(found.sections) if several else 0


def _guess(facts: Facts, folder: Path) -> str:
    """What the page of an article in this folder may be like."""
    name = folder.name.lstrip("_")
    return f"{facts.url or f'https://{PLACEHOLDER_HOST}'}/{'posts' if name in {'', 'content'} else name}/{{slug}}"


def _sources(found: Found | None, feeds: Sequence[str]) -> Iterator[str]:
    for section in found.sections if found else ():
        yield from ("[[sources]]", f"files = {written(section.folder.as_posix())}")
        if found and found.category:  # what this site calls its categories
            yield f"fields = {{ category = {written(found.category)} }}"
        if section.category:
            yield f"category = {written(section.category)}  # of all its articles"
        if found and _pages_of_their_own(found):
            page = _usable_page(section.page)
            yield f"{'' if page else '# '}article_url = {written(page or _guess(found.facts, section.folder))}"
        yield ""
    for feed in feeds:
        yield from ("[[sources]]", f"feed = {written(feed)}", '# category = "News"  # of all its articles', "")


def _usable_page(page: str) -> str:
    """The pattern, "" if a configuration cannot hold it."""
    try:
        return config.Site.model_validate({"title": "-", "article_url": page}).article_url
    except ValidationError:
        return ""


def _web(home: str, domain: str) -> Iterator[str]:
    parts = urlsplit(home)
    yield "[web]"
    yield "# The pages for readers, by `digest serve`: to subscribe, choose, leave, and read past editions. Until url is"
    yield "# set, readers leave by mail only."
    yield f"# url = {written(f'https://news.{domain}')}"
    yield '# trusted_proxies = ["127.0.0.1"]  # the server in front, which has the certificate'
    yield f"# origins = {written([f'{parts.scheme}://{parts.netloc}'.lower()])}  # sites whose own forms may subscribe people"
    yield f"# privacy_url = {written(f'{home}/privacy')}"


def _store() -> Iterator[str]:
    yield "[database]"
    yield "# Where everything is remembered: a file beside this one, or PostgreSQL (postgresql://USER@HOST/NAME), which any"
    yield "# number of machines may send from. `digest migrate-store` copies all of it from one to the other."
    yield 'url = "sqlite:///digest.db"'
    yield ""
    yield "[worker]"
    yield "# `digest worker`, any number of them on PostgreSQL, in place of `digest run`."
    yield '# status = "127.0.0.1:9100"  # where each tells its health, and numbers for Prometheus'


def _rules(found: Found, facts: Facts) -> Iterator[str]:
    """What fits the articles: how their pictures travel, and a rule that may be wanted."""
    if found.renames and found.covers:
        yield f"# {found.generator} gives pictures other names when the site is built: mails cannot link to them, and carry them."
        yield 'images = "embed"'
    elif found.files_as_covers and not facts.url:
        yield "# Without site.url, pictures that are files have no address to link to: mails carry them."
        yield 'images = "embed"  # with site.url, "link" makes smaller mails'
    without = found.files - found.sourced
    if found.sourced and without:
        yield f"# {without} of {found.files} files name no source and have no page to link to; this leaves them out:"
        yield '# require = ["source"]'


def _usable(facts: Facts) -> Facts:
    """The facts that a configuration may hold; a generator's idea of a zone or a language may be another one."""
    kept = {}
    for key in ("title", "url", "language", "timezone"):
        try:
            site = config.Site.model_validate({"title": "-", key: getattr(facts, key)})
        except ValidationError:
            continue
        kept[key] = str(getattr(site, key)) if getattr(facts, key) else ""
    return Facts(**kept)


def _title(folder: Path) -> str:
    words = re.sub(r"[-_.\s\x00-\x1f\x7f-\x9f]+", " ", folder.resolve().name).strip()
    return words.title() if words.islower() else words or "My Site"


# --- the files -----------------------------------------------------------------------------------------------------


def _create(path: Path, text: str, *, mode: int) -> None:
    """A new file; one that is there already, or has just come, is never overwritten."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise DigestError(
            f"{path}: cannot be written: {error.strerror}", hint="check the permissions of its folder"
        ) from error


def _key(loaded: config.Config) -> list[str]:
    """Creates the key that signs links, readable for its owner alone, unless there is one."""
    path = loaded.web.secret_key_file
    if loaded.web.secret_key.get_secret_value() or path.exists():
        return []
    _create(path, secrets.token_urlsafe(48) + "\n", mode=0o600)
    return [f"{path.name} (keep it secret, and out of version control)"]


def _database(loaded: config.Config) -> list[str]:
    """Creates the database, or brings it up to date."""
    path = file_of(loaded.database.url)
    new = path is not None and not path.exists()
    Database(loaded.database.url).close()
    return [path.name] if path and new else []


# --- what is said --------------------------------------------------------------------------------------------------


def sample(found: Found, app: App, told: Told) -> Iterator[str]:
    """What was found, as the digest will see it: how much, since when, of which kinds, and what is wrong with it."""
    gathered = gather(app.sources, told=told)
    held = Counter(filter(None, (_held_back(article, app.now()) for article in gathered.articles)))
    articles = [article for article in gathered.articles if not _held_back(article, app.now())]
    made = f"{found.generator} site: " if found.generator else ""
    kinds = Counter(category_key(article.category) for article in articles if article.category)
    said = [
        f"{made}{counted(len(gathered.articles), 'article')} in {_where(found)}{_among(held)}",
        f"{len(kinds)} {'category' if len(kinds) == 1 else 'categories'}",
        *_lately(articles, app),
    ]
    yield ", ".join(said)
    yield from _not_told(found)
    if found.outside:
        count, places = sum(count for _, count in found.outside), _named([folder for folder, _ in found.outside])
        are = "file with a date, in {}, is not in" if count == 1 else "files with a date, in {}, are not in"
        yield f"{count:,} more {are.format(places)}: add [[sources]] for what belongs to them"
    for end, count in found.unread:
        yield f"{counted(count, f'{end} file')} {'is' if count == 1 else 'are'} not read: articles are Markdown or HTML"
    for problem in linkless(articles):
        yield str(problem)
    faults = [problem for problem in gathered.problems if not problem.is_note]
    if faults:
        yield f"{counted(len(faults), 'problem')}, such as {faults[0]}"
        yield "`digest check --articles` tells them all."


def _held_back(article: Article, now: datetime) -> str:
    """Why no edition from now on may have an article; "" if one may."""
    if article.draft:
        return "draft"
    expired = article.expires is not None and article.expires <= now
    return "hidden" if article.hidden else "expired" if expired else ""


def _among(held: Counter[str]) -> str:
    said = [counted(held["draft"], "draft")] if held["draft"] else []
    said += [f"{held[why]:,} {why}" for why in ("hidden", "expired") if held[why]]
    return f" ({', '.join(said)} among them)" if said else ""


def _where(found: Found) -> str:
    return _named([section.folder for section in found.sections])


def _named(folders: Sequence[Path]) -> str:
    names = ["this folder" if folder == Path() else folder.as_posix() for folder in folders]
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _not_told(found: Found) -> Iterator[str]:
    for section in found.sections:
        if section.untold:
            which = "site.article_url" if len(found.sections) == 1 else f"article_url of {section.folder.as_posix()}"
            yield f"{which} is not written, since {found.generator}'s pages cannot be told: {section.untold}"


def _lately(articles: Sequence[Article], app: App) -> Iterator[str]:
    """How many there were in the last complete week, or when there was something last."""
    week = app.period(app.digest(), None)
    inside = sum(article.published in week for article in articles)
    if inside:
        yield f"{inside} last week ({week.name})"
    elif articles:
        newest = max(article.published for article in articles).astimezone(ZoneInfo(app.config.site.timezone))
        yield f"none last week, newest {newest:%Y-%m-%d}"


def next_steps(folder: Path, loaded: config.Config) -> Iterator[str]:
    """The commands that lead from here to the first edition."""
    path = folder / CONFIGURATION
    command = "digest" if folder.resolve() == Path.cwd() else f"digest -c {shlex.quote(str(path))}"
    yield "Next:"
    if not loaded.site.postal_address:
        yield f"  look through {path}: set `from` and `postal_address`"
    asking = ("feeds fetch", "ask the feeds for what is in them")
    for words, why in (
        *((asking,) if any(source.feed for source in loaded.sources) else ()),
        ("preview --open", "see the digest as it would be sent"),
        ("subscribers import list.csv", "bring your readers: a column `email` is enough"),
        ("send --test me@example.org", "mail one to yourself"),
        ("send", "mail it to everybody"),
        ("run", "do so at every cadence, until stopped"),
        ("serve", "let readers subscribe, choose and leave by themselves"),
    ):
        yield f"  {command} {words:<28}  {why}"
