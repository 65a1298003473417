"""A picture as one file: everything that a browser needs to draw it, and nothing that it has to ask for."""

import base64
import html
import json

from attnviz.canvas import bundle
from attnviz.scene import Scene

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
  :root {{ color-scheme: {scheme}; }}
  body {{ margin: 24px auto; max-width: 1290px; padding: 0 16px; }}
</style>
<div id="picture"></div>
<script>
{script}
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const picture = mount(document.getElementById("picture"), {{ messages: {messages}.map(bytes), theme: {theme} }});
{then}
</script>
</html>
"""
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_SCHEMES = {"auto": "light dark", "light": "light", "dark": "dark"}


def page(scene: Scene, *, title: str, theme: str = "auto", then: str = "") -> str:
    """A page with the picture of a scene, which answers by itself what one chooses in it.

    theme: "auto" (as the browser is), "light" or "dark". then: what the script does with its `picture` at the end.
    Only the shown map is exact; other heads are drawn from the codes of the scene, and say so.
    """
    sent = [base64.b64encode(message).decode() for message in (scene.text, scene.map, scene.view)]
    return _PAGE.format(
        policy=_POLICY,
        title=html.escape(title),
        scheme=_SCHEMES[theme],
        script=bundle.script().replace("</script", "<\\/script"),
        messages=json.dumps(sent),
        theme=json.dumps(theme),
        then=then,
    )
