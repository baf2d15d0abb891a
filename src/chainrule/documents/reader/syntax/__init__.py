"""From the text of a formula to a tree of its signs as they are written, which gives no letter a meaning."""
