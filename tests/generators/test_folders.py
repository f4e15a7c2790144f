"""Where the articles and pictures of a site are, what it calls its categories, and which language it speaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.generators.recognising import recognise
from tests.generators.sites import post, recognised, write
from tests.generators.test_recognising import astro, hugo, jekyll

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


@pytest.mark.parametrize("first", ["news", "guides"])
def test_sections_beside_each_other_are_all_articles(tmp_path: Path, first: str) -> None:
    write(tmp_path / "hugo.toml", "title = 'S'\n")
    for name, count in ((first, 20), ("recipes", 20), ("sport", 3)):
        for number in range(count):
            post(tmp_path / f"content/{name}/{number}.md")
    found = recognised(tmp_path)
    assert ([str(one.folder) for one in found.sections], found.files, found.outside) == (["content"], 43, ())


def folders(site: Path) -> list[str]:
    return [found.folder.as_posix() for found in recognised(site).sections]


@pytest.mark.parametrize("name", ["docs", "pages", "_drafts", "i18n/de/blog", "changelog"])
def test_what_is_no_section_by_its_name_stays_out_and_is_counted(tmp_path: Path, name: str) -> None:
    for number in range(6):
        post(tmp_path / f"blog/{number}.md")
        post(tmp_path / f"{name}/{number}.md")
    assert folders(tmp_path) == ["blog"]
    assert recognised(tmp_path).outside == ((Path(name.partition("/")[0]), 6),)
    for number in range(3):
        post(tmp_path / f"recipes/{number}.md")
    assert folders(tmp_path) == ["blog", "recipes"]


def test_a_folder_of_mostly_undated_files_is_no_section(tmp_path: Path) -> None:
    for number in range(6):
        post(tmp_path / f"blog/{number}.md")
        post(tmp_path / f"guide/{number}.md", date="2025-12-01" if number < 2 else "")
        write(tmp_path / f"_layouts/{number}.html", "---\ntitle: x\n---\n")
    assert folders(tmp_path) == ["blog"]
    post(tmp_path / "news/one.md")
    assert folders(tmp_path) == ["blog", "news"]
    assert recognised(tmp_path).outside == ((Path("guide"), 2),)


def test_a_few_files_without_a_date_keep_no_sections_apart(tmp_path: Path) -> None:
    for number in range(12):
        post(tmp_path / f"site/posts/{number}.md")
        post(tmp_path / f"site/recipes/{number}.md")
    post(tmp_path / "site/contact/write.md", date="")
    post(tmp_path / "site/about.md")
    assert folders(tmp_path) == ["site"]
    assert recognised(tmp_path).files == 25
    for number in range(9):
        post(tmp_path / f"site/contact/{number}.md", date="")
    assert folders(tmp_path) == ["site/posts", "site/recipes"]
    assert recognised(tmp_path).outside == ((Path("site"), 1),)


def test_sections_that_are_apart_name_the_category_of_what_names_none(tmp_path: Path) -> None:
    for name, fields in (("posts", ()), ("slow-food", ()), ("sport", ("category: Rowing",)), ("docs", ())):
        for number in range(3):
            post(tmp_path / f"{name}/{number}.md", *fields)
    assert {str(found.folder): found.category for found in recognised(tmp_path).sections} == {
        "posts": "",
        "slow-food": "Slow food",
        "sport": "",
    }


def test_a_folder_of_articles_may_be_named_itself(tmp_path: Path) -> None:
    post(tmp_path / "posts/one.md")
    assert recognised(tmp_path / "posts").articles == Path()


def test_a_folder_without_dated_files_is_no_site(tmp_path: Path) -> None:
    hugo(tmp_path)
    write(tmp_path / "empty/page.md", "---\ntitle: no date\n---\n")
    assert recognise(tmp_path / "empty") is None


def test_pictures_that_astro_builds_are_served_from_nowhere(tmp_path: Path) -> None:
    astro(tmp_path)
    write(tmp_path / "src/assets/photo.jpg", "")
    assert (recognised(tmp_path).static, recognised(tmp_path).assets) == ((), ())
    post(tmp_path / "src/content/blog/two.md", "heroImage: ../../assets/photo.jpg")
    write(tmp_path / "public/logo.png", "")
    assert (recognised(tmp_path).static, recognised(tmp_path).assets) == ((Path("public"),), (Path("src/assets"),))


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
