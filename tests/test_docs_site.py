"""The documentation site: links that leave docs/, drawings in docstrings, and nothing loaded from elsewhere."""

from pathlib import Path

import pytest
from docs_drawings import fenced
from docs_site import on_page_markdown, on_post_build
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files, get_files
from mkdocs.structure.pages import Page

HOOK = Path(__file__).resolve().parent.parent / "scripts" / "docs_site.py"


@pytest.fixture
def config(tmp_path: Path) -> MkDocsConfig:
    for name in ("rules.md", "decisions/0001-a.md"):
        (tmp_path / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / name).write_text("# x", encoding="utf-8")
    made = MkDocsConfig()
    folders = {"docs_dir": str(tmp_path / "docs"), "site_dir": str(tmp_path / "site")}
    made.load_dict({"site_name": "x", "hooks": [str(HOOK)], "plugins": [], **folders})
    assert made.validate() == ([], [])
    return made


@pytest.fixture
def files(config: MkDocsConfig) -> Files:
    return config.plugins.on_files(get_files(config), config=config)


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("[sender](../../api/cases/sender.py)", "[sender](../reference/api.cases.md#api.cases.sender)"),
        ("[cases](../../api/cases)", "[cases](../reference/api.cases.md)"),
        ("[rules](../rules.md#zones)", "[rules](../rules.md#zones)"),
        ("[report](../../SECURITY.md)", "[report](../security.md)"),
        ("[a script](../../api/pages/static/review.js)", "a script"),
        ("[tus](https://tus.io/)", "[tus](https://tus.io/)"),
    ],
)
def test_a_link_leads_to_the_page_that_stands_for_its_target(
    link: str, shown: str, config: MkDocsConfig, files: Files
) -> None:
    file = files.get_file_from_path("decisions/0001-a.md")
    assert file is not None
    page = Page(None, file, config)
    assert on_page_markdown(f"See {link}.", page=page, config=config, files=files) == f"See {shown}."


def test_every_folder_of_the_packages_has_a_page_but_migrations(files: Files) -> None:
    pages = {file.src_uri for file in files if file.src_uri.startswith("reference/")}
    assert {"reference/api.md", "reference/api.surveys.jobs.md", "reference/streams.telemetry.md"} <= pages
    assert not any("migrations" in page for page in pages)


@pytest.mark.parametrize(
    ("html", "refused"),
    [
        ('<script src="https://cdn.example/x.js"></script>', True),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', True),
        ('<img alt="x" src="http://example/a.png">', True),
        ('<script src="assets/x.js"></script><img src="a.png"><a href="https://tus.io/">tus</a>', False),
    ],
)
def test_a_page_that_loads_something_from_elsewhere_is_refused(html: str, refused: bool, config: MkDocsConfig) -> None:
    page = Path(config.site_dir) / "deep" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"<html>{html}</html>", encoding="utf-8")
    if refused:
        with pytest.raises(PluginError, match=r"page\.html would load"):
            on_post_build(config=config)
    else:
        on_post_build(config=config)


def test_a_tree_gets_a_fence_with_its_root_and_prose_gets_none() -> None:
    text = "Errors.\n\nRoot\n├── A  one\n└── B  two\n\nMore."
    assert fenced(text) == "Errors.\n\n```text\nRoot\n├── A  one\n└── B  two\n```\n\nMore."
    assert fenced("One line.\n\nAnother\none.") == "One line.\n\nAnother\none."
