"""The documentation is true: what it names exists, what exists is named, and what the README says to paste runs."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.core import TyperGroup

from api.cli.main import app, built
from api.openapi import described
from api.settings import Settings
from engine.language.catalogue import CATALOGUE
from tests.api.cli.given import PROGRAM, Served, environment, firebreak, served

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md")), ROOT / "playbooks" / "README.md"]
CLIENT_SETTINGS = {"FIREBREAK_SERVER", "FIREBREAK_TOKEN"}
