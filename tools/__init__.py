"""The command line of netspec: one module a command."""
