"""The first document of a new installation: what the editor can do, in short sentences."""

from __future__ import annotations

from typing import Any

from quire.content.prosemirror import first_content

Json = dict[str, Any]
TITLE = "Welcome to Quire"
GERMAN = {
    TITLE: "Willkommen bei Quire",
    "This is a real document. ": "Dies ist ein echtes Dokument. ",
    "Change it, break it, undo it": "Ändern Sie es, zerlegen Sie es, machen Sie es rückgängig",
    ": every word you type is saved as you type, and the badge above says when.": (
        ": Jedes Wort wird beim Schreiben gespeichert, und die Anzeige oben sagt, wann."
    ),
    "Write together": "Zusammen schreiben",
    "Press ": "Drücken Sie auf ",
    "Share": "Teilen",
    ", give the link a role, and send it to a colleague.": (
        ", geben Sie dem Link eine Rolle, und schicken Sie ihn jemandem im Team."
    ),
    "You see each other's cursors while you type. Nobody's words are overwritten.": (
        "Sie sehen beim Schreiben die Schreibmarken der anderen. Niemand überschreibt die Worte eines anderen."
    ),
    "Undo takes back your own changes only.": "Rückgängig nimmt nur Ihre eigenen Änderungen zurück.",
    "Write without a network": "Ohne Netz schreiben",
    "Lose the network, close the tab, open it again: your words stay on this device and merge when you are back.": (
        "Verlieren Sie das Netz, schließen Sie den Tab, öffnen Sie ihn wieder: Ihre Worte bleiben auf diesem Gerät und "
        "fließen ein, sobald Sie zurück sind."
    ),
    "Things to try": "Zum Ausprobieren",
    "Tick this box": "Haken Sie dieses Kästchen ab",
    "Type / on an empty line for the menu of blocks": "Tippen Sie / in eine leere Zeile: das Menü der Blöcke",
    "Start a line with ": "Beginnen Sie eine Zeile mit ",
    " or ": " oder ",
    "Paste a picture": "Fügen Sie ein Bild ein",
    "Press": "Drücken Sie",
    "To": "Damit",
    "Ctrl+B, Ctrl+I, Ctrl+U": "Strg+B, Strg+I, Strg+U",
    "Make text bold, italic, underlined": "wird Text fett, kursiv, unterstrichen",
    "Ctrl+K": "Strg+K",
    "Add a link": "entsteht ein Link",
    "Ctrl+Z": "Strg+Z",
    "Undo your own last change": "nehmen Sie Ihre letzte Änderung zurück",
    "Ctrl+Enter": "Strg+Eingabe",
    "Start a new page": "beginnt eine neue Seite",
    'print("Code blocks have colours")': 'print("Codeblöcke sind farbig")',
    "Quotes look like this.": "So sehen Zitate aus.",
    "Text can be ": "Text kann ",
    "highlighted": "hervorgehoben",
    "struck": "durchgestrichen",
    "coloured": "farbig",
    ".": " sein.",
}
ARABIC = {
    TITLE: "مرحبًا بك في Quire",
    "This is a real document. ": "هذا مستند حقيقي. ",
    "Change it, break it, undo it": "غيّره، وفكّكه، وتراجع عن كل ذلك",
    ": every word you type is saved as you type, and the badge above says when.": (
        ": كل كلمة تُحفظ أثناء كتابتها، والشارة في الأعلى تقول متى."
    ),
    "Write together": "الكتابة معًا",
    "Press ": "اضغط ",
    "Share": "مشاركة",
    ", give the link a role, and send it to a colleague.": "، وحدّد صلاحية للرابط، ثم أرسله إلى أحد زملائك.",
    "You see each other's cursors while you type. Nobody's words are overwritten.": (
        "ترون مؤشرات بعضكم أثناء الكتابة، ولا يمحو أحد كلمات غيره."
    ),
    "Undo takes back your own changes only.": "التراجع يلغي تغييراتك أنت وحدك.",
    "Write without a network": "الكتابة من دون شبكة",
    "Lose the network, close the tab, open it again: your words stay on this device and merge when you are back.": (
        "انقطعت الشبكة؟ أغلق علامة التبويب وافتحها من جديد: تبقى كلماتك على هذا الجهاز وتُدمج حين تعود."
    ),
    "Things to try": "أشياء تجرّبها",
    "Tick this box": "ضع علامة في هذا المربع",
    "Type / on an empty line for the menu of blocks": "اكتب / في سطر فارغ لتظهر قائمة الكتل",
    "Start a line with ": "ابدأ سطرًا بـ ",
    " or ": " أو ",
    "Paste a picture": "الصق صورة",
    "Press": "اضغط",
    "To": "لكي",
    "Ctrl+B, Ctrl+I, Ctrl+U": "Ctrl+B أو Ctrl+I أو Ctrl+U",
    "Make text bold, italic, underlined": "تجعل النص غامقًا أو مائلًا أو مسطّرًا",
    "Add a link": "تضيف رابطًا",
    "Undo your own last change": "تتراجع عن آخر تغيير لك",
    "Start a new page": "تبدأ صفحة جديدة",
    'print("Code blocks have colours")': 'print("للكتل البرمجية ألوان")',
    "Quotes look like this.": "هكذا تبدو الاقتباسات.",
    "Text can be ": "يمكن ",
    "highlighted": "تمييز النص",
    ", ": " أو ",
    "struck": "شطبه",
    "coloured": "تلوينه",
}
TRANSLATIONS = {"de": GERMAN, "ar": ARABIC}
"""What the document says, by what it says in English; what is the same is left out."""


def _text(words: str, *marks: str | Json) -> Json:
    node: Json = {"type": "text", "text": words}
    if marks:
        node["marks"] = [mark if isinstance(mark, dict) else {"type": mark} for mark in marks]
    return node


def _block(kind: str, *content: Json | str, **attributes: Any) -> Json:  # noqa: ANN401
    node: Json = {"type": kind, "content": [_text(item) if isinstance(item, str) else item for item in content]}
    if attributes:
        node["attrs"] = attributes
    return node


def _paragraph(*content: Json | str) -> Json:
    return _block("paragraph", *content)


def _list(kind: str, item: str, *lines: list[Json | str], **attributes: Any) -> Json:  # noqa: ANN401
    return _block(kind, *(_block(item, _paragraph(*line), **attributes) for line in lines))


def _row(cell: str, *words: str) -> Json:
    return _block("tableRow", *(_block(cell, _paragraph(word)) for word in words))


def welcome_document(language: str = "en") -> tuple[str, bytes]:
    """Return title and first content of the welcome document, in English where `language` has no other words."""
    words = TRANSLATIONS.get(language.partition("-")[0], {})
    document = _english()
    stack = [document]
    while stack:
        node = stack.pop()
        if "text" in node:
            node["text"] = words.get(node["text"], node["text"])
        elif node["type"] == "paragraph" and words is ARABIC and node["content"][0]["text"].startswith("Ctrl"):
            # The browser takes a paragraph's direction from its first letter; the name of a key is a Latin one.
            node["attrs"] = {"dir": "rtl"}
        stack.extend(node.get("content", ()))
    return words.get(TITLE, TITLE), first_content(document)


def _english() -> Json:
    return {
        "type": "doc",
        "content": [
            _block("heading", TITLE, level=1),
            _paragraph(
                "This is a real document. ",
                _text("Change it, break it, undo it", "bold"),
                ": every word you type is saved as you type, and the badge above says when.",
            ),
            _block("heading", "Write together", level=2),
            _list(
                "bulletList",
                "listItem",
                ["Press ", _text("Share", "bold"), ", give the link a role, and send it to a colleague."],
                ["You see each other's cursors while you type. Nobody's words are overwritten."],
                ["Undo takes back your own changes only."],
            ),
            _block("heading", "Write without a network", level=2),
            _paragraph(
                "Lose the network, close the tab, open it again: your words stay on this device and merge when "
                "you are back."
            ),
            _block("heading", "Things to try", level=2),
            _block(
                "taskList",
                _block("taskItem", _paragraph("Tick this box"), checked=True),
                _block("taskItem", _paragraph("Type / on an empty line for the menu of blocks"), checked=False),
                _block(
                    "taskItem",
                    _paragraph(
                        "Start a line with ",
                        _text("# ", "code"),
                        " or ",
                        _text("- ", "code"),
                        " or ",
                        _text("1. ", "code"),
                    ),
                    checked=False,
                ),
                _block("taskItem", _paragraph("Paste a picture"), checked=False),
            ),
            _block(
                "table",
                _row("tableHeader", "Press", "To"),
                _row("tableCell", "Ctrl+B, Ctrl+I, Ctrl+U", "Make text bold, italic, underlined"),
                _row("tableCell", "Ctrl+K", "Add a link"),
                _row("tableCell", "Ctrl+Z", "Undo your own last change"),
                _row("tableCell", "Ctrl+Enter", "Start a new page"),
            ),
            _block("codeBlock", 'print("Code blocks have colours")', language="python"),
            _block("blockquote", _paragraph("Quotes look like this.")),
            _paragraph(
                "Text can be ",
                _text("highlighted", {"type": "highlight", "attrs": {"color": "#fff3a3"}}),
                ", ",
                _text("struck", "strike"),
                " or ",
                _text("coloured", {"type": "textStyle", "attrs": {"color": "#1a5fb4"}}),
                ".",
            ),
        ],
    }
