"""From a document to the strict language: what is written, and what it means."""
