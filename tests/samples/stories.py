"""What the sample editions are made of: stories of places and people that do not exist."""

from __future__ import annotations

Sections = tuple[tuple[str, tuple[str, ...]], ...]

# Section, then its titles; the first title of the first section opens the mail.
SECTIONS: Sections = (
    (
        "Work",
        (
            "The shipyard that gave up Fridays counts its first year",
            "Apprentices teach the masters to weld upside down",
            "What a night shift costs, and who pays for it",
            "A union hall becomes a library of tools",
        ),
    ),
    (
        "Technology",
        (
            "Old phones find a second life as tide gauges",
            "The weather model that fits into a lunch box",
            "Why the town's trams stopped asking for passwords",
            "A radio for valleys that no signal reaches",
        ),
    ),
    (
        "Science",
        (
            "Eelgrass is back in the estuary, and it brought company",
            "Three winters of counting bats in a church tower",
            "What the mud remembers of the flood",
            "A comet for early risers",
        ),
    ),
    (
        "Business",
        (
            "The bakery that sells only yesterday's bread",
            "Two rivals share a warehouse",
            "Paying in advance, for a bridge",
        ),
    ),
    (
        "Politics",
        (
            "The council votes on its own opening hours",
            "Who may fish where: the map is redrawn",
            "A budget in plain words",
        ),
    ),
    (
        "Culture",
        (
            "The poster museum opens its cellar",
            "Forty choirs, one song",
            "The cinema with one seat",
            "A play about a bus stop, at the bus stop",
        ),
    ),
    (
        "Health",
        ("A walk on prescription", "The clinic that calls back", "Sleep, and other things the night bus taught me"),
    ),
    (
        "Education",
        ("School begins an hour later, and nobody is late", "Learning to read at seventy", "Homework for parents"),
    ),
    (
        "Travel",
        (
            "A night train, a ferry and a very early breakfast",
            "Six bridges on foot",
            "A map drawn by its readers",
            "The island with one road",
        ),
    ),
    ("Food", ("Soup for three hundred", "The orchard behind the ring road", "Salt, smoke and patience")),
    ("Sport", ("The regatta that nobody won", "Floodlights for the second league", "A swimming club without a pool")),
    (
        "Environment",
        ("Rain gardens pass their first storm", "Hedges instead of fences", "The river gets its bends back"),
    ),
    ("Opinion", ("Leave the benches where they are", "In praise of the slow lift", "The case for a quieter harbour")),
)

SENTENCES = (
    "It began with a question at the counter, and ended with forty people in a room that seats twenty.",
    "The figures were published on Tuesday, and they are better than anybody had promised.",
    "Those who have done it for thirty years say that the hardest part is to begin slowly.",
    "A second trial is planned for the spring, with twice the money and half the forms.",
    "Readers had asked why nobody had tried it before; the answer turns out to be a drawer.",
    "What it costs is known to the cent, what it saves can only be guessed.",
    "Not everybody is pleased, and those who are not have a point.",
)

ARABIC = (
    (
        "مدينة",
        (
            "عودة مكتبة المدينة الهادئة",
            "الجسر الجديد يفتح أبوابه للمشاة (المرحلة 2)",
            "سوق الأحد ينتقل إلى الساحة القديمة",
        ),
    ),
    ("علوم", ("عشب البحر يعود إلى المصب", "ثلاثة شتاءات من عدّ الخفافيش")),
)
ARABIC_SENTENCE = "أعارت الفروع أدوات أكثر من الروايات في الشتاء الماضي، والقائمون عليها يعيدون التفكير في معنى الرف."
HEBREW = (
    ("עיר", ("הספרייה העירונית חוזרת בשקט", "הגשר החדש נפתח להולכי רגל (שלב 2)", "שוק יום ראשון עובר לכיכר הישנה")),
    ("מדע", ("עשב הים חוזר אל השפך", "שלושה חורפים של ספירת עטלפים")),
)
HEBREW_SENTENCE = "בחורף האחרון השאילו הסניפים יותר כלי עבודה מרומנים, ומי שמנהל אותם חושב מחדש מהו מדף."
CHINESE = (
    ("城市", ("小镇图书馆悄然回归", "新桥向行人开放,夜间照明采用太阳能", "周日集市搬回老广场")),
    ("科学", ("河口的海草回来了", "在钟楼里数了三个冬天的蝙蝠")),
)
CHINESE_SENTENCE = "去年冬天,分馆借出的工具比小说还多;管理它们的人开始重新思考书架究竟是为什么而存在。明年春天还将在另外两个镇子试行,经费加倍,表格减半。"

LONG_TITLE = (
    "How a harbour town of nine thousand people, two ferries and one very old crane came to build the longest "
    "wooden footbridge in the country, and why it closes at dusk"
)

TRAPS = (
    """A & B <i> "q" 'x'""",
    "Fish & chips <b> were never on the menu &",
    "&copy=2 is no sign of ©, nor is ?a=1&lt=3",
    "</title></style><script>alert(1)</script>",
    "{ one brace } and {# no comment #}",
    "None of the above: 50% off $1 \\1",
    "=?utf-8?q?=0aBcc=3A_x=40example.org?=",
    "Bcc: someone@example.org\r\nX-Injected: yes",
    "Right \u202eot left, digest.mark.unsubscribe. and a bell\x07",
    "<!-- [if mso]> --> ]]> <!--piece-->",
)
