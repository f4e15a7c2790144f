"""What the form of the preferences may send: whatever it is, it is judged without a fault of ours, and kept as it is meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from digest.identity import category_key
from digest.model import FREQUENCIES, Selection, Subscriber
from digest.subscriptions.preferring import PAUSE_MAXIMUM
from digest.web.public.forms import Form
from digest.web.public.wishes import Offer, Wish
from digest.web.public.zones import offered, zones

NOW = datetime(2025, 12, 8, 8, tzinfo=UTC)
DIGESTS = {"weekly": "Weekly", "daily": "Daily"}
CATEGORIES = {"work": "Work", "travel": "Travel"}
ZONES = ("", "UTC", "Europe/Paris", "Pacific/Kiritimati", "Asia/Beirut")
FIELDS = ("name", "digests", "categories", "every", "language", "timezone", "paused")

keys = st.sampled_from([*sorted(CATEGORIES), "boats"])
people = st.builds(
    Subscriber,
    id=st.just(1),
    address=st.just("a@example.org"),
    name=st.text(max_size=20).map(str.strip),
    digests=st.frozensets(st.sampled_from([*sorted(DIGESTS), "gone"])),
    selection=st.frozensets(keys).map(Selection),
    language=st.sampled_from(("", "en", "de", "pt-BR")),
    timezone=st.sampled_from(ZONES),
    every=st.sampled_from(FREQUENCIES),
    paused=st.none() | st.integers(-800, 364 * 24).map(lambda hours: NOW + timedelta(hours=hours)),
)


def offer_to(person: Subscriber) -> Offer:
    zone = ZoneInfo(person.timezone or "Europe/Rome")
    return Offer(person, DIGESTS, CATEGORIES, {"en": "English", "de": "Deutsch"}, NOW, zone)


def as_sent(wish: Wish) -> Form:
    """The form as a browser sends it that changed nothing."""
    several = {"digests": tuple(wish.digests & set(DIGESTS)), "categories": tuple(wish.categories)}
    return Form({field: (getattr(wish, field),) for field in FIELDS if field not in several} | several)


@given(people)
def test_a_form_that_nobody_touched_means_what_is(person: Subscriber) -> None:
    offer = offer_to(person)
    wish = Wish.read(as_sent(Wish.of(offer)))
    if not person.digests or person.digests & set(DIGESTS):
        assert not wish.faults(offer)
        meant = wish.meant(offer)
        covered = meant.choices.digests or frozenset(DIGESTS)
        assert covered & set(DIGESTS) == (person.digests or frozenset(DIGESTS)) & set(DIGESTS)
        assert (meant.choices.selection, meant.every) == (person.selection, person.every)
        assert (meant.choices.language, meant.choices.timezone) == (person.language, person.timezone)
        assert meant.paused == (person.paused if person.paused and person.paused > NOW else None)
    else:
        assert wish.faults(offer) == {"digests"}


@given(people, st.dictionaries(st.sampled_from(FIELDS), st.lists(st.text(max_size=30), max_size=3).map(tuple)))
def test_whatever_is_sent_is_at_fault_or_can_be_kept(person: Subscriber, sent: dict[str, tuple[str, ...]]) -> None:
    offer = offer_to(person)
    form = as_sent(Wish.of(offer))
    wish = Wish.read(Form({**form.fields, **sent}))
    if not wish.faults(offer):
        meant = wish.meant(offer)
        assert meant.every in FREQUENCIES
        assert all(category_key(key) == key for key in meant.choices.selection.categories)
        assert meant.paused is None or NOW < meant.paused <= NOW + PAUSE_MAXIMUM


@given(people, st.integers(-3, 370))
def test_a_pause_begins_no_mail_before_its_day_on_the_reader_s_own_clock(person: Subscriber, days: int) -> None:
    offer = offer_to(person)
    day = offer.today + timedelta(days=days)
    wish = Wish.read(Form({**as_sent(Wish.of(offer)).fields, "paused": (day.isoformat(),), "digests": ("weekly",)}))
    assert (wish.faults(offer) == {"paused"}) is (not 0 <= days <= 365)
    if 0 < days <= 365:
        until = wish.meant(offer).paused
        assert until
        assert until.astimezone(offer.zone).date() == day


def test_zones_are_cities_in_the_words_of_a_language_and_in_their_order() -> None:
    names = [name for region in zones("de").values() for name, _ in region]
    assert set(names) < available_timezones()
    assert len(names) == len(set(names)) > 400
    assert dict(zones("de")["Africa"])["Africa/Cairo"] == "Kairo"
    assert dict(zones("ar")["Asia"])["Asia/Kolkata"] == "كالكتا"  # which the locale data know by an older name
    assert dict(zones("en")["America"])["America/Argentina/Salta"] == "Argentina/Salta"
    cities = [city.casefold() for _, city in zones("de")["Europe"]]
    assert cities == sorted(cities)
    assert not offered("Europe/Belfast")  # an old name, kept for old programs
    assert not offered("")
