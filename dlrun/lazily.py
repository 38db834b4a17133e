"""Packages whose names come from their modules, each imported when one of its names is asked for.

A verb needs a few modules of each room, and a module of one room is no reason to import all of it: `dlrun show` would
wait for three hundred modules, of which it needs forty.
"""

import sys
from importlib import import_module
from types import ModuleType


class Room(ModuleType):
    """A package with such names."""

    def __getattr__(self, name: str) -> object:
        home = self.__dict__["_homes"].get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{self.__name__}.{home}"), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: object) -> None:
        """Python makes a module an attribute of its package; of one called like a name of the room, it must not."""
        if name not in self.__dict__["_homes"] or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


def lazily(package: str, **names: str) -> None:
    """Let a package have the names of its modules, given by module as words of one text."""
    room = sys.modules[package]
    room.__dict__["_homes"] = {name: module for module, words in names.items() for name in words.split()}
    room.__class__ = Room
