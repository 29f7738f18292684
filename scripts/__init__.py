"""The project's commands, one mission each; `make help` lists them.

Those that run before the environment exists are of the standard library alone; `prepare` and
`screenshots` run inside it.
"""
