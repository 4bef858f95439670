"""Puts into the wheel, inside the package, what a lab reads beside it; harness.places finds it in either place."""

from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("testcases", "device_profiles", "fixtures", "reports")


class BuildWithFolders(build_py):
    """Starts from nothing: what an earlier build left would be shipped too."""

    def run(self) -> None:
        """Build the package, then add the folders."""
        if self.editable_mode:
            super().run()
            return
        built = Path(self.build_lib)
        rmtree(built, ignore_errors=True)
        super().run()
        for name in FOLDERS:
            copytree(name, built / "harness/shipped" / name, ignore=ignore_patterns("__pycache__", ".*"))


setup(cmdclass={"build_py": BuildWithFolders})
