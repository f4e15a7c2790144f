"""``digest init``: sites of several makes, recognised and given a configuration that works."""

from __future__ import annotations

import re
import stat
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli.init import init
from digest.cli.session import Session
from digest.config import Config, load
from digest.errors import ConfigError, DigestError, UsageError
from digest.store.database import Database


def post(path: Path, *fields: str, date: str = "2025-12-01") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("---", "title: Words", f"date: {date}", *fields, "---", "Body.")), encoding="utf-8")
    return path


def run(folder: Path, now: str = "", *options: str) -> Result:
    """The command, its stdout alone in ``output``; what it raises is raised here."""
    session = Session()
    session.start = datetime.fromisoformat(now) if now else None
    return CliRunner().invoke(init, [str(folder), *options], obj=session, catch_exceptions=False)


def configuration(folder: Path) -> Config:
    return load(folder / "digest.toml", {})


# --- sites -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def hugo(tmp_path: Path) -> Path:
    """Page bundles, a section page, a changelog beside the blog, its own build in public/."""
    (tmp_path / "hugo.toml").write_text(
        'title = "The  Example"\nbaseURL = "https://www.example.org/"\nlanguageCode = "de-de"\ntimeZone = "Europe/Berlin"\n'
    )
    for number in range(4):
        post(tmp_path / f"content/posts/story-{number}/index.md", date=f"2025-12-0{number + 1}")
        post(tmp_path / f"public/posts/story-{number}/index.html")
    post(tmp_path / "content/posts/_index.md")
    post(tmp_path / "content/docs/changelog.md", date="2026-01-01")
    (tmp_path / "static/img").mkdir(parents=True)
    (tmp_path / "static/img/photo.JPG").touch()
    (tmp_path / "public/photo.jpg").touch()
    return tmp_path


@pytest.fixture
def jekyll(tmp_path: Path) -> Path:
    """Dates in file names, an address that nobody has filled in, and images under /assets."""
    (tmp_path / "_config.yml").write_text('title: "Notes: from here"\nurl: ""\ntimezone: Somewhere/Else\n')
    for number in range(1, 4):
        path = tmp_path / f"_posts/2025-11-0{number}-story.markdown"
        path.parent.mkdir(exist_ok=True)
        path.write_text("---\ntitle: Words\n---\nBody.\n")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets/photo.png").touch()
    return tmp_path


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Categories as folders, half of the articles with a source, and things that are no articles."""
    site = tmp_path / "my-notes"
    for category in ("work", "health"):
        post(site / f"texts/{category}/one.md", "source: https://example.com/one")
        post(site / f"texts/{category}/two.md", "source: The Example Gazette")
    (site / "README.md").write_text("# Notes\n")
    (site / "texts/broken.md").write_text("---\ntitle: [\n---\n")
    post(site / "node_modules/thing/CHANGES.md")
    post(site / ".cache/copy.md")
    return site


# --- writing -------------------------------------------------------------------------------------------------------


def test_what_is_written_loads_and_knows_the_site(hugo: Path):
    said = run(hugo).output
    config = configuration(hugo)
    assert (config.site.title, config.site.url) == ("The Example", "https://www.example.org")
    assert (config.site.language, config.site.timezone) == ("de-de", "Europe/Berlin")
    assert config.sources[0].files == hugo / "content/posts"
    assert config.site.static == (hugo / "static",)
    assert str(config.digests["weekly"].from_) == "The Example <digest@example.org>"
    assert config.site.postal_address == ""
    assert config.site.article_url == "https://www.example.org/posts/{slug_or_filename}/"
    assert said.startswith("Hugo site: 4 articles in content/posts, 0 categories, none last week, newest 2025-12-04\n")


def test_facts_that_we_cannot_use_are_left_out(jekyll: Path):
    run(jekyll)
    site = configuration(jekyll).site
    assert (site.title, site.url, site.timezone) == ("Notes: from here", "", "UTC")


def test_a_site_without_a_configuration_is_called_by_its_folder(plain: Path):
    run(plain)
    assert configuration(plain).site.title == "My Notes"


@pytest.mark.parametrize("name", ['Say "Hello" <x> \\ \'', "Ünïcode 😀", "a, b: c", "<>"])
def test_any_title_makes_a_configuration_that_loads(tmp_path: Path, name: str):
    site = tmp_path / name
    post(site / "posts/one.md")
    run(site)
    assert configuration(site).digests["weekly"].from_.address.domain == "example.org"


def test_missing_sources_are_counted_where_a_rule_would_leave_them_out(plain: Path):
    run(plain)
    text = (plain / "digest.toml").read_text()
    assert "# 2 of 4 files name no source" in text
    assert '# require = ["source"]' in text


def test_a_site_without_sources_is_not_told_to_require_them(jekyll: Path):
    run(jekyll)
    text = (jekyll / "digest.toml").read_text()
    assert "require = " not in text
    assert "and none does here" in text


def test_the_sample_tells_what_the_digest_will_see(plain: Path):
    post(plain / "texts/work/three.md", "cover: gone.jpg", date="2025-12-03")
    said = run(plain, now="2025-12-08T08:00Z").output
    assert said.startswith(
        "5 articles in texts, 2 categories, 5 last week (2025-W49)\nsite.article_url: 3 of 5 articles"
    )
    assert "\n2 problems, such as texts/" in said
    assert "`digest check --articles` tells them all." in said


def test_a_field_that_sorts_the_articles_is_written_down(tmp_path: Path):
    for number in range(9):
        post(tmp_path / f"posts/{number}.md", f"rubric: {('Work', 'Home', 'City')[number % 3]}")
    assert run(tmp_path).output.startswith("9 articles in posts, 3 categories, ")
    assert configuration(tmp_path).sources[0].fields == {"category": ("rubric",)}


def test_every_setting_that_is_commented_out_works_when_it_is_not(plain: Path):
    run(plain)
    path = plain / "digest.toml"
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", path.read_text(), flags=re.MULTILINE))
    (plain / "smtp-password").write_text("a password\n")
    config = configuration(plain)
    assert config.digests["weekly"].require == ("source",)
    assert config.site.article_url == "https://example.org/texts/{slug}"
    assert config.site.category_url == "https://example.org/categories/{category}/"
    assert config.smtp[0].password.get_secret_value() == "a password"
    assert config.site.languages == ("de",)
    assert (config.web.url, config.web.trusted_proxies) == ("https://news.example.org", ("127.0.0.1",))
    assert (config.web.origins, config.web.privacy_url) == (("https://example.org",), "https://example.org/privacy")


def test_the_pages_for_readers_are_at_the_site_s_own_domain(tmp_path: Path):
    (tmp_path / "hugo.toml").write_text('title = "Notes"\nbaseURL = "https://www.Example.net/blog/"\n')
    post(tmp_path / "content/posts/one.md")
    run(tmp_path)
    path = tmp_path / "digest.toml"
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", path.read_text(), flags=re.MULTILINE))
    (tmp_path / "smtp-password").write_text("a password\n")
    web = configuration(tmp_path).web
    assert (web.url, web.origins) == ("https://news.example.net", ("https://www.example.net",))


def test_the_key_is_for_its_owner_alone_and_strong(plain: Path):
    run(plain)
    assert stat.S_IMODE((plain / "digest.key").stat().st_mode) == 0o600
    assert len(configuration(plain).secret_keys()[0]) >= 64


def test_the_database_is_there_and_nothing_else_was_added(plain: Path):
    before = set(plain.iterdir())
    run(plain)
    assert {path.name for path in set(plain.iterdir()) - before} == {"digest.toml", "digest.key", "digest.db"}
    Database(configuration(plain).database.url).close()


def test_the_next_steps_are_commands_that_can_be_pasted(plain: Path, monkeypatch: pytest.MonkeyPatch):
    said = run(plain).output
    for words in (
        "preview --open",
        "subscribers import list.csv",
        "send --test me@example.org",
        "send",
        "run",
        "serve",
    ):
        assert f"  digest -c {plain / 'digest.toml'} {words} " in said
    assert "set `from` and `postal_address`" in said
    monkeypatch.chdir(plain)
    assert "  digest preview --open " in run(Path()).output


# --- what is said and written of some sites ----------------------------------------------------------------------------


def test_what_is_held_back_is_counted_by_itself(plain: Path):
    for number, field in enumerate(("expires: 2025-12-03", "draft: true", "draft: yes", "hidden: true")):
        post(plain / f"texts/work/{number}.md", field, date="2025-12-02")
    assert run(plain, now="2025-12-08T08:00Z").output.startswith(
        "8 articles in texts (2 drafts, 1 hidden, 1 expired among them), 2 categories, 4 last week"
    )


def test_pictures_that_are_built_are_not_said_to_be_served(tmp_path: Path):
    (tmp_path / "astro.config.mjs").write_text("export default { site: 'https://example.org' };")
    post(tmp_path / "src/content/blog/one.md", "heroImage: ../../assets/photo.jpg")
    (tmp_path / "src/assets").mkdir()
    (tmp_path / "src/assets/photo.jpg").touch()
    run(tmp_path)
    text = (tmp_path / "digest.toml").read_text()
    assert 'static = ["src/assets"]  # holds the images of ../assets/photo.jpg\n' in text


def test_files_of_a_kind_that_is_not_read_are_counted(plain: Path):
    for number in range(12):
        (plain / f"texts/work/{number}.rst").write_text("Words\n#####\n")
    assert "12 .rst files are not read: articles are Markdown or HTML\n" in run(plain).output


def test_the_page_of_a_category_is_suggested_as_the_generator_makes_it(hugo: Path):
    run(hugo)
    text = (hugo / "digest.toml").read_text()
    assert '\n# category_url = "https://www.example.org/categories/{category}/"\n' in text


def test_jekyll_has_no_pages_of_categories(jekyll: Path):
    run(jekyll)
    assert "category_url" not in (jekyll / "digest.toml").read_text()


def test_where_pages_cannot_be_told_none_are_written_and_it_is_said_why(tmp_path: Path):
    (tmp_path / "eleventy.config.js").write_text("module.exports = {}")
    (tmp_path / "_data").mkdir()
    (tmp_path / "_data/site.json").write_text('{"url": "https://example.org"}')
    post(tmp_path / "blog/one.md")
    (tmp_path / "blog/blog.11tydata.js").write_text("module.exports = { permalink: data => data.x }")
    said = run(tmp_path).output.splitlines()[1]
    assert said == (
        "site.article_url is not written, since Eleventy's pages cannot be told: blog/blog.11tydata.js makes permalinks"
    )
    assert configuration(tmp_path).site.article_url == ""


def test_pictures_without_an_address_travel_in_the_mail(plain: Path):
    post(plain / "texts/work/three.md", "cover: photo.jpg")
    run(plain)
    assert configuration(plain).digests["weekly"].images == "embed"
    assert "Without site.url" in (plain / "digest.toml").read_text()


def test_pictures_that_are_renamed_travel_in_the_mail(tmp_path: Path):
    (tmp_path / "astro.config.mjs").write_text("export default { site: 'https://example.org' };")
    post(tmp_path / "src/content/blog/one.md", "heroImage: ../../assets/photo.jpg")
    run(tmp_path)
    assert configuration(tmp_path).digests["weekly"].images == "embed"
    assert "Astro gives pictures other names" in (tmp_path / "digest.toml").read_text()


def test_pictures_of_a_site_are_linked(hugo: Path):
    post(hugo / "content/posts/one.md", "cover: /img/photo.JPG")
    run(hugo)
    assert configuration(hugo).digests["weekly"].images == "link"


# --- feeds -------------------------------------------------------------------------------------------------------------

FEEDS = ("https://news.example.com/feed.xml", "https://example.org/atom?x=1")
ASKED = tuple(word for feed in FEEDS for word in ("--feed", feed))


def test_feeds_alone_make_a_configuration(tmp_path: Path):
    said = run(tmp_path, "", *ASKED).output
    assert said.startswith("2 feeds, not asked yet\n")
    assert " feeds fetch " in said
    assert tuple(source.feed for source in configuration(tmp_path).sources) == FEEDS
    path = tmp_path / "digest.toml"
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", path.read_text(), flags=re.MULTILINE))
    (tmp_path / "smtp-password").write_text("a password\n")
    assert configuration(tmp_path).sources[1].category == "News"


def test_feeds_stand_beside_the_articles(plain: Path):
    run(plain, "", *ASKED)
    first, *others = configuration(plain).sources
    assert first.files == plain / "texts"
    assert tuple(source.feed for source in others) == FEEDS


@pytest.mark.parametrize("url", ["news.example.com/feed", "", "ftp://example.org/x"])
def test_what_is_no_address_of_a_feed_is_refused_before_anything_is_written(plain: Path, url: str):
    with pytest.raises(UsageError, match="is not the address of a feed"):
        run(plain, "", "--feed", url)
    assert not (plain / "digest.toml").exists()


def test_a_feed_that_is_named_twice_stands_there_once(tmp_path: Path):
    said = run(tmp_path, "", "--feed", FEEDS[0], "--feed", FEEDS[0].replace("https://", "http://www.")).output
    assert said.startswith("1 feed, not asked yet\n")
    assert tuple(source.feed for source in configuration(tmp_path).sources) == FEEDS[:1]


def test_a_configuration_that_could_not_be_used_is_not_written(plain: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIGEST_SMTP__PORT", "no port")
    with pytest.raises(ConfigError):
        run(plain)
    assert not (plain / "digest.toml").exists()
    monkeypatch.delenv("DIGEST_SMTP__PORT")
    run(plain)
    assert configuration(plain).smtp


@pytest.mark.parametrize(
    "url", ["https://me:hunter2@example.org/f", "me:hunter2@example.org/f", "http:///f?key=hunter2"]
)
def test_a_password_in_the_address_of_a_feed_is_not_told(plain: Path, url: str):
    for _ in range(2):
        with pytest.raises(UsageError) as caught:
            run(plain, "", "--feed", url)
        assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"
        (plain / "digest.toml").touch()


def test_a_configuration_that_is_there_gets_no_feed(plain: Path):
    run(plain)
    with pytest.raises(UsageError, match="is there already"):
        run(plain, "", *ASKED)


# --- a second time -------------------------------------------------------------------------------------------------


def test_nothing_that_exists_is_changed(plain: Path):
    run(plain)
    (plain / "digest.toml").write_text((plain / "digest.toml").read_text().replace("My Notes", "Mine"))
    before = {path.name: path.read_bytes() for path in plain.iterdir() if path.suffix in {".toml", ".key"}}
    result = run(plain)
    assert result.exit_code == 0
    assert "is there already, and stays as it is" in result.output
    assert "Written" not in result.output
    assert {name: (plain / name).read_bytes() for name in before} == before


def test_where_it_is_remembered_stands_there_to_be_changed(plain: Path):
    run(plain)
    text = (plain / "digest.toml").read_text()
    assert "[database]\n" in text
    assert 'url = "sqlite:///digest.db"\n' in text
    assert "postgresql://USER@HOST/NAME" in text
    assert "[worker]\n" in text
    assert configuration(plain).database.url == f"sqlite:///{plain / 'digest.db'}"


def test_a_missing_key_and_database_come_back_where_the_configuration_says(plain: Path):
    run(plain)
    (plain / "digest.key").unlink()
    path = plain / "digest.toml"
    text = path.read_text().replace("[web]\n", '[web]\nsecret_key_file = "other.key"\n')
    path.write_text(text.replace('url = "sqlite:///digest.db"', 'url = "sqlite:///other.db"'))
    assert "Written: other.key" in run(plain).output
    assert (plain / "other.db").exists()
    assert not (plain / "digest.key").exists()


def test_a_broken_configuration_is_named_and_left_alone(plain: Path):
    (plain / "digest.toml").write_text("[sight]\n")
    with pytest.raises(ConfigError, match="sight: unknown key; nearest known key: site"):
        run(plain)
    assert not (plain / "digest.key").exists()


# --- what cannot be --------------------------------------------------------------------------------------------------


def test_without_articles_nothing_is_written(tmp_path: Path):
    (tmp_path / "README.md").write_text("---\ntitle: no date\n---\n")
    with pytest.raises(DigestError, match="no articles found") as caught:
        run(tmp_path)
    assert caught.value.exit_code == 1
    assert "digest init path/to/site" in caught.value.hint
    assert "digest init --feed URL" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_folder_that_does_not_exist_is_a_matter_of_usage(tmp_path: Path):
    assert CliRunner().invoke(init, [str(tmp_path / "nowhere")], obj=Session()).exit_code == 2
