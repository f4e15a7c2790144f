"""Sites of many makes, each as its generator's own beginners' guide leaves it, recognised by their files alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.generators.recognising import Found, recognise

SITE = "https://www.example.org"


def post(path: Path, *fields: str, date: str = "2025-12-01") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ("---", "title: Words", *([f"date: {date}"] if date else []), *fields, "---", "Body.")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def recognised(root: Path) -> Found:
    found = recognise(root)
    assert found is not None
    return found


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
    post(site / "src/content/blog/one.md", "pubDate: Jul 08 2025", date="")


def eleventy(site: Path) -> None:
    write(site / "eleventy.config.js", "export default function () {}")
    write(
        site / "_data/metadata.js",
        f'export default {{\n\ttitle: "The Example",\n\turl: "{SITE}/",\n\tlanguage: "de",\n}}',
    )
    post(site / "content/blog/one.md")


def eleventy_with_data(site: Path) -> None:
    write(site / ".eleventy.js", "module.exports = {}")
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
    docusaurus: ("Docusaurus", "website/blog", "/blog/{year}/{month}/{day}/{slug}"),
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
    assert found.page == f"{SITE}{page}"


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
    post(tmp_path / "posts/one.md")
    found = recognised(tmp_path)
    assert found.generator
    assert found.page == ""


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
    assert recognised(tmp_path).page == f"{SITE}{page}"


def test_hugo_and_zola_put_folders_and_small_letters_into_their_pages(tmp_path: Path) -> None:
    write(tmp_path / "hugo/hugo.toml", f'baseURL = "{SITE}"\n')
    write(tmp_path / "zola/config.toml", f'base_url = "{SITE}"\n')
    for site, page in (("hugo", "slug_or_filename"), ("zola", "slug")):
        post(tmp_path / site / "content/posts/one.md")
        post(tmp_path / site / "content/posts/travel/two.md")
        assert recognised(tmp_path / site).page == f"{SITE}/posts/{{folders}}/{{{page}}}/"
        post(tmp_path / site / "content/posts/Far Away/Slow Trains.md")
        assert recognised(tmp_path / site).page == f"{SITE}/posts/{{folders:lower}}/{{{page}:lower}}/"


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
    assert recognised(tmp_path).page == f"{SITE}{page}"


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
    assert recognised(tmp_path).page == (f"{SITE}{page}" if page else "")


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


# --- folders -----------------------------------------------------------------------------------------------------------


def test_section_pages_builds_and_packages_are_no_articles(tmp_path: Path) -> None:
    hugo(tmp_path)
    post(tmp_path / "content/posts/_index.md")
    post(tmp_path / "public/posts/story-1/index.html")
    post(tmp_path / "node_modules/thing/CHANGES.md")
    post(tmp_path / ".cache/copy.md")
    found = recognised(tmp_path)
    assert (found.articles, found.files, str(found.newest)) == (Path("content/posts"), 4, "2025-12-04")


def test_pictures_are_where_the_generator_serves_them_from(tmp_path: Path) -> None:
    hugo(tmp_path)
    for name in ("static/img/photo.JPG", "public/photo.jpg"):
        write(tmp_path / name, "")
    assert recognised(tmp_path).static == (Path("static"),)


def test_pictures_below_assets_are_served_as_they_lie(tmp_path: Path) -> None:
    jekyll(tmp_path)
    write(tmp_path / "assets/photo.png", "")
    assert recognised(tmp_path).static == (Path(),)


def test_a_plain_folder_has_its_pictures_where_people_put_them(tmp_path: Path) -> None:
    post(tmp_path / "texts/one.md")
    write(tmp_path / "public/photo.png", "")
    found = recognised(tmp_path)
    assert (found.generator, found.static) == ("", (Path("public"),))


def test_categories_as_folders_stay_together(tmp_path: Path) -> None:
    for category in ("work", "health"):
        post(tmp_path / f"texts/{category}/one.md", "source: https://example.com/one")
        post(tmp_path / f"texts/{category}/two.md", "source: The Example Gazette")
    found = recognised(tmp_path)
    assert (found.articles, found.files, found.sourced) == (Path("texts"), 4, 2)


def test_years_as_folders_stay_together(tmp_path: Path) -> None:
    for month in ("10", "11"):
        post(tmp_path / f"writing/2025/{month}/story.md")
    assert recognised(tmp_path).articles == Path("writing")


def test_the_blog_of_a_larger_site_is_preferred(tmp_path: Path) -> None:
    for number in range(6):
        post(tmp_path / f"src/content/pages/{number}.mdx")
        post(tmp_path / f"src/content/blog/{number % 2}/{number}.mdx")
    found = recognised(tmp_path)
    assert (found.articles, found.files) == (Path("src/content/blog"), 6)


def test_a_folder_of_articles_may_be_named_itself(tmp_path: Path) -> None:
    post(tmp_path / "posts/one.md")
    assert recognised(tmp_path / "posts").articles == Path()


def test_a_folder_without_dated_files_is_no_site(tmp_path: Path) -> None:
    hugo(tmp_path)
    write(tmp_path / "empty/page.md", "---\ntitle: no date\n---\n")
    assert recognise(tmp_path / "empty") is None


def test_covers_are_counted_by_where_they_lie(tmp_path: Path) -> None:
    astro(tmp_path)
    for name, cover in (("a", "./a.jpg"), ("b", "/b.jpg"), ("c", "https://example.org/c.jpg"), ("d", "sunrise")):
        post(tmp_path / f"src/content/blog/{name}.md", f"cover: {cover}")
    found = recognised(tmp_path)
    assert (found.renames, found.covers, found.files_as_covers) == (True, 1, 2)


# --- what a site calls its categories ----------------------------------------------------------------------------------


def test_a_field_that_sorts_the_articles_is_the_category_where_no_usual_one_does(tmp_path: Path) -> None:
    for number in range(12):
        rubric = f"rubric: {('Work', 'Home', 'City')[number % 3]}"
        post(tmp_path / f"posts/{number}.md", rubric, f"id: n{number}", "desk: news")
    assert recognised(tmp_path).category == "rubric"


def test_with_a_usual_category_no_other_is_looked_for(tmp_path: Path) -> None:
    for number in range(12):
        post(tmp_path / f"posts/{number}.md", f"rubric: {('Work', 'Home')[number % 2]}", "category: Work")
    assert recognised(tmp_path).category == ""


# --- languages ---------------------------------------------------------------------------------------------------------


def test_the_language_is_that_of_most_articles_where_the_site_does_not_say_its_own(tmp_path: Path) -> None:
    for number, language in enumerate(("fa", "fa", "fa", "en")):
        post(tmp_path / f"posts/{number}.md", f"lang: {language}")
    assert recognised(tmp_path).facts.language == "fa"


def titled(folder: Path, *titles: str) -> None:
    for number, title in enumerate(titles):
        write(folder / f"posts/{number}.md", f"---\ntitle: '{title}'\ndate: 2025-12-01\n---\nBody.")


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("\u067e\u0644 \u062a\u0627\u0632\u0647 Docker", "fa"),
        ("\u0627\u0644\u062c\u0633\u0631 \u0627\u0644\u062c\u062f\u064a\u062f", "ar"),
        ("\u05d4\u05d2\u05e9\u05e8 \u05d4\u05d7\u05d3\u05e9", "he"),
        ("\u65b0\u3057\u3044\u6a4b", "ja"),
        ("\u65b0\u6865", "zh"),
        ("\uc0c8 \ub2e4\ub9ac", "ko"),
        ("\u041d\u043e\u0432\u044b\u0439 \u043c\u043e\u0441\u0442", "ru"),
        ("\u041d\u043e\u0432\u0438\u0439 \u043c\u0456\u0441\u0442", "uk"),
        ("\u0397 \u03bd\u03ad\u03b1 \u03b3\u03ad\u03c6\u03c5\u03c1\u03b1", "el"),
        ("\u0e2a\u0e30\u0e1e\u0e32\u0e19\u0e43\u0e2b\u0e21\u0e48", "th"),
        ("\u0928\u092f\u093e \u092a\u0941\u0932", "hi"),
        ("The new bridge", ""),
        ("2025: 17", ""),
    ],
)
def test_where_nothing_says_the_language_the_script_of_most_titles_does(
    tmp_path: Path, title: str, language: str
) -> None:
    titled(tmp_path, title, title, "The old bridge")
    assert recognised(tmp_path).facts.language == language


def test_a_name_in_another_script_does_not_make_the_language(tmp_path: Path) -> None:
    titled(tmp_path, "The \u03b1 and the \u03c9 of it", "What \u6a4b means", "\u65b0\u6865")
    assert recognised(tmp_path).facts.language == ""


def test_a_foreign_letter_in_one_title_of_many_is_a_name(tmp_path: Path) -> None:
    arabic = "\u0627\u0644\u062c\u0633\u0631"
    titled(tmp_path, *[arabic] * 19, f"{arabic} \u06af")
    assert recognised(tmp_path).facts.language == "ar"


def test_a_site_s_own_word_on_its_language_counts_more(tmp_path: Path) -> None:
    write(tmp_path / "_config.yml", "lang: de\n")
    post(tmp_path / "posts/one.md", "lang: en")
    assert recognised(tmp_path).facts.language == "de"
