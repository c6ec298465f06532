"""Complete the documentation site: called by MkDocs (`hooks` in mkdocs.yml) while it builds.

Adds one page for each folder of the packages, made from the docstrings, the documents of the repository's root
and the decision records. Turns links to source files into links to the reference.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("models", "detector", "streams", "training", "api")
ROOT_DOCUMENTS = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"}
LEFT_OUT = ("api/db/migrations",)
LINK = re.compile(r"(?P<text>\[[^\]]*\])\((?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")

LOADED = re.compile(
    r"""<(?:script|link|img|iframe|source|video|audio)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>"""
)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie in docs/, and name them in the navigation."""
    for source, page in ROOT_DOCUMENTS.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    reference: list[str | dict[str, list[str]]] = []
    for package in PACKAGES:
        pages: list[str] = []
        for folder in _folders(package):
            page = f"reference/{folder.replace('/', '.')}.md"
            files.append(File.generated(config, page, content=_reference_page(folder)))
            pages.append(page)
        reference.append({package: pages})
    decisions = sorted(file.src_uri for file in files if file.src_uri.startswith("decisions/"))
    config.nav = [*(config.nav or []), {"Decisions": decisions}, {"Reference": reference}]
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links that leave docs/ to the page that stands for their target; without one only the text stays."""
    here = page.file.src_uri
    home = {name: source for source, name in ROOT_DOCUMENTS.items()}.get(here, f"docs/{here}")

    def rewritten(link: re.Match[str]) -> str:
        text, target, anchor = link["text"], link["target"], link["anchor"] or ""
        if not target or "://" in target:
            return link[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(home), target))
        place = _place_in_site(path, files)
        if place is None:
            return text[1:-1]
        name, own_anchor = place
        return f"{text}({posixpath.relpath(name, posixpath.dirname(here) or '.')}{anchor or own_anchor})"

    return LINK.sub(rewritten, markdown)


def on_post_build(*, config: MkDocsConfig) -> None:
    """Refuse a site whose pages load something from elsewhere; a link that a reader may follow is allowed."""
    site = Path(config.site_dir)
    for page in sorted(site.rglob("*.html")):
        found = LOADED.search(page.read_text(encoding="utf-8"))
        if found:
            raise PluginError(f"{page.relative_to(site)} would load something from elsewhere: {found[0]}")


def _folders(package: str) -> list[str]:
    """Return the folders of a package that hold modules, the package's own first."""
    found = {str(module.parent.relative_to(ROOT)) for module in (ROOT / package).rglob("*.py")}
    return sorted(folder for folder in found if not folder.startswith(LEFT_OUT))


def _reference_page(folder: str) -> str:
    """Return the Markdown from which mkdocstrings draws the modules of one folder."""
    dotted = folder.replace("/", ".")
    modules = sorted(module.stem for module in (ROOT / folder).glob("*.py") if not module.stem.startswith("__"))
    parts = [f"# {dotted}", f"::: {dotted}\n    options:\n      members: false\n      show_root_heading: false"]
    parts += [f"::: {dotted}.{module}\n    options:\n      heading_level: 2" for module in modules]
    return "\n\n".join(parts) + "\n"


def _place_in_site(path: str, files: Files) -> tuple[str, str] | None:
    """Return page and anchor that stand for a path of the repository, or None where the site shows nothing of it."""
    if path in ROOT_DOCUMENTS:
        return ROOT_DOCUMENTS[path], ""
    if path.startswith("docs/"):
        return (path.removeprefix("docs/"), "") if files.get_file_from_path(path.removeprefix("docs/")) else None
    module = path.removesuffix(".py")
    folder = module if (ROOT / path).is_dir() else posixpath.dirname(module)
    page = f"reference/{folder.replace('/', '.')}.md"
    if not files.get_file_from_path(page):
        return None
    return page, "" if folder == module else f"#{module.replace('/', '.')}"
