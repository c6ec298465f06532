"""`streetwarden doctor`: what is wrong, in plain words."""

from typing import Annotated, Literal

import typer

from api.console import AsJson, print_json
from api.operations.doctor import Grade, examine
from api.operations.messages import FINDINGS, GRADES
from api.pages.i18n import translations
from api.settings import load_settings
from detector.reason import say

app = typer.Typer(rich_markup_mode=None)


@app.command()
def doctor(
    lang: Annotated[
        Literal["en", "zh"] | None, typer.Option(help="The language; else that of STREETWARDEN_LANGUAGE.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Say in plain words what is wrong with this installation and what to do; exit 1 where work is stopped.

    It looks at the data folder, the models, the decoders' isolation, the service, the database, the cameras and what
    waits. Nothing is changed.

    Example: streetwarden doctor --lang zh
    """
    settings = load_settings()
    translate = translations(lang or settings.language).gettext
    failed = False
    for finding in examine(settings):
        failed = failed or finding.grade is Grade.FAILURE
        said = say(finding.reason, FINDINGS, translate)
        record = {
            "grade": finding.grade,
            "code": finding.reason.code,
            "params": dict(finding.reason.params),
            "text": said,
        }
        print_json(record, f"[{translate(GRADES[finding.grade])}] {said}", as_json)
    return 1 if failed else 0
