"""The web app: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from attnviz.app import pages
from attnviz.app.visit import pass_by
from attnviz.learn import frame

# An icon by name would be fetched from another host.
ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 3">
<path fill="#a9d5dc" d="M0 0h3v3H0z"/><path fill="#155270" d="M0 0h1v1H0zM2 1h1v1H2zM1 2h1v1H1z"/></svg>"""
# Streamlit leaves six lines free above a page; the first screen is for the pictures.
STYLE = "<style>.stMainBlockContainer { padding-top: 4.25rem; }</style>"
PAGES = Path(pages.__file__).parent

st.set_page_config(page_title="attnviz", page_icon=ICON, layout="wide")
st.html(STYLE)
explore = st.Page(PAGES / "explore.py", title="Explore", default=True)
compare = st.Page(PAGES / "compare.py", title="Compare")
page = st.navigation({"": [explore, compare], "Learn": frame.pages()}, position="top")
if page not in (explore, compare):
    pass_by(page.url_path)
page.run()
