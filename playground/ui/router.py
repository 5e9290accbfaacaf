"""What every page shares: configuration, language, style sheet, navigation, header."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from playground.ui import language, notices, state
from playground.ui.header import Menu, header
from playground.ui.language import say

PAGES = Path(__file__).resolve().parents[2] / "pages"
STATIC = Path(__file__).with_name("static")
# Pages of their own, in the order of their menu: each a file in pages/ and words in [pages.<name>].
MANY_NETWORKS = ("seeds", "race", "sweep")
LINEAR_ALGEBRA = ("tensors", "plane", "pca", "compress", "descent")
STYLE, ICON = STATIC / "app.css", STATIC / "icon.svg"

language.choose()
st.set_page_config(
    page_title=say("app.title"),
    page_icon=str(ICON),
    layout="wide",
    initial_sidebar_state="collapsed",
)
st.html(STYLE)
# Popovers and dialogs lie outside the element that Streamlit gives the theme's scheme to.
# Streamlit's uploader has a word of its own on its button, in English; the style sheet puts ours.
st.html(
    f"<style>:root {{ color-scheme: {st.context.theme.type or 'light'}; "
    f"--np-choose: '{say('app.choose_file')}'; }}</style>"
)
# Streamlit calls every page English.
st.html(
    f"<script>document.documentElement.lang = '{language.TAGS[language.current()]}'</script>",
    unsafe_allow_javascript=True,
)


def own_page(name: str) -> StreamlitPage:
    """A page of its own, at /<name>."""
    return st.Page(PAGES / f"{name}.py", title=say(f"pages.{name}.title"), url_path=name)


playground = st.Page(
    PAGES / "playground.py", title=say("app.playground"), icon=":material/hub:", default=True
)
gallery = st.Page(PAGES / "gallery.py", title=say("app.gallery"), icon=":material/grid_view:")
guide = st.Page(PAGES / "about.py", title=say("app.guide"), icon=":material/menu_book:")
many_networks = tuple(own_page(name) for name in MANY_NETWORKS)
linear_algebra = tuple(own_page(name) for name in LINEAR_ALGEBRA)
own_pages = (*many_networks, *linear_algebra)

page = st.navigation([playground, gallery, guide, *own_pages], position="hidden")
# The address of a page of its own says that page's state; any other may say an experiment.
state.begin(by_link=page not in own_pages)
menus = (
    Menu("many_networks", ":material/groups:", many_networks),
    Menu("linear_algebra", ":material/data_array:", linear_algebra),
)
header([playground, gallery, *menus, guide], page)
page.run()
notices.show()
