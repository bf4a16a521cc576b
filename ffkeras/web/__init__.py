"""The browser demo's files: models for it, the runtime it carries, and a server for a developer's own machine.

Nothing is imported here, because the server needs Python alone: import the modules by name.
"""
