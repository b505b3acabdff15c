"""Sphinx's settings for the site; `python tools/website` gathers the pages and runs it."""

import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))  # the package whose docstrings are read

project, author, copyright = "gancourse", "the gancourse authors", "CC BY 4.0 (texts and figures)"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
exclude_patterns = ["_static", "extra"]
nb_render_markdown_format = "myst"  # which knows tables, as a notebook does
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
default_role = "code"  # docstrings write `name`, as Markdown does
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"

html_theme = "sphinx_book_theme"
html_title = "gancourse"
html_static_path = [str(HERE / "static")]  # and the pictures, which `setup` adds
html_extra_path = []  # so is what is to download
html_css_files = ["live/live.css", "site.css"]
html_js_files = ["site.js"]
html_favicon = str(HERE / "static" / "icon.svg")
html_context = {"default_mode": "auto"}
html_use_index = html_domain_indices = False  # the search finds every name
html_copy_source = False
html_show_sourcelink = False
templates_path = [str(HERE / "templates")]
html_theme_options = {
    "show_toc_level": 2,
    "use_download_button": False,
    "use_source_button": False,
    "use_issues_button": False,
    "home_page_in_toc": False,
    "navbar_persistent": [],  # the search is in the sidebar
}
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {
    "options": {"enableMenu": False},  # its menu would load more files
    "chtml": {"scale": 0.95},
}
FONTS = "output/chtml/fonts/woff-v2"


def markdown_docstring(app, what, name, obj, options, lines):
    """Let a docstring that writes `x`, *z and |v| as plain text pass as reStructuredText."""
    text = "\n".join(lines)
    pieces = re.split(r"(`[^`]*`)", text)
    pieces[::2] = [re.sub(r"([*|\\_])", r"\\\1", piece) for piece in pieces[::2]]
    lines[:] = "".join(pieces).split("\n")


def skip_field(app, what, name, obj, skip, options):
    """Leave out the fields of a named tuple: its own line has said them."""
    return skip or type(obj).__name__ == "_tuplegetter"


def front_page(app, pagename, templatename, context, doctree):
    """Give the front page a template of its own, without the theme's weight."""
    return "front.html" if pagename == "index" else None


def copy_mathjax(app, error):
    """Copy of MathJax what pages use: one component and its fonts."""
    if error is None:
        spec = find_spec("sphinx-mathjax-offline")
        origin = Path(spec.origin).parent / "static" / "mathjax"
        target = Path(app.outdir) / "_static" / "mathjax"
        shutil.copytree(origin / FONTS, target / FONTS, dirs_exist_ok=True)
        shutil.copy(origin / "tex-chtml.js", target)


def setup(app):
    app.connect("autodoc-process-docstring", markdown_docstring)
    app.connect("autodoc-skip-member", skip_field)
    app.connect("html-page-context", front_page)
    app.connect("build-finished", copy_mathjax)
    html_static_path.append(str(Path(app.srcdir) / "_static"))
    html_extra_path.append(str(Path(app.srcdir) / "extra"))
