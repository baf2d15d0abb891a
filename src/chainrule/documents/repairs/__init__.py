"""The smallest change of a wrong formula that makes it true."""
