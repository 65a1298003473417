"""The interactive picture: ES modules that draw a scene in a browser, and how they become one script."""
