"""The page about stories is true: its story is played on the shipped playbook and comes out as told."""

import re
import shutil
from pathlib import Path

from tests.api.cli.given import PLAYBOOKS, ROOT, firebreak


def test_the_story_on_the_page_comes_out_as_told(tmp_path: Path) -> None:
    (story,) = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "stories.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    folder = shutil.copytree(PLAYBOOKS, tmp_path / "playbooks")
    file = folder / "filmed_workplace_argument.test.yaml"
    file.write_text(story, "utf-8")

    ended = firebreak("test", file)

    assert ended.exit_code == 0, ended.stdout
    assert "it is us, and we only answer when asked" in ended.stdout
