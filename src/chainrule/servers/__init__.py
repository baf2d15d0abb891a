"""The checks for other programs: a server of the Model Context Protocol, and a language server for editors.

Each check runs in a child process with limits of time and memory (`child_process`), which is given the name of a task
(`tasks`) and answers in JSON. Code from outside runs nowhere else, and only after `code_lock` has taken away what code
needs to do harm.
"""
