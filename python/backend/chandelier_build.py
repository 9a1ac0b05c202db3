"""The build backend of `pip install .` (PEP 517): builds the package with CMake and packs it as a wheel.

`pip install . --config-settings build=FOLDER` packs what `make python` has built for this Python in FOLDER (`build`).

It needs no other Python package. `make setup` installs the compiler and libraries, and docs/python.md lists what Python
needs. The version is read from CMakeLists.txt.
"""

import base64
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.search(r"project\(chandelier VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
NAME = f"chandelier-{VERSION}"

METADATA = f"""Metadata-Version: 2.1
Name: chandelier
Version: {VERSION}
Summary: How do inhibitory circuits help a brain learn?
License: MIT
Requires-Python: >=3.9
Requires-Dist: numpy
Provides-Extra: frames
Requires-Dist: pandas; extra == "frames"
Description-Content-Type: text/markdown

"""


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_sdist(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    python = "cp" + sysconfig.get_config_var("py_version_nodot")
    tag = f"{python}-{python}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    wheel = f"{NAME}-{tag}.whl"
    given = (config_settings or {}).get("build")
    build = ROOT / (given or f"build-{tag}")
    if not given:
        _cmake(build)
    built = build / "python" / "chandelier" / ("_core" + sysconfig.get_config_var("EXT_SUFFIX"))
    if not built.exists():
        sys.exit(f"chandelier: {build} contains no package for this Python: {built.name} is missing; `make python` builds it")
    sources = [path for path in sorted((ROOT / "python" / "chandelier").iterdir()) if path.is_file()]
    files = {f"chandelier/{path.name}": path.read_bytes() for path in [*sources, built]}
    information = f"{NAME}.dist-info"
    files[f"{information}/METADATA"] = (METADATA + (ROOT / "README.md").read_text(encoding="utf-8")).encode()
    files[f"{information}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: chandelier_build\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    )
    files[f"{information}/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    record = "".join(f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items())
    files[f"{information}/RECORD"] = (record + f"{information}/RECORD,,\n").encode()
    with zipfile.ZipFile(Path(wheel_directory) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    """Packs the files that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        sys.exit(f"chandelier: {ROOT} is not a git checkout; an sdist can only be made from one")
    known = [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]
    with tarfile.open(Path(sdist_directory) / f"{NAME}.tar.gz", "w:gz") as archive:
        for name in known:
            archive.add(ROOT / name, f"{NAME}/{name}", recursive=False)
        information = tarfile.TarInfo(f"{NAME}/PKG-INFO")
        information.size = len(METADATA.encode())
        archive.addfile(information, io.BytesIO(METADATA.encode()))
    return f"{NAME}.tar.gz"


def _cmake(build):
    is_new = not (build / "CMakeCache.txt").exists()  # an existing build folder keeps its generator
    generator = ["-G", "Ninja"] if is_new and shutil.which("ninja") else []
    _run(
        "cmake", "-S", str(ROOT), "-B", str(build), *generator,
        "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O3 -DNDEBUG",
        "-DCHANDELIER_PYTHON=ON", f"-DPython3_EXECUTABLE={sys.executable}",
    )  # fmt: skip
    _run("cmake", "--build", str(build), "--target", "chandelier_python", "--parallel", str(os.cpu_count() or 1))


def _run(*command):
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        sys.exit(f"chandelier: {command[0]} is not installed; `make setup` installs what the build needs")
    except subprocess.CalledProcessError:
        sys.exit("chandelier: the build failed, see above; `make setup-ci` installs what the Python package needs")


def _digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
