"""The relations of a document in order, with what each defines, and the parts of the document in which they stand."""
