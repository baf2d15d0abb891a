"""The program of the site: its extension for Sphinx, and the pages and figures that are made from the code."""
