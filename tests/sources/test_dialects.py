"""One article as each generator's people write it: the facts are the same, the shapes are not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.model import Article, Dated, Problem
from tests.sources.conftest import Content

BODY = "\nThe ferry left the old harbour at six.\n"
SITE = "https://example.org"


@dataclass(frozen=True)
class Dialect:
    """A file as one generator has it, and what differs in the article that it holds."""

    name: str
    text: str
    title: str = "The night ferry is back"
    dated: Dated = Dated.FIELD
    category: str = "City"
    tags: tuple[str, ...] = ("harbour", "boats")
    author: str = "City desk"
    cover: str = f"{SITE}/img/ferry.png"
    excerpt: str = "It runs on batteries."
    source: str = ""
    language: str = ""
    url: str = ""
    draft: bool = False
    hidden: bool = False
    minutes: int = 0
    weight: float | None = None
    updated: datetime | None = None


DIALECTS = {
    "hugo": Dialect(
        "news/night-ferry/index.md",
        """---
Title: "The night ferry is back"
Date: 2025-12-03T00:00:00Z
lastmod: 2025-12-04
description: |-
  It runs on
  batteries.
Author: City desk
categories: ["City"]
tags: ["harbour", "boats"]
images:
  - /img/ferry.png
slug: ferry
weight: 20
---
""",
        weight=20,
        updated=datetime(2025, 12, 4, tzinfo=UTC),
    ),
    "hugo with parameters, dated by its folder": Dialect(
        "2025/1203-night-ferry/index.md",
        """---
title: |-
  The night ferry is back
keywords: [harbour, boats]
description: It runs on batteries.
resources:
  - src: /img/ferry.png
    name: cover
build:
  list: never
params:
  author:
    name: City desk
    avatar: desk.jpg
  category: City
  showCover: true
---
""",
        dated=Dated.NAME,
        hidden=True,
    ),
    "jekyll": Dialect(
        "_posts/2025-12-03-night-ferry.markdown",
        """---
layout: post
title: The night ferry is back
tags: harbour boats
category: City
author: City desk
image: "{{ site.url }}/img/ferry.png"
excerpt: It runs on batteries.
permalink: /2025/ferry.html
published: false
---
""",
        dated=Dated.NAME,
        url=f"{SITE}/2025/ferry.html",
        draft=True,
    ),
    "astro": Dialect(
        "night-ferry.mdx",
        """---
title: 'The night ferry is back'
description: 'It runs on batteries.'
pubDate: 'Dec 03 2025'
updatedDate: 'Dec 4, 2025'
heroImage: { src: '/img/ferry.png', alt: 'A ferry' }
authors: [City desk]
category: City
tags: ['harbour', 'boats']
---
import Ferry from '../../components/Ferry.astro'
""",
        updated=datetime(2025, 12, 4, tzinfo=UTC),
    ),
    "eleventy": Dialect(
        "2025-12-03-night-ferry.md",
        """---
layout: post
title: The night ferry is back
teaser: "It runs on batteries."
date: Last Modified
image: /img/ferry.png
authors:
  - City desk
categories:
  - City
tags:
  - harbour
  - boats
eleventyExcludeFromCollections: true
---
""",
        dated=Dated.NAME,
        hidden=True,
    ),
    "next.js": Dialect(
        "night-ferry.md",
        """---
title: 'The night ferry is back'
excerpt: >-
  It runs
  on batteries.
coverImage: '/img/ferry.png'
date: '2025-12-03T00:00:00.000Z'
author:
  name: City desk
  picture: '/img/desk.jpeg'
ogImage:
  url: '/img/og.png'
category: City
tags: [harbour, boats]
source: https://news.example.com/ferry
readTime: 4
---
""",
        source="https://news.example.com/ferry",
        url="https://news.example.com/ferry",
        minutes=4,
    ),
    "docusaurus": Dialect(
        "2025/12/03/night-ferry.mdx",
        """---
title: The night ferry is back
description: It runs on batteries.
authors:
  - name: City desk
    title: Reporters
    url: https://example.org/desk
tags: [harbour, boats]
image: /img/ferry.png
unlisted: true
last_update:
  date: 2025-12-04
  author: Somebody else
---
""",
        dated=Dated.NAME,
        category="",
        hidden=True,
        updated=datetime(2025, 12, 4, tzinfo=UTC),
    ),
    "zola": Dialect(
        "inside-city/night-ferry@2.md",
        """+++
path = "2025/12/03/night-ferry"
title = "The night ferry is back"
description = "It runs on batteries."
authors = ["City desk"]
aliases = ["ferry"]
draft = false

[taxonomies]
tags = ["harbour", "boats"]

[extra]
image = "/img/ferry.png"
release = true
+++
""",
        dated=Dated.PATH,
        category="Inside city",
        url=f"{SITE}/2025/12/03/night-ferry",
    ),
    "pelican": Dialect(
        "city/night-ferry.md",
        """Title: The night ferry is back
Date: 2025-12-03 00:00
Category: City
Tags: harbour, boats
Authors: City desk
Summary: It runs on batteries.
Cover: {static}/img/ferry.png
Status: hidden
Lang: en

""",
        hidden=True,
        language="en",
    ),
    "gatsby": Dialect(
        "night-ferry/index.de.md",
        """---
title: The night ferry is back
date: "2025-12-03T00:00:00.121Z"
spoiler: It runs on **batteries**.
path: /2025/ferry/
by: "[City desk](https://example.org/desk)"
featuredImage: /img/ferry.png
section: City
tags: harbour, boats
---
""",
        language="de",
        url=f"{SITE}/2025/ferry/",
    ),
    "quarto": Dialect(
        "posts/2025-12-03-night-ferry/index.md",
        """---
title: "The night ferry is back"
author:
  - name: City desk
date: "12/03/2025"
categories: [City, news]
keywords: [harbour, boats]
image: /img/ferry.png
abstract: It runs on batteries.
draft: yes
---
""",
        draft=True,
    ),
    "plain": Dialect(
        "city/2025-12-03 night-ferry.md",
        "# The night ferry is back\n",
        dated=Dated.NAME,
        tags=(),
        author="",
        cover="",
        excerpt="The ferry left the old harbour at six.",
    ),
}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_an_article_says_the_same_in_every_dialect(content: Content, dialect: Dialect):
    folder = content.folder(site_url=SITE, zone=ZoneInfo("UTC"), name="here")
    article, *rest = folder.read([content.write(dialect.name, dialect.text + BODY)])
    assert isinstance(article, Article), article
    assert article.published == datetime(2025, 12, 3, tzinfo=UTC)
    assert article.image is None or not article.image.file
    found = Dialect(
        dialect.name,
        dialect.text,
        title=article.title,
        dated=article.dated,
        category=article.category,
        tags=article.tags,
        author=article.author,
        cover=article.image.url if article.image else "",
        excerpt=article.excerpt,
        source=article.source,
        language=article.language,
        url=article.url,
        draft=article.draft,
        hidden=article.hidden,
        minutes=article.minutes,
        weight=article.weight,
        updated=article.updated,
    )
    assert found == dialect
    assert article.origin == "here"
    assert [problem.what for problem in rest] == (
        ["the date '12/03/2025' was read as 2025-12-03"] if "12/03/2025" in dialect.text else []
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_index.md", "---\ntitle: News\n---\n"),
        ("news/_index.de.md", "---\ntitle: News\ndate: 2025-12-03\n---\n"),
        ("index.md", "---\ntitle: News\ndate: 2025-12-03\n---\n"),
        ("de/index.md", "---\ntitle: News\n---\n"),
        ("news/index.md", "---\ntitle: News\nlayout: layouts/list.njk\n---\n"),
        ("news/index.md", "+++\ntitle = 'News'\ntemplate = 'section.html'\n+++\n"),
        ("blog.md", "---\ntitle: News\npagination:\n  data: collections.posts\n  size: 10\n---\n"),
        ("tags.md", "---\ntitle: Tags\ntype: tags\ndate: 2025-12-03\n---\n"),
        ("404.md", "---\ntitle: Not here\ndate: 2025-12-03\n---\n"),
        ("lost.md", "---\ntitle: Not here\npermalink: /404.html\n---\n"),
        ("_ferry.mdx", "---\ntitle: A part\ndate: 2025-12-03\n---\n"),
        ("old.md", "---\ntitle: Old\ndate: 2025-12-03\nredirect_to: https://example.org/new\n---\n"),
        ("old.md", "---\nlayout: redirect\n---\n"),
        ("old.html", "---\ntitle: Old\n---\n<meta http-equiv='refresh' content='0; url=/new'>"),
    ],
)
def test_what_is_no_article_is_passed_over_with_a_word(content: Content, name: str, text: str):
    folder = content.folder()
    (problem,) = folder.parse(content.write(name, text), text.encode())
    assert isinstance(problem, Problem)
    assert problem.is_note
    assert problem.what.startswith("is ")
    assert problem.hint == "nothing to do: it is no article"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ferry/index.md", "layout: post"),
        ("redirect.md", "redirect_from: /old"),
        ("search.md", "tags: search"),
        ("a.md", "pagination: false"),
        ("a.md", "template: true"),
        ("a.md", "permalink: /blog/custom-404.html"),
    ],
)
def test_what_only_looks_like_no_article_is_one(content: Content, name: str, line: str):
    text = f"---\ntitle: A story\ndate: 2025-12-03\n{line}\n---\nHow `<meta http-equiv='refresh'>` refreshes a page.\n"
    content.article(text, name)


def test_a_picture_beside_the_article_is_found_in_a_bundle_of_every_kind(
    content: Content, picture: Callable[..., Path]
):
    file = picture(content.root / "ferry/images/cover-large.png")
    for cover in ("images/cover-large.png", "./images/cover-large.png", "images/cover-*"):
        text = f"---\ntitle: T\ndate: 2025-12-03\nresources:\n  - src: {cover}\n---\n"
        article = content.article(text, "ferry/index.md")
        assert article.image
        assert article.image.file == str(file)
