"""Where articles have their pages, as the settings and files of a site say; no page where these cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generators.sites import SITE, page, pages, post, why, write

# --- Jekyll ----------------------------------------------------------------------------------------------------------


def jekyll(site: Path, settings: str, *posts: str) -> None:
    write(site / "_config.yml", f"url: {SITE}\n{settings}")
    for name in posts:
        post(site / name)


def test_folders_above_posts_are_categories_of_jekyll_s(tmp_path: Path) -> None:
    jekyll(tmp_path, "", "City/_posts/2025-12-01-one.md")
    assert page(tmp_path) == "/city/{year}/{month}/{day}/{slug}.html"
    jekyll(tmp_path, "", "sport/_posts/2025-12-01-one.md")
    assert page(tmp_path) == "/{categories}/{year}/{month}/{day}/{slug}.html"
    jekyll(tmp_path / "two", "collections_dir: texts\n", "texts/_posts/2025/2025-12-01-one.md")
    assert page(tmp_path / "two") == "/{year}/{month}/{day}/{slug}.html"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("defaults:\n- scope: {path: _posts}\n  values: {category: news}\n", "defaults"),
        ("defaults:\n- scope: {path: _posts/old}\n  values: {permalink: /:title/}\n", "_posts/old"),
    ],
)
def test_defaults_that_articles_do_not_show_leave_jekyll_s_pages_open(
    tmp_path: Path, settings: str, reason: str
) -> None:
    jekyll(tmp_path, settings, "_posts/2025-12-01-one.md")
    assert reason in why(tmp_path)


def test_a_category_beside_that_of_a_folder_leaves_jekyll_s_pages_open(tmp_path: Path) -> None:
    jekyll(tmp_path, "")
    post(tmp_path / "city/_posts/2025-12-01-one.md", "category: City")
    assert "categories" in why(tmp_path)
    jekyll(tmp_path, "permalink: /:title/\ndefaults:\n- scope: {path: _posts}\n  values: {permalink: /p/:title/}\n")
    assert page(tmp_path) == "/p/{slug}/"


def test_only_posts_have_the_pages_of_jekyll_s_posts(tmp_path: Path) -> None:
    jekyll(tmp_path, "collections: {recipes: {output: true}}\n", "_posts/2025-12-01-one.md", "_recipes/soup.md")
    assert pages(tmp_path) == {"_posts": "/{year}/{month}/{day}/{slug}.html", "_recipes": ""}


def test_folders_with_posts_of_jekyll_s_beside_others_are_in_their_pages(tmp_path: Path) -> None:
    jekyll(tmp_path, "", "_posts/2025-12-01-one.md", "Harbour/_posts/2025-12-01-two.md", "docs/notes.md")
    assert pages(tmp_path) == {
        "Harbour": "/harbour/{categories}/{year}/{month}/{day}/{slug}.html",
        "_posts": "/{year}/{month}/{day}/{slug}.html",
    }


# --- Docusaurus --------------------------------------------------------------------------------------------------------


def docusaurus(site: Path, blog: str, folder: str = "blog") -> None:
    settings = f"module.exports = {{ title: 'D', url: '{SITE}', baseUrl: '/', {blog} }}"
    write(site / "docusaurus.config.js", settings)
    post(site / folder / "2025-12-01-one.md")
    post(site / folder / "two.md")


@pytest.mark.parametrize(
    ("blog", "folder", "expected"),
    [
        ("presets: [['classic', { docs: { routeBasePath: '/docs' }, blog: { routeBasePath: '/' } }]]", "blog", ""),
        ("presets: [['classic', { blog: { feed: { path: 'x' }, routeBasePath: 'news' } }]]", "blog", "/news"),
        ("presets: [['classic', { blog: { path: './stories' } }]]", "stories", "/blog"),
        ("plugins: [['@docusaurus/plugin-content-blog', { id: 'x', path: 'n', routeBasePath: 'm' }]]", "n", "/m"),
        ("presets: [['classic', options]]", "blog", "/blog"),
    ],
)
def test_a_blog_of_docusaurus_is_where_its_route_says(tmp_path: Path, blog: str, folder: str, expected: str) -> None:
    docusaurus(tmp_path, blog, folder)
    assert page(tmp_path) == f"{expected}/{{slug_or_dated}}"


@pytest.mark.parametrize(
    ("blog", "folder"),
    [
        ("presets: [['classic', { blog: { routeBasePath: ROUTE } }]]", "blog"),
        ("presets: [['classic', { blog: { routeBasePath: '/a' + b } }]]", "blog"),
        ("presets: [['classic', { blog: { routeBasePath: `/${a}` } }]]", "blog"),
        ("presets: [['classic', { blog: { path: 'stories' } }]]", "blog"),
        ("presets: [options]};const options = { routeBasePath: '/'", "blog"),
        ("presets: [['classic', { blog: false }]]", "news"),
    ],
)
def test_a_blog_of_docusaurus_that_cannot_be_read_leaves_its_pages_open(tmp_path: Path, blog: str, folder: str) -> None:
    docusaurus(tmp_path, blog, folder)
    assert why(tmp_path)


def test_each_blog_of_docusaurus_has_pages_of_its_own(tmp_path: Path) -> None:
    other = "plugins: [['@docusaurus/plugin-content-blog', { path: 'stories', routeBasePath: 'told' }]]"
    docusaurus(tmp_path, other + ", presets: [['classic', { blog: {} }]]")
    post(tmp_path / "stories/one.md")
    assert pages(tmp_path) == {"blog": "/blog/{slug_or_dated}", "stories": "/told/{slug_or_dated}"}


# --- MkDocs ------------------------------------------------------------------------------------------------------------


def mkdocs(site: Path, settings: str, *fields: str) -> None:
    write(site / "mkdocs.yml", f"site_url: {SITE}\nsite_name: M\n{settings}")
    post(site / "docs/news/posts/one.md", *fields)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("plugins: [{blog: {blog_dir: news}}]", "/news/{year}/{month}/{day}/{slug}/"),
        ("plugins: [search, {blog: {blog_dir: news, post_url_format: '{slug}'}}]", "/news/{slug}/"),
        ("plugins: {blog: {blog_dir: ., post_url_date_format: yyyy}}", "/{year}/{slug}/"),
        ("plugins: [{blog: {}}, {material/blog: {blog_dir: news, post_url_format: '{file}'}}]", "/news/{filename}/"),
        ("use_directory_urls: false\nplugins: [{blog: {blog_dir: news}}]", "/news/{year}/{month}/{day}/{slug}.html"),
    ],
)
def test_a_blog_of_mkdocs_is_where_its_plugin_says(tmp_path: Path, settings: str, expected: str) -> None:
    mkdocs(tmp_path, settings, "slug: one")
    assert page(tmp_path) == expected


@pytest.mark.parametrize(
    "settings",
    [
        "plugins: [blog]",
        "plugins: [search]",
        "theme: material",
        "plugins: [{blog: {blog_dir: news, post_url_format: '{categories}/{slug}'}}]",
        "plugins: [{blog: {blog_dir: news, post_url_date_format: yyyy/MMM}}]",
    ],
)
def test_a_blog_of_mkdocs_that_is_not_that_of_the_articles_leaves_their_pages_open(
    tmp_path: Path, settings: str
) -> None:
    mkdocs(tmp_path, settings, "slug: one")
    assert why(tmp_path)


def test_mkdocs_makes_pages_of_titles_in_ways_of_its_own(tmp_path: Path) -> None:
    mkdocs(tmp_path, "plugins: [{blog: {blog_dir: news}}]", "slug: one")
    post(tmp_path / "docs/news/posts/two.md")
    assert "titles" in why(tmp_path)


# --- Zola --------------------------------------------------------------------------------------------------------------


def zola(site: Path, settings: str, name: str = "2025-12-01-one.md") -> None:
    write(site / "config.toml", f'base_url = "{SITE}"\n{settings}')
    post(site / "content/blog" / name)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("[slugify]\npaths_keep_dates = true\n", "/blog/{slug_or_filename}/"),
        ("[slugify]\npaths_keep_dates = false\n", "/blog/{slug}/"),
        ("[languages.de]\n", "/{language}/blog/{slug}/"),
        ("[slugify]\npaths = 'off'\n", "/blog/{slug}/"),
    ],
)
def test_zola_s_pages_have_dates_and_languages_if_it_says_so(tmp_path: Path, settings: str, expected: str) -> None:
    zola(tmp_path, settings)
    assert page(tmp_path) == expected


@pytest.mark.parametrize(
    ("settings", "name"), [("", "été.md"), ("", "a_b.md"), ("[slugify]\npaths = 'safe'\n", "A.md")]
)
def test_names_that_zola_writes_otherwise_leave_its_pages_open(tmp_path: Path, settings: str, name: str) -> None:
    zola(tmp_path, settings, name)
    assert why(tmp_path)


# --- Eleventy ----------------------------------------------------------------------------------------------------------


def eleventy(site: Path, settings: str = "dir: { input: 'content' }") -> None:
    write(site / "eleventy.config.js", f"module.exports = {{ {settings} }}")
    write(site / "_data/site.json", f'{{"url": "{SITE}"}}')
    post(site / "content/blog/2025-12-01-one.md")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [("dir: { input: './content' }", "/blog/{slug}/"), ("", "/content/blog/{slug}/")],
)
def test_eleventy_s_pages_lie_as_in_the_folder_that_it_reads(tmp_path: Path, settings: str, expected: str) -> None:
    eleventy(tmp_path, settings)
    assert page(tmp_path) == expected


@pytest.mark.parametrize(
    "name",
    [
        "content/blog/blog.11tydata.js",
        "content/blog/2025-12-01-one.11tydata.mjs",
        "content/content.11tydata.cjs",
        "content/_data/eleventyComputed.js",
        "_data/permalink.js",
    ],
)
def test_a_program_that_makes_permalinks_leaves_eleventy_s_pages_open(tmp_path: Path, name: str) -> None:
    eleventy(tmp_path)
    write(tmp_path / name, "module.exports = { layout: 'post' } // no permalink\n")
    assert (page(tmp_path) == "") == ("permalink" in name)
    write(tmp_path / name, 'module.exports = { permalink: "/x/{{ page.fileSlug }}/" }\n')
    assert name in why(tmp_path)


@pytest.mark.parametrize(
    "settings", ["dir: { input }", "dir: { input: 'src' }", "x: c => c.addGlobalData('permalink', () => x)"]
)
def test_a_configuration_of_eleventy_s_that_cannot_be_read_leaves_its_pages_open(tmp_path: Path, settings: str) -> None:
    eleventy(tmp_path, settings)
    assert why(tmp_path)


# --- Astro ---------------------------------------------------------------------------------------------------------------


def astro(site: Path, *routes: str, settings: str = "", program: str = "getCollection('blog')") -> None:
    write(site / "astro.config.ts", f"export default defineConfig({{ site: '{SITE}'{settings} }})")
    post(site / "src/data/blog/one.md")
    for route in routes:
        write(site / "src/pages" / route, program)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        (("posts/[...slug]/index.astro", "posts/[...page].astro"), "/posts"),
        (("blog/[id].astro", "[...slug].astro", "about.astro"), "/blog"),
        (("[...slug].astro",), ""),
    ],
)
def test_a_collection_of_astro_s_is_where_its_route_is(tmp_path: Path, routes: tuple[str, ...], expected: str) -> None:
    astro(tmp_path, *routes)
    assert page(tmp_path) == f"{expected}/{{slug_or_filename}}/"


def test_each_collection_of_astro_s_is_where_its_route_is(tmp_path: Path) -> None:
    astro(tmp_path, "blog/[slug].astro", "notes/[id].astro", program="")
    post(tmp_path / "src/data/notes/one.md")
    assert pages(tmp_path) == {
        "src/data/blog": "/blog/{slug_or_filename}/",
        "src/data/notes": "/notes/{slug_or_filename}/",
    }


def test_the_base_of_an_astro_site_is_in_its_pages(tmp_path: Path) -> None:
    astro(tmp_path, "blog/[slug].astro", settings=", base: '/notes'")
    assert page(tmp_path) == "/notes/blog/{slug_or_filename}/"


def test_a_page_of_astro_s_is_where_it_lies(tmp_path: Path) -> None:
    astro(tmp_path)
    (tmp_path / "src/data/blog/one.md").unlink()
    post(tmp_path / "src/pages/posts/one.md")
    assert page(tmp_path) == "/posts/{slug_or_filename}/"


@pytest.mark.parametrize("routes", [(), ("posts/[slug].astro", "notes/[slug].astro"), ("[lang]/blog/[slug].astro",)])
def test_without_one_route_astro_s_pages_are_open(tmp_path: Path, routes: tuple[str, ...]) -> None:
    astro(tmp_path, *routes)
    assert why(tmp_path)


def test_a_route_of_another_collection_is_none(tmp_path: Path) -> None:
    astro(tmp_path, "posts/[slug].astro", program="getCollection('notes')")
    assert why(tmp_path)


# --- Pelican -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting", ["ARTICLE_URL = f'{SECTION}/{{slug}}/'", "ARTICLE_URL = 'posts/' + NAME", "SLUGIFY_SOURCE = HOW"]
)
def test_a_setting_that_pelican_works_out_leaves_its_pages_open(tmp_path: Path, setting: str) -> None:
    write(tmp_path / "pelicanconf.py", f"SITEURL = '{SITE}'\n{setting}\n")
    post(tmp_path / "content/one.md", "slug: one")
    assert "worked out" in why(tmp_path)
