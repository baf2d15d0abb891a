"""The identities that the package promises, one test each; `catalogue` lists them."""
