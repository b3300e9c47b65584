"""juesuan (决算): closes a public-sector unit's books for the year and publishes the result."""

__all__ = ["__version__"]

__version__ = "0.1.0"
