"""Reading a closing package from its folder."""

from pathlib import Path

from juesuan.package.model import ClosingPackage, PackageReading


def load_package(root: Path) -> ClosingPackage:
    """Read a closing package.

    Raises:
        InputError: with everything that is wrong in all of its files.
    """
    raise NotImplementedError


def check_package(root: Path) -> PackageReading:
    """Read a closing package and return what was read and what is wrong. Raises nothing about its data."""
    raise NotImplementedError


def package_file(root: Path, name: str) -> Path:
    """Return the path of a file of a package (``settings.files.vouchers``).

    Raises:
        InputError: the name leaves the package's folder, by ``..``, an absolute path or a symbolic link, or
            the file is missing.
    """
    raise NotImplementedError
