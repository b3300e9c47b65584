"""juesuan (决算): closes a public-sector unit's books for the year and publishes the result."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("juesuan")
