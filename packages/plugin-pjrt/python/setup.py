"""Puts the native libraries and the bundled compile host beside the Python files, and tags the wheel by platform only.

Run `pnpm build` first. HLOOM_WHEEL_FILES: further files to include, separated by the path separator (a release adds the
MLX runtime and the bundled host).
"""

import os
import pathlib
import shutil

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent


class BuildWithLibraries(build_py):
    def run(self):
        super().run()
        files = [HERE.parent / "build" / "libhloom_pjrt.so"]
        files += [pathlib.Path(name) for name in os.environ.get("HLOOM_WHEEL_FILES", "").split(os.pathsep) if name]
        target = pathlib.Path(self.build_lib) / "jax_plugins" / "hloom"
        for file in files:
            shutil.copy2(file, target / file.name)


class PlatformWheel(bdist_wheel):
    """The library uses no Python ABI: any Python 3, one platform."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


setup(cmdclass={"build_py": BuildWithLibraries, "bdist_wheel": PlatformWheel})
