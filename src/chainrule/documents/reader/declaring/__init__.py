"""What a block of declarations says, and the sets whose members letters are."""
