"""Sites of many makes, each as its generator's own beginners' guide leaves it, recognised by their files alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.generators.sites import SITE, post, recognised, section, write

# --- one site of each make -----------------------------------------------------------------------------------------


def hugo(site: Path) -> None:
    write(site / "hugo.toml", f'title = "The  Example"\nbaseURL = "{SITE}/"\nlanguageCode = "de"\n')
    for number in range(4):
        post(site / f"content/posts/story-{number}/index.md", date=f"2025-12-0{number + 1}")
    post(site / "content/docs/changelog.md", date="2026-01-01")


def hugo_with_dates_in_its_pages(site: Path) -> None:
    patterns = '[permalinks]\nnews = "/:year/:month/:slug/"\n'
    write(site / "config/_default/hugo.toml", f'title = "The Example"\nbaseURL = "{SITE}"\nlocale = "de"\n{patterns}')
    post(site / "content/news/2025/one.md")


def hugo_in_languages(site: Path) -> None:
    languages = 'defaultContentLanguage = "de"\n[languages.de]\ntitle = "The Example"\n'
    write(site / "hugo.toml", f'baseURL = "{SITE}"\n{languages}')
    post(site / "content/blog/one.md")


def zola(site: Path) -> None:
    write(site / "config.toml", f'base_url = "{SITE}"\ntitle = "The Example"\ndefault_language = "de"\n')
    path = site / "content/blog/2025-12-01-one.md"
    write(path, '+++\ntitle = "Words"\ndate = 2025-12-01\n+++\nBody.\n')


def jekyll(site: Path) -> None:
    write(site / "_config.yml", f"title: The Example\nurl: {SITE}\nlang: de\n# comment\n")
    for number in (1, 2):
        post(site / f"_posts/2025-11-0{number}-story.markdown", date="")


def jekyll_with_categories(site: Path) -> None:
    write(site / "_config.yml", f"title: The Example\nurl: {SITE}\nbaseurl: /notes\nlang: de\npermalink: pretty\n")
    post(site / "_posts/2025-11-01-story.markdown", "category: Work")


def astro(site: Path) -> None:
    write(
        site / "astro.config.mjs",
        f"// site: 'https://old.example.org'\nexport default defineConfig({{ site: '{SITE}' }});",
    )
    write(site / "src/consts.ts", "export const SITE_TITLE = 'The Example';\nexport const lang = \"de\";\n")
    write(site / "src/pages/blog/[...slug].astro", "---\nconst posts = await getCollection('blog');\n---\n")
    post(site / "src/content/blog/one.md", "pubDate: Jul 08 2025", date="")


def eleventy(site: Path) -> None:
    write(
        site / "eleventy.config.js",
        'export default function () {}\nexport const config = { dir: { input: "content" } };',
    )
    write(
        site / "_data/metadata.js",
        f'export default {{\n\ttitle: "The Example",\n\turl: "{SITE}/",\n\tlanguage: "de",\n}}',
    )
    post(site / "content/blog/one.md")


def eleventy_with_data(site: Path) -> None:
    write(site / ".eleventy.js", "module.exports = { dir: { input: 'src', output: '_site' } }")
    write(site / "src/_data/site.json", f'{{"name": "The Example", "url": "{SITE}", "lang": "de"}}')
    post(site / "src/posts/one.md")


def next_js(site: Path) -> None:
    write(site / "next.config.mjs", "export default {}")
    words = f"const siteMetadata = {{\n  title: 'The Example',\n  siteUrl: '{SITE}',\n  language: 'de',\n}}"
    write(site / "data/siteMetadata.js", words)
    post(site / "data/blog/one.mdx")


def docusaurus(site: Path) -> None:
    settings = (
        f'const config = {{ title: "The Example", url: "{SITE}", baseUrl: "/", i18n: {{ defaultLocale: "de" }} }};'
    )
    write(site / "website/docusaurus.config.ts", settings)
    post(site / "website/blog/2025-12-01-one.md", date="")
    post(site / "website/blog/2025-12-02-two/index.md", date="")


def gatsby(site: Path) -> None:
    settings = f"module.exports = {{ siteMetadata: {{ title: `The Example`, siteUrl: `{SITE}/`, language: `de` }} }}"
    write(site / "gatsby-config.js", settings)
    post(site / "content/blog/one/index.md")


def pelican(site: Path) -> None:
    settings = (
        f"SITENAME = 'The Example'\n#SITEURL = 'x'\nSITEURL = '{SITE}'\nDEFAULT_LANG = 'de'\nTIMEZONE = 'Europe/Rome'\n"
    )
    write(site / "pelicanconf.py", settings)
    for folder in ("work", "home"):
        write(site / f"content/{folder}/one.md", "Title: Words\nDate: 2025-12-01 10:00\nSlug: one\n\nBody.\n")


def quarto(site: Path) -> None:
    settings = f'project:\n  type: website\nwebsite:\n  title: "The Example"\n  site-url: {SITE}\nlang: de\n'
    write(site / "_quarto.yml", settings)
    post(site / "posts/one/index.qmd")


def mkdocs(site: Path) -> None:
    odd = "markdown_extensions:\n  - x:\n      y: !!python/name:z.to_svg\n"
    settings = (
        f"site_name: The Example\nsite_url: {SITE}\ntheme:\n  name: material\n  language: de\nplugins:\n  - blog\n{odd}"
    )
    write(site / "mkdocs.yml", settings)
    post(site / "docs/blog/posts/one.md", "slug: one")


MAKES: dict[Callable[[Path], None], tuple[str, str, str]] = {
    hugo: ("Hugo", "content/posts", "/posts/{slug_or_filename}/"),
    hugo_with_dates_in_its_pages: ("Hugo", "content/news", "/{year}/{month}/{slug_or_title}/"),
    hugo_in_languages: ("Hugo", "content/blog", "/blog/{slug_or_filename}/"),
    zola: ("Zola", "content/blog", "/blog/{slug}/"),
    jekyll: ("Jekyll", "_posts", "/{year}/{month}/{day}/{slug}.html"),
    jekyll_with_categories: ("Jekyll", "_posts", "/notes/{categories}/{year}/{month}/{day}/{slug}/"),
    astro: ("Astro", "src/content/blog", "/blog/{slug_or_filename}/"),
    eleventy: ("Eleventy", "content/blog", "/blog/{slug}/"),
    eleventy_with_data: ("Eleventy", "src/posts", "/posts/{slug}/"),
    next_js: ("Next.js", "data/blog", "/blog/{slug}"),
    docusaurus: ("Docusaurus", "website/blog", "/blog/{slug_or_dated}"),
    gatsby: ("Gatsby", "content/blog", "/{slug}/"),
    pelican: ("Pelican", "content", "/{slug_or_title}.html"),
    quarto: ("Quarto", "posts", "/posts/{path}/"),
    mkdocs: ("MkDocs", "docs/blog/posts", "/blog/{year}/{month}/{day}/{slug}/"),
}


@pytest.mark.parametrize("make", MAKES, ids=lambda make: make.__name__)
def test_a_site_is_recognised_with_all_that_its_configuration_says(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path)
    found = recognised(tmp_path)
    generator, articles, page = MAKES[make]
    base = f"{SITE}/notes" if make is jekyll_with_categories else SITE
    assert (found.generator, found.articles.as_posix()) == (generator, articles)
    assert (found.facts.title, found.facts.url, found.facts.language) == ("The Example", base, "de")
    assert section(tmp_path).page == f"{SITE}{page}"


@pytest.mark.parametrize("make", MAKES, ids=lambda make: make.__name__)
def test_a_site_is_recognised_from_its_content_s_own_folder_too(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path)
    articles = recognised(tmp_path).articles
    assert recognised(tmp_path / articles).articles == Path()


# --- where the page of an article cannot be told ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(
            ("hugo.toml", f'baseURL = "{SITE}"\n[permalinks]\nposts = "/:{token}/:slug/"\n')
            for token in (
                "monthname",
                "yearday",
                "weekday",
                "weekdayname",
                "sectionslug",
                "sections[1:]",
                "06",
                "unknown",
            )
        ),
        *(
            ("_config.yml", f"url: {SITE}\npermalink: {permalink}\n")
            for permalink in ("/:year/:y_day/:title/", "ordinal", "weekdate", "/:i_month/:title/", "/page/")
        ),
        ("pelicanconf.py", f"SITEURL = '{SITE}'\nARTICLE_URL = '{{date:%b}}/{{slug}}/'\nSLUGIFY_SOURCE = 'basename'\n"),
        ("pelicanconf.py", f"SITEURL = '{SITE}'\nARTICLE_URL = '{{lang}}/{{slug}}/'\n"),
        ("hugo.toml", 'title = "No address"\n'),
    ],
)
def test_a_page_that_cannot_be_told_is_left_open(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / name, text)
    post(tmp_path / "content/posts/one.md")
    found = recognised(tmp_path)
    assert found.generator
    assert section(tmp_path).page == ""
    assert (section(tmp_path).untold != "") == (SITE in text)


@pytest.mark.parametrize(
    ("pattern", "page"),
    [
        ("/:year/:title/", "/{year}/{title}/"),
        (":section/:slugorcontentbasename", "/posts/{slug_or_filename}/"),
        ("/:sections/:contentbasename.html", "/posts/{filename}.html"),
        ("/:filename/", "/{filename}/"),
        ("/:slugorfilename", "/{slug_or_filename}/"),
    ],
)
def test_the_tokens_of_hugo_are_read_whole(tmp_path: Path, pattern: str, page: str) -> None:
    write(tmp_path / "hugo.toml", f'baseURL = "{SITE}"\n[permalinks.page]\nposts = "{pattern}"\n')
    post(tmp_path / "content/posts/one.md")
    assert section(tmp_path).page == f"{SITE}{page}"


def test_hugo_and_zola_put_folders_and_small_letters_into_their_pages(tmp_path: Path) -> None:
    write(tmp_path / "hugo/hugo.toml", f'baseURL = "{SITE}"\n')
    write(tmp_path / "zola/config.toml", f'base_url = "{SITE}"\n')
    for site, page in (("hugo", "slug_or_filename"), ("zola", "slug")):
        post(tmp_path / site / "content/posts/one.md")
        post(tmp_path / site / "content/posts/travel/two.md")
        assert section(tmp_path / site).page == f"{SITE}/posts/{{folders}}/{{{page}}}/"
        post(tmp_path / site / "content/posts/Far Away/Slow Trains.md")
        assert section(tmp_path / site).page == f"{SITE}/posts/{{folders:lower}}/{{{page}:lower}}/"


@pytest.mark.parametrize(
    ("settings", "page"),
    [
        ("permalink: /:categories/:year/:title:output_ext", "/{categories}/{year}/{slug}.html"),
        ("permalink: :title/", "/{slug}/"),
        ("permalink: /:name", "/{filename}"),
        ("permalink: none", "/{categories}/{slug}.html"),
        ("permalink: /x/:title\ncollections:\n  posts:\n    permalink: /blog/:title/", "/blog/{slug}/"),
        (
            "defaults: [{scope: {type: x}, values: {permalink: /p}}, {scope: {path: ''}, values: {permalink: '/n/:title/'}}]",
            "/n/{slug}/",
        ),
    ],
)
def test_the_permalink_of_jekyll_is_that_of_posts(tmp_path: Path, settings: str, page: str) -> None:
    write(tmp_path / "_config.yml", f"url: {SITE}\n{settings}\n")
    post(tmp_path / "_posts/2025-11-01-story.md", "categories: Work Home")
    assert section(tmp_path).page == f"{SITE}{page}"


# --- Pelican -----------------------------------------------------------------------------------------------------------


def train(path: Path, title: str = "Night line", *, slug: str = "") -> None:
    write(path, f"Title: {title}\nDate: 2025-12-01\n{f'Slug: {slug}' if slug else 'Tags: x'}\n\nBody.\n")


@pytest.mark.parametrize(
    ("settings", "title", "page"),
    [
        ("ARTICLE_URL = 'posts/{date:%Y}/{slug}/'", "Night line", "/posts/{year}/{slug_or_title}/"),
        ("SLUGIFY_SOURCE = 'basename'", "Züge", "/{slug_or_filename}.html"),
        ("", "Züge", ""),
        ("", "Version 2.0", ""),
    ],
)
def test_pelican_makes_its_pages_of_titles(tmp_path: Path, settings: str, title: str, page: str) -> None:
    write(tmp_path / "pelicanconf.py", f"SITEURL = '{SITE}'\nPATH = 'content'\n{settings}\n")
    train(tmp_path / "content/line.md", title)
    assert section(tmp_path).page == (f"{SITE}{page}" if page else "")


def test_all_of_pelican_s_content_is_articles_but_for_its_pages(tmp_path: Path) -> None:
    write(tmp_path / "pelicanconf.py", f"SITEURL = '{SITE}'\nPATH = 'content'\nARTICLE_PATHS = ['posts', 'Travel']\n")
    for name in ("posts/one.md", "posts/two.md", "posts/three.md", "Travel/slow.md", "pages/about.md"):
        train(tmp_path / "content" / name)
    write(tmp_path / "content/Travel/fast.rst", "Fast\n####\n")
    found = recognised(tmp_path)
    assert (found.articles, found.files, found.unread) == (Path("content"), 4, ((".rst", 1),))
    assert found.category_page == "/category/{category}.html"
    write(tmp_path / "pelicanconf.py", "PATH = 'content'\nARTICLE_PATHS = ['posts']\n")
    assert recognised(tmp_path).articles == Path("content/posts")


def test_a_program_is_read_and_never_run(tmp_path: Path) -> None:
    write(
        tmp_path / "docusaurus.config.js", "const url = `https://${host}`;\nmodule.exports = { title: names[0], url };"
    )
    write(tmp_path / "pelicanconf.py", "raise SystemExit")
    post(tmp_path / "blog/2025-12-01-one.md")
    assert recognised(tmp_path).facts.url == ""


@pytest.mark.parametrize(
    "written", ["", "title: [", "- a list", "a: \0", "title: x\nbaseurl: 5", "url: 'ftp://x'", "[" * 9999]
)
def test_a_configuration_that_cannot_be_used_is_passed_over(tmp_path: Path, written: str) -> None:
    for name in ("_config.yml", "_quarto.yml", "mkdocs.yml", "hugo.json", "package.json", "_data/metadata.json"):
        write(tmp_path / name, written)
    (tmp_path / "hugo.toml").write_bytes(b"\xff")
    post(tmp_path / "posts/one.md")
    assert recognised(tmp_path).facts.url == ""


def test_a_package_is_asked_for_its_home_and_not_for_its_name(tmp_path: Path) -> None:
    write(tmp_path / "package.json", '{"name": "x", "title": "y", "homepage": "https://example.org/"}')
    post(tmp_path / "posts/one.md")
    found = recognised(tmp_path)
    assert (found.facts.title, found.facts.url) == ("", "https://example.org")
