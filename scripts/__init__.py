"""The project's commands, one mission each; `make help` lists them.

They are of the standard library alone, since they run before the environment exists.
"""
