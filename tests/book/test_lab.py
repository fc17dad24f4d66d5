"""In JupyterLab a chapter opens as a notebook with one double click."""

from __future__ import annotations

import shutil

from chapters import ROOT


def test_a_double_click_opens_a_chapter_as_a_notebook(browser, start_lab, tmp_path):
    shutil.copytree(ROOT / "book", tmp_path / "book")
    with start_lab(tmp_path / "book", tmp_path) as lab:
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(lab)
        tab.locator(".jp-DirListing-item", has_text="autoencoders").dblclick(timeout=60_000)
        tab.locator(".jp-DirListing-item", has_text="pca.md").dblclick()
        tab.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for(timeout=60_000)
        tab.locator(".jp-NotebookPanel h1", has_text="PCA").first.wait_for()
        tab.close()
