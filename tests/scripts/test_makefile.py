import re
import subprocess

from scripts.environment import ROOT

COMMANDS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_make_alone_explains_every_command():
    ran = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert set(re.findall(r"^  make ([a-z]+) +\w", ran.stdout, re.MULTILINE)) == COMMANDS


def test_every_command_runs_whatever_files_there_are():
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert phony
    assert set(phony[1].split()) == COMMANDS
