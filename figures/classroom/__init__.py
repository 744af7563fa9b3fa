"""The classroom page: four views of the theorem, to be stepped, played and dragged.

Every number on it comes from `theory`; nothing is computed twice. A view is one file: its controls,
its picture, its words. `app` puts them on a page, and `view` says what a view is.
"""
